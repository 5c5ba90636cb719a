"""The write transaction, and column types both databases understand.

Every change of the product happens inside `with transaction():`, opened by a door (view, job, command). SQLAlchemy's
own commit event also fires at savepoints, so the boundary is ours: it refuses to nest, lets `journal` and others add
their last statements, commits once, then runs what was asked for after the commit.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar, cast, overload

import structlog
from flask import Flask, g, has_request_context, request
from flask_babel import gettext as _
from sqlalchemy import BigInteger, CursorResult, DateTime, Delete, Executable, Integer, Update, event
from sqlalchemy import insert as sql_insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import TypeDecorator

from app.core.errors import Busy
from app.core.prepared import Prepared, Rows, prepared, told
from app.extensions import db

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 5.0
RETRY_SECONDS = 0.003
EAGERNESS = 20
"""After a twentieth of a second of waiting for SQLite one asks twice as often, after a tenth three times."""

CONTENTION = frozenset({"40001", "40P01", "55P03"})
"""What PostgreSQL answers when others hold what is written: serialization, deadlock, a lock not given in time."""

CROSSED = frozenset({"40001", "40P01"})
"""Of these, what doing the act again may cure at once."""

Result = TypeVar("Result")

BigId = BigInteger().with_variant(Integer, "sqlite")
"""Identifier type: 64 bits everywhere (SQLite numbers rows by itself only under INTEGER)."""


class UTCDateTime(TypeDecorator[datetime]):
    """An instant. Takes aware datetimes only, stores UTC, gives aware UTC back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant must carry its time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@dataclass
class Unit:
    """What one transaction remembers until its end."""

    after_commit: list[tuple[Callable[..., Any], tuple[Any, ...]]] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    connection: Connection | None = None


_before_commit: list[Callable[[Unit], None]] = []


def before_commit(function: Callable[[Unit], None]) -> Callable[[Unit], None]:
    """Register `function` to run as a transaction's last statements, in order of registration."""
    _before_commit.append(function)
    return function


def current_unit() -> Unit:
    """The unit of the open transaction. Raises RuntimeError outside `transaction()`."""
    unit = db.session.info.get("unit")
    if unit is None:
        raise RuntimeError("a change happened outside transaction()")
    return unit


def in_transaction() -> bool:
    """Whether a write transaction of ours is open on this session."""
    # Asked by every page: a page that asks no entity never makes a session.
    return db.session.registry.has() and db.session.info.get("unit") is not None


def after_commit(function: Callable[..., Any], *args: Any) -> None:
    """Call `function(*args)` once the open transaction is committed; pass ids, since objects may be stale by then.

    Each call is isolated: one that fails is logged and does not keep the others from running.
    """
    current_unit().after_commit.append((function, args))


@contextmanager
def transaction() -> Iterator[Unit]:
    """Open the one write transaction of an act, commit it, then run the after-commit work.

    What was read before is forgotten first, so that whatever decides inside is read inside. On SQLite the write lock
    is asked for at once and waited for cooperatively (`Busy` after `PATIENCE_SECONDS`): nothing may wait or yield
    while it is held. Raises RuntimeError when nested.
    """
    session = db.session
    if session.info.get("unit") is not None:
        raise RuntimeError("transaction() does not nest")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed before transaction() opened")
    session.commit()
    session.expire_all()
    _end_reading()
    unit = Unit()
    session.info["unit"] = unit
    try:
        unit.connection = _begin_writing()
        yield unit
        session.flush()
        for function in _before_commit:
            function(unit)
        session.commit()
    except BaseException as error:
        session.rollback()
        if isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", None) in CONTENTION:
            raise Busy(_too_many_writers()) from error
        raise
    finally:
        session.info.pop("unit", None)
    _run_after_commit(unit)


def transacted(act: Callable[[], Result], *, attempts: int = 4) -> Result:
    """Do `act` in a transaction of its own, and anew when its locks crossed those of others.

    For acts that hold several rows which others hold in another order: PostgreSQL ends one of the two, which loses
    nothing by being done again. `act` reads whatever it decides by. Raises `Busy` when every attempt met the same.
    """
    for attempt in range(1, attempts + 1):
        try:
            with transaction():
                return act()
        except Busy as busy:
            state = getattr(getattr(busy.__cause__, "orig", None), "sqlstate", None)
            if attempt == attempts or state not in CROSSED:
                raise
            time.sleep(RETRY_SECONDS * attempt)
    raise AssertionError("attempts is at least one")


