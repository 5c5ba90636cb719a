"""Somebody whose writing is suspended, or who did not accept the charter, before a machine."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import User
from app.communities.access import forget_access
from app.communities.models import WritingSuspension
from app.core.database import release, transaction
from app.core.time import Clock, clock
from app.extensions import db
from app.moderation.models import Decision
from app.resources.models import Incident, Lab, Machine, Occupation
from app.resources.queries.occupations import booking as booking_row
from tests.support.cast import Cast, sign_in
from tests.support.labs import at, reserve

PURPOSE = "Capots inox, voir avec Bruno"


@pytest.fixture
def ana(app: Flask, cast: Cast, lab: Lab, monday: Clock) -> Iterator[FlaskClient]:
    """Ana, who does not write in Val de Loire for a day."""
    now = clock.now()
    with transaction():
        decision = Decision(
            measure="none", sanction="suspend", until=now + timedelta(days=1), ground="law", facts="Oui.",
            decided_by_id=cast.manon.id, author_id=cast.ana.id, at=now,
        )  # fmt: skip
        db.session.add(decision)
        db.session.flush()
        db.session.add(
            WritingSuspension(
                user_id=cast.ana.id, node_id=cast.loire.id, starts_at=now, ends_at=now + timedelta(days=1),
                decision_id=decision.id,
            )
        )  # fmt: skip
    forget_access()
    return sign_in(app.test_client(), cast.ana)


def book(client: FlaskClient, machine: Machine, **more: Any) -> Any:
    fields = {"debut": at(1, 9), "fin": at(1, 11), "request_id": str(uuid.uuid4()), **more}
    return client.post(f"/machines/{machine.id}/reservations", data=fields)


def bookings() -> int:
    release()
    return db.session.query(Occupation).count()


def test_whose_writing_is_suspended_books_without_words(ana: FlaskClient, machine: Machine) -> None:
    refused = book(ana, machine, objet=PURPOSE)
    assert refused.status_code == 403 and bookings() == 0
    assert "Votre écriture est suspendue ici jusqu’au mardi 24" in refused.text
    assert f'value="{PURPOSE}"' in refused.text, "what was typed stays, with the slot"
    assert book(ana, machine, objet="  ").status_code == 302 and bookings() == 1


def test_they_give_their_booking_back_without_words(ana: FlaskClient, cast: Cast, machine: Machine) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    where = f"/reservations/{booking.id}/annulation"
    refused = ana.post(where, data={"motif": "Merci Bruno"})
    assert refused.status_code == 403 and 'value="Merci Bruno"' in refused.text
    assert ana.post(where).status_code == 302
    release()
    assert booking_row(booking.id).state == "cancelled"


def test_they_still_say_that_a_machine_is_dangerous(ana: FlaskClient, machine: Machine) -> None:
    ana.post(
        f"/machines/{machine.id}/signalement",
        data={"severity": "danger", "text": "Le capot est ouvert.", "request_id": str(uuid.uuid4())},
    )
    assert db.session.query(Incident).one().text == "Le capot est ouvert."


def test_others_say_what_they_book_for(app: Flask, ana: FlaskClient, cast: Cast, machine: Machine) -> None:
    assert ana
    assert book(sign_in(app.test_client(), cast.bruno), machine, objet=PURPOSE).status_code == 302


def test_nobody_books_before_having_accepted_the_charter(app: Flask, cast: Cast, machine: Machine) -> None:
    bruno = sign_in(app.test_client(), cast.bruno)
    with transaction():
        db.session.get_one(User, cast.bruno.id).charter_accepted_at = None
    refused = book(bruno, machine, objet=PURPOSE)
    assert refused.status_code == 403 and "La charte d’abord" in refused.text
    assert PURPOSE in refused.text and bookings() == 0
    assert bruno.get(f"/machines/{machine.id}").status_code == 200
