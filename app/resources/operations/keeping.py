"""How occupations are written: under the lock of their machine, through the guard of the database.

The guard alone makes overlaps impossible (`ex_occupation_unit_free`, and triggers on SQLite). The lock of the machine's
row keeps two writers of PostgreSQL from waiting for each other, and what is read to choose a unit true until the end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import nullcontext
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from app.core import audit, duties, journal
from app.core.database import BigId, UTCDateTime, current_unit, read, write
from app.core.prepared import Prepared
from app.core.time import clock
from app.moderation.broadcasts import desk_changed
from app.resources.hours import DAY, MINUTE
from app.resources.models import Machine, Occupation
from app.resources.queries.free import taken
from app.resources.rules import Slot

GUARD = ("ex_occupation_unit_free", "occupation overlaps")


def lock_machines(*machine_ids: int) -> None:
    """Keep other writers of these machines waiting, in ascending id; SQLite has one writer anyway."""
    if _writing().dialect.name != "sqlite":
        read(_LOCK, machine_ids=sorted(set(machine_ids)))


def now_in_seconds() -> int:
    """The present, as occupations count it."""
    return int(clock.now().timestamp())


def savepoint() -> Any:
    """A part of the open transaction that the guard may refuse without ending the whole.

    SQLite undoes the refused statement alone by itself.
    """
    connection = _writing()
    # On the connection itself: the session would wait for its own first statement before it makes one.
    return nullcontext() if connection.dialect.name == "sqlite" else connection.begin_nested()


def _writing() -> Connection:
    connection = current_unit().connection
    assert connection is not None
    return connection


def is_overlap(error: IntegrityError) -> bool:
    """Whether it was the guard that refused."""
    return any(name in str(error.orig) for name in GUARD)


def best_fit(unit_ids: Collection[int], wanted: Slot) -> list[int]:
    """The units that look free, the one whose gap the slot fills best first: long gaps stay whole for long slots."""
    if len(unit_ids) == 1:
        return list(unit_ids)
    around = DAY * MINUTE
    held = taken(unit_ids, wanted.start - around, wanted.end + around)
    fits = []
    for unit_id in unit_ids:
        spans = [(hold.start, hold.end) for hold in held if hold.unit_id == unit_id]
        if any(start < wanted.end and wanted.start < end for start, end in spans):
            continue
        before = wanted.start - max(
            (end for _start, end in spans if end <= wanted.start), default=wanted.start - around
        )
        after = min((start for start, _end in spans if start >= wanted.end), default=wanted.end + around)
        fits.append((before + after - wanted.end, unit_id))
    return [unit_id for _gap, unit_id in sorted(fits)]


def insert_occupation(unit_ids: Iterable[int], values: dict[str, Any]) -> int | None:
    """Write an occupation on the first unit that the guard lets it have; None when none is free."""
    for unit_id in unit_ids:
        try:
            with savepoint():
                return int(write(_INSERTED, **values, unit_id=unit_id).scalar_one())
        except IntegrityError as error:
            if not is_overlap(error):
                raise
    return None


def let_in(occupation_id: int, unit_ids: Iterable[int], *, by_id: int | None, reason: str = "") -> int | None:
    """Confirm what stood outside the guard, on the first unit that it lets it have: the unit, or None."""
    for unit_id in unit_ids:
        try:
            with savepoint():
                met = write(
                    _LET_IN, b_id=occupation_id, on=unit_id, by=by_id, at=clock.now(), why=reason
                ).rowcount
        except IntegrityError as error:
            if not is_overlap(error):
                raise
        else:
            return unit_id if met else None
    return None


def set_state(
    occupation_id: int,
    state: str,
    *,
    of: Collection[str],
    by_id: int | None,
    reason: str = "",
    outage_id: int | None = None,
) -> bool:
    """Give an occupation another state, outside the guard; whether it still had one of those expected."""
    met = write(
        _SET,
        b_id=occupation_id,
        before=list(of),
        state=state,
        by=by_id,
        at=clock.now(),
        why=reason,
        stopped_by=outage_id,
    )
    return met.rowcount == 1


def changed(
    booking: Any, act: str, actor: Any, *, news: str | None = None, tells_actor: bool = False, **detail: Any
) -> None:
    """Tell open pages, the record of acts and, by `news`, people of a change of this booking.

    `tells_actor`: whoever acts is told as well, because their calendar is.
    """
    actor_id = actor.id if actor is not None else None
    # Without its actor: the lab reads that a booking changed, and not who made a confidential one.
    journal.record(
        booking.lab_scope_id,
        "booking.changed",
        "booking",
        booking.id,
        version=booking.version,
    )
    if booking.needs_approval:
        desk_changed(booking.lab_node_id, "booking", booking.id)
    audit.record(actor, act, "booking", booking.id, node_id=booking.lab_node_id, **detail)
    if news is not None:
        duties.owe(news, "booking", booking.id, None if tells_actor else actor_id, **detail)


_LOCK = Prepared(
    select(Machine.id)
    .where(Machine.id.in_(bindparam("machine_ids", expanding=True)))
    .order_by(Machine.id)
    .with_for_update()
)
_INSERTED = Prepared(insert(Occupation.__table__).returning(Occupation.__table__.c.id))
_LET_IN = Prepared(
    update(Occupation.__table__)
    .where(Occupation.id == bindparam("b_id", type_=BigId), Occupation.state.in_(("requested", "suspended")))
    .values(
        unit_id=bindparam("on", type_=BigId),
        state="confirmed",
        decided_by_id=bindparam("by", type_=BigId),
        decided_at=bindparam("at", type_=UTCDateTime),
        reason=bindparam("why"),
        outage_id=None,
        sequence=Occupation.sequence + 1,
        version=Occupation.version + 1,
    )
)
_SET = Prepared(
    update(Occupation.__table__)
    .where(
        Occupation.id == bindparam("b_id", type_=BigId),
        Occupation.state.in_(bindparam("before", expanding=True)),
    )
    .values(
        {
            Occupation.state: bindparam("state"),
            Occupation.decided_by_id: bindparam("by", type_=BigId),
            Occupation.decided_at: bindparam("at", type_=UTCDateTime),
            Occupation.reason: bindparam("why"),
            Occupation.outage_id: bindparam("stopped_by", type_=BigId),
            Occupation.sequence: Occupation.sequence + 1,
            Occupation.version: Occupation.version + 1,
        }
    )
)
