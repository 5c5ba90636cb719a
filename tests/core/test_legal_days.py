"""The legal days of France, by department, against the calendar as it was printed."""

from __future__ import annotations

from datetime import date

import pytest
from flask_babel import force_locale

from app.core.legal_days import easter, legal_day, legal_days

EASTERS = {
    2024: date(2024, 3, 31), 2025: date(2025, 4, 20), 2026: date(2026, 4, 5), 2027: date(2027, 3, 28),
    2028: date(2028, 4, 16), 2029: date(2029, 4, 1), 2030: date(2030, 4, 21), 2038: date(2038, 4, 25),
}  # fmt: skip
MOVING = {
    2026: ("2026-04-06", "2026-05-14", "2026-05-25"),
    2027: ("2027-03-29", "2027-05-06", "2027-05-17"),
    2028: ("2028-04-17", "2028-05-25", "2028-06-05"),
    2029: ("2029-04-02", "2029-05-10", "2029-05-21"),
    2030: ("2030-04-22", "2030-05-30", "2030-06-10"),
}
FIXED = ("01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25")
EXTRA = {
    "57": ("2026-04-03", "2027-03-26", "2026-12-26"),
    "67": ("2026-04-03", "2027-03-26", "2026-12-26"),
    "68": ("2026-04-03", "2027-03-26", "2026-12-26"),
    "971": ("2026-05-27",),
    "972": ("2026-05-22",),
    "973": ("2026-06-10",),
    "974": ("2026-12-20",),
    "976": ("2026-04-27",),
}


@pytest.mark.once
def test_easter_is_where_the_calendar_has_it() -> None:
    assert {year: easter(year) for year in EASTERS} == EASTERS
    assert all(easter(year).weekday() == 6 for year in range(1900, 2200))


@pytest.mark.once
@pytest.mark.parametrize("year", MOVING)
def test_the_whole_country_rests_on_eleven_days(year: int) -> None:
    expected = {date.fromisoformat(day) for day in MOVING[year]}
    expected |= {date.fromisoformat(f"{year}-{day}") for day in FIXED}
    assert set(legal_days("41", year)) == expected
    assert list(legal_days("41", year)) == sorted(expected)


@pytest.mark.once
@pytest.mark.parametrize("department", EXTRA)
def test_some_departments_rest_on_more_days_and_their_neighbours_do_not(department: str) -> None:
    for day in EXTRA[department]:
        assert legal_day(department, date.fromisoformat(day))
        assert legal_day("54", date.fromisoformat(day)) is None


@pytest.mark.once
def test_two_feasts_on_one_day_are_one_legal_day() -> None:
    # Ascension fell on the 8th of May in 2013 and will in 2059.
    assert easter(2059) == date(2059, 3, 30)
    assert len(legal_days("41", 2059)) == 10


def test_a_legal_day_is_named_in_the_language_of_the_reader(app: object) -> None:
    with force_locale("fr"):
        assert str(legal_day("974", date(2026, 12, 20))) == "Abolition de l’esclavage"
    with force_locale("en"):
        assert str(legal_day("41", date(2026, 7, 14))) == "Bastille Day"
