"""Bookings in the calendar one already has: the file of a mail, the one of a page, the secret address of all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_string
from typing import Any

import pytest
from flask import Flask

from app.core import icalendar, jobs, limits
from app.core.database import release, transaction
from app.core.icalendar import Event
from app.core.time import Clock
from app.extensions import db
from app.notifications import mail as mails
from app.notifications.models import Mail
from app.resources import calendars
from app.resources.models import Lab, Machine
from app.resources.operations.booking import cancel, move
from tests.support.cast import Cast, sign_in
from tests.support.labs import at, open_lab, reserve

PARIS = "Europe/Paris"


def unfolded(text: str) -> list[str]:
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    for line in text.split("\r\n"):
        assert len(line.encode()) <= 75
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def value(text: str, name: str) -> str:
    (line,) = [line for line in unfolded(text) if re.split("[:;]", line)[0] == name]
    return line.partition(":")[2]


def event(start: datetime, **more: Any) -> Event:
    values: dict[str, Any] = {"summary": "Découpe laser", "zone": PARIS, **more}
    return Event("u@x", 0, start, start, start + timedelta(hours=2), **values)


@pytest.mark.once
@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("a, b; c\\d", "a\\, b\\; c\\\\d"),
        ("deux\r\nlignes", "deux\\nlignes"),
        ("cloche\x07 et fin\x00", "cloche et fin"),
        ("BEGIN:VEVENT\nEND:VEVENT", "BEGIN:VEVENT\\nEND:VEVENT"),
    ],
)
def test_text_cannot_end_its_line_or_begin_another(words: str, written: str) -> None:
    text = icalendar.calendar([event(datetime(2026, 11, 24, 8, tzinfo=UTC), summary=words)], method="PUBLISH")
    assert value(text, "SUMMARY") == written
    assert text.count("\r\nBEGIN:VEVENT\r\n") == 1


@pytest.mark.once
def test_long_lines_are_folded_between_characters() -> None:
    words = "Pièces forgées à l’échelle — " * 12
    text = icalendar.calendar([event(datetime(2026, 11, 24, 8, tzinfo=UTC), summary=words)], method="PUBLISH")
    assert value(text, "SUMMARY") == words


@pytest.mark.once
def test_hours_are_those_of_the_place_and_its_clock_is_told() -> None:
    text = icalendar.calendar([event(datetime(2026, 11, 24, 8, tzinfo=UTC))], method="PUBLISH")
    assert "DTSTART;TZID=Europe/Paris:20261124T090000" in text
    assert "BEGIN:DAYLIGHT\r\nDTSTART:20270328T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200" in text
    assert "BEGIN:STANDARD\r\nDTSTART:20261025T030000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100" in text
    overseas = icalendar.calendar(
        [event(datetime(2026, 11, 24, 8, tzinfo=UTC), zone="America/Martinique")], method="PUBLISH"
    )
    assert "DTSTART;TZID=America/Martinique:20261124T040000" in overseas
    assert "DAYLIGHT" not in overseas


@pytest.mark.once
def test_the_second_of_two_like_hours_is_said_in_utc() -> None:
    text = icalendar.calendar([event(datetime(2026, 10, 25, 1, 30, tzinfo=UTC))], method="PUBLISH")
    assert "DTSTART;VALUE=DATE-TIME:20261025T013000Z" in text
    first = icalendar.calendar([event(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))], method="PUBLISH")
    assert "DTSTART;TZID=Europe/Paris:20261025T023000" in first


def files(person: Any) -> list[tuple[str, str]]:
    """Method and text of the appointments mailed to somebody, in order."""
    jobs.drain()
    release()
    found = []
    for mail in db.session.query(Mail).filter_by(user_id=person.id).order_by(Mail.id):
        sent = message_from_string(mails._message(mail).as_string())
        for part in sent.walk():
            if part.get_content_type() == "text/calendar":
                content = part.get_payload(decode=True)
                assert isinstance(content, bytes)
                assert part.get_filename() == "reservation.ics"
                found.append((str(part.get_param("method")), content.decode()))
    release()
    return found


def test_the_mail_of_a_booking_changes_one_appointment_from_its_making_to_its_end(
    cast: Cast, machine: Machine
) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11), purpose="Gabarits")
    files(cast.ana)
    with transaction():
        moved = move(booking, at(2, 9), at(2, 12), by=cast.ana)
    files(cast.ana)
    with transaction():
        cancel(moved, by=cast.manon, reason="Visite de sécurité")
    made, changed, ended = files(cast.ana)
    assert [made[0], changed[0], ended[0]] == ["REQUEST", "REQUEST", "CANCEL"]
    assert len({value(text, "UID") for _method, text in (made, changed, ended)}) == 1
    numbers = [int(value(text, "SEQUENCE")) for _method, text in (made, changed, ended)]
    assert numbers == sorted(set(numbers))
    assert "DTSTART;TZID=Europe/Paris:20261125T090000" in changed[1]
    assert value(ended[1], "STATUS") == "CANCELLED"
    assert value(made[1], "LOCATION").startswith("Fab lab de Vendôme\\, 3 rue des Forges")
    assert "mailto:ana.costa@exemple.test" in "".join(unfolded(made[1]))


def test_the_secret_address_gives_what_its_person_booked_and_nothing_else(
    app: Flask, cast: Cast, machine: Machine, monday: Clock
) -> None:
    mine = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    reserve(cast.bruno, machine, at(1, 14), at(1, 16), purpose="SECRET", is_confidential=True)
    with transaction():
        address = calendars.open_feed(cast.ana)
    path = address.removeprefix(app.config["PUBLIC_URL"])
    visitor = app.test_client()
    answer = visitor.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    text = answer.get_data(as_text=True)
    assert value(text, "METHOD") == "PUBLISH"
    assert value(text, "UID").startswith(mine.uid)
    assert "SECRET" not in text and "Bruno" not in text
    with transaction():
        moved = move(mine, at(2, 9), at(2, 11), by=cast.ana)
    text = visitor.get(path).get_data(as_text=True)
    assert value(text, "UID").startswith(mine.uid)
    assert value(text, "SEQUENCE") == "1"
    with transaction():
        cancel(moved, by=cast.ana)
    assert "VEVENT" not in visitor.get(path).get_data(as_text=True)


def test_an_address_that_is_changed_or_taken_back_serves_no_more(app: Flask, cast: Cast, lab: Lab) -> None:
    client = sign_in(app.test_client(), cast.ana)
    page = client.get("/reservations/agenda")
    assert page.status_code == 200 and "/calendriers/" not in page.get_data(as_text=True)

    def renew() -> str:
        client.post("/reservations/agenda")
        found = re.search(
            r"/calendriers/[\w-]+=*\.ics", client.get("/reservations/agenda").get_data(as_text=True)
        )
        assert found is not None
        return found.group()

    visitor = app.test_client()
    first = renew()
    assert visitor.get(first).status_code == 200
    second = renew()
    assert visitor.get(first).status_code == 404
    assert visitor.get(second).status_code == 200
    client.post("/reservations/agenda/fermeture")
    assert visitor.get(second).status_code == 404
    for wrong in ("x", "A" * 32, "a" * 500):
        assert visitor.get(f"/calendriers/{wrong}.ics").status_code == 404


@pytest.fixture
def rates(app: Flask) -> Iterator[None]:
    """Rates are counted in this test."""
    app.extensions["rates"] = limits.open_store("memory://")
    yield
    app.extensions["rates"] = None


def test_guessing_addresses_is_slowed_down_and_reading_one_s_own_is_not(
    app: Flask, cast: Cast, lab: Lab, rates: None
) -> None:
    with transaction():
        path = calendars.open_feed(cast.ana).removeprefix(app.config["PUBLIC_URL"])
    visitor = app.test_client()
    tried = [visitor.get(f"/calendriers/{number:032}.ics").status_code for number in range(61)]
    assert (set(tried[:60]), tried[60]) == ({404}, 429)
    assert visitor.get(path).status_code == 200, (
        "who holds an address is not kept out by who guesses beside them"
    )
    read = [visitor.get(path).status_code for _ in range(60)]
    assert (set(read[:59]), read[59]) == ({200}, 429)
    assert int(visitor.get(path).headers["Retry-After"]) > 0


def test_one_booking_is_a_file_for_those_who_may_see_it(app: Flask, cast: Cast, machine: Machine) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11), is_confidential=True)
    path = f"/reservations/{booking.id}.ics"
    for who, status in (
        (cast.ana, 200),
        (cast.rita, 200),
        (cast.manon, 200),
        (cast.bruno, 404),
        (cast.nadia, 404),
    ):
        assert sign_in(app.test_client(), who).get(path).status_code == status, who.name


def test_a_reminder_comes_once_the_day_before(cast: Cast, machine: Machine, monday: Clock) -> None:
    booking = reserve(cast.ana, machine, at(2, 9), at(2, 11))
    jobs.run("resources.remind")
    monday.advance(timedelta(hours=26))
    jobs.run("resources.remind")
    jobs.run("resources.remind")
    jobs.drain()
    release()
    sent = db.session.query(Mail).filter_by(user_id=cast.ana.id, kind="booking_reminder").count()
    assert (sent, booking.state) == (1, "confirmed")


def test_a_lab_overseas_books_in_its_own_hours(cast: Cast, monday: Clock) -> None:
    from tests.support.labs import add_machine

    lab = open_lab(cast.loire, zone="Indian/Reunion", department="974")
    machine = add_machine(lab)
    start = at(1, 9, zone="Indian/Reunion")
    booking = reserve(cast.ana, machine, start, start + 7200)
    assert "DTSTART;TZID=Indian/Reunion:20261124T090000" in calendars.file_of(booking)
