"""Reports from anyone, decisions with grounds, statements of reasons, appeals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import BigId, UTCDateTime
from app.extensions import db

REASONS = (
    "illegal",
    "competition",
    "trade_secret",
    "advertising",
    "abuse",
    "safety",
    "off_topic",
    "duplicate",
)
MEASURES = ("none", "hide", "delete", "move", "restore")
SANCTIONS = ("", "warn", "suspend", "remove_from_room", "close_account")
GROUNDS = ("law", "competition_charter", "community_rules", "safety_rules", "confidentiality")


class Report(db.Model):
    """« Signaler »: somebody, with or without an account, asks that a thing be looked at.

    `receipt` is the number given back. `level_node_id` is the node whose moderators decide; a conflict of interest
    moves it one level up. `object_text` keeps what was reported as it stood. Without a thing of ours, `address` says
    where the content is.
    """

    __tablename__ = "report"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'taken', 'decided')", name="state_known"),
        CheckConstraint("object_id IS NOT NULL OR address <> ''", name="says_where"),
        Index("ix_report_level_state", "level_node_id", "state"),
        Index("ix_report_object", "object_type", "object_id"),
        Index("ix_report_author", "author_id"),
        Index(
            "uq_report_one_open_per_reporter",
            "object_type",
            "object_id",
            "reporter_id",
            unique=True,
            sqlite_where=text("state <> 'decided' AND reporter_id IS NOT NULL"),
            postgresql_where=text("state <> 'decided' AND reporter_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    receipt: Mapped[str] = mapped_column(String(16), unique=True)
    object_type: Mapped[str | None] = mapped_column(String(40))
    object_id: Mapped[int | None] = mapped_column(BigId)
    address: Mapped[str] = mapped_column(String(500), default="")
    object_text: Mapped[str] = mapped_column(Text, default="")
    node_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    level_node_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    author_company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    reporter_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reporter_name: Mapped[str] = mapped_column(String(160), default="")
    reporter_email: Mapped[str] = mapped_column(String(254), default="")
    reason: Mapped[str] = mapped_column(String(20))
    details: Mapped[str] = mapped_column(Text, default="")
    good_faith: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(8), default="open")
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    taken_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id", use_alter=True))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


HIDDEN_AT_ONCE = 3
"""Things that one person's reports may keep hidden before a moderator has looked."""


class ProvisionalHiding(db.Model):
    """One of the few places a person has for hidings that nobody has decided yet; free again with the decision.

    The primary key is the promise: of two reports at once, one finds the last place taken.
    """

    __tablename__ = "provisional_hiding"
    __table_args__ = (
        CheckConstraint(f"place BETWEEN 1 AND {HIDDEN_AT_ONCE}", name="three_at_most"),
        Index("ix_provisional_hiding_report", "report_id"),
    )

    reporter_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"))


class Decision(db.Model):
    """What was decided about a thing and its author, on which ground, for which facts.

    `measure` is about the thing, `sanction` about who wrote it; `until` ends a suspension, `origin_id` is
    the room a thing left or a person was taken off, `target_id` the one it went to. The database refuses any change (triggers `decision_unchanged` and `decision_kept`): what is undone later
    is a decision of its own (`restore`).

    `provisional` is the hiding that a report of a sensitive exchange causes at once: nobody decided it, and the
    moderator's own decision follows. `object_id` is empty for content at an address that is not ours.
    """

    __tablename__ = "decision"
    __table_args__ = (
        CheckConstraint("measure IN ('none', 'hide', 'delete', 'move', 'restore')", name="measure_known"),
        CheckConstraint(
            "sanction IN ('', 'warn', 'suspend', 'remove_from_room', 'close_account')", name="sanction_known"
        ),
        CheckConstraint(
            "(measure IN ('none', 'restore') AND sanction = '') OR provisional OR (ground <> '' AND facts <> '')",
            name="measure_has_ground",
        ),
        CheckConstraint("sanction <> 'suspend' OR until IS NOT NULL", name="suspension_ends"),
        CheckConstraint("provisional OR decided_by_id IS NOT NULL", name="human_decides"),
        Index("ix_decision_object", "object_type", "object_id"),
        Index("ix_decision_node_at", "node_id", "at"),
        Index("ix_decision_author", "author_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    object_type: Mapped[str | None] = mapped_column(String(40))
    object_id: Mapped[int | None] = mapped_column(BigId)
    node_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    level_node_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    measure: Mapped[str] = mapped_column(String(20))
    sanction: Mapped[str] = mapped_column(String(20), default="", server_default="")
    until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    origin_id: Mapped[int | None] = mapped_column(BigId)
    target_id: Mapped[int | None] = mapped_column(BigId)
    provisional: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(String(20), default="")
    ground: Mapped[str] = mapped_column(String(30), default="")
    ground_detail: Mapped[str] = mapped_column(String(300), default="")
    facts: Mapped[str] = mapped_column(Text, default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    author_company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)


def subject_of(known: Report | Decision) -> dict[str, Any]:
    """What a report or a decision is about, as the decision that follows keeps it."""
    return {
        "object_type": known.object_type,
        "object_id": known.object_id,
        "node_id": known.node_id,
        "level_node_id": known.level_node_id,
        "author_id": known.author_id,
        "author_company_id": known.author_company_id,
    }


class StatementOfReasons(db.Model):
    """The text sent to the author of a thing under a measure, to a firm's referents without one; kept as sent.

    `locale` is the language it was sent in. `outline` is what it was drawn from, for readers of another language; a text
    that a moderator wrote has none.
    """

    __tablename__ = "statement_of_reasons"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), unique=True)
    recipient_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    text: Mapped[str] = mapped_column(Text)
    locale: Mapped[str] = mapped_column(String(5), default="fr", server_default="fr")
    outline: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Appeal(db.Model):
    """The author contests a decision, once; another person, one level up, answers."""

    __tablename__ = "appeal"
    __table_args__ = (
        CheckConstraint(
            "(decided_at IS NULL) = (upheld IS NULL) AND (decided_at IS NULL OR answer <> '')",
            name="answer_has_words",
        ),
        Index("ix_appeal_level", "level_node_id", "decided_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"), unique=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    text: Mapped[str] = mapped_column(Text)
    level_node_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    answer: Mapped[str] = mapped_column(Text, default="")
    upheld: Mapped[bool | None] = mapped_column()
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Taking(db.Model):
    """Somebody looks after a thing that waits on the desk; handed over, by whom and with which note.

    The primary key is the promise: of two people who take the same thing at once, one finds it taken.
    """

    __tablename__ = "taking"

    kind: Mapped[str] = mapped_column(String(30), primary_key=True)
    thing_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    taken_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    taken_at: Mapped[datetime] = mapped_column(UTCDateTime)
    handed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    note: Mapped[str] = mapped_column(Text, default="")


class CannedText(db.Model):
    """A ready wording of facts under a ground. Without `node_id` it serves everywhere; else in that place and below."""

    __tablename__ = "canned_text"
    __table_args__ = (Index("ix_canned_text_node", "node_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    node_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    ground: Mapped[str] = mapped_column(String(30))
    title: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
