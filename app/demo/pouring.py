"""Rows by the million into either database, past the operations: for demonstrations that are measured, not visited.

Rows come as tuples of Python values; columns that are not named get what the model gives by default. The secondary
indexes of large tables are dropped first and built once at the end, and nothing is durable before the end: a load that
is cut short is thrown away with its database.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Index, Table, func, select
from sqlalchemy.schema import CreateIndex

from app.core.database import release
from app.extensions import db
from app.search.models import SearchEntry
from app.search.schema import SQLITE_FILL, STATEMENTS

BATCH = 50_000
"""Rows written between two commits."""

SQLITE_HASTE = (
    "PRAGMA foreign_keys=OFF",
    "PRAGMA synchronous=OFF",
    "PRAGMA cache_size=-400000",
)
POSTGRESQL_HASTE = (
    "SET synchronous_commit = off",
    "SET maintenance_work_mem = '512MB'",
    "SET idle_in_transaction_session_timeout = 0",
)

Row = tuple[Any, ...]


def next_id(table: Table) -> int:
    """The first free number of a table."""
    last = db.session.execute(select(func.max(table.c.id))).scalar_one()
    release()
    return (last or 0) + 1


@contextmanager
def pouring(tables: Sequence[Table], heavy: Sequence[Table]) -> Iterator[Pouring]:
    """A connection of its own that is quick about these tables, given back as the application knows it.

    The `heavy` ones are without their secondary indexes meanwhile.
    """
    release()
    kind = SqlitePouring if db.engine.dialect.name == "sqlite" else PostgresqlPouring
    pour = kind(tables, heavy)
    try:
        yield pour
        pour.finish()
    finally:
        pour.close()


class Pouring:
    """Rows into tables, as quickly as the database takes them."""

    haste: Sequence[str] = ()

    def __init__(self, tables: Sequence[Table], heavy: Sequence[Table]) -> None:
        self.tables = tables
        self.indexes = [index for table in heavy for index in table.indexes if not index.unique]
        self.dialect = db.engine.dialect
        self.raw = db.engine.raw_connection()
        self.cursor = self.raw.cursor()
        for statement in self.haste:
            self.cursor.execute(statement)
        self.raw.commit()
        drop = STATEMENTS[self.dialect.name][1]
        self.run(*drop, *(f"DROP INDEX IF EXISTS {index.name}" for index in self.indexes))

    def run(self, *statements: str) -> None:
        """Execute statements and commit."""
        self.begin()
        for statement in statements:
            self.cursor.execute(statement)
        self.raw.commit()

    def rows(self, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> int:
        """Write rows of these columns; returns how many."""
        names, complete = _completed(table, columns, self.dialect)
        count = 0
        iterator = iter(rows)
        while batch := [complete(row) for row in itertools.islice(iterator, BATCH)]:
            self.begin()
            self.write(table, names, batch)
            self.raw.commit()
            count += len(batch)
        return count

    def finish(self) -> None:
        """Build what was dropped and count the numbers on."""
        create = STATEMENTS[self.dialect.name][0]
        self.run(*(_created(index) for index in self.indexes), *create)

    def begin(self) -> None:
        """Open a transaction, where the driver does not by itself."""

    def write(self, table: Table, names: Sequence[str], rows: Sequence[Row]) -> None:
        """Write one batch inside the open transaction."""
        raise NotImplementedError

    def close(self) -> None:
        """Throw the hasty connection away: its settings must serve nobody else."""
        self.raw.invalidate()


class SqlitePouring(Pouring):
    haste = SQLITE_HASTE

    def begin(self) -> None:
        self.cursor.execute("BEGIN IMMEDIATE")

    def write(self, table: Table, names: Sequence[str], rows: Sequence[Row]) -> None:
        places = ", ".join("?" * len(names))
        self.cursor.executemany(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})", rows)  # noqa: S608 - our own names

    def finish(self) -> None:
        super().finish()
        self.run(*SQLITE_FILL)
        self.cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class PostgresqlPouring(Pouring):
    haste = POSTGRESQL_HASTE

    def write(self, table: Table, names: Sequence[str], rows: Sequence[Row]) -> None:
        with self.cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def finish(self) -> None:
        super().finish()
        for table in self.tables:
            if "id" in table.c:
                self.run(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), max(id)) FROM {table.name}"  # noqa: S608 - our own names
                )
        self.run(*(f"ANALYZE {table.name}" for table in self.tables))


def _completed(table: Table, columns: Sequence[str], dialect: Any) -> tuple[list[str], Callable[[Row], Row]]:
    """The names of all columns written, and what makes a row of values as the driver takes them."""
    named = [table.c[name] for name in columns]
    others = [column for column in table.c if column.name not in columns and column.default is not None]
    processors = [_processor(column, dialect) for column in named]
    constants = tuple(_constant(column, dialect) for column in others)
    needed = [(place, process) for place, process in enumerate(processors) if process is not None]

    def complete(row: Row) -> Row:
        values = list(row)
        for place, process in needed:
            values[place] = process(values[place])
        return (*values, *constants)

    return [column.name for column in (*named, *others)], complete


def _processor(column: Any, dialect: Any) -> Callable[[Any], Any] | None:
    processor: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    return processor


def _constant(column: Any, dialect: Any) -> Any:
    default = column.default.arg
    value = default(None) if callable(default) else default
    process = _processor(column, dialect)
    return process(value) if process is not None else value


def _created(index: Index) -> str:
    return str(CreateIndex(index).compile(dialect=db.engine.dialect))


SEARCH = SearchEntry.__table__
