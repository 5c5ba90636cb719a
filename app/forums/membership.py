"""Who is listed in restricted rooms: the one question that both predicates and queries ask."""

from __future__ import annotations

from typing import Any

from flask import g
from sqlalchemy import select

from app.communities.access import access_of
from app.extensions import db
from app.forums.models import Room, RoomMember


def restricted_rooms_of(user: Any) -> frozenset[int]:
    """The restricted rooms the person is listed in, asked once per request."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return frozenset()
    cache = g.setdefault("restricted_rooms", {})
    if user.id not in cache:
        rows = db.session.execute(
            select(RoomMember.room_id, Room.node_id)
            .join(Room, Room.id == RoomMember.room_id)
            .where(RoomMember.user_id == user.id, RoomMember.admitted_at.is_not(None))
        )
        access = access_of(user)
        # Listed, and still somebody of the node: leaving the company ends the restricted room too.
        cache[user.id] = frozenset(room_id for room_id, node_id in rows if access.reads(node_id))
    return cache[user.id]
