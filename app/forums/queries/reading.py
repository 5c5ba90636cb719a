"""How far somebody has read: what is unread, as a condition and as a number."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, select

from app.core.database import BigId, read
from app.core.prepared import prepared
from app.forums.models import Room, RoomReading, Topic, TopicReading
from app.forums.queries.reader import READER, READER_SINCE, reader

UNREAD_CAP = 99
"""Unread topics are counted up to here per room; beyond, « 99+ » says enough."""


def is_unread() -> ColumnElement[bool]:
    """The condition that a topic moved since the reader saw it; asks for their `RoomReading` and `TopicReading`."""
    return and_(
        Topic.last_post_at > func.coalesce(RoomReading.caught_up_at, READER_SINCE),
        Topic.last_number > func.coalesce(TopicReading.last_number, 0),
    )


def unread_in_room(user: Any, room_id: int) -> int:
    """How many topics of the room the person has not read, up to `UNREAD_CAP` + 1."""
    return read(_unread_in_room(), **reader(user), room_id=room_id).scalar_one()


@prepared
def _unread_in_room() -> Any:
    return select(unread_count()).select_from(Room).where(Room.id == bindparam("room_id", type_=BigId))


def unread_count() -> Any:
    """How many topics of a `Room` the reader has not read, up to `UNREAD_CAP` + 1."""
    # Only topics that moved since the person caught up with the room are looked at, newest first, and no more than
    # the cap: the cost does not grow with the room.
    floor = func.coalesce(
        select(RoomReading.caught_up_at)
        .where(RoomReading.room_id == Room.id, RoomReading.user_id == READER)
        .correlate(Room)
        .scalar_subquery(),
        READER_SINCE,
    )
    newest = (
        select(Topic.id)
        .outerjoin(TopicReading, and_(TopicReading.topic_id == Topic.id, TopicReading.user_id == READER))
        .where(
            Topic.room_id == Room.id,
            Topic.last_post_at > floor,
            Topic.last_number > func.coalesce(TopicReading.last_number, 0),
            Topic.hidden_at.is_(None),
        )
        .correlate(Room)
        .limit(UNREAD_CAP + 1)
        .subquery()
    )
    return select(func.count()).select_from(newest).correlate(Room).scalar_subquery()
