"""What the launcher must know of a database before starting anything, asked without loading the application."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from app.config import Settings
from app.core.revisions import heads


class Unreachable(Exception):
    """The database does not answer; the message says why."""


@dataclass(frozen=True)
class State:
    """How far a database has come: migrated to this version or not, filled or not, a demonstration or not.

    `is_unfinished` is a demonstration whose load was cut short, or still goes on.
    """

    is_current: bool
    is_filled: bool = False
    is_demo: bool = False
    is_unfinished: bool = False


def look(settings: Settings) -> State:
    """The state of the database that the settings name. Raises `Unreachable`."""
    if not settings.is_sqlite:
        return _look_at_postgresql(settings.database_url)
    if not settings.sqlite_path.exists():
        return State(is_current=False)
    try:
        with closing(sqlite3.connect(settings.sqlite_path, timeout=5)) as connection:
            return _read(connection, sqlite3.OperationalError)
    except sqlite3.Error as error:
        raise Unreachable(f"{settings.sqlite_path} : {error}") from error


def _look_at_postgresql(url: str) -> State:
    import psycopg

    try:
        with closing(
            psycopg.connect(
                url.replace("postgresql+psycopg://", "postgresql://"), connect_timeout=10, autocommit=True
            )
        ) as connection:
            return _read(connection, psycopg.errors.UndefinedTable)
    except psycopg.Error as error:
        raise Unreachable(str(error).strip()) from error


def _read(connection: Any, missing: type[Exception]) -> State:
    try:
        versions = {
            row[0] for row in connection.execute("SELECT version_num FROM alembic_version").fetchall()
        }
    except missing:
        return State(is_current=False)
    try:
        installation = connection.execute("SELECT is_demo, demo_today FROM installation").fetchone()
    except missing:
        installation = None
    is_demo = bool(installation and installation[0])
    is_unfinished = is_demo and installation[1] is None
    return State(
        is_current=versions == heads(),
        is_filled=installation is not None and not is_unfinished,
        is_demo=is_demo,
        is_unfinished=is_unfinished,
    )
