"""The list of one's own bookings and of one's firm, a booking given back or moved, and what is refused on the way."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from app.core import journal, links
from app.core.database import transaction
from app.core.time import Clock
from app.extensions import db
from app.resources.models import Lab, Machine
from app.resources.queries.occupations import booking as booking_row
from tests.support.cast import Cast, sign_in
from tests.support.labs import add_machine, at, reserve


def as_(app: Flask, person: Any) -> Any:
    return sign_in(app.test_client(), person)


def listed(page: str) -> set[int]:
    return {int(number) for number in re.findall(r'href="/reservations/(\d+)"', page)}


def test_a_firm_lists_its_bookings_for_those_who_work_there(
    app: Flask, cast: Cast, machine: Machine, monday: Clock
) -> None:
    mine = reserve(cast.ana, machine, at(1, 9), at(1, 11), purpose="Essai secret", is_confidential=True)
    ours = reserve(cast.rita, machine, at(2, 9), at(2, 11))
    theirs = reserve(cast.bruno, machine, at(3, 9), at(3, 11))
    firm = f"/reservations?entreprise={cast.atelier.id}"

    assert listed(as_(app, cast.ana).get("/reservations").text) == {mine.id}
    assert listed(as_(app, cast.rita).get(firm).text) == {mine.id, ours.id}
    assert as_(app, cast.bruno).get(firm).status_code == 404
    assert as_(app, cast.manon).get(firm).status_code == 404
    assert listed(as_(app, cast.bruno).get("/reservations").text) == {theirs.id}

    monday.advance(timedelta(days=2))
    page = as_(app, cast.ana).get("/reservations").text
    assert listed(page) == {mine.id}, "what was stays to be read"


def test_who_gives_back_a_colleagues_booking_says_why(app: Flask, cast: Cast, machine: Machine) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    referent, colleague = as_(app, cast.rita), as_(app, cast.bruno)
    address = f"/reservations/{booking.id}/annulation"

    assert colleague.post(address, data={"motif": "Non"}).status_code == 404
    assert referent.post(address, data={}).status_code == 422
    long = referent.post(address, data={"motif": "Ana est absente. " * 60})
    assert long.status_code == 422
    assert "Ana est absente. Ana" in long.text, "what was typed comes back"
    assert booking_row(booking.id).state == "confirmed"
    assert referent.post(address, data={"motif": "Ana est absente"}).status_code == 302
    assert booking_row(booking.id).state == "cancelled"
    assert referent.post(address, data={"motif": "Ana est absente"}).status_code == 302, "twice is once"


def test_a_slot_that_began_is_not_given_back(app: Flask, cast: Cast, machine: Machine, monday: Clock) -> None:
    booking = reserve(cast.ana, machine, at(0, 9), at(0, 11))
    monday.advance(timedelta(hours=2))
    refused = as_(app, cast.ana).post(f"/reservations/{booking.id}/annulation", data={})
    assert refused.status_code == 409
    assert "a commencé" in refused.text


def test_a_move_that_is_refused_says_why_and_leaves_the_booking_where_it_was(
    app: Flask, cast: Cast, lab: Lab, machine: Machine
) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    reserve(cast.bruno, machine, at(1, 14), at(1, 16))
    ana, address = as_(app, cast.ana), f"/reservations/{booking.id}/deplacement"

    refused = ana.post(address, data={"machine": machine.id, "debut": at(1, 14), "fin": at(1, 16)})
    assert refused.status_code == 409
    assert "déjà pris" in refused.text
    assert 'name="creneau"' in refused.text, "the next slots are offered"
    assert booking_row(booking.id).state == "confirmed"

    elsewhere = add_machine(lab, name="Tour")
    made = ana.post(address, data={"machine": elsewhere.id, "debut": at(1, 14), "fin": at(1, 16)})
    assert made.status_code == 302
    assert booking_row(booking.id).state == "moved"
    again = ana.post(address, data={"machine": machine.id, "debut": at(2, 9), "fin": at(2, 11)})
    assert again.status_code == 409
    assert "déjà été déplacée" in again.text
    assert as_(app, cast.rita).post(address, data={}).status_code in (403, 404)


def test_open_pages_are_told_the_machine_and_nothing_of_the_booking(
    app: Flask, cast: Cast, lab: Lab, machine: Machine
) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11), purpose="Essai secret", is_confidential=True)
    caught = journal.catch_up({lab.scope_id: 0})[lab.scope_id]
    (told,) = (message for message in journal.messages(caught.entries) if message["type"] == "booking")
    assert (told["id"], told["data"], told["actor"]) == (booking.id, {"machine": machine.id}, None)
    assert not re.search("secret|Ana|Costa|Atelier", str(told))


@pytest.mark.parametrize(
    ("who", "may"),
    [("manon", True), ("amir", True), ("nadia", True), ("rita", True), ("ana", False), ("bruno", False), ("yann", False)],
)  # fmt: skip
def test_a_machine_is_linked_by_those_who_look_after_it_or_lend_it(
    app: Flask, cast: Cast, lab: Lab, machine: Machine, who: str, may: bool
) -> None:
    with transaction():
        db.session.execute(
            update(Machine).where(Machine.id == machine.id).values(owner_company_id=cast.atelier.id)
        )
    side = links.side_of("machine")
    assert side is not None
    with app.test_request_context():
        assert side.may_link(getattr(cast, who), machine.id) is may
        assert side.may_link(getattr(cast, who), 10**9) is False
