"""Booking a machine: what is accepted, what is refused and with which reasons, and what is told to whom."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.database import release, transaction
from app.core.errors import Forbidden, NotFound, Refusal
from app.core.journal import JournalEntry
from app.core.time import Clock
from app.extensions import db
from app.resources.models import Lab, LabDay, Machine, MachineNode, Occupation
from app.resources.operations.booking import cancel
from app.resources.operations.refusing import BookingRefused
from app.resources.queries.bookable import case_for
from app.resources.queries.occupations import week
from app.resources.rules import Slot, reasons
from app.resources.slots import next_free
from tests.support.cast import Cast, sign_in
from tests.support.labs import add_machine, at, name_staff, open_lab, overlaps, qualify, reserve


def refusal(person: Any, machine: Machine, start: int, end: int, **more: Any) -> BookingRefused:
    with pytest.raises(BookingRefused) as refused:
        reserve(person, machine, start, end, **more)
    return refused.value


def codes(refused: BookingRefused) -> list[str]:
    return [reason.code for reason in refused.why]


def test_a_member_books_and_open_pages_of_the_lab_are_told(cast: Cast, machine: Machine, lab: Lab) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11), purpose="Capots  inox")
    assert (booking.state, booking.person, booking.company) == ("confirmed", "Ana Costa", "Atelier Brenne")
    assert booking.purpose == "Capots inox"
    told = select(JournalEntry).filter_by(scope_id=lab.scope_id).order_by(JournalEntry.seq.desc()).limit(1)
    entry = db.session.execute(told).scalar_one()
    # Not whose it is: the booking may be confidential.
    assert (entry.kind, entry.object_id, entry.actor_id) == ("booking.changed", booking.id, None)


def test_a_taken_slot_is_refused_with_the_next_ones(cast: Cast, machine: Machine) -> None:
    reserve(cast.ana, machine, at(1, 9), at(1, 11))
    refused = refusal(cast.bruno, machine, at(1, 10), at(1, 12))
    assert codes(refused) == ["occupied"]
    assert refused.status == 409
    assert "Ana" not in refused.sentence and "9 h" in refused.sentence.replace("\N{NO-BREAK SPACE}", " ")
    assert refused.slots == (
        Slot(at(1, 11), at(1, 13)),
        Slot(at(1, 13), at(1, 15)),
        Slot(at(1, 15), at(1, 17)),
    )
    booked = reserve(cast.bruno, machine, *refused.slots[0])
    assert booked.state == "confirmed"


def test_a_form_sent_twice_books_once_and_is_not_refused_by_itself(cast: Cast, machine: Machine) -> None:
    request_id = str(uuid.uuid4())
    first = reserve(cast.ana, machine, at(1, 9), at(1, 11), request_id=request_id)
    again = reserve(cast.ana, machine, at(1, 9), at(1, 11), request_id=request_id)
    assert first.id == again.id
    with pytest.raises(Refusal) as refused:
        reserve(cast.ana, machine, at(1, 13), at(1, 14), request_id=request_id)
    assert refused.value.status == 409 and not isinstance(refused.value, BookingRefused)


def test_a_refused_form_may_be_sent_again(cast: Cast, machine: Machine) -> None:
    request_id = str(uuid.uuid4())
    taken = reserve(cast.bruno, machine, at(1, 9), at(1, 11))
    refusal(cast.ana, machine, at(1, 9), at(1, 11), request_id=request_id)
    with transaction():
        cancel(taken, by=cast.bruno)
    assert reserve(cast.ana, machine, at(1, 9), at(1, 11), request_id=request_id).state == "confirmed"


def test_every_reason_is_given_at_once(cast: Cast, lab: Lab) -> None:
    machine = add_machine(
        lab,
        needs=["training_laser_cutting", "laser_safety"],
        max_minutes=240,
        notice_minutes=24 * 60,
        horizon_days=30,
        next_check_on=date(2026, 11, 20),
    )
    refused = refusal(cast.ana, machine, at(0, 16.25), at(0, 21))
    assert codes(refused) == [
        "check_overdue",
        "qualification_missing",
        "qualification_missing",
        "off_step",
        "too_long",
        "notice",
        "outside_hours",
    ]
    assert len(refused.reasons) == 7
    assert refused.status == 422
    assert refused.slots == ()


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ((1, 9.25), (1, 10), "off_step"),
        ((1, 9), (1, 9), "too_short"),
        ((1, 11), (1, 9), "too_short"),
        ((1, 9), (1, 13.5), "too_long"),
        ((0, 7), (0, 7.5), "past"),
        ((1, 7), (1, 9), "outside_hours"),
        ((1, 17), (1, 19), "outside_hours"),
        ((32, 9), (32, 11), "closed"),
        ((60, 17), (61, 9), "horizon"),
    ],
)
def test_the_rules_of_the_machine_hold(
    cast: Cast, machine: Machine, start: tuple[int, float], end: tuple[int, float], code: str
) -> None:
    assert code in codes(refusal(cast.ana, machine, at(*start), at(*end)))
    assert overlaps() == []


def test_the_horizon_is_measured_to_the_end(cast: Cast, lab: Lab) -> None:
    machine = add_machine(lab, horizon_days=2, max_minutes=24 * 60, runs_unattended=True)
    assert reserve(cast.ana, machine, at(2, 10), at(2, 12))
    assert codes(refusal(cast.ana, machine, at(2, 15), at(3, 9))) == ["horizon"]


def test_whoever_stands_before_a_free_machine_takes_the_step_that_runs(
    cast: Cast, machine: Machine, monday: Clock
) -> None:
    from datetime import timedelta

    monday.advance(timedelta(minutes=20))
    assert reserve(cast.ana, machine, at(0, 8), at(0, 9))
    monday.advance(timedelta(minutes=60))
    assert codes(refusal(cast.ana, machine, at(0, 8.5), at(0, 10)))[0] == "past"


def test_a_machine_that_runs_alone_is_booked_over_the_night(cast: Cast, lab: Lab) -> None:
    printer = add_machine(lab, runs_unattended=True, max_minutes=24 * 60, default_minutes=240)
    assert reserve(cast.ana, printer, at(1, 17), at(2, 9))
    assert codes(refusal(cast.bruno, printer, at(2, 17), at(2, 19))) == ["outside_hours"]


def test_a_machine_that_is_lent_out_is_booked_for_days_and_comes_back_while_somebody_is_there(
    app: Flask, cast: Cast, lab: Lab
) -> None:
    days = 5 * 24 * 60
    kept = add_machine(lab, step_minutes=60, default_minutes=240, max_minutes=days)
    assert codes(refusal(cast.ana, kept, at(1, 9), at(4, 9))) == ["outside_hours"]
    cobot = add_machine(lab, step_minutes=60, default_minutes=240, max_minutes=days, leaves_lab=True)
    assert codes(refusal(cast.ana, cobot, at(1, 17), at(4, 19))) == ["outside_hours"]
    assert codes(refusal(cast.ana, cobot, at(1, 9), at(7, 9))) == ["too_long"]
    ana = sign_in(app.test_client(), cast.ana)
    choice = ana.get(f"/labs/{lab.id}?machine={cobot.id}&debut={at(1, 9)}&fin={at(6, 9)}").text
    assert f'<option value="{at(6, 9)}" selected>' in choice and "ne peut pas être réservé" not in choice
    typed = {"debut": at(1, 9), "fin": at(6, 9), "request_id": str(uuid.uuid4())}
    assert ana.post(f"/machines/{cobot.id}/reservations", data=typed).status_code == 302
    assert codes(refusal(cast.bruno, cobot, at(3, 9), at(3, 11))) == ["occupied"]
    assert "elle se prête" in ana.get(f"/machines/{cobot.id}").text
    assert "elle se prête" not in ana.get(f"/machines/{kept.id}").text


def test_set_up_and_clean_up_are_nobody_elses(cast: Cast, lab: Lab) -> None:
    machine = add_machine(lab, setup_minutes=30, cleanup_minutes=30)
    reserve(cast.ana, machine, at(1, 10), at(1, 12))
    assert codes(refusal(cast.bruno, machine, at(1, 12), at(1, 13))) == ["occupied"]
    assert codes(refusal(cast.bruno, machine, at(1, 12.5), at(1, 14))) == ["occupied"]
    assert reserve(cast.bruno, machine, at(1, 13), at(1, 14))


def test_like_machines_are_filled_so_that_long_gaps_stay_whole(cast: Cast, lab: Lab) -> None:
    machine = add_machine(lab, units=2)
    first = reserve(cast.ana, machine, at(1, 8), at(1, 10))
    second = reserve(cast.bruno, machine, at(1, 10), at(1, 12))
    assert second.unit_id == first.unit_id
    third = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    assert third.unit_id != first.unit_id
    assert codes(refusal(cast.bruno, machine, at(1, 9), at(1, 10))) == ["occupied"]


# Qualifications.


def test_all_the_qualifications_are_asked_for_on_the_day_of_the_slot(cast: Cast, lab: Lab) -> None:
    machine = add_machine(lab, needs=["training_laser_cutting", "laser_safety"])
    qualify(cast.ana, "training_laser_cutting", lab=lab)
    refused = refusal(cast.ana, machine, at(1, 9), at(1, 11))
    assert codes(refused) == ["qualification_missing"]
    assert "Sécurité laser" in refused.sentence
    qualify(cast.ana, "laser_safety", lab=lab, until=date(2026, 11, 26))
    assert reserve(cast.ana, machine, at(3, 9), at(3, 11))
    late = refusal(cast.ana, machine, at(4, 9), at(4, 11))
    assert codes(late) == ["qualification_expired"]
    assert "26" in late.sentence


def test_the_day_of_a_slot_is_that_of_the_labs_place(cast: Cast, monday: Clock) -> None:
    lab = open_lab(
        cast.loire,
        zone="Indian/Reunion",
        department="974",
        hours=((0, 24 * 60),),
        name="Fab lab de Saint-Denis",
    )
    machine = add_machine(lab, needs=["training_laser_cutting"])
    qualify(cast.ana, "training_laser_cutting", lab=lab, until=date(2026, 11, 24))
    # Half past ten in the evening of the 24th in Paris is the 25th in Saint-Denis.
    assert codes(refusal(cast.ana, machine, at(1, 22.5), at(1, 23.5))) == ["qualification_expired"]
    assert reserve(cast.ana, machine, at(1, 19), at(1, 20))


def test_an_employers_word_counts_for_that_firm_alone(cast: Cast, lab: Lab) -> None:
    forklift = add_machine(lab, needs=["employer_authorisation", "place_knowledge"])
    elsewhere = open_lab(cast.loire, name="Autre lab")
    qualify(cast.ana, "employer_authorisation", company=cast.plasturgie)
    qualify(cast.ana, "place_knowledge", lab=elsewhere)
    assert codes(refusal(cast.ana, forklift, at(1, 9), at(1, 10))) == ["qualification_missing"] * 2
    qualify(cast.ana, "employer_authorisation", company=cast.atelier)
    assert codes(refusal(cast.ana, forklift, at(1, 9), at(1, 10))) == ["qualification_missing"]
    qualify(cast.ana, "place_knowledge", lab=lab)
    assert reserve(cast.ana, forklift, at(1, 9), at(1, 10), company_id=cast.atelier.id)


def test_what_must_be_learned_first_is_said(cast: Cast, lab: Lab) -> None:
    machine = add_machine(lab, needs=["training_machining_2"])
    refused = refusal(cast.ana, machine, at(1, 9), at(1, 10))
    assert "Usinage, niveau 1" in refused.reasons[0]


def test_a_permit_for_one_job_serves_once(cast: Cast, lab: Lab) -> None:
    welder = add_machine(lab, needs=["hot_work_permit"])
    qualify(cast.ana, "hot_work_permit", lab=lab, since=date(2026, 11, 24), until=date(2026, 11, 26))
    first = reserve(cast.ana, welder, at(1, 9), at(1, 10))
    assert codes(refusal(cast.ana, welder, at(2, 9), at(2, 10))) == ["qualification_used"]
    with transaction():
        cancel(first, by=cast.ana)
    assert reserve(cast.ana, welder, at(2, 9), at(2, 10))


# Places and people.


def test_nobody_books_where_they_do_not_read(cast: Cast, machine: Machine) -> None:
    with pytest.raises(NotFound):
        reserve(cast.yann, machine, at(1, 9), at(1, 10))


def test_a_machine_narrowed_to_others_is_seen_and_not_booked(cast: Cast, machine: Machine) -> None:
    with transaction():
        db.session.add(MachineNode(machine_id=machine.id, node_id=cast.vitre.id))
    assert codes(refusal(cast.ana, machine, at(1, 9), at(1, 10))) == ["not_served"]


@pytest.mark.parametrize(
    ("change", "code"),
    [({"state": "not_opened"}, "machine_not_opened"), ({"state": "retired"}, "machine_retired")],
)
def test_a_machine_that_is_not_open_is_not_booked(
    cast: Cast, lab: Lab, change: dict[str, Any], code: str
) -> None:
    assert codes(refusal(cast.ana, add_machine(lab, **change), at(1, 9), at(1, 10))) == [code]


def test_one_books_for_a_firm_where_one_works(cast: Cast, machine: Machine) -> None:
    with pytest.raises(Refusal) as refused:
        reserve(cast.ana, machine, at(1, 9), at(1, 10), company_id=cast.plasturgie.id)
    assert refused.value.field == "company_id"


def test_the_people_of_the_lab_book_for_others_and_pass_over_what_may_be(cast: Cast, lab: Lab) -> None:
    machine = add_machine(lab, notice_minutes=48 * 60, max_minutes=120)
    with pytest.raises(Forbidden):
        reserve(cast.ana, machine, at(3, 9), at(3, 10), by=cast.bruno)
    assert codes(refusal(cast.ana, machine, at(1, 9), at(1, 12), by=cast.manon)) == ["too_long", "notice"]
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 12), by=cast.manon, overriding="Dépannage client")
    assert (booking.user_id, booking.created_by_id) == (cast.ana.id, cast.manon.id)
    refused = refusal(cast.bruno, machine, at(1, 10), at(1, 11), by=cast.manon, overriding="Urgent")
    assert "occupied" in codes(refused), "nobody passes over what is taken"
    unseen = refusal(cast.ana, machine, at(1, 13), at(1, 16), overriding="Moi aussi")
    assert "too_long" in codes(unseen), "a member passes over nothing"


def test_a_lab_closes_and_opens_by_its_own_word(cast: Cast, machine: Machine, lab: Lab) -> None:
    with transaction():
        db.session.add(LabDay(lab_id=lab.id, day=date(2026, 11, 24), is_open=False, label="Inventaire"))
        db.session.add(LabDay(lab_id=lab.id, day=date(2026, 12, 25), is_open=True, label=""))
    refused = refusal(cast.ana, machine, at(1, 9), at(1, 10))
    assert codes(refused) == ["closed"] and "Inventaire" in refused.sentence
    assert refused.slots[0] == Slot(at(2, 8), at(2, 9))
    assert reserve(cast.ana, machine, at(32, 9), at(32, 10))


# Giving back.


def test_a_booking_given_back_is_free_for_the_next(cast: Cast, machine: Machine) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    with transaction():
        given = cancel(booking, by=cast.ana)
    assert (given.state, given.sequence) == ("cancelled", booking.sequence + 1)
    with transaction():
        assert cancel(booking, by=cast.ana).sequence == given.sequence, "twice is once"
    assert reserve(cast.bruno, machine, at(1, 9), at(1, 11))


def test_somebody_elses_booking_is_cancelled_with_a_reason_by_those_who_may(
    cast: Cast, machine: Machine
) -> None:
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    with transaction(), pytest.raises(Forbidden):
        cancel(booking, by=cast.bruno, reason="Je la veux")
    with transaction(), pytest.raises(Refusal) as refused:
        cancel(booking, by=cast.manon, reason="  ")
    assert refused.value.field == "reason"
    with transaction():
        assert cancel(booking, by=cast.rita, reason="Commande annulée").reason == "Commande annulée"


def test_a_booking_that_began_is_not_cancelled(cast: Cast, machine: Machine, monday: Clock) -> None:
    booking = reserve(cast.ana, machine, at(0, 8), at(0, 10))
    with transaction(), pytest.raises(Refusal) as refused:
        cancel(booking, by=cast.ana)
    assert refused.value.status == 409


# What others see.


def test_a_confidential_booking_of_others_is_an_interval(cast: Cast, machine: Machine, lab: Lab) -> None:
    name_staff(lab, cast.amir, "machine_trainer")
    reserve(cast.ana, machine, at(1, 9), at(1, 11), purpose="Prototype SECRET", is_confidential=True)
    reserve(cast.ana, machine, at(1, 11), at(1, 12), purpose="Gabarits")

    def seen(user: Any) -> list[tuple[Any, ...]]:
        rows = week(user, lab.id, [machine.id], at(0, 0), at(7, 0))
        return [(row.purpose, row.person, row.company, row.user_id, bool(row.is_ours)) for row in rows]

    hidden, shown = seen(cast.bruno)
    assert hidden == ("", None, None, None, False)
    assert shown == ("Gabarits", "Ana Costa", "Atelier Brenne", cast.ana.id, False)
    for user in (cast.ana, cast.rita, cast.manon, cast.amir):
        assert seen(user)[0][0] == "Prototype SECRET", user.name
    assert seen(cast.nadia)[0][0] == "", "to run the nation is not to run the lab"


def test_what_the_page_warns_of_is_what_a_booking_is_refused_for(cast: Cast, lab: Lab) -> None:
    machine = add_machine(lab, needs=["training_welding"], state="not_opened")
    warned = reasons(case_for(machine.id, cast.ana, None), Slot(at(1, 9), at(1, 10)), at(0, 8))
    assert [reason.code for reason in warned] == codes(refusal(cast.ana, machine, at(1, 9), at(1, 10)))


def test_what_is_too_long_or_too_far_is_refused_with_what_the_rules_allow(cast: Cast, lab: Lab) -> None:
    machine = add_machine(lab, max_minutes=120, horizon_days=30)
    too_long = refusal(cast.ana, machine, at(1, 9), at(1, 15))
    assert codes(too_long) == ["too_long"]
    assert too_long.slots[0] == Slot(at(1, 9), at(1, 11))
    too_far = refusal(cast.ana, machine, at(50, 9), at(50, 10))
    assert codes(too_far) == ["horizon"]
    assert reserve(cast.ana, machine, *too_far.slots[0]).state == "confirmed"


def test_the_next_slots_are_those_that_would_be_accepted(cast: Cast, lab: Lab) -> None:
    machine = add_machine(lab, notice_minutes=60)
    reserve(cast.bruno, machine, at(0, 10), at(0, 14))
    found = next_free(machine.id, cast.ana, None, 120, at(0, 8), 3)
    assert found == [Slot(at(0, 14), at(0, 16)), Slot(at(0, 16), at(0, 18)), Slot(at(1, 8), at(1, 10))]
    for slot in found:
        assert reserve(cast.ana, machine, *slot).state == "confirmed"
    release()
    assert db.session.query(Occupation).count() == 4
