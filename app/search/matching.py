"""What is asked of the index, written once and spoken in both dialects.

A question is a conjunction of alternatives: one of my scopes, and one of these types, and this word, and that word.
Its tokens are letters and digits alone, so whatever a person types is neither query language. A word that ends in `*`
stands for all that begin so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    Integer,
    Select,
    String,
    TableClause,
    bindparam,
    column,
    func,
    or_,
    select,
    table,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from app.extensions import db
from app.search.models import SearchEntry
from app.search.schema import NAMED

TOKEN = re.compile(r"[^\W_]{1,60}")

index = table("search_index", column("rowid"), column("terms"))
"""The FTS5 table of SQLite."""

index_of_names = table("search_index_names", column("rowid"), column("terms"))
"""The one of firms, people and places alone."""


def scope_token(scope_id: int) -> str:
    """The word that stands for a scope in the index."""
    return f"scope{scope_id}"


def type_token(object_type: str) -> str:
    """The word that stands for a type of thing in the index."""
    return "type" + re.sub(r"[^a-z0-9]", "", object_type.lower())


@dataclass(frozen=True)
class Question:
    """Words to find (all of them), in one of these scopes, of one of these types."""

    words: tuple[str, ...]
    scopes: tuple[int, ...]
    types: tuple[str, ...]

    def of(self, *types: str) -> Question:
        """The same question about these types only."""
        return replace(self, types=types)

    def loosely(self) -> Question:
        """The same question, where longer words than those typed will do."""
        return replace(self, words=tuple(word if word.endswith("*") else f"{word}*" for word in self.words))

    @property
    def is_empty(self) -> bool:
        """Whether nothing can answer it, so that nobody needs to be asked."""
        return not (self.words and self.scopes and self.types)

    def groups(self) -> list[list[str]]:
        """Alternatives that must each be met; scopes or types left empty narrow nothing."""
        groups = [[word] for word in self.words]
        groups.append([scope_token(scope_id) for scope_id in self.scopes])
        groups.append([type_token(name) for name in self.types])
        return [group for group in groups if group]

    def for_sqlite(self) -> str:
        """The question in the language of FTS5."""
        return " AND ".join(
            "(" + " OR ".join(f'"{_bare(token)}"{"*" * token.endswith("*")}' for token in tokens) + ")"
            for tokens in self.groups()
        )

    def for_postgresql(self) -> str:
        """The question as a `tsquery`."""
        return " & ".join(
            "(" + " | ".join(f"'{_bare(token)}'{':*' * token.endswith('*')}" for token in tokens) + ")"
            for tokens in self.groups()
        )

    @property
    def is_of_names(self) -> bool:
        """Whether firms, people and places alone can answer, which have an index of their own."""
        return bool(self.types) and set(self.types) <= _NAMED

    def spoken(self) -> str:
        """The question in the language of the database that is asked."""
        # The index of names holds no other types than these.
        asked = replace(self, types=()) if set(self.types) == _NAMED else self
        return asked.for_sqlite() if is_sqlite() else asked.for_postgresql()


_NAMED = frozenset(NAMED)


class matches(FunctionElement[int]):  # noqa: N801 - reads as the SQL function it is
    """`matches(asked)`: the condition that an entry answers. On SQLite `search_index` must be in the FROM."""

    # Not Boolean: SQLite has none, and SQLAlchemy would write "= 1" after MATCH, which then is an error.
    type = Integer()
    inherit_cache = True
    name = "matches"


class matches_name(matches):  # noqa: N801 - reads as the SQL function it is
    """The same among firms, people and places, through `search_index_names`."""

    inherit_cache = True
    name = "matches_name"


@compiles(matches, "sqlite")
def _for_sqlite(element: matches, compiler: SQLCompiler, **kw: Any) -> str:
    return f"search_index MATCH {compiler.process(element.clauses, **kw)}"


@compiles(matches_name, "sqlite")
def _name_for_sqlite(element: matches_name, compiler: SQLCompiler, **kw: Any) -> str:
    return f"search_index_names MATCH {compiler.process(element.clauses, **kw)}"


@compiles(matches, "postgresql")
def _for_postgresql(element: matches, compiler: SQLCompiler, **kw: Any) -> str:
    asked = compiler.process(element.clauses, **kw)
    return f"to_tsvector('simple', search_entry.terms) @@ CAST({asked} AS tsquery)"


@compiles(matches_name, "postgresql")
def _name_for_postgresql(element: matches_name, compiler: SQLCompiler, **kw: Any) -> str:
    # Written as in the index, or the planner does not see that it serves.
    types = ", ".join(f"'{name}'" for name in NAMED)
    return f"({_for_postgresql(element, compiler, **kw)} AND search_entry.object_type IN ({types}))"


class day_of(FunctionElement[Any]):  # noqa: N801 - reads as the SQL function it is
    """`day_of(instant)`: the instant as a number of days since some day long ago: read as a date it costs ten times more."""

    # Both drivers give a float, which nothing needs to convert.
    type = NullType()
    inherit_cache = True
    name = "day_of"


@compiles(day_of, "sqlite")
def _day_for_sqlite(element: day_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"julianday({compiler.process(element.clauses, **kw)})"


@compiles(day_of, "postgresql")
def _day_for_postgresql(element: day_of, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(EXTRACT(epoch FROM {compiler.process(element.clauses, **kw)}) / 86400 AS double precision)"


def holds_every_word(question: Question, terms: ColumnElement[str]) -> ColumnElement[bool]:
    """The same condition read from the words themselves, for a walk down the key without the index.

    Words stand between spaces, which is what makes this exact.
    """
    conditions = [
        or_(*(func.strpos(terms, as_written(token)) > 0 for token in tokens)) for tokens in question.groups()
    ]
    result = conditions[0]
    for condition in conditions[1:]:
        result = result & condition
    return result


def answering(columns: Sequence[Any], *, of_names: bool, sqlite: bool, asked: str = "asked") -> Select[Any]:
    """The entries that answer, unordered; on SQLite led by the index, whose rows come in the order of their ids.

    The question is the bound value `asked`, as it is `spoken`.
    """
    value = bindparam(asked, type_=String)
    statement = select(*columns).where(matches_name(value) if of_names else matches(value))
    if sqlite:
        led = index_named(of_names=of_names)
        return statement.select_from(led.join(SearchEntry.__table__, SearchEntry.id == led.c.rowid))
    return statement


def index_named(*, of_names: bool) -> TableClause:
    """The FTS5 table of names, or the one of everything."""
    return index_of_names if of_names else index


def is_sqlite() -> bool:
    """Which of the two dialects is spoken."""
    return db.engine.dialect.name == "sqlite"


def as_written(token: str) -> str:
    """How a word stands in `terms`: between spaces, or after one when it may go on."""
    return f" {_bare(token)}" if token.endswith("*") else f" {_bare(token)} "


def words_line(tokens: Iterable[str], title: str, text: str) -> str:
    """The content of `terms`: tokens, the words of the title, a bar, the words of the text; each between spaces."""
    return f" {' '.join(tokens)} {title} | {text} "


def _bare(token: str) -> str:
    word = token.removesuffix("*")
    if TOKEN.fullmatch(word) is None:
        raise ValueError(f"not a token of ours: {token!r}")
    return word
