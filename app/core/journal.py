"""The journal: what changed, in order, per set of readers.

A **scope** is a set of people with the same right to see: the nation, a region, a community, a restricted room, a
company, the moderators of a node, one person. Entries are numbered inside their scope by a counter row that is
updated in the writing transaction, so numbers appear in the order of commits and none is ever missing (a database
sequence or max + 1 lets a polling reader overtake a slower commit and lose its entry).

`record()` only remembers. `transaction()` writes the entries as its last statements, scopes in ascending id so that
two writers cannot wait for each other. Pages carry the number read before their content and ask for what came after.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import (
    BigId,
    Unit,
    UTCDateTime,
    before_commit,
    current_unit,
    insert_rows,
    read,
    rows_changed,
    write,
)
from app.core.prepared import Prepared
from app.core.time import clock
from app.extensions import db

KEPT = timedelta(days=30)
"""How long entries are kept; a page older than that is told to reload (`reset`)."""

CATCH_UP_LIMIT = 200
"""Entries given in one catch-up; more than that and a reload is cheaper for everybody."""

SCOPE_KINDS = ("nation", "region", "community", "room", "company", "moderators", "person", "lab")


class Scope(db.Model):
    """A set of people with the same right to see, and how many entries it has had."""

    __tablename__ = "scope"
    __table_args__ = (
        UniqueConstraint("kind", "ref"),
        CheckConstraint("seq >= 0", name="seq_not_negative"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    ref: Mapped[int] = mapped_column(BigId)
    seq: Mapped[int] = mapped_column(BigId, default=0)


class JournalEntry(db.Model):
    """One change as open pages are told it."""

    __tablename__ = "journal"
    __table_args__ = (Index("ix_journal_at", "at"),)

    scope_id: Mapped[int] = mapped_column(ForeignKey("scope.id"), primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(40))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int] = mapped_column(BigId)
    object_version: Mapped[int] = mapped_column(BigId)
    actor_id: Mapped[int | None] = mapped_column(BigId)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


@dataclass(frozen=True)
class Entry:
    """A journal entry as plain values."""

    scope: int
    seq: int
    kind: str
    object_type: str
    object_id: int
    object_version: int
    actor_id: int | None
    at: datetime

    def message(self) -> dict[str, Any]:
        """The entry as the wire carries it, before a presenter adds content."""
        return {
            "scope": self.scope,
            "seq": self.seq,
            "kind": self.kind,
            "type": self.object_type,
            "id": self.object_id,
            "version": self.object_version,
            "actor": self.actor_id,
            "at": self.at.isoformat(),
        }


@dataclass(frozen=True)
class CatchUp:
    """What a page missed in one scope; `reset` means reload instead."""

    seq: int
    entries: tuple[Entry, ...] = ()
    reset: bool = False


_RAISE = Prepared(
    update(Scope.__table__)
    .where(Scope.id == bindparam("scope_id", type_=BigId))
    .values(seq=Scope.seq + bindparam("by", type_=BigId))
    .returning(Scope.seq)
)
_SEQS = Prepared(select(Scope.id, Scope.seq).where(Scope.id.in_(bindparam("ids", expanding=True))))

Presenter = Callable[[list[Entry]], Mapping[int, Mapping[str, Any]]]
Resolver = Callable[[Any, Collection[int]], set[int]]
Publisher = Callable[[list[Entry]], None]

ANY_SCOPE = 0
"""`scope_now` of content that says nothing but where a thing no longer is."""

_presenters: dict[str, Presenter] = {}
_resolvers: dict[str, Resolver] = {}
_publishers: list[Publisher] = []


def open_scope(kind: str, ref: int) -> Scope:
    """Create the scope of something that is being created; flushes, so its id is known."""
    if kind not in SCOPE_KINDS:
        raise ValueError(f"unknown scope kind {kind!r}")
    scope = Scope(kind=kind, ref=ref, seq=0)
    db.session.add(scope)
    db.session.flush()
    return scope


def record(
    scope_id: int,
    kind: str,
    object_type: str,
    object_id: int,
    *,
    version: int = 1,
    actor_id: int | None = None,
) -> None:
    """Remember that open pages of `scope_id` must be told; written and numbered when the transaction ends."""
    pending = current_unit().notes.setdefault("journal", [])
    pending.append((scope_id, kind, object_type, object_id, version, actor_id))


@before_commit
def write_entries(unit: Unit) -> None:
    """Number and store what was recorded; registered to run as a transaction's last statements."""
    pending = unit.notes.pop("journal", [])
    if not pending:
        return
    at = clock.now()
    counts: dict[int, int] = {}
    for scope_id, *_rest in pending:
        counts[scope_id] = counts.get(scope_id, 0) + 1
    following = {}
    for scope_id in sorted(counts):
        last = write(_RAISE, scope_id=scope_id, by=counts[scope_id]).scalar_one()
        following[scope_id] = last - counts[scope_id]
    entries = []
    for scope_id, kind, object_type, object_id, version, actor_id in pending:
        following[scope_id] += 1
        entries.append(
            Entry(scope_id, following[scope_id], kind, object_type, object_id, version, actor_id, at)
        )
    insert_rows(JournalEntry.__table__, [_row(entry) for entry in entries])
    # First of all that follows the commit: people are waiting for it.
    unit.after_commit.insert(0, (publish, (entries,)))


