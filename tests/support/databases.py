"""One migrated database per test process, put back to its first state before every test."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql

EMPTY = "empty"
# What a failed test left open must not keep the next one from starting for ever.
PATIENCE_SECONDS = 10
# Far below PostgreSQL's second before it looks for deadlocks.
LOCK_MILLISECONDS = 20


class Database(Protocol):
    """A database that can be put back to a state while servers stay connected to it."""

    url: str

    def keep(self, name: str) -> None:
        """Take the present state as one to come back to."""

    def knows(self, name: str) -> bool:
        """Whether a state of that name was kept."""

    def reset(self, name: str = EMPTY) -> None:
        """Come back to a state that was kept."""

    def drop(self) -> None:
        """Leave nothing behind."""


class SQLiteDatabase:
    """A file; coming back copies a state into it page by page, under SQLite's own locks.

    So nothing in the schema gets in the way (the audit table refuses deletions), and open connections, a live server's
    included, simply see the new content.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "convergence.sqlite3"
        self.url = f"sqlite:///{self.path}"
        self.states: dict[str, sqlite3.Connection] = {}

    def keep(self, name: str) -> None:
        state = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(sqlite3.connect(self.path)) as source:
            source.backup(state)
        self.states[name] = state

    def knows(self, name: str) -> bool:
        return name in self.states

    def reset(self, name: str = EMPTY) -> None:
        with closing(sqlite3.connect(self.path, timeout=10, isolation_level=None)) as target:
            target.execute("PRAGMA synchronous=OFF")
            self.states[name].backup(target)

    def drop(self) -> None:
        for state in self.states.values():
            state.close()


@dataclass
class _Rows:
    """A state of a PostgreSQL database: what its tables hold, and where its sequences stand."""

    tables: dict[str, bytes]
    sequences: dict[str, int]


class PostgreSQLDatabase:
    """A database of the run's own server; rows come and go with triggers and foreign keys put to sleep."""

    def __init__(self, server_url: str, name: str) -> None:
        self.server_url, self.name = server_url, name
        self.url = server_url.replace("/postgres?", f"/{name}?")
        self.states: dict[str, _Rows] = {}
        self._connection: psycopg.Connection | None = None
        with psycopg.connect(server_url, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def keep(self, name: str) -> None:
        connection = self._connect()
        tables = {}
        for (table,) in connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename != 'alembic_version'"
        ).fetchall():
            with connection.cursor().copy(f"COPY {table} TO STDOUT") as rows:
                tables[table] = b"".join(bytes(chunk) for chunk in rows)
        sequences = connection.execute(
            "SELECT quote_ident(sequencename), coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public'"
        ).fetchall()
        self.states[name] = _Rows(tables, dict(sequences))

    def knows(self, name: str) -> bool:
        return name in self.states

    def reset(self, name: str = EMPTY) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._put_back(self.states[name])
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                # A server is in the middle of a transaction of its own: it goes first.
                if time.monotonic() > deadline:
                    raise
                time.sleep(LOCK_MILLISECONDS / 1000)

    def _put_back(self, state: _Rows) -> None:
        """Lock every table before touching any row, and wait so briefly that it is always we who step back.

        Whoever already writes and wants what we hold would otherwise be told of a deadlock.
        """
        connection = self._connect()
        statements = ["SET session_replication_role = replica"]
        statements += [f"LOCK TABLE {', '.join(state.tables)} IN EXCLUSIVE MODE"]
        statements += [f"DELETE FROM {table}" for table in state.tables]
        statements += [
            f"SELECT setval('{sequence}', {max(value, 1)}, {'true' if value else 'false'})"
            for sequence, value in state.sequences.items()
        ]
        with connection.transaction():
            connection.execute(";".join(statements))
            for table, rows in state.tables.items():
                if rows:
                    with connection.cursor().copy(f"COPY {table} FROM STDIN") as incoming:
                        incoming.write(rows)
        connection.execute("SET session_replication_role = origin")

    def drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        with psycopg.connect(self.server_url, autocommit=True) as server:
            server.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.name))
            )

    def _connect(self) -> psycopg.Connection:
        if self._connection is None:
            self._connection = psycopg.connect(self.url, autocommit=True)
            self._connection.execute(f"SET lock_timeout = '{LOCK_MILLISECONDS}ms'")
        return self._connection
