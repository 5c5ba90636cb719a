"""One migrated database per test process, put back to its first state before every test."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql

EMPTY = "empty"

# Rows that come back are another database: what a process remembers of the one before is not true of it.
DRAWN_ANEW = "UPDATE data_version SET number = {drawn} WHERE subject <> 'person'"
# What a failed test left open must not keep the next one from starting for ever.
PATIENCE_SECONDS = 10
# Far below PostgreSQL's second before it looks for deadlocks.
LOCK_MILLISECONDS = 20

# The tables with the columns that can be written.
COLUMNS = """
SELECT quote_ident(tablename), string_agg(quote_ident(attname), ', ')
FROM pg_tables JOIN pg_attribute ON attrelid = format('public.%I', tablename)::regclass
WHERE schemaname = 'public' AND tablename != 'alembic_version'
  AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
GROUP BY tablename
"""


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
            target.execute(DRAWN_ANEW.format(drawn="random() & 1099511627775"))

    def drop(self) -> None:
        for state in self.states.values():
            state.close()


class PostgreSQLDatabase:
    """A database of the run's own server; rows come and go with triggers and foreign keys put to sleep."""

    def __init__(self, server_url: str, name: str) -> None:
        self.server_url, self.name = server_url, name
        self.url = server_url.replace("/postgres?", f"/{name}?")
        self.states: dict[str, str] = {}
        self._connection: psycopg.Connection | None = None
        with psycopg.connect(server_url, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def keep(self, name: str) -> None:
        """Copy every table into a schema beside, so that coming back is one message to the server."""
        connection = self._connect()
        kept = f"kept_{name}"
        columns = dict(connection.execute(COLUMNS).fetchall())
        sequences = connection.execute(
            "SELECT quote_ident(sequencename), coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public'"
        ).fetchall()
        copies = [f"CREATE TABLE {kept}.{table} AS TABLE {table}" for table in columns]
        with connection.transaction():
            connection.execute(
                ";".join([f"DROP SCHEMA IF EXISTS {kept} CASCADE", f"CREATE SCHEMA {kept}", *copies])
            )
        statements = [
            "SET LOCAL session_replication_role = replica",
            # Every table before any row.
            f"LOCK TABLE {', '.join(columns)} IN EXCLUSIVE MODE",
        ]
        for table, names in columns.items():
            statements.append(f"DELETE FROM {table}")
            if connection.execute(f"SELECT 1 FROM {kept}.{table} LIMIT 1").fetchone():
                statements.append(f"INSERT INTO {table} ({names}) SELECT {names} FROM {kept}.{table}")
        statements += [
            f"SELECT setval('{sequence}', {max(value, 1)}, {'true' if value else 'false'})"
            for sequence, value in sequences
        ]
        statements.append(DRAWN_ANEW.format(drawn="floor(random() * 1e12)"))
        self.states[name] = ";".join(statements)

    def knows(self, name: str) -> bool:
        return name in self.states

    def reset(self, name: str = EMPTY) -> None:
        """Locks are waited for so briefly that it is always we who step back.

        Whoever already writes and wants what we hold would otherwise be told of a deadlock.
        """
        connection = self._connect()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with connection.transaction():
                    connection.execute(self.states[name])
                return
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                # A server is in the middle of a transaction of its own: it goes first.
                if time.monotonic() > deadline:
                    raise
                time.sleep(LOCK_MILLISECONDS / 1000)

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
