"""How far somebody has read: what is unread, as a condition and as a number."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from app.extensions import db
from app.forums.models import Room, RoomReading, Topic, TopicReading

UNREAD_CAP = 99
"""Unread topics are counted up to here per room; beyond, « 99+ » says enough."""


def is_unread(user: Any) -> ColumnElement[bool]:
    return and_(
        Topic.last_post_at > func.coalesce(RoomReading.caught_up_at, user.created_at),
        Topic.last_number > func.coalesce(TopicReading.last_number, 0),
    )


def unread_in_room(user: Any, room_id: int) -> int:
    """How many topics of the room the person has not read, up to `UNREAD_CAP` + 1."""
    return db.session.execute(
        select(unread_count(user)).select_from(Room).where(Room.id == room_id)
    ).scalar_one()


def unread_count(user: Any) -> Any:
    # Only topics that moved since the person caught up with the room are looked at, newest first, and no more than
    # the cap: the cost does not grow with the room.
    floor = func.coalesce(
        select(RoomReading.caught_up_at)
        .where(RoomReading.room_id == Room.id, RoomReading.user_id == user.id)
        .correlate(Room)
        .scalar_subquery(),
        user.created_at,
    )
    newest = (
        select(Topic.id)
        .outerjoin(TopicReading, and_(TopicReading.topic_id == Topic.id, TopicReading.user_id == user.id))
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
