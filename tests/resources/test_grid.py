"""The day of a lab as columns of half hours: days of 23 and 25 hours, several units, a machine at rest."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app.resources import grid
from app.resources.hours import Timetable, day_span, instant_of
from app.resources.models import FOREVER

PARIS = "Europe/Paris"


def lab(**hours: Any) -> Timetable:
    return Timetable(
        hours.get("zone", PARIS),
        hours.get("department", "41"),
        {n: hours.get("spans", ((480, 1080),)) for n in range(7)},
    )


def machine(**rules: Any) -> Any:
    kept = {"id": 1, "name": "Tour", "state": "bookable", "units": (1,), "step_minutes": 30}
    return SimpleNamespace(**kept | rules)


def held(start: int, end: int, **more: Any) -> Any:
    kept = {
        "id": 1, "machine_id": 1, "unit_id": 1, "kind": "booking", "state": "confirmed", "is_mine": False, "is_ours": False,
        "use_start": start, "use_end": end, "blocked_start": start, "blocked_end": end, "person": None, "outage_kind": None,
        "outage_reason": None,
    }  # fmt: skip
    return SimpleNamespace(**kept | more)


def kinds(day: grid.Day) -> list[tuple[str, int]]:
    return [(cell.kind, cell.columns) for cell in day.rows[0].cells]


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 10, 24), 24), (date(2026, 10, 25), 25), (date(2027, 3, 28), 23)]
)
def test_a_day_has_as_many_columns_as_it_lasts(app: Flask, day: date, hours: int) -> None:
    table = lab(spans=((0, 1440),))
    with app.test_request_context():
        shown = grid.day_of_lab(table, [machine()], [], day, day_span(day, PARIS)[0])
    assert shown.columns == 2 * hours
    assert sum(hour.columns for hour in shown.hours) == shown.columns
    assert kinds(shown) == [("free", 2 * hours)]


def test_a_second_unit_keeps_the_machine_free(app: Flask) -> None:
    day = date(2026, 11, 24)
    nine, ten, now = (instant_of(day, minutes, PARIS) for minutes in (540, 600, 0))
    taken = [held(nine, ten), held(nine, ten, id=2, unit_id=2)]
    with app.test_request_context():
        one = grid.day_of_lab(lab(), [machine(units=(1, 2))], taken[:1], day, now)
        both = grid.day_of_lab(lab(), [machine(units=(1, 2))], taken, day, now)
    assert kinds(one) == [("free", 20)]
    assert kinds(both) == [("free", 2), ("busy", 2), ("free", 16)]


def test_my_slot_stands_with_its_set_up_and_says_when_i_use_it(app: Flask) -> None:
    day = date(2026, 11, 24)
    at = {hour: instant_of(day, int(hour * 60), PARIS) for hour in (0, 9, 9.5, 11, 11.5)}
    mine = held(at[9.5], at[11], blocked_start=at[9], blocked_end=at[11.5], is_mine=True, is_ours=True)
    with app.test_request_context():
        shown = grid.day_of_lab(lab(), [machine()], [mine], day, at[0])
    assert kinds(shown) == [("free", 2), ("mine", 5), ("free", 13)]
    assert str(shown.rows[0].cells[1].label) == "vous, 9\xa0h\xa030 – 11\xa0h"


def test_a_machine_at_rest_says_why_and_when_it_is_back(app: Flask) -> None:
    day = date(2026, 11, 24)
    eight, one, now = (instant_of(day, minutes, PARIS) for minutes in (480, 780, 0))
    rest = {"kind": "outage", "outage_kind": "outage", "outage_reason": "vérification annuelle"}
    with app.test_request_context():
        back = grid.day_of_lab(lab(), [machine()], [held(eight, one, **rest)], day, now)
        open_ended = grid.day_of_lab(lab(), [machine()], [held(eight, FOREVER, **rest)], day, now)
    assert str(back.rows[0].cells[0].label) == "Arrêt\xa0: vérification annuelle, retour 13\xa0h"
    assert kinds(back) == [("stopped", 10), ("free", 10)]
    assert str(open_ended.rows[0].cells[0].label) == "Arrêt\xa0: vérification annuelle"


def test_what_is_left_of_a_stretch_is_offered_from_the_step_that_runs(app: Flask) -> None:
    day = date(2026, 11, 24)
    now = instant_of(day, 10 * 60 + 10, PARIS)
    with app.test_request_context():
        shown = grid.day_of_lab(lab(), [machine(step_minutes=60)], [], day, now)
    past, free = shown.rows[0].cells
    assert (past.kind, past.columns) == ("past", 4)
    assert free.opens == instant_of(day, 600, PARIS)


def test_tabs_count_what_is_free_and_say_why_nothing_is(app: Flask) -> None:
    with app.test_request_context():
        monday = date(2026, 11, 9)
        shown = grid.tabs(
            lab(), [machine(), machine(id=2, units=(2,))], [], monday, instant_of(monday, 720, PARIS)
        )
    assert [tab.hours_free for tab in shown] == [12, 20, 0, 20, 20, 20, 20]
    assert shown[2].is_closed and shown[2].closed_for
