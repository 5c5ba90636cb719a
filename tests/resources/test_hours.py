"""When labs are open: the clock's two changes, places overseas, legal days, and what holds for every day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.resources.hours import (
    DoubledHour,
    Exceptional,
    MissingHour,
    Timetable,
    closing,
    day_of,
    day_span,
    instant_of,
    is_on_step,
    joined,
    later,
    minutes_of,
    opening,
    steps_of,
    wall,
    without,
)

pytestmark = pytest.mark.once

PARIS, REUNION, MARTINIQUE = "Europe/Paris", "Indian/Reunion", "America/Martinique"
ZONES = (PARIS, REUNION, MARTINIQUE, "America/Cayenne", "Indian/Mayotte", "America/Miquelon")
LONG_DAY, SHORT_DAY, NEXT_LONG_DAY = date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31)
DAYS = st.dates(date(2026, 6, 1), date(2028, 5, 31))
MINUTES = st.integers(0, 1439)
ALL_WEEK = dict.fromkeys(range(7), ((8 * 60, 18 * 60),))
NIGHT_AND_DAY = dict.fromkeys(range(7), ((0, 1440),))


def _hours(span: tuple[int, int]) -> float:
    return (span[1] - span[0]) / 3600


@pytest.mark.parametrize(("day", "hours"), [(LONG_DAY, 25), (SHORT_DAY, 23), (NEXT_LONG_DAY, 25)])
def test_days_on_which_the_clock_changes_are_counted_as_they_last(day: date, hours: int) -> None:
    assert _hours(day_span(day, PARIS)) == hours
    assert _hours(day_span(day, REUNION)) == 24
    assert _hours(day_span(day + timedelta(days=1), PARIS)) == 24


@pytest.mark.parametrize(("day", "hours"), [(LONG_DAY, 4), (SHORT_DAY, 2)])
def test_an_opening_over_the_change_lasts_what_passes(day: date, hours: int) -> None:
    table = Timetable(PARIS, "41", {day.weekday(): ((60, 240),)})
    (span,) = table.open_between(day, day)
    assert _hours(span) == hours


def test_the_hour_that_the_clock_skips_cannot_be_asked_for(app: object) -> None:
    with pytest.raises(MissingHour) as refused:
        instant_of(SHORT_DAY, 150, PARIS)
    assert "n’existe pas" in refused.value.sentence
    assert instant_of(SHORT_DAY, 180, PARIS) - instant_of(SHORT_DAY, 119, PARIS) == 60


@pytest.mark.parametrize("day", [LONG_DAY, NEXT_LONG_DAY])
def test_the_hour_that_comes_twice_is_asked_for_by_its_turn(app: object, day: date) -> None:
    with pytest.raises(DoubledHour) as refused:
        instant_of(day, 150, PARIS)
    assert "deux fois" in refused.value.sentence
    first, second = (instant_of(day, 150, PARIS, fold=fold) for fold in (0, 1))
    assert second - first == 3600
    assert minutes_of(first, PARIS) == minutes_of(second, PARIS) == 150


def test_a_stretch_that_begins_or_ends_in_such_an_hour_takes_all_of_what_there_is() -> None:
    assert opening(SHORT_DAY, 150, PARIS) == closing(SHORT_DAY, 150, PARIS) == opening(SHORT_DAY, 180, PARIS)
    assert closing(LONG_DAY, 150, PARIS) - opening(LONG_DAY, 150, PARIS) == 3600


def test_slots_start_on_every_step_that_the_day_has() -> None:
    assert len(steps_of(LONG_DAY, 30, PARIS)) == 50
    assert len(steps_of(SHORT_DAY, 30, PARIS)) == 46
    assert len(steps_of(SHORT_DAY, 240, PARIS)) == 6
    assert len(steps_of(LONG_DAY, 30, MARTINIQUE)) == 48


def test_whole_days_are_days_of_the_calendar_and_hours_are_hours() -> None:
    evening = instant_of(LONG_DAY - timedelta(days=1), 18 * 60, PARIS)
    assert minutes_of(later(evening, 1440, PARIS), PARIS) == 18 * 60
    assert later(evening, 1440, PARIS) - evening == 25 * 3600
    assert later(evening, 720, PARIS) - evening == 12 * 3600
    assert later(instant_of(SHORT_DAY - timedelta(days=1), 150, PARIS), 1440, PARIS) == instant_of(
        SHORT_DAY, 180, PARIS
    )


def test_a_lab_that_never_closes_is_open_without_a_break_through_both_changes() -> None:
    table = Timetable(PARIS, "41", NIGHT_AND_DAY)
    (span,) = table.open_between(LONG_DAY - timedelta(days=1), LONG_DAY + timedelta(days=1))
    assert _hours(span) == 73
    (span,) = table.open_between(SHORT_DAY - timedelta(days=1), SHORT_DAY)
    assert _hours(span) == 47


def test_two_labs_of_one_region_rest_on_their_own_legal_days() -> None:
    good_friday = date(2026, 4, 3)
    assert Timetable(PARIS, "57", ALL_WEEK).stretches(good_friday) == ()
    assert Timetable(PARIS, "54", ALL_WEEK).stretches(good_friday) == ((480, 1080),)
    departs = Timetable(REUNION, "974", ALL_WEEK).departs(date(2026, 12, 20))
    assert departs is not None and departs.origin == "legal"


def test_a_lab_opens_on_a_legal_day_and_closes_on_a_usual_one_by_its_own_word() -> None:
    table = Timetable(
        PARIS,
        "41",
        ALL_WEEK,
        {
            date(2026, 11, 11): Exceptional(True, "lab", "Portes ouvertes"),
            date(2026, 11, 12): Exceptional(False, "maintenance", "Contrôle des ponts"),
        },
    )
    assert table.stretches(date(2026, 11, 11)) == ((480, 1080),)
    assert table.stretches(date(2026, 11, 12)) == ()
    assert table.stretches(date(2026, 12, 25)) == ()


def test_a_slot_over_midnight_is_within_hours_that_meet_at_midnight() -> None:
    table = Timetable(PARIS, "41", {4: ((1080, 1440),), 5: ((0, 360),)})
    friday = date(2026, 11, 27)
    start, end = instant_of(friday, 22 * 60, PARIS), instant_of(friday + timedelta(days=1), 120, PARIS)
    assert table.covers(start, end)
    assert not table.covers(start, end + 5 * 3600)


def test_a_machine_that_runs_alone_needs_the_lab_at_both_ends_only() -> None:
    table = Timetable(PARIS, "41", ALL_WEEK)
    monday = date(2026, 11, 30)
    start, end = instant_of(monday, 17 * 60, PARIS), instant_of(monday + timedelta(days=1), 8 * 60, PARIS)
    assert not table.covers(start, end)
    assert not table.covers_ends(start, end)
    assert table.covers_ends(start, end + 1800)
    # Nobody comes at the second at which the lab closes.
    assert not table.covers_ends(start + 3600, end + 1800)


def test_one_instant_is_another_day_overseas() -> None:
    instant = instant_of(date(2026, 12, 31), 23 * 60, PARIS)
    assert day_of(instant, REUNION) == date(2027, 1, 1)
    assert day_of(instant, MARTINIQUE) == date(2026, 12, 31)
    assert minutes_of(instant, MARTINIQUE) == 18 * 60


@given(DAYS, st.sampled_from(ZONES))
def test_days_follow_one_another_without_a_gap(day: date, zone: str) -> None:
    start, end = day_span(day, zone)
    assert end == day_span(day + timedelta(days=1), zone)[0]
    assert end - start in (23 * 3600, 24 * 3600, 25 * 3600)
    assert day_of(start, zone) == day_of(end - 1, zone) == day


@given(DAYS, MINUTES, st.sampled_from(ZONES), st.integers(0, 1))
def test_an_hour_asked_for_is_the_hour_the_clock_shows(day: date, minutes: int, zone: str, fold: int) -> None:
    try:
        instant = instant_of(day, minutes, zone, fold=fold)
    except MissingHour:
        assert opening(day, minutes, zone) == closing(day, minutes, zone)
        return
    assert (day_of(instant, zone), minutes_of(instant, zone)) == (day, minutes)
    assert instant in (opening(day, minutes, zone), closing(day, minutes, zone))
    shown = wall(instant, zone)
    assert int(datetime.fromtimestamp(instant, ZoneInfo("UTC")).timestamp()) == int(shown.timestamp())


@given(DAYS, st.sampled_from((15, 30, 60, 240, 1440)), st.sampled_from(ZONES))
def test_steps_are_in_order_inside_their_day_and_on_the_step(day: date, step: int, zone: str) -> None:
    steps = steps_of(day, step, zone)
    start, end = day_span(day, zone)
    assert list(steps) == sorted(set(steps))
    assert all(start <= instant < end and is_on_step(instant, step, zone) for instant in steps)
    asked_again = {instant for instant in range(start, end, 900) if is_on_step(instant, step, zone)}
    assert asked_again == set(steps)


@given(
    DAYS,
    st.integers(0, 20),
    st.lists(st.tuples(MINUTES, st.integers(1, 600)), max_size=3),
    st.sampled_from(ZONES),
)
def test_open_time_is_the_sum_of_its_days(
    day: date, length: int, stretches: list[tuple[int, int]], zone: str
) -> None:
    week = {
        weekday: tuple((opens, min(1440, opens + lasts)) for opens, lasts in stretches)
        for weekday in range(7)
    }
    table = Timetable(zone, "41", week)
    last = day + timedelta(days=length)
    spans = table.open_between(day, last)
    assert spans == joined(spans)
    singly = [
        span
        for offset in range(length + 1)
        for span in table.open_between(*[day + timedelta(days=offset)] * 2)
    ]
    assert sum(end - start for start, end in spans) == sum(end - start for start, end in singly)
    beyond = table.open_between(day - timedelta(days=1), last + timedelta(days=1))
    for start, end in spans:
        assert table.covers(start, end)
        assert table.covers(start - 60, end) == any(opens < start <= closes for opens, closes in beyond)


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted).map(tuple), max_size=8)


@given(SPANS, SPANS)
def test_what_is_left_of_time_is_what_nobody_took(
    spans: list[tuple[int, int]], taken: list[tuple[int, int]]
) -> None:
    def seconds(of: list[tuple[int, int]]) -> set[int]:
        return {second for start, end in of for second in range(start, end)}

    left = without(spans, taken)
    assert seconds(left) == seconds(spans) - seconds(taken)
    assert left == joined(left)
