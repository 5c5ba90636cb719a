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

from sqlalchemy import bindparam, func, literal, select, union_all

from app.core.database import read
from app.core.prepared import Prepared
from app.extensions import db
from app.search.matching import Question, answering, holds_every_word, index, is_sqlite, scope_token
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
TOKENS_LENGTH = 400
"""Characters at the head of `terms` in which its scopes stand."""

HEAD_LENGTH = 800
"""Characters at the head of `terms` in which its name stands."""

COLUMNS = (
    SearchEntry.id,
    SearchEntry.object_type,
    SearchEntry.object_id,
    SearchEntry.title,
    SearchEntry.url,
    SearchEntry.excerpt,
    SearchEntry.terms,
    SearchEntry.at,
)


def expect(question: Question) -> int:
    """How many matches PostgreSQL expects, asked without looking for them; 0 on SQLite, which needs no forecast."""
    if is_sqlite():
        return 0
    statement = answering(question, [SearchEntry.id])
    compiled = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
    answer = db.session.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {compiled}").scalar_one()
    plans = json.loads(answer) if isinstance(answer, str) else answer
    return int(plans[0]["Plan"]["Plan Rows"])


@dataclass(frozen=True)
class Overview:
    """The newest matches of every type, as (id, type) pairs; `is_whole` says that there are no others."""

    pairs: list[tuple[int, str]]
    is_whole: bool

    def ids(self, types: Collection[str]) -> list[int]:
        """The ids of these types, newest first."""
        return [entry_id for entry_id, name in self.pairs if name in types]


def overview(question: Question) -> Overview:
    """One look at what matches, up to `COUNT_CAP`: for most searches it answers everything but the words to show."""
    limit = COUNT_CAP + 1
    columns = (SearchEntry.id, SearchEntry.object_type)
    if is_sqlite():
        rows = _walk_index(replace(question, types=()), columns, limit)
    elif expect(replace(question, types=())) > FEW:
        return Overview([], is_whole=False)
    else:
        rows = _fetch_then_order(question, columns, limit=limit, offset=0)
    pairs = [(row[0], row[1]) for row in rows]
    return Overview(pairs, is_whole=len(pairs) < limit)


def newest(question: Question, *, limit: int, offset: int = 0) -> Sequence[Any]:
    """Matches, newest first."""
    if is_sqlite():
        statement = answering(question, COLUMNS).order_by(index.c.rowid.desc())
        return read(statement.limit(limit).offset(offset)).all()
    if expect(question) > FEW:
        rows = _walk(question, COLUMNS, limit=limit, offset=offset, walked=WALKED + 50 * offset)
        if len(rows) == limit:
            return rows
    return _fetch_then_order(question, COLUMNS, limit=limit, offset=offset)


def candidates(question: Question, *, limit: int) -> Sequence[Any]:
    """The newest matches with what a ranking reads: id, title, words and date."""
    columns = (SearchEntry.id, SearchEntry.object_type, SearchEntry.terms, SearchEntry.at)
    if is_sqlite():
        rows = _walk_index(replace(question, types=()), columns, limit)
        wanted = [row for row in rows if row.object_type in question.types]
        if len(rows) < limit or 2 * len(wanted) >= limit:
            return wanted
        statement = answering(question, columns).order_by(index.c.rowid.desc())
        return read(statement.limit(limit)).all()
    if expect(question) > FEW_TO_RANK:
        return _walk(question, columns, limit=limit, offset=0, walked=5 * WALKED)
    return _fetch_then_order(question, columns, limit=limit, offset=0)


def named(question: Question, *, limit: int) -> Sequence[Any]:
    """The newest matches with the head of their words, where their names stand."""
    head = func.substr(SearchEntry.terms, 1, HEAD_LENGTH).label("terms")
    columns = (SearchEntry.id, SearchEntry.object_type, head, SearchEntry.at)
    if is_sqlite():
        return _walk_index(question, columns, limit)
    if expect(question) > FEW_TO_RANK:
        return candidates(question, limit=limit)
    return _fetch_then_order(question, columns, limit=limit, offset=0)


def by_ids(ids: Collection[int]) -> dict[int, Any]:
    """Entries by id."""
    if not ids:
        return {}
    return {row.id: row for row in read(_BY_IDS, ids=list(ids))}


_BY_IDS = Prepared(select(*COLUMNS).where(SearchEntry.id.in_(bindparam("ids", expanding=True))))


def counts(question: Question) -> dict[str, int]:
    """How many matches of each type, counted up to `COUNT_CAP` + 1."""
    result = {name: COUNT_CAP + 1 for name in question.types if expect(question.of(name)) > FEW}
    asked = [name for name in question.types if name not in result]
    if asked:
        capped = [
            select(literal(name).label("type"), func.count().label("n")).select_from(
                answering(question.of(name), [SearchEntry.id]).limit(COUNT_CAP + 1).subquery()
            )
            for name in asked
        ]
        rows = read(union_all(*capped) if len(capped) > 1 else capped[0])
        result.update({row.type: row.n for row in rows})
    return result


def _walk_index(question: Question, columns: Sequence[Any], limit: int) -> Sequence[Any]:
    """Matches newest first, on SQLite; of any type when the question names none."""
    asked = question
    if len(question.scopes) < WIDE:
        return read(answering(asked, columns).order_by(index.c.rowid.desc()).limit(limit)).all()
    head = func.substr(SearchEntry.terms, 1, TOKENS_LENGTH).label("head")
    readable = {scope_token(scope_id) for scope_id in question.scopes}
    found: list[Any] = []
    after: int | None = None
    while len(found) < limit:
        statement = answering(replace(asked, scopes=()), [*columns, head])
        if after is not None:
            statement = statement.where(index.c.rowid < after)
        chunk = read(statement.order_by(index.c.rowid.desc()).limit(CHUNK)).all()
        found += [row for row in chunk if not readable.isdisjoint(row.head.split(" "))]
        if len(chunk) < CHUNK:
            break
        after = chunk[-1].id
    return found[:limit]


def _fetch_then_order(
    question: Question, columns: Sequence[Any], *, limit: int, offset: int
) -> Sequence[Any]:
    # MATERIALIZED: left free, the planner may walk the key for a rare word, through the whole table.
    found = (
        answering(question, [SearchEntry.id]).cte("found").prefix_with("MATERIALIZED", dialect="postgresql")
    )
    newest_ids = select(found.c.id).order_by(found.c.id.desc()).limit(limit).offset(offset).subquery()
    return read(
        select(*columns).join(newest_ids, newest_ids.c.id == SearchEntry.id).order_by(SearchEntry.id.desc())
    ).all()


def _walk(
    question: Question, columns: Sequence[Any], *, limit: int, offset: int, walked: int
) -> Sequence[Any]:
    # The inner LIMIT keeps the planner on the key whatever it believes of the condition; the outer one stops it early.
    newest_entries = (
        select(SearchEntry).order_by(SearchEntry.id.desc()).limit(walked).subquery("search_entry")
    )
    statement = (
        select(*(newest_entries.c[column.key] for column in columns))
        .where(holds_every_word(question, newest_entries.c.terms))
        .order_by(newest_entries.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return read(statement).all()
