"""Days on which the clock changes, booked through the pages: the hour that is missing, the one that comes twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import icalendar, jobs
from app.core.icalendar import Event
from app.core.time import Clock, clock
from app.extensions import db
from app.notifications.models import Mail
from app.resources import calendars
from app.resources.hours import instant_of
from app.resources.models import Lab, Machine
from app.resources.operations.refusing import BookingRefused
from app.resources.slots import next_free
from tests.support import labs
from tests.support.cast import Cast, sign_in
from tests.support.labs import add_machine, overlaps, reserve
from tests.support.statements import forget_everything

PARIS, MIQUELON = "Europe/Paris", "America/Miquelon"
LONG = {PARIS: date(2026, 10, 25), MIQUELON: date(2027, 11, 7)}
SHORT = {PARIS: date(2027, 3, 28), MIQUELON: date(2028, 3, 12)}
DOUBLED = {PARIS: 120, MIQUELON: 60}
"""Minutes after midnight at which the hour begins that comes twice."""
ZONES = (PARIS, MIQUELON, "Indian/Reunion", "America/Guadeloupe", "Pacific/Noumea", "Indian/Mayotte")


@pytest.fixture(params=[PARIS, MIQUELON])
def zone(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def before(zone: str) -> Iterator[None]:
    day = LONG[zone] - timedelta(days=4)
    with clock.frozen(datetime(day.year, day.month, day.day, 12, tzinfo=UTC)):
        yield


@pytest.fixture
def lab(cast: Cast, zone: str, before: None) -> Lab:
    """A lab that never closes."""
    department = "975" if zone == MIQUELON else "41"
    return labs.open_lab(cast.loire, zone=zone, department=department, hours=((0, 24 * 60),))


@pytest.fixture
def machine(lab: Lab) -> Machine:
    return add_machine(lab, horizon_days=200)


def offered(page: str, name: str) -> dict[str, str]:
    """The words of a list of hours, by what they send."""
    chosen = page.partition(f'name="{name}"')[2].partition("</select>")[0]
    found = re.findall(r'<option value="(\d+)"[^>]*>([^<]*)<', chosen)
    return {words.replace("\xa0", " "): value for value, words in found}


def week(lab: Lab, machine: Machine, start: int, day: date) -> str:
    return f"/labs/{lab.id}?jour={day}&machine={machine.id}&debut={start}&fin={start + 1800}"


def test_the_hour_that_comes_twice_is_offered_twice_told_apart_and_booked_twice(
    app: Flask, cast: Cast, lab: Lab, machine: Machine, zone: str
) -> None:
    begins = DOUBLED[zone]
    first, second = (instant_of(LONG[zone], begins, zone, fold=fold) for fold in (0, 1))
    hour = f"{begins // 60} h"
    page = sign_in(app.test_client(), cast.ana).get(week(lab, machine, first, LONG[zone])).text
    starts = offered(page, "debut")
    assert starts[f"{hour} (heure d’été)"] == str(first)
    assert starts[f"{hour} (heure d’hiver)"] == str(second)
    assert hour not in starts

    mine = reserve(cast.ana, machine, first, first + 3600)
    reserve(cast.bruno, machine, second, second + 3600)

    assert overlaps() == []
    jobs.drain()
    forget_everything()
    page = sign_in(app.test_client(), cast.ana).get(f"/reservations/{mine.id}").text
    said = f"{hour} (heure d’été) – {hour} (heure d’hiver)"
    assert said in page.replace("\xa0", " ")
    mails = {
        mail.user_id: mail.text.replace("\xa0", " ")
        for mail in db.session.query(Mail).filter_by(kind="booking_confirmed")
    }
    assert said in mails[cast.ana.id]
    assert f"{hour} (heure d’hiver) – {begins // 60 + 1} h" in mails[cast.bruno.id]


def test_a_length_is_what_passes_and_not_what_the_clock_shows(
    cast: Cast, machine: Machine, zone: str
) -> None:
    for day, hours, accepted in ((LONG[zone], 4, False), (LONG[zone], 3, True), (SHORT[zone], 5, True)):
        start, end = (instant_of(day, minutes, zone) for minutes in (0, hours * 60))
        if accepted:
            reserve(cast.ana, machine, start, end)
        else:
            with pytest.raises(BookingRefused) as refused:
                reserve(cast.ana, machine, start, end)
            assert [reason.code for reason in refused.value.why] == ["too_long"]


def test_the_hour_that_is_missing_is_not_offered(
    app: Flask, cast: Cast, lab: Lab, machine: Machine, zone: str
) -> None:
    last = instant_of(SHORT[zone], 90, zone)
    page = sign_in(app.test_client(), cast.ana).get(week(lab, machine, last, SHORT[zone])).text
    starts = list(offered(page, "debut"))
    assert "2 h" not in starts and "2 h 30" not in starts
    assert starts.index("3 h") == starts.index("1 h 30") + 1
    assert len(starts) == 46
    ends = list(offered(page, "fin"))
    assert ends[0].startswith("3 h (30 minutes)")


def test_the_next_slots_pass_through_both_changes_without_a_break(
    cast: Cast, lab: Lab, machine: Machine, zone: str
) -> None:
    for day, minutes in ((LONG[zone], 25 * 60), (SHORT[zone], 23 * 60)):
        start = instant_of(day, 0, zone)
        found = next_free(machine.id, cast.ana, None, 60, start, minutes // 60)
        assert [slot.start for slot in found] == [start + 3600 * n for n in range(minutes // 60)]


def test_a_lab_rests_on_the_legal_days_of_its_department_alone(cast: Cast, monday: Clock) -> None:
    abolition, saint_etienne = date(2026, 12, 20), date(2026, 12, 26)
    closed = {("974", abolition), ("67", saint_etienne)}
    for department, place in (
        ("974", "Indian/Reunion"),
        ("67", PARIS),
        ("54", PARIS),
        ("971", "America/Guadeloupe"),
    ):
        machine = add_machine(
            labs.open_lab(cast.loire, zone=place, department=department, name=f"Lab {department}"),
            horizon_days=200,
        )
        for day in (abolition, saint_etienne):
            start = instant_of(day, 9 * 60, place)
            if (department, day) in closed:
                with pytest.raises(BookingRefused) as refused:
                    reserve(cast.ana, machine, start, start + 3600)
                assert [reason.code for reason in refused.value.why] == ["closed"]
            else:
                reserve(cast.ana, machine, start, start + 3600)


def test_a_booking_over_midnight_and_the_change_is_one_appointment(
    cast: Cast, machine: Machine, zone: str
) -> None:
    start = instant_of(LONG[zone] - timedelta(days=1), 23 * 60, zone)
    booking = reserve(cast.ana, machine, start, start + 4 * 3600)
    assert spans(calendars.file_of(booking)) == [(start, start + 4 * 3600)]


@settings(deadline=None)
@given(
    st.sampled_from(ZONES),
    st.lists(
        st.tuples(st.integers(1_767_222_000 // 900, 1_893_452_400 // 900), st.integers(1, 200)),
        min_size=1,
        max_size=6,
    ),
)
def test_a_calendar_alone_gives_back_the_instants_it_was_made_of(
    zone: str, slots: list[tuple[int, int]]
) -> None:
    instants = [(start * 900, (start + length) * 900) for start, length in slots]
    events = [
        Event(
            uid=str(number),
            sequence=0,
            stamp=datetime(2026, 1, 1, tzinfo=UTC),
            start=datetime.fromtimestamp(start, UTC),
            end=datetime.fromtimestamp(end, UTC),
            zone=zone,
            summary="Tour",
        )
        for number, (start, end) in enumerate(instants)
    ]
    assert spans(icalendar.calendar(events, method="PUBLISH")) == instants


def spans(text: str) -> list[tuple[int, int]]:
    """The appointments of a calendar in seconds, read with the clock that the calendar itself tells."""
    text = text.replace("\r\n ", "")
    changes = sorted(
        (datetime.fromisoformat(told), _offset(after))
        for told, after in re.findall(
            r"BEGIN:(?:STANDARD|DAYLIGHT)\r\nDTSTART:(\w+)\r\nTZOFFSETFROM:[^\r]+\r\nTZOFFSETTO:([^\r]+)",
            text,
        )
    )

    def second(told: str) -> int:
        if told.endswith("Z"):
            return int(datetime.strptime(told, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp())
        shown = datetime.fromisoformat(told)
        offset = [after for since, after in changes if since <= shown][-1]
        return int((shown - offset).replace(tzinfo=UTC).timestamp())

    events = text.split("BEGIN:VEVENT")[1:]
    starts, ends = (
        [second(told) for event in events for told in re.findall(rf"{name};[^:]*:(\w+)", event)]
        for name in ("DTSTART", "DTEND")
    )
    return list(zip(starts, ends, strict=True))


def _offset(told: str) -> timedelta:
    sign = -1 if told[0] == "-" else 1
    return sign * timedelta(hours=int(told[1:3]), minutes=int(told[3:5]))
