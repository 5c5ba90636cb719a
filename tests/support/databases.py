"""One migrated database per test process, put back to its first state before every test."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import sql


class Database(Protocol):
    """A database that can be emptied while servers stay connected to it."""

    url: str

    def remember(self) -> None:
        """Take the present state, freshly migrated, as the one to come back to."""

    def reset(self) -> None:
        """Come back to the state remembered."""

    def drop(self) -> None:
        """Leave nothing behind."""


class SQLiteDatabase:
    """A file; coming back copies the template into it page by page, under SQLite's own locks.

    So nothing in the schema gets in the way (the audit table refuses deletions), and open connections, a live server's
    included, simply see the new content.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "convergence.sqlite3"
        self.url = f"sqlite:///{self.path}"
        self.template: sqlite3.Connection | None = None

    def remember(self) -> None:
        self.template = sqlite3.connect(":memory:", check_same_thread=False)
        with sqlite3.connect(self.path) as source:
            source.backup(self.template)
        source.close()

    def reset(self) -> None:
        assert self.template is not None
        target = sqlite3.connect(self.path, timeout=10, isolation_level=None)
        target.execute("PRAGMA synchronous=OFF")
        self.template.backup(target)
        target.close()

    def drop(self) -> None:
        if self.template is not None:
            self.template.close()


class PostgreSQLDatabase:
    """A database of the run's own server; coming back deletes the rows with triggers and foreign keys put to sleep."""

    def __init__(self, server_url: str, name: str) -> None:
        self.server_url, self.name = server_url, name
        self.url = server_url.replace("/postgres?", f"/{name}?")
        self.script = ""
        self._connection: psycopg.Connection | None = None
        with psycopg.connect(server_url, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def remember(self) -> None:
        connection = self._connect()
        tables = connection.execute(
            "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename != 'alembic_version'"
        ).fetchall()
        for (table,) in tables:
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), (
                f"{table} is born with rows"
            )
        sequences = connection.execute(
            "SELECT quote_literal(quote_ident(sequencename)) FROM pg_sequences WHERE schemaname = 'public'"
        ).fetchall()
        statements = ["SET session_replication_role = replica"]
        statements += [f"DELETE FROM {table}" for (table,) in tables]
        statements += [f"SELECT setval({sequence}, 1, false)" for (sequence,) in sequences]
        statements += ["SET session_replication_role = origin"]
        self.script = ";".join(statements)

    def reset(self) -> None:
        connection = self._connect()
        # What a failed test left waiting on a lock must not keep the next one from starting.
        connection.execute("SET lock_timeout = '5s'")
        connection.execute(self.script)

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
        return self._connection
