"""What is unread beyond the rail, for those who read more places than it shows."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, func, select

from app.core.database import read
from app.core.prepared import prepared
from app.core.shell import Count
from app.forums.models import Room, RoomReading, Topic, TopicReading
from app.forums.queries.reader import READER, reader
from app.forums.queries.reading import UNREAD_CAP, is_unread, unread_count
from app.forums.queries.rooms import readable_rooms


def unread_in_places(user: Any, node_ids: Collection[int]) -> Count:
    """How many topics of all these places together the person has not read, up to `UNREAD_CAP` + 1; for the frame."""
    return Count(_unread_together(), {**reader(user), "node_ids": list(node_ids)})


def unread_by_place(user: Any, node_ids: Collection[int]) -> dict[int, int]:
    """How many topics of each of these places the person has not read, each room counted up to `UNREAD_CAP` + 1."""
    rows = read(_unread_apart(), **reader(user), node_ids=list(node_ids))
    return {row.node_id: int(row.unread or 0) for row in rows}


@cache
def _unread_together() -> Any:
    # What was read of a room is joined before its topics: only those that moved since then are looked at.
    newest = (
        select(Topic.id)
        .select_from(Room)
        .outerjoin(RoomReading, and_(RoomReading.room_id == Room.id, RoomReading.user_id == READER))
        .join(Topic, Topic.room_id == Room.id)
        .outerjoin(TopicReading, and_(TopicReading.topic_id == Topic.id, TopicReading.user_id == READER))
        .where(*_rooms_of_places(), is_unread(), Topic.hidden_at.is_(None))
        .limit(UNREAD_CAP + 1)
        .subquery()
    )
    return select(func.count()).select_from(newest)


@prepared
def _unread_apart() -> Any:
    rooms = select(Room.node_id, unread_count().label("unread")).where(*_rooms_of_places()).subquery()
    return select(rooms.c.node_id, func.sum(rooms.c.unread).label("unread")).group_by(rooms.c.node_id)


def _rooms_of_places() -> tuple[Any, ...]:
    return (
        Room.node_id.in_(bindparam("node_ids", expanding=True)),
        readable_rooms(),
        Room.archived_at.is_(None),
    )
