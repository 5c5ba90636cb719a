"""The acts of a subtree, from the audit lines, for those who moderate it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.models import User
from app.communities.access import access_of
from app.communities.models import Node
from app.core import things
from app.core.audit import AuditLine
from app.core.time import clock, local
from app.extensions import db
from app.moderation.acts import acts_of
from app.moderation.vocabulary import GROUND_LABELS, MEASURE_LABELS, REASON_LABELS, SANCTION_LABELS

JUDGED = ("report", "decision", "appeal")
"""Things of which a moderator in conflict must learn nothing, not even that they are there."""


@dataclass(frozen=True)
class Acts:
    """What is asked of the register: a kind of acts, a person, a period in days."""

    kind: str = ""
    person_id: int | None = None
    since: date | None = None
    until: date | None = None

    def as_query(self) -> dict[str, Any]:
        """As the values of an address."""
        asked = {
            "genre": self.kind,
            "qui": self.person_id,
            "du": self.since.isoformat() if self.since else None,
            "au": self.until.isoformat() if self.until else None,
        }
        return {name: value for name, value in asked.items() if value}


def acts_for(user: Any, asked: Acts, *, before: int | None, limit: int) -> tuple[list[Any], int | None]:
    """Lines of the person's subtree, newest first, and the id to go on from.

    Lines about cases that this person may not judge are left out; of other things they may not see, the name is withheld
    by whoever describes them.
    """
    statement = (
        select(
            AuditLine.id,
            AuditLine.at,
            AuditLine.act,
            AuditLine.object_type,
            AuditLine.object_id,
            AuditLine.detail,
            User.given_name,
            User.family_name,
            Node.name.label("place"),
        )
        .outerjoin(User, User.id == AuditLine.actor_id)
        .outerjoin(Node, Node.id == AuditLine.node_id)
        .where(
            AuditLine.node_id.in_(access_of(user).moderated_ids),
            AuditLine.act.in_(acts_of(asked.kind)),
            *_narrowed(asked),
        )
        .order_by(AuditLine.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        statement = statement.where(AuditLine.id < before)
    rows = list(db.session.execute(statement).all())
    following = rows[limit - 1].id if len(rows) > limit else None
    return _without_conflict(user, rows[:limit]), following


def visible_of(user: Any, rows: list[Any]) -> set[tuple[str, int]]:
    """Which of the things these lines are about the person may see."""
    by_type: dict[str, set[int]] = {}
    for row in rows:
        by_type.setdefault(row.object_type, set()).add(row.object_id)
    return {
        (name, thing_id) for name, ids in by_type.items() for thing_id in things.visible_ids(user, name, ids)
    }


def people_who_acted(user: Any) -> list[tuple[int, str]]:
    """Who did something in the person's subtree, by name, for the filter."""
    rows = db.session.execute(
        select(User.id, User.given_name, User.family_name)
        .where(
            User.id.in_(
                select(AuditLine.actor_id)
                .where(
                    AuditLine.node_id.in_(access_of(user).moderated_ids),
                    AuditLine.act.in_(acts_of("")),
                    AuditLine.at > clock.now() - timedelta(days=731),
                )
                .distinct()
            )
        )
        .order_by(User.family_name, User.given_name)
        .limit(300)
    )
    return [(row.id, f"{row.given_name} {row.family_name}".strip()) for row in rows]


def why(detail: dict[str, Any]) -> str:
    """What a line says of measures, grounds and reasons, in words."""
    words = [
        str(labels[detail[name]])
        for name, labels in (
            ("measure", MEASURE_LABELS),
            ("sanction", SANCTION_LABELS),
            ("ground", GROUND_LABELS),
            ("reason", REASON_LABELS),
        )
        if detail.get(name) in labels and detail.get(name)
    ]
    if "upheld" in detail:
        words.append(_("Recours accepté") if detail["upheld"] else _("Décision maintenue"))
    return ", ".join(words)


def _narrowed(asked: Acts) -> list[Any]:
    conditions: list[Any] = []
    if asked.person_id is not None:
        conditions.append(AuditLine.actor_id == asked.person_id)
    if asked.since is not None:
        conditions.append(AuditLine.at >= _start_of(asked.since))
    if asked.until is not None:
        conditions.append(AuditLine.at < _start_of(asked.until + timedelta(days=1)))
    return conditions


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, local(clock.now()).tzinfo)


def _without_conflict(user: Any, rows: list[Any]) -> list[Any]:
    judged = [row for row in rows if row.object_type in JUDGED]
    seen = visible_of(user, judged)
    return [row for row in rows if row.object_type not in JUDGED or (row.object_type, row.object_id) in seen]
