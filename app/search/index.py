"""The entries kept true: rewritten with what they speak of, in the same transaction."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from app.core import indexing
from app.core.database import insert_rows, read, transaction
from app.core.indexing import IndexRecord
from app.core.prepared import Prepared
from app.core.stemming import terms
from app.extensions import db
from app.search import facets
from app.search.facets import Facet
from app.search.matching import scope_token, type_token, words_line
from app.search.models import SearchEntry

TITLE_LENGTH = 250
URL_LENGTH = 300
EXCERPT_LENGTH = 300
WORDS_KEPT = 4_000
"""Words of one text that can be found; a longer text is found by its beginning."""

BATCH = 500
CONTENT = ("title", "url", "excerpt", "terms", "at")


@indexing.writes
def store(object_type: str, ids: Collection[int], records: Collection[IndexRecord]) -> None:
    """Make the entries of these things what their records say; those without a record leave the index."""
    _write(object_type, ids, rows_of(object_type, records))


def rows_of(object_type: str, records: Iterable[IndexRecord]) -> list[dict[str, Any]]:
    """Rows of `search_entry` for these records, one a thing: a thing in several scopes has their tokens together."""
    scopes: dict[int, set[int]] = {}
    first: dict[int, IndexRecord] = {}
    for record in records:
        known = scopes.setdefault(record.object_id, set())
        if record.scope_id is not None:
            known.add(record.scope_id)
        first.setdefault(record.object_id, record)
    return [_row(object_type, record, scopes[object_id]) for object_id, record in first.items()]


def reindex() -> int:
    """Rewrite the whole index in small transactions, oldest things first; returns how many things are in it.

    Rows keep their place when they exist. A new one takes the next: types are merged by date, so that newest first
    stays true after a bulk load. Words are computed between the transactions, never inside.
    """
    count = 0
    streams = [_stream(facet) for facet in facets.known() if facet.key is not None]
    for batch in _batches(heapq.merge(*streams, key=lambda pair: pair[1])):
        by_type: dict[str, list[dict[str, Any]]] = {}
        for object_type, _at, row in batch:
            by_type.setdefault(object_type, []).append(row)
        with transaction():
            for object_type, rows in by_type.items():
                _write(object_type, [row["object_id"] for row in rows], rows)
        count += len(batch)
    _forget_strangers()
    return count


def _write(object_type: str, ids: Collection[int], rows: Collection[dict[str, Any]]) -> None:
    missing = {row["object_id"]: row for row in rows}
    known = read(_KNOWN, object_type=object_type, ids=list(ids)).all()
    gone = []
    for entry_id, object_id, *kept in known:
        row = missing.pop(object_id, None)
        if row is None:
            gone.append(entry_id)
        elif kept != [row[name] for name in CONTENT]:
            # In place: an edited text keeps its rank among the newest, and one that was hidden comes back to it.
            db.session.execute(update(SearchEntry).where(SearchEntry.id == entry_id).values(row))
    if gone:
        db.session.execute(delete(SearchEntry).where(SearchEntry.id.in_(gone)))
    if missing:
        insert_rows(SearchEntry.__table__, sorted(missing.values(), key=lambda row: row["at"]))


_KNOWN = Prepared(
    select(SearchEntry.id, SearchEntry.object_id, *(getattr(SearchEntry, name) for name in CONTENT)).where(
        SearchEntry.object_type == bindparam("object_type"),
        SearchEntry.object_id.in_(bindparam("ids", expanding=True)),
    )
)


Dated = tuple[str, datetime, dict[str, Any]]


def _stream(facet: Facet) -> Iterator[Dated]:
    """The rows of one type in the order of their ids, which is nearly that of their dates."""
    after = 0
    while True:
        ids = (
            db.session.execute(select(facet.key).where(facet.key > after).order_by(facet.key).limit(BATCH))
            .scalars()
            .all()
        )
        if not ids:
            return
        for row in rows_of(facet.type, indexing.records(facet.type, ids)):
            yield facet.type, row["at"], row
        after = ids[-1]


def _batches(rows: Iterable[Dated]) -> Iterator[list[Dated]]:
    iterator = iter(rows)
    while batch := list(itertools.islice(iterator, BATCH)):
        yield batch


def _forget_strangers() -> None:
    """Remove entries of things that no source gives any more."""
    after = 0
    while True:
        entries = db.session.execute(
            select(SearchEntry.id, SearchEntry.object_type, SearchEntry.object_id)
            .where(SearchEntry.id > after)
            .order_by(SearchEntry.id)
            .limit(BATCH)
        ).all()
        if not entries:
            return
        after = entries[-1].id
        given = {
            (name, record.object_id)
            for name in {entry.object_type for entry in entries}
            for record in indexing.records(name, [e.object_id for e in entries if e.object_type == name])
        }
        gone = [entry.id for entry in entries if (entry.object_type, entry.object_id) not in given]
        if gone:
            with transaction():
                db.session.execute(delete(SearchEntry).where(SearchEntry.id.in_(gone)))


def _row(object_type: str, record: IndexRecord, scopes: Collection[int]) -> dict[str, Any]:
    tokens = [scope_token(scope_id) for scope_id in sorted(scopes)]
    return {
        "object_type": object_type,
        "object_id": record.object_id,
        "title": record.title[:TITLE_LENGTH],
        "url": record.url[:URL_LENGTH],
        "excerpt": record.excerpt[:EXCERPT_LENGTH],
        "terms": words_line(
            [*tokens, type_token(object_type)],
            terms(record.title),
            " ".join(terms(record.text).split(" ", WORDS_KEPT)[:WORDS_KEPT]),
        ),
        "at": record.at,
    }
