"""The sockets of open pages: joining scopes, catching up, being told to stop.

Sockets carry no writing. Flask-SocketIO keeps a snapshot of the session from the handshake, which still says "signed
in" after a sign-out; so every event reads the session row again, and a watch sweeps all sockets of this worker every
two seconds against ended sessions and changed rights. It needs no Redis: the rows tell.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from flask import Flask, current_app, g, request
from flask_login import current_user
from flask_socketio import join_room
from sqlalchemy import select

from app.accounts import second_factor
from app.accounts.models import User, UserSession
from app.core import journal
from app.core.database import release
from app.core.doors import signed_in
from app.core.proxies import this_app
from app.core.time import clock
from app.extensions import db, socketio

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 2.0
HEARTBEAT_SECONDS = 20.0
MAX_SCOPES = 60
CHUNK = 500


@dataclass
class Connection:
    """What a worker knows of one of its sockets."""

    sid: str
    user_id: int
    session_id: int
    access_version: int
    scopes: set[int] = field(default_factory=set)


connections: dict[str, Connection] = {}
"""The sockets of this worker, by Socket.IO id."""

_told: dict[int, int] = {}
_watching: set[int] = set()
_lapses: list[Callable[[datetime, datetime], Collection[int]]] = []


def socket_id() -> str:
    """The Socket.IO id of the socket whose event is being handled."""
    handled: Any = request  # Flask-SocketIO adds `sid` to it
    return str(handled.sid)


def room_of(scope_id: int) -> str:
    """The Socket.IO room of a scope."""
    return f"scope:{scope_id}"


def lapses(function: Callable[[datetime, datetime], Collection[int]]) -> None:
    """Register `function(after, until)` giving the people whose rights ended by the clock in that span."""
    if function not in _lapses:
        _lapses.append(function)


@socketio.on("connect")
@signed_in
def on_connect(auth: Any = None) -> bool | None:
    """Accept a signed-in browser; anybody else is refused at the handshake."""
    if not current_user.is_authenticated:
        socketio.start_background_task(_close_soon, socket_id(), _line_of(socket_id()))
        return False
    connections[socket_id()] = Connection(
        socket_id(), current_user.id, g.user_session.id, current_user.access_version
    )
    _start_watch()
    release()
    return None


@socketio.on("disconnect")
@signed_in
def on_disconnect(reason: Any = None) -> None:
    """Forget the socket; Socket.IO leaves its rooms by itself."""
    connections.pop(socket_id(), None)


@socketio.on("join")
@signed_in
def on_join(data: Any = None) -> dict[str, Any]:
    """Join scopes and answer what was missed: `{scopes: {id: seq}}` in, catch-up or `reset` per scope out.

    Joins before it reads, so that an entry committed in between arrives twice rather than never.
    """
    connection = connections.get(socket_id())
    if connection is None or not current_user.is_authenticated:
        _say_goodbye(socket_id())
        return {"scopes": {}, "refused": [], "signed_out": True}
    after = parse_scopes(data.get("scopes") if isinstance(data, dict) else None)
    # Pages stay closed until the second factor is proved; so does what they would be told.
    is_held = second_factor.is_missing(current_user, g.user_session)
    allowed = set() if is_held else journal.allowed(current_user, after.keys())
    for scope_id in allowed - connection.scopes:
        join_room(room_of(scope_id))
        connection.scopes.add(scope_id)
    release()
    answer = catch_up_message({scope_id: seq for scope_id, seq in after.items() if scope_id in allowed})
    for key, told in answer.items():
        # Told to this socket only: what another process just wrote is still to be told to the others. And a number below
        # the one we told comes from a restored database.
        _told[int(key)] = min(_told.get(int(key), told["seq"]), told["seq"])
    release()
    return {"scopes": answer, "refused": [str(scope_id) for scope_id in after.keys() - allowed]}


def parse_scopes(value: Any) -> dict[int, int]:
    """`{scope id: seq}` from the wire; what is not a number is left out, and so is what comes after the limit."""
    if not isinstance(value, dict):
        return {}
    result = {}
    for key, seq in list(value.items())[:MAX_SCOPES]:
        try:
            scope_id, number = int(key), int(seq)
        except (TypeError, ValueError, OverflowError):
            continue
        if 0 < scope_id < 2**63 and 0 <= number < 2**63:
            result[scope_id] = number
    return result


def catch_up_message(after: dict[int, int]) -> dict[str, dict[str, Any]]:
    """The catch-up of each scope as the wire carries it; rights were asked before."""
    result: dict[str, dict[str, Any]] = {}
    for scope_id, caught in journal.catch_up(after).items():
        if caught.reset:
            result[str(scope_id)] = {"seq": caught.seq, "reset": True}
        else:
            result[str(scope_id)] = {"seq": caught.seq, "entries": journal.messages(caught.entries)}
    return result


@journal.publishes
def publish(entries: list[journal.Entry]) -> None:
    """Send committed entries to the open pages of their scopes; nobody connected, nothing rendered."""
    if socketio.server is None or not (connections or _has_queue()):
        return
    for message in journal.messages(entries):
        socketio.emit("entry", message, to=room_of(message["scope"]))
        _told[message["scope"]] = max(_told.get(message["scope"], 0), message["seq"])
    release()
    # Emitting only queues: each socket's greenlet writes once it has its turn. Theirs come now, before the rest of ours.
    socketio.sleep(0)


def _has_queue() -> bool:
    return bool(current_app.config.get("REDIS_URL"))


def _start_watch() -> None:
    app = this_app()
    if id(app) in _watching:
        return
    _watching.add(id(app))
    socketio.start_background_task(_watch, app)


def _watch(app: Flask) -> None:
    since = clock.now()
    elapsed = 0.0
    try:
        while connections:
            socketio.sleep(SWEEP_SECONDS)
            elapsed += SWEEP_SECONDS
            now = clock.now()
            try:
                with app.app_context():
                    sweep(since, now)
                    tell_seqs(everything=elapsed >= HEARTBEAT_SECONDS)
                    release()
                since = now
            except Exception:
                log.exception("watch_failed")
            if elapsed >= HEARTBEAT_SECONDS:
                elapsed = 0.0
    finally:
        _watching.discard(id(app))


def sweep(since: datetime, now: datetime) -> None:
    """Close the sockets whose session ended and put out of their scopes those whose rights changed."""
    rows: dict[int, Any] = {}
    session_ids = sorted({connection.session_id for connection in connections.values()})
    for start in range(0, len(session_ids), CHUNK):
        found = db.session.execute(
            select(
                UserSession.id, UserSession.ended_at, UserSession.expires_at, User.state, User.access_version
            )
            .join(User, User.id == UserSession.user_id)
            .where(UserSession.id.in_(session_ids[start : start + CHUNK]))
        )
        rows.update({row.id: row for row in found})
    lapsed = {user_id for function in _lapses for user_id in function(since, now)}
    for connection in list(connections.values()):
        row = rows.get(connection.session_id)
        if row is None or row.ended_at is not None or row.expires_at <= now or row.state != "active":
            _say_goodbye(connection.sid)
        elif row.access_version != connection.access_version or connection.user_id in lapsed:
            _narrow(connection, row.access_version)


def tell_seqs(*, everything: bool = False) -> None:
    """Tell sockets the number of their scopes when it passed what this worker sent (or of all, as a heartbeat).

    It is how a lost last message, and what another process wrote, are noticed without Redis.
    """
    joined = {scope_id for connection in connections.values() for scope_id in connection.scopes}
    for scope_id, seq in journal.seqs(joined).items():
        # Different, not only greater: a restored database counts from where the backup stood.
        if everything or seq != _told.get(scope_id, 0):
            _told[scope_id] = seq
            socketio.emit("seqs", {str(scope_id): seq}, to=room_of(scope_id))


def _narrow(connection: Connection, access_version: int) -> None:
    user = db.session.get(User, connection.user_id)
    g.pop("access", None)
    kept = journal.allowed(user, connection.scopes)
    lost = connection.scopes - kept
    for scope_id in lost:
        socketio.server.leave_room(connection.sid, room_of(scope_id), namespace="/")
    connection.scopes = kept
    connection.access_version = access_version
    if lost:
        socketio.emit("ended", {"scopes": [str(scope_id) for scope_id in sorted(lost)]}, to=connection.sid)


def _say_goodbye(sid: str) -> None:
    connections.pop(sid, None)
    socketio.emit("ended", {"signed_out": True}, to=sid)
    # A moment for the message to leave before the socket closes.
    socketio.start_background_task(_close_soon, sid, _line_of(sid))


def _line_of(sid: str) -> str | None:
    """The Engine.IO connection that carries a socket."""
    line: str | None = socketio.server.manager.eio_sid_from_sid(sid, "/")
    return line


def _close_soon(sid: str, line: str | None) -> None:
    socketio.sleep(0.2 + random.random() * 0.2)
    socketio.server.disconnect(sid, namespace="/")
    if line is not None:
        # Browsers hang up by themselves; whoever would rather stay must not keep a connection.
        socketio.server.eio.disconnect(line)
