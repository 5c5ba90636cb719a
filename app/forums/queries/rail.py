"""The rooms of the rail, which every page shows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import literal, select, union_all

from app.core.journal import Scope
from app.extensions import db
from app.forums.models import Room
from app.forums.queries.reading import unread_count
from app.forums.queries.rooms import readable_rooms


@dataclass(frozen=True)
class RailRoom:
    """A room of the rail, with how many of its topics are unread (up to `UNREAD_CAP` + 1)."""

    id: int
    node_id: int
    name: str
    slug: str
    scope_id: int
    unread: int


def rail_of(
    user: Any, node_ids: Collection[int], scope_ids: Collection[int]
) -> tuple[list[RailRoom], dict[int, int]]:
    """The rooms of these nodes that the person reads, and the number of their scopes and of `scope_ids`.

    One statement, since every page asks it.
    """
    rooms = (
        select(
            Room.id,
            Room.node_id,
            Room.name,
            Room.slug,
            Room.scope_id,
            unread_count(user).label("unread"),
            Scope.seq,
            Room.position,
        )
        .join(Scope, Scope.id == Room.scope_id)
        .where(Room.node_id.in_(node_ids), readable_rooms(user), Room.archived_at.is_(None))
    )
    nothing = literal(0)
    scopes = select(nothing, nothing, literal(""), literal(""), Scope.id, nothing, Scope.seq, nothing).where(
        Scope.id.in_(scope_ids)
    )
    both = union_all(rooms, scopes).subquery()
    rows = db.session.execute(select(both).order_by(both.c.node_id, both.c.position, both.c.id)).all()
    numbers = {row.scope_id: row.seq for row in rows}
    return [RailRoom(*row[:6]) for row in rows if row.id], numbers
