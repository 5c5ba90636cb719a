"""Statements that are run again and again, handed to the driver without being looked at anew.

SQLAlchemy finds a statement's SQL again by walking it, checks each value and dresses each row: some 40 µs for a question
that SQLite answers in 10. A `Prepared` statement keeps, per database and number of expanded values, the SQL, the order of
its values and how values and columns are converted. What SQLAlchemy knows of types, dialects and connections stays its own.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from functools import cache, wraps
from typing import Any

from sqlalchemy import Delete, Insert, Select, Update
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError, MultipleResultsFound, NoResultFound

Convert = Callable[[Any], Any]

MOST_SHAPES = 200
"""Numbers of expanded values that one statement is kept for; people of the same roles make the same few."""

watchers: list[Callable[[str], None]] = []
"""Who is told of each statement before it is asked: SQLAlchemy's events do not see them."""


class Rows:
    """What a prepared statement found or returned: read at once, converted when asked for.

    `raw` is as the driver gave it: equal raw rows mean equal rows, which is cheaper to see than to convert them.
    `rowcount` is how many rows an UPDATE or DELETE met.
    """

    __slots__ = ("_shape", "raw", "rowcount")

    def __init__(self, shape: Shape, raw: list[tuple[Any, ...]], rowcount: int) -> None:
        self._shape, self.raw, self.rowcount = shape, raw, rowcount

    def all(self) -> list[Any]:
        """Every row, as a named tuple."""
        return self._shape.rows(self.raw)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.all())

    def first(self) -> Any | None:
        """The first row, or None."""
        return self._shape.rows(self.raw[:1])[0] if self.raw else None

    def one_or_none(self) -> Any | None:
        """The only row, or None. Raises MultipleResultsFound."""
        if len(self.raw) > 1:
            raise MultipleResultsFound("several rows where one was expected")
        return self.first()

    def one(self) -> Any:
        """The only row. Raises NoResultFound and MultipleResultsFound."""
        row = self.one_or_none()
        if row is None:
            raise NoResultFound("no row where one was expected")
        return row

    def scalars(self) -> list[Any]:
        """The first column of every row."""
        return [row[0] for row in self.all()]

    def scalar_one(self) -> Any:
        """The first column of the only row. Raises NoResultFound and MultipleResultsFound."""
        return self.one()[0]

    def scalar_one_or_none(self) -> Any | None:
        """The first column of the only row, or None. Raises MultipleResultsFound."""
        row = self.one_or_none()
        return None if row is None else row[0]


class Prepared:
    """A SELECT of columns, or a change, made once, with `bindparam` for whatever differs.

    An INSERT takes its columns by name, and the defaults of those that it is not given.
    """

    __slots__ = ("_shapes", "statement")

    def __init__(self, statement: Select[Any] | Insert | Update | Delete | Any) -> None:
        self.statement = statement
        self._shapes: dict[tuple[Any, ...], Shape] = {}

    def run(self, connection: Connection, values: Mapping[str, Any]) -> Rows:
        """Ask with these values. Raises what SQLAlchemy raises."""
        lengths = tuple(
            len(value) if value.__class__ is list or value.__class__ is tuple else -1
            for value in values.values()
        )
        key = (connection.dialect.name, lengths, tuple(values))
        shape = self._shapes.get(key)
        if shape is None:
            if len(self._shapes) >= MOST_SHAPES:
                self._shapes.clear()
            shape = self._shapes[key] = Shape(self.statement, values, connection.dialect)
        return Rows(shape, *shape.run(connection, values))


def prepared(build: Callable[..., Any]) -> Callable[..., Prepared]:
    """Decorate a function that builds a statement: it is built and prepared once for each set of arguments."""

    @cache
    @wraps(build)
    def made(*args: Any, **kwargs: Any) -> Prepared:
        return Prepared(build(*args, **kwargs))

    return made


