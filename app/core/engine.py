"""How connections are opened: SQLite kept durable and strict, PostgreSQL kept from waiting for ever."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event

from app.extensions import db

SQLITE_PRAGMAS = (
    # The switch to WAL, and recovery after a kill, need the file alone for a moment.
    "PRAGMA busy_timeout=2000",
    "PRAGMA journal_mode=WAL",
    # FULL: what was acknowledged survives a power cut, not only a killed process.
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    # 0: waiting in C would freeze every greenlet; `transaction()` retries cooperatively instead.
    "PRAGMA busy_timeout=0",
    # Per connection. The file is read through the system's cache, not mapped: mapping it gains no measurable time, and
    # makes a worker look as large as what it has read.
    "PRAGMA cache_size=-8000",
    "PRAGMA temp_store=MEMORY",
)

POSTGRESQL_SETTINGS = (
    "SET TIME ZONE 'UTC'",
    "SET lock_timeout = '5s'",
    "SET idle_in_transaction_session_timeout = '60s'",
)


def init_app(app: Flask) -> None:
    """Have every new connection of the application's engines prepared."""
    with app.app_context():
        for engine in db.engines.values():
            prepare(engine)


def prepare(engine: Engine) -> None:
    """Prepare the connections of one engine, whatever opened it (application, tests, bulk loaders)."""
    if engine.dialect.name == "sqlite":
        if engine.url.database:
            Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        event.listen(engine, "connect", _prepare_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    connection.autocommit = True
    for setting in POSTGRESQL_SETTINGS:
        connection.execute(setting)
    connection.autocommit = False
