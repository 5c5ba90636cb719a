"""Practices, their versions, and what firms say of having applied them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import BigId, UTCDateTime
from app.extensions import db

OPEN_STATES = ("draft", "proposed", "returned")
PUBLIC_STATES = ("published", "superseded")

_OPEN = "state IN ('draft', 'proposed', 'returned')"
_LISTED = "state = 'published' AND hidden_at IS NULL"
_UNFINISHED = "state IN ('draft', 'returned')"


class Practice(db.Model):
    """A sheet, known by its number (`id`, « Fiche 12 »), in the place whose people read it.

    `state` is what readers have of it: nothing yet, the published version, nothing any more. What is being written or
    reviewed is the state of a version. The columns from `title` on repeat the published version, for lists; readers see
    nothing else. `version` rises with every change that open pages are told. `source_type` and `source_id` name the
    discussion it was drawn from.
    """

    __tablename__ = "practice"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'published', 'withdrawn')", name="state_known"),
        CheckConstraint("(state = 'draft') = (published_version_id IS NULL)", name="published_has_version"),
        UniqueConstraint("author_id", "request_id"),
        Index(
            "ix_practice_listed",
            "node_id",
            "facet",
            "dimension",
            "evidence",
            sqlite_where=text(_LISTED),
            postgresql_where=text(_LISTED),
        ),
        Index(
            "ix_practice_newest",
            "updated_at",
            "id",
            sqlite_where=text(_LISTED),
            postgresql_where=text(_LISTED),
        ),
        Index("ix_practice_company", "company_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("node.id"))
    scope_id: Mapped[int] = mapped_column(ForeignKey("scope.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    byline: Mapped[str] = mapped_column(String(240), default="")
    request_id: Mapped[str] = mapped_column(String(36))
    state: Mapped[str] = mapped_column(String(10), default="draft")
    published_version_id: Mapped[int | None] = mapped_column(BigId)
    title: Mapped[str] = mapped_column(String(160), default="")
    slug: Mapped[str] = mapped_column(String(120), default="")
    facet: Mapped[str] = mapped_column(String(10), default="")
    dimension: Mapped[str] = mapped_column(String(3), default="")
    evidence: Mapped[str] = mapped_column(String(10), default="none")
    technologies: Mapped[list[str]] = mapped_column(JSON, default=list)
    excerpt: Mapped[str] = mapped_column(Text, default="")
    applied_by: Mapped[int] = mapped_column(Integer, default=0)
    source_type: Mapped[str | None] = mapped_column(String(40))
    source_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)
    verified_on: Mapped[date | None] = mapped_column(Date)
    review_due_on: Mapped[date | None] = mapped_column(Date)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    withdrawn_because: Mapped[str] = mapped_column(Text, default="")
    hidden_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    hidden_provisionally: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(Integer, default=1)


class PracticeVersion(db.Model):
    """One wording of a sheet. Once published it is never changed: triggers of the schema refuse it (migration 0015).

    Of one practice a single version is open (draft, proposed, returned): a partial unique index is the promise.
    `revision` rises with each save and refuses an older one. Figures are kept exactly, in thousandths. « measured » is
    said only with before, after, unit, dates and method; any other figure names its source.
    """

    __tablename__ = "practice_version"
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft', 'proposed', 'returned', 'published', 'superseded')", name="state_known"
        ),
        CheckConstraint(
            "evidence IN ('measured', 'public', 'single', 'objective', 'potential', 'none')",
            name="evidence_known",
        ),
        CheckConstraint(
            f"{_UNFINISHED} OR evidence <> 'measured' OR (before_value IS NOT NULL AND after_value IS NOT NULL"
            " AND unit <> '' AND measured_from IS NOT NULL AND measured_until IS NOT NULL AND method <> '')",
            name="measured_is_whole",
        ),
        CheckConstraint(
            f"{_UNFINISHED} OR evidence IN ('measured', 'none') OR source <> ''", name="figure_has_source"
        ),
        CheckConstraint(
            f"{_UNFINISHED} OR evidence <> 'none'"
            " OR (before_value IS NULL AND after_value IS NULL AND figure = '')",
            name="no_figure_without_evidence",
        ),
        UniqueConstraint("practice_id", "number"),
        Index(
            "ix_practice_version_open",
            "practice_id",
            unique=True,
            sqlite_where=text(_OPEN),
            postgresql_where=text(_OPEN),
        ),
        Index(
            "ix_practice_version_proposed",
            "proposed_at",
            sqlite_where=text("state = 'proposed'"),
            postgresql_where=text("state = 'proposed'"),
        ),
        Index("ix_practice_version_author", "author_id"),
        Index("ix_practice_version_contact", "contact_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    practice_id: Mapped[int] = mapped_column(ForeignKey("practice.id"))
    number: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(10), default="draft")
    revision: Mapped[int] = mapped_column(Integer, default=1)
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    title: Mapped[str] = mapped_column(String(160), default="")
    facet: Mapped[str] = mapped_column(String(10), default="")
    dimension: Mapped[str] = mapped_column(String(3), default="")
    technologies: Mapped[list[str]] = mapped_column(JSON, default=list)
    situation: Mapped[str] = mapped_column(Text, default="")
    situation_html: Mapped[str] = mapped_column(Text, default="")
    solution: Mapped[str] = mapped_column(Text, default="")
    solution_html: Mapped[str] = mapped_column(Text, default="")
    effect: Mapped[str] = mapped_column(Text, default="")
    effect_html: Mapped[str] = mapped_column(Text, default="")
    pitfalls: Mapped[str] = mapped_column(Text, default="")
    pitfalls_html: Mapped[str] = mapped_column(Text, default="")
    renderer_version: Mapped[int] = mapped_column(Integer)
    indicator: Mapped[str] = mapped_column(String(120), default="")
    unit: Mapped[str] = mapped_column(String(24), default="")
    before_value: Mapped[int | None] = mapped_column(BigInteger)
    after_value: Mapped[int | None] = mapped_column(BigInteger)
    figure: Mapped[str] = mapped_column(String(60), default="")
    measured_from: Mapped[date | None] = mapped_column(Date)
    measured_until: Mapped[date | None] = mapped_column(Date)
    method: Mapped[str] = mapped_column(String(300), default="")
    evidence: Mapped[str] = mapped_column(String(10), default="none")
    source: Mapped[str] = mapped_column(String(300), default="")
    source_url: Mapped[str] = mapped_column(String(500), default="")
    cost: Mapped[str] = mapped_column(String(120), default="")
    time_spent: Mapped[str] = mapped_column(String(120), default="")
    team: Mapped[str] = mapped_column(String(120), default="")
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    contact_note: Mapped[str] = mapped_column(String(160), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)
    proposed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    remarks: Mapped[str] = mapped_column(Text, default="")


class PracticeTechnology(db.Model):
    """A technology of the published version, for the lists."""

    __tablename__ = "practice_technology"
    __table_args__ = (Index("ix_practice_technology_of", "technology", "practice_id"),)

    practice_id: Mapped[int] = mapped_column(ForeignKey("practice.id"), primary_key=True)
    technology: Mapped[str] = mapped_column(String(20), primary_key=True)


class PracticeCredit(db.Model):
    """Somebody whose words in a discussion became the sheet."""

    __tablename__ = "practice_credit"
    __table_args__ = (Index("ix_practice_credit_user", "user_id"),)

    practice_id: Mapped[int] = mapped_column(ForeignKey("practice.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)


class PracticeApplication(db.Model):
    """« Je l'ai appliquée »: a firm, a day, a place, and what was measured. Once per firm, practice and day."""

    __tablename__ = "practice_application"
    __table_args__ = (
        CheckConstraint("state IN ('told', 'verified')", name="state_known"),
        CheckConstraint("(state = 'verified') = (verified_at IS NOT NULL)", name="verified_has_date"),
        CheckConstraint(
            "(before_value IS NULL) = (after_value IS NULL) AND (before_value IS NULL OR unit <> '')",
            name="measure_is_whole",
        ),
        UniqueConstraint("practice_id", "company_id", "applied_on"),
        Index("ix_practice_application_person", "person_id"),
        Index("ix_practice_application_company", "company_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    practice_id: Mapped[int] = mapped_column(ForeignKey("practice.id"))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    applied_on: Mapped[date] = mapped_column(Date)
    place: Mapped[str] = mapped_column(String(120), default="")
    indicator: Mapped[str] = mapped_column(String(120), default="")
    unit: Mapped[str] = mapped_column(String(24), default="")
    before_value: Mapped[int | None] = mapped_column(BigInteger)
    after_value: Mapped[int | None] = mapped_column(BigInteger)
    method: Mapped[str] = mapped_column(String(300), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    note_html: Mapped[str] = mapped_column(Text, default="")
    renderer_version: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(10), default="told")
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    verified_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
