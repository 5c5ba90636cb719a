"""Who looks after what on the desk, and to whom it may be handed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, tuple_

from app.accounts.models import User
from app.extensions import db
from app.moderation import waiting
from app.moderation.models import Report, Taking
from app.moderation.queries.levels import moderators_above
from app.moderation.waiting import Waiting


def taking_of(kind: str, thing_id: int) -> Taking | None:
    """Who looks after a thing."""
    return db.session.get(Taking, (kind, thing_id), populate_existing=True)


def takings_of(items: Sequence[Waiting]) -> dict[tuple[str, int], tuple[Taking, User]]:
    """Who looks after these things, by kind and id."""
    if not items:
        return {}
    rows = db.session.execute(
        select(Taking, User)
        .join(User, User.id == Taking.taken_by_id)
        .where(tuple_(Taking.kind, Taking.thing_id).in_([(item.kind, item.id) for item in items]))
    )
    return {(taking.kind, taking.thing_id): (taking, user) for taking, user in rows}


def successors_of(moderator: Any, item: Waiting) -> list[User]:
    """The other moderators before whom this very thing waits too, by name: of its place or above, free of conflict."""
    node_id = item.node_id
    if item.kind == "report":
        report = db.session.get(Report, item.id)
        node_id = report.level_node_id if report is not None else node_id
    ids = moderators_above(node_id) - {moderator.id}
    people = db.session.execute(select(User).where(User.id.in_(ids))).scalars()
    able = [person for person in people if waiting.find(person, item.kind, item.id) is not None]
    return sorted(able, key=lambda person: (person.family_name, person.given_name))
