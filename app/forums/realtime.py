"""The one thing sockets say about discussions: somebody is typing."""

from __future__ import annotations

import time
from typing import Any

from flask_login import current_user

from app.accounts.realtime import connections, room_of, socket_id
from app.core.database import release
from app.core.doors import signed_in
from app.core.errors import Refusal
from app.extensions import socketio
from app.forums import permissions, queries

PAUSE_SECONDS = 2.0
"""A typist is announced at most this often; more is dropped."""

_last: dict[str, float] = {}


@socketio.on("typing")
@signed_in
def on_typing(data: Any = None) -> None:
    """Tell the other readers of a topic who is typing. Never stored, lost without harm."""
    connection = connections.get(socket_id())
    topic_id = data.get("topic") if isinstance(data, dict) else None
    if connection is None or not current_user.is_authenticated or not isinstance(topic_id, int):
        return
    if not 0 < topic_id < 2**63 or time.monotonic() - _last.get(socket_id(), 0.0) < PAUSE_SECONDS:
        return
    _last[socket_id()] = time.monotonic()
    if len(_last) > 4 * len(connections) + 100:
        for sid in [sid for sid in _last if sid not in connections]:
            del _last[sid]
    try:
        page = queries.topic_for(current_user, topic_id)
    except Refusal:
        return
    finally:
        release()
    if permissions.can_reply(current_user, page.topic, page.room):
        socketio.emit(
            "typing",
            {"topic": topic_id, "name": current_user.given_name, "user": current_user.id},
            to=room_of(page.topic.scope_id),
            skip_sid=socket_id(),
        )
