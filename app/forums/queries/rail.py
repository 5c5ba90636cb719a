"""The rooms of the rail, which every page shows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, literal, select, union_all

from app.core.database import read
from app.core.journal import Scope
from app.core.prepared import prepared
from app.forums.models import Room
from app.forums.queries.reader import reader
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
    asked = {"node_ids": list(node_ids), "scope_ids": list(scope_ids)}
    rows = read(_rail(), **reader(user), **asked).all()
    numbers = {row.scope_id: row.seq for row in rows}
    return [RailRoom(*row[:6]) for row in rows if row.id], numbers


@prepared
def _rail() -> Any:
    rooms = (
        select(
            Room.id,
            Room.node_id,
            Room.name,
            Room.slug,
            Room.scope_id,
            unread_count().label("unread"),
            Scope.seq,
            Room.position,
        )
        .join(Scope, Scope.id == Room.scope_id)
        .where(
            Room.node_id.in_(bindparam("node_ids", expanding=True)),
            readable_rooms(),
            Room.archived_at.is_(None),
        )
    )
    nothing = literal(0)
    scopes = select(nothing, nothing, literal(""), literal(""), Scope.id, nothing, Scope.seq, nothing).where(
        Scope.id.in_(bindparam("scope_ids", expanding=True))
    )
    both = union_all(rooms, scopes).subquery()
    return select(both).order_by(both.c.node_id, both.c.position, both.c.id)