@overload
def read(statement: Prepared, **values: Any) -> Rows: ...
@overload
def read(statement: Executable, **values: Any) -> CursorResult[*tuple[Any, ...]]: ...
def read(statement: Any, **values: Any) -> Any:
    """Run a SELECT of columns with `values` for its bound parameters, at half of what the session's own `execute` costs.

    For statements that many pages ask: build such a statement once (`functools.cache`), with `bindparam` for whatever
    differs, since building one costs more than running it; `Prepared`, it goes to the driver by the shortest way. What
    the open transaction has changed is seen.
    """
    if isinstance(statement, Prepared):
        return statement.run(_connection(), values)
    return _run(statement, values)


@overload
def write(statement: Prepared, **values: Any) -> Rows: ...
@overload
def write(statement: Executable, **values: Any) -> CursorResult[*tuple[Any, ...]]: ...
def write(statement: Any, **values: Any) -> Any:
    """The same for an INSERT, UPDATE or DELETE of the open transaction; entities already loaded do not learn of it."""
    current_unit()
    return read(statement, **values)


def insert_rows(table: Any, rows: list[dict[str, Any]]) -> None:
    """Insert plain rows in the open transaction, where nobody needs the entities; all name the same columns."""
    if len(rows) == 1:
        write(_insert(table), **rows[0])
        return
    current_unit()
    _run(_insert(table).statement, rows)


@prepared
def _insert(table: Any) -> Any:
    # Inline: nobody asks for the ids, so the database need not be made to give them.
    return sql_insert(table).inline()


def _run(statement: Executable, values: Any) -> CursorResult[*tuple[Any, ...]]:
    return _connection().execute(statement, values)


def _connection() -> Connection:
    """The connection of the open transaction, with what the session still held written to it.

    A page that only reads opens its snapshot itself: a session costs it as much as all its statements. Entities asked for
    later join it (`extensions.Session`).
    """
    writing = _writing()
    if writing is not None:
        return writing
    if has_request_context() and request.method in ("GET", "HEAD"):
        reading: Connection | None = g.get("reading")
        if reading is None and not _has_begun():
            reading = g.reading = db.engine.connect()
        if reading is not None:
            if reading.dialect.name == "sqlite" and not _driver_of(reading).in_transaction:
                _begin_sqlite(reading)
            return reading
    session = db.session()
    session.flush()
    # Asked for at each statement, found once per transaction.
    known, connection = session.info.get("connection", (None, None))
    if known is None or known is not session.get_transaction() or connection.closed:
        connection = session.connection()
        session.info["connection"] = (session.get_transaction(), connection)
    return connection


def _writing() -> Connection | None:
    """The connection of the open write transaction."""
    registry = db.session.registry
    if not registry.has():
        return None
    session = registry()
    unit: Unit | None = session.info.get("unit")
    if unit is None or unit.connection is None:
        return None
    session.flush()
    return unit.connection


def _has_begun() -> bool:
    """Whether the session of entities came first, and holds the snapshot of this page."""
    return bool(db.session.registry.has() and db.session().in_transaction())


