"""The shapes of the statements, one per way of being fast.

SQLite walks its full-text index in the order of ids and stops when it has enough. Its cost is the length of the lists it
intersects: so types, whose lists are as long as the table, are read from the entries instead, and so are scopes once
somebody reads very many of them. PostgreSQL's GIN index gives all matches or none, in no order. So it is asked how many
it expects: when few, they are all fetched and then ordered; when many, the newest entries are walked by key and their
words compared until the page is full. Choosing wrongly costs up to half a second at a million entries.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, Integer, Label, bindparam, func, literal, select, union_all

from app.core.database import read
from app.core.prepared import Prepared, prepared
from app.extensions import db
from app.search.matching import (
    Question,
    answering,
    day_of,
    holds_every_word,
    index_named,
    is_sqlite,
    scope_token,
)
from app.search.models import SearchEntry

COUNT_CAP = 300
"""Counts stop here: one more means « more than ». Nobody reads so far, and each one more costs the look at an entry."""

FEW = 5_000
"""Up to so many expected matches, fetching all of them through GIN is the cheaper way on PostgreSQL."""

FEW_TO_RANK = 25_000
"""The same border for the two thousand candidates of a ranking."""

WALKED = 20_000
"""Newest entries walked for one page before the expectation is taken for wrong and GIN is asked after all."""

WIDE = 24
"""Scopes from which on SQLite reads them from the entries: whoever reads so many finds nearly everything anyway."""

CHUNK = 2_000
EVERY_ID = 2**62
"""Above all ids: a walk begins there."""

TOKENS_LENGTH = 400
"""Characters at the head of `terms` in which its scopes stand."""

HEAD_LENGTH = 800
"""Characters at the head of `terms` in which its name stands."""

TOKENS = func.substr(SearchEntry.terms, 1, TOKENS_LENGTH).label("tokens")

DAY = day_of(SearchEntry.at).label("day")
PAIR = (SearchEntry.id, SearchEntry.object_type)
RANKED = (SearchEntry.id, SearchEntry.object_type, SearchEntry.terms, DAY)
NAMES = (
    SearchEntry.id,
    SearchEntry.object_type,
    func.substr(SearchEntry.terms, 1, HEAD_LENGTH).label("terms"),
    DAY,
)
SHOWN = (
    SearchEntry.id,
    SearchEntry.object_type,
    SearchEntry.object_id,
    SearchEntry.title,
    SearchEntry.url,
    SearchEntry.excerpt,
    TOKENS,
    SearchEntry.at,
)

Columns = tuple[Any, ...]


def expect(question: Question) -> int:
    """How many matches PostgreSQL expects, asked without looking for them; 0 on SQLite, which needs no forecast."""
    if is_sqlite():
        return 0
    statement = answering(PAIR, of_names=question.is_of_names, sqlite=False)
    compiled = statement.compile(db.engine)
    answer = (
        db.session.connection()
        .exec_driver_sql(f"EXPLAIN (FORMAT JSON) {compiled}", {"asked": question.spoken()})
        .scalar_one()
    )
    plans = json.loads(answer) if isinstance(answer, str) else answer
    return int(plans[0]["Plan"]["Plan Rows"])


@dataclass(frozen=True)
class Overview:
    """The newest matches of every type, as (id, type) pairs; `is_whole` says that there are no others.

    `rows` are more of them with what a ranking reads, where it was known that one will be made.
    """

    pairs: list[tuple[int, str]]
    is_whole: bool
    rows: Sequence[Any] | None = None

    def ids(self, types: Collection[str]) -> list[int]:
        """The ids of these types, newest first."""
        return [entry_id for entry_id, name in self.pairs if name in types]


def overview(question: Question, *, ranked: int = 0) -> Overview:
    """One look at what matches, up to `COUNT_CAP`: for most searches it answers everything but the words to show.

    `ranked` says how many will be ranked: on SQLite one walk then does for both.
    """
    limit = COUNT_CAP + 1
    if is_sqlite() and ranked:
        rows = _walk_index(replace(question, types=()), RANKED, max(ranked, limit))
        pairs = [(row[0], row[1]) for row in rows[:limit]]
        return Overview(pairs, is_whole=len(pairs) < limit, rows=rows)
    if is_sqlite():
        rows = _walk_index(replace(question, types=()), PAIR, limit)
    elif expect(replace(question, types=())) > FEW:
        return Overview([], is_whole=False)
    else:
        rows = _fetch_then_order(question, PAIR, limit=limit, offset=0)
    pairs = [(row[0], row[1]) for row in rows]
    return Overview(pairs, is_whole=len(pairs) < limit)


def newest(question: Question, *, limit: int, offset: int = 0) -> list[int]:
    """The ids of matches, newest first."""
    rows: Sequence[Any]
    if is_sqlite():
        rows = _newest_in_index(question, PAIR, limit, offset)
    elif expect(question) > FEW:
        rows = _walk(question, PAIR, limit=limit, offset=offset, walked=WALKED + 50 * offset)
        if len(rows) < limit:
            rows = _fetch_then_order(question, PAIR, limit=limit, offset=offset)
    else:
        rows = _fetch_then_order(question, PAIR, limit=limit, offset=offset)
    return [row[0] for row in rows]


def candidates(question: Question, *, limit: int, rows: Sequence[Any] | None = None) -> Sequence[Any]:
    """The newest matches with what a ranking reads: id, title, words and day; `rows` as an overview read them."""
    if is_sqlite():
        if question.is_of_names:
            return _walk_index(question, RANKED, limit)
        if rows is None:
            rows = _walk_index(replace(question, types=()), RANKED, limit)
        wanted = [row for row in rows if row.object_type in question.types]
        if len(rows) < limit or 2 * len(wanted) >= limit:
            return wanted
        return _newest_in_index(question, RANKED, limit)
    if expect(question) > FEW_TO_RANK:
        return _walk(question, RANKED, limit=limit, offset=0, walked=5 * WALKED)
    return _fetch_then_order(question, RANKED, limit=limit, offset=0)


def named(question: Question, *, limit: int) -> Sequence[Any]:
    """The newest firms, people and places that match, with the head of their words, where their names stand."""
    if is_sqlite():
        return _walk_index(question, NAMES, limit)
    if expect(question) > FEW_TO_RANK:
        return candidates(question, limit=limit)
    return _fetch_then_order(question, NAMES, limit=limit, offset=0)


def to_rank(ids: Collection[int]) -> list[Any]:
    """What a ranking reads of these entries."""
    return read(_TO_RANK, ids=list(ids)).all() if ids else []


def to_show(ids: Collection[int]) -> list[Any]:
    """What a page shows of these entries, in this order; those that are no more are left out."""
    if not ids:
        return []
    entries = {row.id: row for row in read(_TO_SHOW, ids=list(ids))}
    return [entries[entry_id] for entry_id in ids if entry_id in entries]


_TO_RANK = Prepared(select(*RANKED).where(SearchEntry.id.in_(bindparam("ids", expanding=True))))
_TO_SHOW = Prepared(select(*SHOWN).where(SearchEntry.id.in_(bindparam("ids", expanding=True))))


def counts(question: Question) -> dict[str, int]:
    """How many matches of each type, counted up to `COUNT_CAP` + 1."""
    result = {name: COUNT_CAP + 1 for name in question.types if expect(question.of(name)) > FEW}
    asked = tuple(name for name in question.types if name not in result)
    if asked:
        values = {f"asked_{name}": question.of(name).spoken() for name in asked}
        result.update(
            {row.type: row.n for row in read(_counted(asked, is_sqlite()), most=COUNT_CAP + 1, **values)}
        )
    return result


@prepared
def _counted(types: tuple[str, ...], sqlite: bool) -> Any:
    capped = [
        select(literal(name).label("type"), func.count().label("n")).select_from(
            answering(
                [SearchEntry.id],
                of_names=Question((), (), (name,)).is_of_names,
                sqlite=sqlite,
                asked=f"asked_{name}",
            )
            .limit(bindparam("most", type_=Integer))
            .subquery()
        )
        for name in types
    ]
    return union_all(*capped) if len(capped) > 1 else capped[0]


def _walk_index(question: Question, columns: Columns, limit: int) -> Sequence[Any]:
    """Matches newest first, on SQLite; of any type when the question names none."""
    if len(question.scopes) < WIDE:
        return _newest_in_index(question, columns, limit)
    readable = {scope_token(scope_id) for scope_id in question.scopes}
    anywhere = replace(question, scopes=())
    found: list[Any] = []
    after = EVERY_ID
    while len(found) < limit:
        statement = _below(columns, question.is_of_names)
        chunk = read(statement, asked=anywhere.spoken(), after=after, most=CHUNK).all()
        found += [row for row in chunk if not readable.isdisjoint(row.tokens.split(" "))]
        if len(chunk) < CHUNK:
            break
        after = chunk[-1].id
    return found[:limit]


def _newest_in_index(question: Question, columns: Columns, limit: int, offset: int = 0) -> Sequence[Any]:
    statement = _from_index(columns, question.is_of_names)
    return read(statement, asked=question.spoken(), most=limit, skipped=offset).all()


@prepared
def _from_index(columns: Columns, of_names: bool) -> Any:
    found = answering(columns, of_names=of_names, sqlite=True)
    return _paged(found.order_by(index_named(of_names=of_names).c.rowid.desc()))


@prepared
def _below(columns: Columns, of_names: bool) -> Any:
    rowid = index_named(of_names=of_names).c.rowid
    found = answering((*columns, TOKENS), of_names=of_names, sqlite=True)
    below = found.where(rowid < bindparam("after", type_=BigInteger))
    return below.order_by(rowid.desc()).limit(bindparam("most", type_=Integer))


def _paged(statement: Any) -> Any:
    return statement.limit(bindparam("most", type_=Integer)).offset(bindparam("skipped", type_=Integer))


def _fetch_then_order(question: Question, columns: Columns, *, limit: int, offset: int) -> Sequence[Any]:
    statement = _ordered(columns, question.is_of_names)
    return read(statement, asked=question.spoken(), most=limit, skipped=offset).all()


@prepared
def _ordered(columns: Columns, of_names: bool) -> Any:
    # MATERIALIZED: left free, the planner may walk the key for a rare word, through the whole table.
    found = answering([SearchEntry.id], of_names=of_names, sqlite=False).cte("found")
    found = found.prefix_with("MATERIALIZED", dialect="postgresql")
    newest_ids = _paged(select(found.c.id).order_by(found.c.id.desc())).subquery()
    return (
        select(*columns).join(newest_ids, newest_ids.c.id == SearchEntry.id).order_by(SearchEntry.id.desc())
    )


def _walk(question: Question, columns: Columns, *, limit: int, offset: int, walked: int) -> Sequence[Any]:
    # The inner LIMIT keeps the planner on the key whatever it believes of the condition; the outer one stops it early.
    computed = [column for column in columns if isinstance(column, Label)]
    newest_entries = (
        select(SearchEntry, *computed).order_by(SearchEntry.id.desc()).limit(walked).subquery("search_entry")
    )
    statement = (
        select(*(newest_entries.c[column.key] for column in columns))
        .where(holds_every_word(question, newest_entries.c.terms))
        .order_by(newest_entries.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return read(statement).all()
