"""What one holds, until when: its page, the word before it ends, and the bookings for which it will be missing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import jobs, things
from app.core.database import release, transaction
from app.core.time import Clock
from app.extensions import db
from app.notifications.models import Mail, Notification
from app.resources.jobs import recall_qualifications
from app.resources.models import Lab, Qualification, QualificationType
from app.resources.operations import qualifications
from tests.support.cast import Cast, sign_in
from tests.support.labs import MONDAY, add_machine, at, open_lab, qualify, reserve
from tests.support.statements import counted_statements

LASER = "training_laser_cutting"
EMPLOYER = "employer_authorisation"
TODAY = MONDAY.date()
PAGE = "/reservations/habilitations"


def told(person: Any) -> list[str]:
    jobs.drain()
    release()
    kinds = db.session.execute(
        select(Notification.kind).where(Notification.user_id == person.id).order_by(Notification.id)
    )
    return list(kinds.scalars())


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


def revoke(held: Qualification, by: Any, reason: str = "Lentille laissée sale deux fois.") -> None:
    with transaction():
        qualifications.revoke(db.session.get_one(Qualification, held.id), by=by, reason=reason)
    release()


def test_a_person_reads_what_they_hold_by_whose_word_until_when_and_for_what(
    app: Flask, cast: Cast, lab: Lab
) -> None:
    add_machine(lab, name="Laser Trotec", needs=[LASER])
    add_machine(open_lab(cast.vitre, name="Fab lab de Vitré"), name="Laser de Vitré", needs=[LASER])
    qualify(cast.ana, LASER, lab=lab, until=in_days(400))
    qualify(cast.ana, EMPLOYER, company=cast.atelier, until=in_days(20))
    qualify(cast.ana, "powder_safety", lab=lab, until=in_days(-30))

    page = sign_in(app.test_client(), cast.ana).get(PAGE).text

    assert "formation à Fab lab de Vendôme" in page
    assert (
        "autorisée par Atelier Brenne" in page
        and "expire le" in page
        and "Votre référent la renouvelle" in page
    )
    assert "Laser Trotec" in page and "Laser de Vitré" not in page
    assert page.index("Expirées ou retirées") < page.index("expirée le")


def test_who_holds_nothing_is_shown_where_to_begin(app: Flask, cast: Cast, lab: Lab) -> None:
    page = sign_in(app.test_client(), cast.ana).get(PAGE).text
    assert "Aucune habilitation pour l’instant" in page and 'href="/reserver"' in page


def test_the_pages_of_what_is_ones_own_lead_to_one_another(app: Flask, cast: Cast, lab: Lab) -> None:
    client = sign_in(app.test_client(), cast.ana)
    addresses = ["/reservations", PAGE, "/reservations/agenda"]
    for address in addresses:
        page = client.get(address).text
        assert all(f'href="{other}"' in page for other in addresses)
        assert f'href="{address}" aria-current="page"' in page


def test_its_holder_is_told_sixty_thirty_and_seven_days_before_each_once(
    cast: Cast, lab: Lab, monday: Clock
) -> None:
    qualify(cast.ana, LASER, lab=lab, until=in_days(61))
    assert recall_qualifications() == 0
    for days, expected in ((1, 1), (1, 0), (28, 0), (1, 1), (22, 0), (1, 1), (3, 0)):
        monday.advance(timedelta(days=days))
        assert recall_qualifications() == expected
    assert told(cast.ana) == ["qualification_ending"] * 3


def test_after_a_pause_of_the_jobs_the_nearest_stage_alone_is_told(
    cast: Cast, lab: Lab, monday: Clock
) -> None:
    qualify(cast.ana, LASER, lab=lab, until=in_days(5))
    assert recall_qualifications() == 1
    assert told(cast.ana) == ["qualification_ending"]


@pytest.mark.parametrize("renewal", [None, 500])
def test_who_renewed_in_time_is_not_told(cast: Cast, lab: Lab, renewal: int | None) -> None:
    qualify(cast.ana, LASER, lab=lab, until=in_days(20))
    qualify(cast.ana, LASER, lab=lab, since=TODAY, until=in_days(renewal) if renewal else None)
    assert recall_qualifications() == 0


def test_another_firms_word_another_labs_place_and_what_was_taken_back_renew_nothing(
    cast: Cast, lab: Lab
) -> None:
    other = open_lab(cast.loire, name="Fab lab de Blois")
    qualify(cast.ana, EMPLOYER, company=cast.atelier, until=in_days(20))
    qualify(cast.ana, EMPLOYER, company=cast.fonderie, until=in_days(300))
    qualify(cast.ana, "place_knowledge", lab=lab, until=in_days(20))
    qualify(cast.ana, "place_knowledge", lab=other, until=in_days(300))
    qualify(cast.ana, LASER, lab=lab, until=in_days(20))
    revoke(qualify(cast.ana, LASER, lab=lab, until=in_days(300)), cast.manon)
    assert recall_qualifications() == 3


def test_who_was_given_it_for_a_few_days_is_not_told_the_day_after(cast: Cast, lab: Lab) -> None:
    qualify(cast.ana, LASER, lab=lab, since=TODAY, until=in_days(5))
    assert recall_qualifications() == 0


def test_who_is_qualified_is_told_and_who_loses_it_reads_why_and_what_it_costs(
    app: Flask, cast: Cast, lab: Lab
) -> None:
    machine = add_machine(lab, needs=[LASER])
    with transaction():
        held = qualifications.grant(
            db.session.get_one(Lab, lab.id),
            db.session.execute(select(QualificationType).filter_by(code=LASER)).scalar_one(),
            cast.ana,
            by=cast.manon,
            request_id="5d6e3f3a-3b0e-4a4e-9d56-000000000001",
        )
    reserve(cast.ana, machine, at(2, 9), at(2, 11))
    revoke(held, cast.manon)
    assert told(cast.ana) == ["qualification_granted", "booking_confirmed", "qualification_revoked"]
    mail = db.session.execute(
        select(Mail).where(Mail.user_id == cast.ana.id, Mail.kind == "qualification_revoked")
    ).scalar_one()
    for words in (mail.text, mail.html):
        assert words.count("Lentille laissée sale deux fois.") == 1
        assert words.count("1 réservation à venir") == 1
    page = sign_in(app.test_client(), cast.ana).get(PAGE).text
    assert "retirée le" in page and "Lentille laissée sale deux fois." in page


def test_what_somebody_holds_is_seen_by_themselves_and_those_who_granted_it(cast: Cast, lab: Lab) -> None:
    by_lab = qualify(cast.ana, LASER, lab=lab).id
    by_firm = qualify(cast.ana, EMPLOYER, company=cast.atelier).id
    for person, seen in (
        (cast.ana, {by_lab, by_firm}),
        (cast.manon, {by_lab}),
        (cast.rita, {by_firm}),
        (cast.bruno, set()),
        (cast.yann, set()),
    ):
        assert things.visible_ids(person, "qualification", [by_lab, by_firm]) == seen


def test_a_booking_whose_qualification_ends_before_it_is_marked_for_its_person_and_for_the_lab(
    app: Flask, cast: Cast, lab: Lab
) -> None:
    machine = add_machine(lab, name="Laser Trotec", needs=[LASER], horizon_days=60)
    held = qualify(cast.ana, LASER, lab=lab, until=in_days(30))
    early, late = (reserve(cast.ana, machine, at(day, 9), at(day, 11)) for day in (2, 20))
    mine, theirs = sign_in(app.test_client(), cast.ana), sign_in(app.test_client(), cast.manon)
    waiting = f"/labs/{lab.id}/gestion/demandes"
    assert "expire avant" not in mine.get("/reservations").text
    assert "sans l’habilitation" not in theirs.get(waiting).text

    with transaction():
        db.session.get_one(Qualification, held.id).valid_until = in_days(10)
    release()

    assert mine.get("/reservations").text.count("expire avant") == 1
    assert "expire avant" in mine.get(f"/reservations/{late.id}").text
    assert "expire avant" not in mine.get(f"/reservations/{early.id}").text
    page = theirs.get(waiting).text
    assert "Réservations sans l’habilitation demandée" in page
    assert f'href="/reservations/{late.id}"' in page and f'href="/reservations/{early.id}"' not in page

    revoke(db.session.get_one(Qualification, held.id), cast.manon)
    assert mine.get("/reservations").text.count("il vous manque") == 2
    assert theirs.get(waiting).text.count("manque</") == 2


def test_what_another_firm_or_lab_says_does_not_unmark_a_booking(app: Flask, cast: Cast, lab: Lab) -> None:
    machine = add_machine(lab, needs=[EMPLOYER])
    held = qualify(cast.ana, EMPLOYER, company=cast.atelier)
    reserve(cast.ana, machine, at(2, 9), at(2, 11), company_id=cast.atelier.id)
    revoke(held, cast.rita)
    qualify(cast.ana, EMPLOYER, company=cast.fonderie)
    assert "il vous manque" in sign_in(app.test_client(), cast.ana).get("/reservations").text


def test_the_page_of_what_one_holds_asks_as_much_whatever_one_holds(app: Flask, cast: Cast, lab: Lab) -> None:
    client = sign_in(app.test_client(), cast.ana)

    def asked() -> int:
        client.get(PAGE)
        with counted_statements() as seen:
            client.get(PAGE)
        return len(seen)

    add_machine(lab, needs=[LASER])
    qualify(cast.ana, LASER, lab=lab)
    few = asked()
    for n in range(5):
        add_machine(lab, name=f"Laser {n}", needs=[LASER, "powder_safety"])
        qualify(cast.ana, "powder_safety", lab=lab, since=in_days(-n))
    assert asked() == few