def _driver_of(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _end_reading() -> None:
    """Close the snapshot of the page; the session that joined it has ended its transaction."""
    reading = g.pop("reading", None)
    if reading is not None:
        reading.close()


def _end_request(_error: BaseException | None) -> None:
    db.session.remove()
    _end_reading()


def rows_changed(statement: Update | Delete, *, synchronize_session: str | bool = False) -> int:
    """Run an UPDATE or DELETE of the open transaction and say how many rows it met: who lost a race finds none.

    Rows already loaded keep what they said, unless `synchronize_session` (as SQLAlchemy names it) says otherwise.
    """
    current_unit()
    result = db.session.execute(statement, execution_options={"synchronize_session": synchronize_session})
    return int(cast("CursorResult[Any]", result).rowcount)


def release() -> None:
    """End the read transaction that queries left open, keeping what was loaded."""
    if not in_transaction():
        db.session.commit()
        _end_reading()


def abandon() -> None:
    """Drop what a request or a job that failed left in the session, so that an answer can still be drawn."""
    db.session.rollback()
    _end_reading()


def _run_after_commit(unit: Unit) -> None:
    for function, args in unit.after_commit:
        try:
            function(*args)
        except Exception:
            log.exception("after_commit_failed", function=getattr(function, "__qualname__", str(function)))
        finally:
            release()


def _too_many_writers() -> str:
    return _("Trop de personnes écrivent en ce moment. Rien n’est perdu : réessayez dans un instant.")


def _begin_writing() -> Connection:
    if db.engine.dialect.name == "postgresql":
        return db.session.connection(execution_options={"isolation_level": "READ COMMITTED"})
    try:
        return db.session.connection(execution_options={"immediate": True})
    except OperationalError as error:
        db.session.rollback()
        if not _is_locked(error.orig):
            raise
        raise Busy(_too_many_writers()) from error


def init_app(app: Flask) -> None:
    """Give SQLite explicit transactions: deferred for reading (one snapshot a page), immediate for writing."""
    app.teardown_appcontext(_end_request)
    with app.app_context():
        for engine in db.engines.values():
            if engine.dialect.name == "sqlite":
                event.listen(engine, "connect", _leave_begin_to_us)
                event.listen(engine, "begin", _begin_sqlite)


def _leave_begin_to_us(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.isolation_level = None


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    if _driver_of(connection).in_transaction:
        # Entities that join the snapshot of a page.
        return
    # To the driver itself, since every page begins so.
    cursor = connection.connection.cursor()
    try:
        if immediate:
            _wait_to_write(cursor)
        else:
            cursor.execute("BEGIN")
    except connection.dialect.loaded_dbapi.Error as error:
        raise told("BEGIN", (), error, connection) from error


def _wait_to_write(cursor: Any) -> None:
    """BEGIN IMMEDIATE as soon as nobody else writes; raises the driver's error after `PATIENCE_SECONDS`.

    In one process who came first asks, the others wait behind. Of several processes SQLite takes whoever asks next, so
    who has waited longest asks most often.
    """
    turn, came = object(), time.monotonic()
    _waiting.append(turn)
    try:
        while True:
            waited = time.monotonic() - came
            if _waiting[0] is turn or waited > PATIENCE_SECONDS:
                try:
                    cursor.execute("BEGIN IMMEDIATE")
                except Exception as error:
                    if waited > PATIENCE_SECONDS or not _is_locked(error):
                        raise
                else:
                    return
            # Cooperative under gevent (time is patched): other requests go on while we wait for the lock.
            time.sleep(RETRY_SECONDS / (1 + waited * EAGERNESS))
    finally:
        _waiting.remove(turn)


_waiting: deque[object] = deque()


def _is_locked(error: BaseException | None) -> bool:
    return "locked" in str(error).lower()


def upsert(
    model: type[Any],
    keys: dict[str, Any],
    values: dict[str, Any],
    *,
    rising: str | None = None,
    keep: bool = False,
) -> bool:
    """Insert the row of these primary keys, or change the one that is there; whether anything was written.

    One statement, so two pages at once cannot both insert. `rising` names the column that only a higher value may
    change: a pointer is never lowered, a draft never overtaken. `keep` leaves a row that is there as it is.
    """
    statement = _upsert(model.__table__, tuple(keys), tuple(values), rising, keep, db.engine.dialect.name)
    return write(statement, **keys, **values).first() is not None


@prepared
def _upsert(
    table: Any,
    keys: tuple[str, ...],
    values: tuple[str, ...],
    rising: str | None,
    keep: bool,
    dialect: str,
) -> Any:
    statement = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    if keep:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    else:
        new = statement.excluded
        statement = statement.on_conflict_do_update(
            index_elements=keys,
            set_={name: new[name] for name in values},
            where=table.c[rising] < new[rising] if rising is not None else None,
        )
    # Counted by what comes back: drivers disagree on the row count of such a statement.
    return statement.returning(table.c[keys[0]])
