"""Who is signed in: a session is a row, so that it can be listed, ended from elsewhere, and asked by sockets.

The signed cookie holds a random token (`sid`), the database only its hash. The person and the session come from one
statement and are detached: `transaction()` forgets what was read before it, and the signed-in person must stay known.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import Flask, Request, Response, g, request, session
from flask_login import current_user
from sqlalchemy import and_, bindparam, case, delete, or_, select, update
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts.models import User, UserSession
from app.core import audit, versions
from app.core.database import UTCDateTime, current_unit, read, release, rows_changed, transaction
from app.core.error_pages import signed_out
from app.core.errors import Busy
from app.core.prepared import Prepared, Rows
from app.core.time import clock
from app.core.versions import Remembered, Versions
from app.extensions import db, login_manager

log = structlog.get_logger(__name__)

LASTING = timedelta(days=90)
"""A session on a device of one's own lives this long after its last use."""

BRIEF = timedelta(hours=12)
"""A session on a shared machine: a working day, whatever the browser remembers."""

LONGEST = timedelta(days=365)
"""No use prolongs a session beyond this."""

SEEN_EVERY = timedelta(minutes=5)
VISIT_SILENCE = timedelta(minutes=30)
RECENT = timedelta(minutes=15)
KEPT_AFTER_END = timedelta(days=30)


def open_session(
    user: User, device: str = "", *, lasting: bool = True, second_factor: bool = False
) -> UserSession:
    """Sign `user` in on this browser: a new row, and once it is committed a new cookie (fixation, CSRF token).

    Belongs to a view, inside `transaction()`: a rolled back sign-in leaves the browser signed out.
    """
    token = secrets.token_urlsafe(32)
    now = clock.now()
    ended = g.pop("user_session", None)
    if ended is not None:
        end_session(ended.user_id, ended.id)
    row = UserSession(
        token_hash=_hashed(token),
        user_id=user.id,
        created_at=now,
        seen_at=now,
        expires_at=now + (LASTING if lasting else BRIEF),
        second_factor_at=now if second_factor else None,
        device=device[:200],
        is_lasting=lasting,
    )
    db.session.add(row)
    db.session.flush()
    # A visit may be shorter than the rhythm at which visits are noted: signing in counts.
    _note_person(user.id)
    audit.record(user, "signed_in", "user", user.id)
    current_unit().after_commit.append((_carry, (token, lasting)))
    return row


def end_session(user_id: int, session_id: int) -> bool:
    """End one session of this person, inside `transaction()`; False when there is no such open session."""
    current_unit()
    ended = rows_changed(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == user_id, UserSession.ended_at.is_(None))
        .values(ended_at=clock.now())
    )
    return ended == 1


def end_all_sessions(user: User, except_id: int | None = None) -> int:
    """End every session of the person but one, inside `transaction()`; how many ended."""
    current_unit()
    condition = and_(UserSession.user_id == user.id, UserSession.ended_at.is_(None))
    if except_id is not None:
        condition = and_(condition, UserSession.id != except_id)
    return rows_changed(update(UserSession).where(condition).values(ended_at=clock.now()))


def forget_browser() -> None:
    """Drop what this browser's cookie carries, when it signs out."""
    session.clear()
    g.pop("user_session", None)
    g.pop("_login_user", None)


