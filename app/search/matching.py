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

from sqlalchemy import Integer, Select, column, func, literal, or_, select, table
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

from app.extensions import db
from app.search.models import SearchEntry

TOKEN = re.compile(r"[^\W_]{1,60}")

index = table("search_index", column("rowid"), column("terms"))
"""The FTS5 table of SQLite."""


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


class matches(FunctionElement[int]):  # noqa: N801 - reads as the SQL function it is
    """`matches(question)`: the condition that an entry answers. On SQLite `search_index` must be in the FROM."""

    # Not Boolean: SQLite has none, and SQLAlchemy would write "= 1" after MATCH, which then is an error.
    type = Integer()
    inherit_cache = True
    name = "matches"

    def __init__(self, question: Question) -> None:
        super().__init__(literal(question.for_sqlite()), literal(question.for_postgresql()))


@compiles(matches, "sqlite")
def _for_sqlite(element: matches, compiler: SQLCompiler, **kw: Any) -> str:
    asked, _other = element.clauses
    return f"search_index MATCH {compiler.process(asked, **kw)}"


@compiles(matches, "postgresql")
def _for_postgresql(element: matches, compiler: SQLCompiler, **kw: Any) -> str:
    _other, asked = element.clauses
    return f"to_tsvector('simple', search_entry.terms) @@ CAST({compiler.process(asked, **kw)} AS tsquery)"


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


def answering(question: Question, columns: Sequence[Any]) -> Select[Any]:
    """The entries that answer, unordered; on SQLite led by the index, whose rows come in the order of their ids."""
    statement = select(*columns).where(matches(question))
    if is_sqlite():
        return statement.select_from(index.join(SearchEntry.__table__, SearchEntry.id == index.c.rowid))
    return statement


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
