"""Bookings against a model of a few lines: whatever is done in whatever order, both say the same."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.communities.access import forget_access
from app.core.database import release, transaction
from app.core.errors import Refusal
from app.core.time import clock
from app.extensions import db
from app.resources.models import FOREVER, Occupation, Outage
from app.resources.operations.approval import approve
from app.resources.operations.booking import book, cancel, move
from app.resources.operations.outages import declare_outage, end_outage
from app.resources.queries.occupations import booking as booking_row
from tests.support import cast as casting
from tests.support.labs import MONDAY, add_machine, at, name_staff, open_lab, overlaps

HOURS = st.integers(0, 9)
LENGTHS = st.integers(1, 3)
WHICH = st.integers(0, 30)
ACTS = st.one_of(
    st.tuples(st.just("book"), st.booleans(), HOURS, LENGTHS),
    st.tuples(st.just("cancel"), WHICH),
    st.tuples(st.just("move"), WHICH, HOURS, LENGTHS),
    st.tuples(st.just("approve"), WHICH),
    st.tuples(st.just("stop"), HOURS, st.integers(0, 4)),
    st.tuples(st.just("start"), WHICH),
)


@dataclass
class Model:
    """One machine with one unit, on one day, in whole hours."""

    state: dict[int, str] = field(default_factory=dict)
    slot: dict[int, tuple[int, int]] = field(default_factory=dict)
    stopped_by: dict[int, int] = field(default_factory=dict)
    stops: dict[int, tuple[int, int]] = field(default_factory=dict)

    def is_free(self, start: int, end: int) -> bool:
        holds = [self.slot[key] for key, state in self.state.items() if state == "confirmed"]
        return not any(a < end and start < b for a, b in [*holds, *self.stops.values()])


def _attempt(act: Any) -> Any:
    forget_access()
    try:
        with transaction():
            return act()
    except Refusal:
        return None
    finally:
        release()


@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(ACTS, min_size=4, max_size=14))
def test_bookings_and_the_model_agree(app: Flask, acts: list[tuple[Any, ...]]) -> None:
    app.extensions["test_database"].reset()
    db.session.remove()
    forget_access()
    cast = casting.build()
    with clock.frozen(MONDAY):
        lab = open_lab(cast.loire)
        name_staff(lab, cast.manon)
        machine = add_machine(lab, needs_approval=True, max_minutes=600)
        model = Model()
        for act in acts:
            _STEPS[act[0]](model, cast, machine, *act[1:])
            _agree(model)


def _agree(model: Model) -> None:
    assert overlaps() == []
    rows = {row.id: row for row in db.session.query(Occupation).filter_by(kind="booking")}
    assert {key: rows[key].state for key in model.state} == model.state
    assert set(rows) == set(model.state)
    release()


def _span(start: int, length: int) -> tuple[int, int]:
    return at(1, 8 + start), at(1, 8 + start + length)


def _step_book(model: Model, cast: Any, machine: Any, by_staff: bool, start: int, length: int) -> None:
    start, end = _span(start, length)
    fits = end <= at(1, 18)
    made = _attempt(
        lambda: book(
            machine,
            person=cast.ana,
            company_id=None,
            start=start,
            end=end,
            request_id=str(uuid.uuid4()),
            by=cast.manon if by_staff else None,
        )
    )
    accepted = fits and (not by_staff or model.is_free(start, end))
    assert (made is not None) == accepted
    if made is not None:
        model.state[made.id] = "confirmed" if by_staff else "requested"
        model.slot[made.id] = (start, end)


def _chosen(model: Model, which: int) -> int | None:
    keys = sorted(model.state)
    return keys[which % len(keys)] if keys else None


def _step_cancel(model: Model, cast: Any, machine: Any, which: int) -> None:
    key = _chosen(model, which)
    if key is None:
        return
    done = _attempt(lambda: cancel(booking_row(key), by=cast.ana))
    is_open = model.state[key] in ("requested", "confirmed", "suspended")
    assert (done is not None) == (is_open or model.state[key] == "cancelled")
    if is_open:
        model.state[key] = "cancelled"


def _step_move(model: Model, cast: Any, machine: Any, which: int, start: int, length: int) -> None:
    key = _chosen(model, which)
    if key is None or model.state[key] not in ("requested", "confirmed", "suspended"):
        return
    start, end = _span(start, length)
    if (start, end) == model.slot[key]:
        return
    before = model.state[key]
    model.state[key] = "moved"
    accepted = end <= at(1, 18) and model.is_free(start, end)
    moved = _attempt(lambda: move(booking_row(key), start, end, by=cast.manon))
    assert (moved is not None) == accepted
    if moved is None:
        model.state[key] = before
    else:
        model.state[moved.id], model.slot[moved.id] = "confirmed", (start, end)


def _step_approve(model: Model, cast: Any, machine: Any, which: int) -> None:
    key = _chosen(model, which)
    if key is None:
        return
    accepted = model.state[key] == "requested" and model.is_free(*model.slot[key])
    done = _attempt(lambda: approve(booking_row(key), by=cast.manon))
    assert (done is not None) == accepted
    if accepted:
        model.state[key] = "confirmed"
        for other, state in model.state.items():
            start, end = model.slot[other]
            touches = start < model.slot[key][1] and model.slot[key][0] < end
            if state == "requested" and touches:
                model.state[other] = "refused"


def _step_stop(model: Model, cast: Any, machine: Any, start: int, length: int) -> None:
    begins, ends = at(1, 8 + start), at(1, 8 + start + length) if length else None
    made = _attempt(
        lambda: (
            declare_outage(machine, by=cast.manon, kind="outage", reason="Panne", start=begins, end=ends).id
        )
    )
    assert made is not None
    model.stops[made] = (begins, ends or FOREVER)
    for key, state in model.state.items():
        a, b = model.slot[key]
        if state == "confirmed" and a < (ends or FOREVER) and begins < b:
            model.state[key] = "suspended"
            model.stopped_by[key] = made


def _step_start(model: Model, cast: Any, machine: Any, which: int) -> None:
    keys = sorted(model.stops)
    if not keys:
        return
    key = keys[which % len(keys)]
    done = _attempt(lambda: end_outage(db.session.get_one(Outage, key), by=cast.manon).id)
    assert done == key
    del model.stops[key]
    waiting = [b for b, state in model.state.items() if state == "suspended" and model.stopped_by[b] == key]
    for booking in sorted(waiting, key=lambda b: (model.slot[b][0], b)):
        if model.is_free(*model.slot[booking]):
            model.state[booking] = "confirmed"
            continue
        start, end = model.slot[booking]
        others = [stop for stop, (a, b) in sorted(model.stops.items()) if a < end and start < b]
        if others:
            model.stopped_by[booking] = others[0]
        else:
            model.state[booking] = "cancelled"


_STEPS = {
    "book": _step_book,
    "cancel": _step_cancel,
    "move": _step_move,
    "approve": _step_approve,
    "stop": _step_stop,
    "start": _step_start,
}
