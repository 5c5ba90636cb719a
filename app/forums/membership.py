"""Who is listed in restricted rooms: the one question that both predicates and queries ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g
from sqlalchemy import bindparam, select

from app.communities.access import access_of
from app.core.database import BigId, read
from app.core.prepared import Prepared
from app.forums.models import Room, RoomMember


def restricted_rooms_of(user: Any) -> Mapping[int, int]:
    """The restricted rooms the person is listed in, with the scope of each; asked once per request."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return {}
    cache = g.setdefault("restricted_rooms", {})
    if user.id not in cache:
        access = access_of(user)
        # Listed, and still somebody of the node: leaving the company ends the restricted room too.
        cache[user.id] = {
            row.room_id: row.scope_id for row in read(_LISTED, user_id=user.id) if access.reads(row.node_id)
        }
    return cache[user.id]


_LISTED = Prepared(
    select(RoomMember.room_id, Room.node_id, Room.scope_id)
    .join(Room, Room.id == RoomMember.room_id)
    .where(RoomMember.user_id == bindparam("user_id", type_=BigId), RoomMember.admitted_at.is_not(None))
)