def publish(entries: list[Entry]) -> None:
    """Tell the publishers (the live sockets) of committed entries; a courtesy, the database is the truth."""
    for publisher in _publishers:
        publisher(entries)


def publishes(publisher: Publisher) -> Publisher:
    """Register who sends committed entries to open pages."""
    if publisher not in _publishers:
        _publishers.append(publisher)
    return publisher


def presents(*kinds: str) -> Callable[[Presenter], Presenter]:
    """Register what a message of these kinds carries besides the entry.

    The presenter gets the entries of one kind and returns content by seq-independent object id. It must be neutral to
    its reader: every member of the scope receives the same. `scope_now` names the scope that may read the thing today,
    since an entry stays in the scope where it happened: readers of that one are told nothing of a thing moved elsewhere.
    """

    def register(presenter: Presenter) -> Presenter:
        for kind in kinds:
            _presenters[kind] = presenter
        return presenter

    return register


def resolves(*kinds: str) -> Callable[[Resolver], Resolver]:
    """Register who belongs to scopes of these kinds: `resolver(user, refs)` gives the refs the person may read."""

    def register(resolver: Resolver) -> Resolver:
        for kind in kinds:
            _resolvers[kind] = resolver
        return resolver

    return register


def messages(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Entries as the wire carries them, with the present content of the objects they speak of."""
    entries = list(entries)
    by_kind: dict[str, list[Entry]] = {}
    for entry in entries:
        by_kind.setdefault(entry.kind, []).append(entry)
    content = {
        kind: _presenters[kind](group) if kind in _presenters else {} for kind, group in by_kind.items()
    }
    return [
        {**entry.message(), **_said_in(entry.scope, content[entry.kind].get(entry.object_id))}
        for entry in entries
    ]


def _said_in(scope: int, content: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a message of this scope carries besides its entry: nothing of a thing that has moved to another scope since."""
    if content is None or content["scope_now"] not in (scope, ANY_SCOPE):
        return {}
    return {name: value for name, value in content.items() if name != "scope_now"}


def seqs(scope_ids: Collection[int]) -> dict[int, int]:
    """The current number of each scope; a page reads it before its content."""
    if not scope_ids:
        return {}
    return {row.id: row.seq for row in read(_SEQS, ids=list(scope_ids))}


def allowed(user: Any, scope_ids: Collection[int]) -> set[int]:
    """Which of these scopes the person may read: the one question pages, polling and sockets ask."""
    if not scope_ids:
        return set()
    rows = db.session.execute(select(Scope.id, Scope.kind, Scope.ref).where(Scope.id.in_(scope_ids))).all()
    by_kind: dict[str, dict[int, int]] = {}
    for scope_id, kind, ref in rows:
        by_kind.setdefault(kind, {})[ref] = scope_id
    result = set()
    for kind, refs in by_kind.items():
        resolver = _resolvers.get(kind)
        if resolver is not None:
            result |= {refs[ref] for ref in resolver(user, list(refs)) if ref in refs}
    return result


def catch_up(after: Mapping[int, int]) -> dict[int, CatchUp]:
    """What came after the given number in each scope; rights were asked before with `allowed`."""
    current = seqs(after.keys())
    return {scope_id: _catch_up_one(scope_id, after[scope_id], seq) for scope_id, seq in current.items()}


def purge() -> int:
    """Delete entries older than `KEPT`; returns how many."""
    return rows_changed(delete(JournalEntry).where(JournalEntry.at < clock.now() - KEPT))


def _catch_up_one(scope_id: int, after: int, seq: int) -> CatchUp:
    missing = seq - after
    if missing == 0:
        return CatchUp(seq)
    # A number ahead of ours comes from a restored backup or a forged page: only a reload is true.
    if missing < 0 or missing > CATCH_UP_LIMIT:
        return CatchUp(seq, reset=True)
    rows = db.session.execute(
        select(
            JournalEntry.scope_id,
            JournalEntry.seq,
            JournalEntry.kind,
            JournalEntry.object_type,
            JournalEntry.object_id,
            JournalEntry.object_version,
            JournalEntry.actor_id,
            JournalEntry.at,
        )
        .where(JournalEntry.scope_id == scope_id, JournalEntry.seq > after)
        .order_by(JournalEntry.seq)
    ).all()
    entries = tuple(Entry(*row) for row in rows)
    if not entries or entries[0].seq != after + 1:
        return CatchUp(seq, reset=True)
    return CatchUp(max(seq, entries[-1].seq), entries)


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "scope_id": entry.scope,
        "seq": entry.seq,
        "kind": entry.kind,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "object_version": entry.object_version,
        "actor_id": entry.actor_id,
        "at": entry.at,
    }


def count_entries() -> int:
    """How many entries are kept, for health pages and tests."""
    return db.session.execute(select(func.count()).select_from(JournalEntry)).scalar_one()
