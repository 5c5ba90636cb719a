"""Eight processes want the same machines at once: no two ever have one, and whoever is refused is refused in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core.database import release
from app.core.time import clock
from app.extensions import db
from app.resources.hours import day_span
from app.resources.models import Occupation
from tests.support.bookers import Bookers, bookers
from tests.support.cast import Cast
from tests.support.labs import add_machine, name_staff, open_lab, overlaps, reserve

pytestmark = pytest.mark.server

HOUR = 3600
PROCESSES = 8


@pytest.fixture
def crowd(app: Flask, environ: dict[str, str], cast: Cast) -> Iterator[Bookers]:
    release()
    with bookers(PROCESSES, environ) as together:
        yield together


def times_by_name() -> Counter[str]:
    """How many bookings hold under each purpose."""
    release()
    rows = db.session.execute(
        select(Occupation.purpose).where(Occupation.state == "confirmed", Occupation.purpose != "")
    )
    return Counter(rows.scalars())


def series(count: int, *, step: float = 1, length: float = 1) -> list[tuple[int, int]]:
    """Slots from the day after tomorrow on, back to back or over one another."""
    first = day_span(clock.now().date() + timedelta(days=2), "Europe/Paris")[0]
    starts = [first + int(number * step * HOUR) for number in range(count)]
    return [(start, start + int(length * HOUR)) for start in starts]


def held(machine: Any) -> int:
    release()
    return db.session.execute(
        select(func.count())
        .select_from(Occupation)
        .where(Occupation.machine_id == machine.id, Occupation.state == "confirmed")
    ).scalar_one()


def only_clean(met: Counter[str]) -> None:
    unclean = {what: count for what, count in met.items() if what.startswith("failed")}
    assert not unclean and not met["slow"], met


def test_eight_processes_never_hold_one_machine_twice(crowd: Bookers, cast: Cast) -> None:
    lab = open_lab(cast.loire, hours=((0, 24 * 60),))
    name_staff(lab, cast.manon)
    one, pair = add_machine(lab), add_machine(lab, units=2)
    robot = add_machine(lab, needs_approval=True)
    facts = {"people": [cast.ana.id, cast.bruno.id, cast.rita.id], "staff": cast.manon.id}
    slots = series(10)
    for who in (cast.ana, cast.bruno, cast.rita):
        for start, end in series(4, length=1.5):
            reserve(who, robot, start, end)
    release()

    herd = crowd.all("book", machine=one.id, slots=slots, **facts)
    only_clean(herd)
    assert (herd["made"], herd["refused 409"]) == (10, 10 * (PROCESSES - 1))
    assert held(one) == 10

    mix = crowd.all("book", machine=pair.id, slots=series(14, step=0.5, length=1.5), mixed=True, **facts)
    only_clean(mix)
    assert mix["made"] == held(pair) >= 6

    moved = crowd.all("move", machine=one.id, slots=series(20), times=3, **facts)
    only_clean(moved)
    assert held(one) == 10, "a move gives one place back and takes one"

    approved = crowd.all("approve", machine=robot.id, **facts)
    only_clean(approved)
    assert approved["made"] == held(robot) >= 2

    assert overlaps() == []


def test_series_exchanges_and_crossing_moves_of_eight_processes_leave_no_overlap(
    crowd: Bookers, cast: Cast
) -> None:
    lab = open_lab(cast.loire, hours=((0, 24 * 60),))
    name_staff(lab, cast.manon)
    one, pair = add_machine(lab), add_machine(lab, units=2)
    facts = {
        "people": [cast.ana.id, cast.bruno.id, cast.rita.id],
        "staff": cast.manon.id,
        "machine": one.id,
        "other": pair.id,
        "slots": series(24),
        "length": 4,
        "times": 4,
    }
    release()

    in_series = crowd.all("series", **facts)
    only_clean(in_series)
    whole = times_by_name()
    assert in_series["made"] == len(whole) >= 2
    assert set(whole.values()) == {4}, "of a series all or nothing is there"
    assert held(one) == 4 * len(whole)

    again = crowd.all("rebook", **facts)
    only_clean(again)
    assert again["made"] >= 1
    assert held(one) == 4 * len(whole), "what was given back was had again in the same act"

    both = held(one) + held(pair)
    crossed = crowd.all("cross", **facts)
    only_clean(crossed)
    assert crossed["made"] >= 1
    assert held(one) + held(pair) == both, "a move from one machine to another keeps one booking"

    for _ in range(2):
        met = crowd.all("meanwhile", **facts)
        only_clean(met)
        assert met["made"] >= 1
    assert overlaps() == []
