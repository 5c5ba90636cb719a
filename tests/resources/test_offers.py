"""What is offered is accepted, and nothing earlier would have been: offers and rules are two ways of saying the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.time import clock
from app.resources.hours import Timetable, day_of, later, steps_of
from app.resources.rules import Case, Slot, reasons
from app.resources.slots import possible

NOBODYS_UNIT = 2**40
STARTS = (date(2026, 10, 22), date(2027, 3, 25), date(2027, 11, 4), date(2026, 12, 22), date(2026, 11, 23))
ZONES = (("Europe/Paris", "67"), ("America/Miquelon", "975"), ("Indian/Reunion", "974"))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    day=st.sampled_from(STARTS),
    hour=st.integers(0, 23),
    place=st.sampled_from(ZONES),
    stretches=st.lists(
        st.tuples(st.integers(0, 40), st.integers(1, 48)).map(lambda pair: (pair[0] * 30, min(1440, (pair[0] + pair[1]) * 30))),
        min_size=1,
        max_size=2,
    ),
    step=st.sampled_from((15, 30, 60, 240)),
    steps=st.integers(1, 8),
    notice=st.sampled_from((0, 45, 2880)),
    alone=st.booleans(),
    lent=st.booleans(),
    ahead=st.integers(0, 60 * 3600),
)  # fmt: skip
def test_the_first_slot_offered_is_the_first_that_the_rules_accept(
    app: Flask,
    day: date,
    hour: int,
    place: tuple[str, str],
    stretches: list[tuple[int, int]],
    step: int,
    steps: int,
    notice: int,
    alone: bool,
    lent: bool,
    ahead: int,
) -> None:
    zone, department = place
    minutes = step * steps
    machine = SimpleNamespace(
        lab_state="open",
        state="bookable",
        next_check_on=None,
        step_minutes=step,
        max_minutes=minutes,
        notice_minutes=notice,
        horizon_days=6,
        setup_minutes=0,
        cleanup_minutes=15,
        runs_unattended=alone,
        leaves_lab=lent,
    )
    table = Timetable(zone, department, {weekday: tuple(sorted(stretches)) for weekday in range(7)})
    case = Case(machine, table, units=(NOBODYS_UNIT,))
    with clock.frozen(datetime(day.year, day.month, day.day, hour, 20, tzinfo=UTC)):
        now = int(clock.now().timestamp())
        after = now + ahead
        offered = possible(case, minutes, after, 3)
        assert all(reasons(case, slot, now) == [] for slot in offered)
        first = day_of(after, zone)
        accepted = (
            Slot(start, later(start, minutes, zone))
            for n in range(8)
            for start in steps_of(first + timedelta(days=n), step, zone)
            if start >= after and not reasons(case, Slot(start, later(start, minutes, zone)), now)
        )
        assert offered[:1] == [slot for _n, slot in zip(range(1), accepted, strict=False)]