def mark_second_factor(session_id: int) -> None:
    """Remember, inside `transaction()`, that this session proved its second factor."""
    current_unit()
    db.session.execute(
        update(UserSession)
        .where(UserSession.id == session_id)
        .values(second_factor_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def current_session() -> UserSession | None:
    """The session row of this request, detached; None for somebody who is not signed in."""
    row: UserSession | None = g.get("user_session")
    return row if row is not None and current_user.is_authenticated else None


def is_recent(row: UserSession | None) -> bool:
    """Whether the person proved who they are a moment ago, which stands for a password they do not have."""
    return row is not None and row.created_at > clock.now() - RECENT


def session_alive(session_id: int) -> bool:
    """Whether a session may still be used: sockets ask before each event."""
    return not sessions_ended_among([session_id])


def sessions_ended_among(ids: Collection[int]) -> set[int]:
    """Which of these sessions are over (ended, expired, person no longer active): asked by the sweep of sockets."""
    if not ids:
        return set()
    alive = db.session.execute(
        select(UserSession.id)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.id.in_(ids), *_is_open())
    )
    return set(ids) - set(alive.scalars())


def open_sessions_of(user_id: int) -> list[UserSession]:
    """The open sessions of a person, the one used last first."""
    return list(
        db.session.execute(
            select(UserSession)
            .join(User, User.id == UserSession.user_id)
            .where(UserSession.user_id == user_id, *_is_open())
            .order_by(UserSession.seen_at.desc(), UserSession.id.desc())
        ).scalars()
    )


def last_visit(user: User) -> datetime | None:
    """The end of the visit before this one; None for a first visit.

    The first page of a new visit is rendered before the visit is written down, so the row may still be one behind.
    """
    if user.seen_at is not None and clock.now() - user.seen_at > VISIT_SILENCE:
        return user.seen_at
    return user.previous_visit_at


def device_name(agent: str) -> str:
    """A browser as a person would name it: « Firefox sur Android ». Empty when it says nothing known."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser} · {system}" if browser and system else browser or system


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def purge() -> int:
    """Delete rows of sessions long over, inside `transaction()`; how many."""
    current_unit()
    limit = clock.now() - KEPT_AFTER_END
    return rows_changed(
        delete(UserSession).where(or_(UserSession.ended_at < limit, UserSession.expires_at < limit))
    )


def load_from_request(_request: Request) -> User | None:
    """The person this browser is signed in as: flask-login asks once per request."""
    token = session.get("sid")
    if not isinstance(token, str):
        return None
    token_hash = _hashed(token)
    found = read(_SIGNED_IN, token_hash=token_hash, now=clock.now())
    if not found.raw:
        return None
    *values, tree, tags, person = found.raw[0]
    if request.method in ("GET", "HEAD"):
        kept = _signed_in.peek(token_hash)
        if kept is None or kept[0] != values:
            kept = _signed_in.put(token_hash, values, _people_of(found))
        user, row = kept[1]
        versions.know(Versions(tree, tags, person), user.id)
    else:
        # Whoever changes something gets an object of their own.
        user, row = _people_of(found)
    g.user_session = row
    return user


def note_visit(response: Response) -> Response:
    """Write down that the person was here, at most every few minutes and never when the answer is an error."""
    row = g.get("user_session")
    if row is None or response.status_code >= 400 or clock.now() - row.seen_at < SEEN_EVERY:
        return response
    try:
        release()
        with transaction():
            _note(row)
    except (Busy, RuntimeError):
        # Being seen is worth neither a delay nor a failed page; the next one tries again.
        log.info("visit_not_noted", session_id=row.id)
        return response
    if row.is_lasting:
        session.modified = True
    return response


def _note(row: UserSession) -> None:
    now = clock.now()
    lifetime = LASTING if row.is_lasting else BRIEF
    db.session.execute(
        update(UserSession)
        .where(UserSession.id == row.id, UserSession.ended_at.is_(None))
        .values(seen_at=now, expires_at=min(now + lifetime, row.created_at + LONGEST))
        .execution_options(synchronize_session=False)
    )
    _note_person(row.user_id)


def _note_person(user_id: int) -> None:
    """The person is here: a new visit begins after `VISIT_SILENCE`, and the one before it is remembered."""
    now = clock.now()
    db.session.execute(
        update(User)
        .where(User.id == user_id, or_(User.seen_at.is_(None), User.seen_at < now - SEEN_EVERY))
        .values(
            seen_at=now,
            previous_visit_at=case(
                (User.seen_at < now - VISIT_SILENCE, User.seen_at), else_=User.previous_visit_at
            ),
        )
        .execution_options(synchronize_session=False)
    )


def _carry(token: str, lasting: bool) -> None:
    session.clear()
    session["sid"] = token
    session.permanent = lasting
    # Whoever was known to this request before is not the person signed in now.
    g.pop("_login_user", None)
    g.pop("user_session", None)


def _is_open(now: Any = None) -> tuple[Any, ...]:
    return (
        UserSession.ended_at.is_(None),
        UserSession.expires_at > (clock.now() if now is None else now),
        User.state == "active",
    )


_USER_COLUMNS = tuple(User.__table__.columns)
_SESSION_COLUMNS = tuple(UserSession.__table__.columns)
_SIGNED_IN = Prepared(
    select(
        *_USER_COLUMNS,
        *_SESSION_COLUMNS,
        versions.number_of(versions.TREE, 0),
        versions.number_of(versions.TAGS, 0),
        versions.number_of(versions.PERSON, User.id),
    )
    .join(UserSession, UserSession.user_id == User.id)
    .where(UserSession.token_hash == bindparam("token_hash"), *_is_open(bindparam("now", type_=UTCDateTime)))
)
_signed_in: Remembered[tuple[User, UserSession]] = Remembered(1000)


def _people_of(found: Rows) -> tuple[User, UserSession]:
    """The person and the session of a row of `_SIGNED_IN`, as entities that belong to no database session."""
    values = found.one()
    count = len(_USER_COLUMNS)
    return _detached(User, _USER_COLUMNS, values), _detached(UserSession, _SESSION_COLUMNS, values[count:])


def _detached(model: type[Any], columns: Sequence[Any], values: Sequence[Any]) -> Any:
    entity = model()
    for column, value in zip(columns, values, strict=False):
        set_committed_value(entity, column.key, value)
    make_transient_to_detached(entity)
    return entity


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def init_app(app: Flask) -> None:
    """Let flask-login ask us, and write visits down behind every answer."""
    app.config["PERMANENT_SESSION_LIFETIME"] = LASTING
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    # flask-login would first believe a cookie of this name; on a shared host name, another application may set it.
    app.config["REMEMBER_COOKIE_NAME"] = "convergence_unused"
    # Its own protection compares addresses and agents, and writes the cookie anew with every page.
    login_manager.session_protection = None
    login_manager.request_loader(load_from_request)
    login_manager.unauthorized_handler(signed_out)
    app.after_request(note_visit)
