"""What must be found again: features say that a thing changed, search rewrites its entries in the same transaction.

`changed()` only remembers; as one of a transaction's last statements the writer that search registered receives the
entries of everything that changed, freshly computed by the feature's source. A thing that its source no longer gives
(deleted, nobody's) leaves the index by that very fact; one that may come back (hidden) is given without its words.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from app.core.database import Unit, before_commit, current_unit

BATCH = 500
"""Things read from a source at once, so that an `IN` list stays within what both databases take."""


@dataclass(frozen=True)
class IndexRecord:
    """A thing as every member of one scope may find it. A thing read by several scopes has a record in each.

    Without a scope nobody finds it: see `place_kept`.
    """

    object_id: int
    scope_id: int | None
    title: str
    text: str
    url: str
    excerpt: str
    at: datetime


def place_kept(object_id: int, at: datetime) -> IndexRecord:
    """A thing nobody may find for now: nothing of it is kept but its place, so that it comes back among its like."""
    return IndexRecord(object_id, None, title="", text="", url="", excerpt="", at=at)


Texts = Callable[[Collection[int]], dict[int, str]]
Source = Callable[[Collection[int]], Iterable[IndexRecord]]
Writer = Callable[[str, Collection[int], Collection[IndexRecord]], None]

_sources: dict[str, Source] = {}
_texts: dict[str, Texts] = {}
_writers: list[Writer] = []


def register_source(object_type: str, source: Source, *, texts: Texts | None = None) -> None:
    """Say how things of this type are found: `source(ids)` gives all their records, none for what is not to be found.

    `texts(ids)` gives the words alone, for passages under results, where that is cheaper than whole records.
    """
    _sources[object_type] = source
    if texts is not None:
        _texts[object_type] = texts


def sources() -> frozenset[str]:
    """Every type that can be found."""
    return frozenset(_sources)


def records(object_type: str, ids: Collection[int]) -> list[IndexRecord]:
    """The records of these things as they stand; nothing for a type nobody registered."""
    source = _sources.get(object_type)
    return list(source(ids)) if source is not None and ids else []


def texts(object_type: str, ids: Collection[int]) -> dict[int, str]:
    """The words of these things, by id."""
    if object_type in _texts and ids:
        return _texts[object_type](ids)
    return {record.object_id: record.text for record in records(object_type, ids)}


def writes(writer: Writer) -> Writer:
    """Register who stores records: `writer(type, ids, records)` replaces whatever it held about these ids."""
    _writers[:] = [writer]
    return writer


def changed(object_type: str, *ids: int) -> None:
    """Remember, in the open transaction, that these things may be found otherwise from now on."""
    if not ids:
        return
    notes = current_unit().notes.setdefault("indexing", {})
    notes.setdefault(object_type, set()).update(ids)


@before_commit
def write_records(unit: Unit) -> None:
    """Hand the changed things to the writer; runs among a transaction's last statements."""
    pending: dict[str, set[int]] = unit.notes.pop("indexing", {})
    for object_type in sorted(pending):
        ids = sorted(pending[object_type])
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            found = records(object_type, batch)
            for writer in _writers:
                writer(object_type, batch, found)