class Shape:
    """One statement as one database is asked it, for given numbers of expanded values."""

    def __init__(self, statement: Any, values: Mapping[str, Any], dialect: Dialect) -> None:
        is_insert = isinstance(statement, Insert)
        compiled = statement.compile(dialect=dialect, column_keys=list(values) if is_insert else None)
        defaults = {column.key: column.default for column in compiled.insert_prefetch} if is_insert else {}
        asked = compiled.construct_expanded_state(dict(values))
        self.sql = asked.statement
        self.positional = bool(dialect.positional)
        self.names: tuple[str, ...] = tuple(asked.positiontup or asked.parameters)
        expanded = {
            part: (name, place)
            for name, parts in asked.parameter_expansion.items()
            for place, part in enumerate(parts)
        }
        self.sources = tuple(
            _source(name, values, expanded, asked.parameters, defaults, compiled, dialect)
            for name in self.names
        )
        columns = list(statement.exported_columns)
        self.converts = tuple(
            (place, convert)
            for place, column in enumerate(columns)
            if (convert := _result_processor(column.type, dialect)) is not None
        )
        self.row: Any = _row_of(tuple(column.key for column in columns))

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the order of the SQL, as the driver takes them."""
        result = []
        for name, place, convert in self.sources:
            if name is None:
                # A value of the statement itself, converted once, or a default that is made each time.
                result.append(convert() if place == _MADE else convert)
                continue
            value = values[name]
            if place >= 0:
                value = value[place]
            result.append(value if convert is None else convert(value))
        return result

    def run(self, connection: Connection, values: Mapping[str, Any]) -> tuple[list[tuple[Any, ...]], int]:
        """The rows as the driver gives them, and how many a change met."""
        arguments = self.arguments(values)
        for watcher in watchers:
            watcher(self.sql)
        asked: Any = arguments if self.positional else dict(zip(self.names, arguments, strict=True))
        cursor: Any = connection.connection.cursor()
        try:
            cursor.execute(self.sql, asked)
            rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description is not None else []
            return rows, cursor.rowcount
        except connection.dialect.loaded_dbapi.Error as error:
            raise told(self.sql, asked, error, connection) from error
        finally:
            cursor.close()

    def rows(self, raw: list[tuple[Any, ...]]) -> list[Any]:
        """Raw rows as named tuples of converted values."""
        make = self.row._make
        if not self.converts or not raw:
            return [make(row) for row in raw]
        columns: list[Any] = list(zip(*raw, strict=True))
        for place, convert in self.converts:
            columns[place] = [convert(value) for value in columns[place]]
        return [make(row) for row in zip(*columns, strict=True)]


def told(sql: str, asked: Any, error: Exception, connection: Connection) -> BaseException:
    """The driver's error as SQLAlchemy would raise it; a connection that is gone is given up."""
    dialect: Any = connection.dialect
    gone = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    if gone:
        connection.invalidate(error)
    return DBAPIError.instance(
        sql,
        asked,
        error,
        connection.dialect.loaded_dbapi.Error,
        dialect=connection.dialect,
        connection_invalidated=gone,
    )


def _source(
    name: str,
    values: Mapping[str, Any],
    expanded: Mapping[str, tuple[str, int]],
    fixed: Mapping[str, Any],
    defaults: Mapping[str, Any],
    compiled: Any,
    dialect: Dialect,
) -> tuple[str | None, int, Any]:
    """Where one value of the SQL comes from: the name asked, its place in a list (or -1), and its conversion."""
    whole, place = expanded.get(name, (name, -1))
    convert = compiled.binds[whole].type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is
    if whole in values:
        return whole, place, None if convert is _as_it_is else convert
    if whole not in defaults:
        return None, -1, convert(fixed[name])
    default = defaults[whole]
    if default.is_scalar:
        return None, -1, convert(default.arg)
    return None, _MADE, lambda: convert(default.arg(None))


_MADE = -2
"""The place of a value that a column's own default makes anew for each row."""


def _as_it_is(value: Any) -> Any:
    return value


@cache
def _row_of(names: tuple[str, ...]) -> Any:
    """The named tuple of these columns; a name that is taken twice is reached by its place."""
    return namedtuple("Row", names, rename=True)


def _result_processor(of_type: Any, dialect: Dialect) -> Convert | None:
    return of_type.dialect_impl(dialect).result_processor(dialect, None)
