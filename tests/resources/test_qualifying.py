"""Who becomes qualified, by whose word, for how long, and what must come first."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from app.communities.access import forget_access
from app.core.database import release, transaction
from app.core.errors import Forbidden, NotFound, Refusal
from app.core.journal import JournalEntry
from app.extensions import db
from app.resources.models import Lab, Qualification, QualificationType
from app.resources.operations import qualifications
from app.resources.operations.refusing import BookingRefused
from app.resources.queries.administration import lab_to_change, qualification_to_change
from tests.support.cast import Cast
from tests.support.labs import add_machine, at, name_staff, reserve


def kind(code: str) -> QualificationType:
    return db.session.execute(select(QualificationType).filter_by(code=code)).scalar_one()


def grant(by: Any, lab: Lab, code: str, who: Any, **more: Any) -> Qualification:
    forget_access()
    more.setdefault("request_id", str(uuid.uuid4()))
    with transaction():
        held = qualifications.grant(lab_to_change(by, lab.id), kind(code), who, by=by, **more)
    release()
    return held


def authorise(
    by: Any, firm: Any, who: Any, code: str = "employer_authorisation", **more: Any
) -> Qualification:
    forget_access()
    more.setdefault("request_id", str(uuid.uuid4()))
    with transaction():
        held = qualifications.authorise(firm.id, kind(code), who, by=by, **more)
    release()
    return held


def revoke(by: Any, held: Qualification, reason: str = "Mauvaise manœuvre.") -> None:
    forget_access()
    with transaction():
        qualifications.revoke(qualification_to_change(by, held.id), by=by, reason=reason)
    release()


def test_a_training_lasts_what_its_type_proposes_and_opens_the_machine(cast: Cast, lab: Lab) -> None:
    machine = add_machine(lab, needs=["training_laser_cutting"])
    held = grant(cast.manon, lab, "training_laser_cutting", cast.ana)
    assert (held.valid_from, held.valid_until) == (date(2026, 11, 23), date(2029, 11, 23))
    assert reserve(cast.ana, machine, at(1, 9), at(1, 11)).state == "confirmed"
    with pytest.raises(BookingRefused):
        reserve(cast.bruno, machine, at(1, 13), at(1, 14))


def test_a_trainer_grants_and_somebody_who_only_runs_the_lab_does_not(cast: Cast, lab: Lab) -> None:
    name_staff(lab, cast.bruno, "machine_trainer")
    grant(cast.bruno, lab, "training_machining_1", cast.ana)
    for user in (cast.amir, cast.nadia, cast.rita):
        with pytest.raises(Forbidden):
            grant(user, lab, "training_machining_1", cast.ana)


def test_nobody_qualifies_themselves(cast: Cast, lab: Lab) -> None:
    for code in ("training_machining_1", "laser_safety"):
        with pytest.raises(Forbidden):
            grant(cast.manon, lab, code, cast.manon)


def test_what_must_come_first_is_held_on_the_first_day(cast: Cast, lab: Lab) -> None:
    with pytest.raises(Refusal) as refused:
        grant(cast.manon, lab, "training_machining_2", cast.ana)
    assert "Usinage, niveau 1" in refused.value.sentence
    first = grant(cast.manon, lab, "training_machining_1", cast.ana, valid_until=date(2026, 11, 30))
    grant(cast.manon, lab, "training_machining_2", cast.ana)
    with pytest.raises(Refusal):
        grant(cast.manon, lab, "training_machining_2", cast.ana, valid_from=date(2026, 12, 1))
    revoke(cast.manon, first)
    with pytest.raises(Refusal):
        grant(cast.manon, lab, "training_machining_2", cast.ana)


def test_a_permit_for_one_booking_counts_once(cast: Cast, lab: Lab) -> None:
    machine = add_machine(lab, needs=["hot_work_permit"])
    held = grant(cast.manon, lab, "hot_work_permit", cast.ana)
    assert held.valid_until == date(2026, 12, 23)
    reserve(cast.ana, machine, at(1, 9), at(1, 11))
    with pytest.raises(BookingRefused) as refused:
        reserve(cast.ana, machine, at(2, 9), at(2, 11))
    assert [reason.code for reason in refused.value.why] == ["qualification_used"]


def test_a_form_sent_twice_grants_once(cast: Cast, lab: Lab) -> None:
    request_id = str(uuid.uuid4())
    first = grant(cast.manon, lab, "training_robot", cast.ana, request_id=request_id)
    assert grant(cast.manon, lab, "training_robot", cast.ana, request_id=request_id).id == first.id


def test_a_lab_qualifies_only_people_who_read_it_and_not_in_an_employers_name(cast: Cast, lab: Lab) -> None:
    with pytest.raises(Refusal) as stranger:
        grant(cast.manon, lab, "training_robot", cast.yann)
    assert stranger.value.field == "person"
    with pytest.raises(Refusal) as employers:
        grant(cast.manon, lab, "employer_authorisation", cast.ana)
    assert employers.value.field == "type_id"


def test_an_employer_allows_colleagues_for_the_firm_alone_and_not_too_long(cast: Cast, lab: Lab) -> None:
    machine = add_machine(lab, needs=["employer_authorisation"])
    held = authorise(cast.rita, cast.atelier, cast.ana)
    assert held.valid_until == date(2031, 11, 23)
    assert reserve(cast.ana, machine, at(1, 9), at(1, 11)).state == "confirmed"
    with pytest.raises(Refusal) as late:
        authorise(cast.rita, cast.atelier, cast.ana, valid_until=date(2032, 1, 1))
    assert late.value.field == "valid_until"
    with pytest.raises(Refusal) as elsewhere:
        authorise(cast.rita, cast.atelier, cast.bruno)
    assert elsewhere.value.field == "person"
    with pytest.raises(Refusal):
        authorise(cast.rita, cast.atelier, cast.ana, "training_robot")
    entry = db.session.execute(select(JournalEntry).filter_by(kind="qualification.changed")).scalar_one()
    assert entry.scope_id == cast.atelier.scope_id


def test_only_a_referent_of_the_firm_speaks_for_the_employer(cast: Cast, lab: Lab) -> None:
    with pytest.raises(Forbidden):
        authorise(cast.ana, cast.atelier, cast.ana)
    with pytest.raises(NotFound):
        authorise(cast.bruno, cast.atelier, cast.ana)
    held = authorise(cast.rita, cast.atelier, cast.ana)
    with pytest.raises(NotFound):
        revoke(cast.manon, held)
    revoke(cast.rita, held)


def test_a_qualification_taken_back_counts_no_more_and_needs_a_reason(cast: Cast, lab: Lab) -> None:
    machine = add_machine(lab, needs=["training_robot"])
    held = grant(cast.manon, lab, "training_robot", cast.ana)
    with pytest.raises(Refusal) as silent:
        revoke(cast.manon, held, "  ")
    assert silent.value.field == "reason"
    with pytest.raises(NotFound):
        revoke(cast.bruno, held)
    revoke(cast.manon, held)
    with pytest.raises(Refusal) as again:
        revoke(cast.manon, held)
    assert again.value.status == 409
    with pytest.raises(BookingRefused):
        reserve(cast.ana, machine, at(1, 9), at(1, 11))


def test_a_lab_adds_a_training_of_its_own(cast: Cast, lab: Lab) -> None:
    forget_access()
    with transaction():
        made = qualifications.create_type(
            lab_to_change(cast.manon, lab.id),
            "Formation presse plieuse",
            by=cast.manon,
            request_id=str(uuid.uuid4()),
            validity_months=24,
            needs=(kind("training_sheet_metal").id,),
        )
    with pytest.raises(Refusal):
        grant(cast.manon, lab, made.code, cast.ana)
    grant(cast.manon, lab, "training_sheet_metal", cast.ana)
    assert grant(cast.manon, lab, made.code, cast.ana).valid_until == date(2028, 11, 23)
    with pytest.raises(Refusal), transaction():
        qualifications.create_type(
            lab_to_change(cast.manon, lab.id),
            "Formation presse plieuse",
            by=cast.manon,
            request_id=str(uuid.uuid4()),
        )


@pytest.mark.parametrize(
    ("months", "start", "end"),
    [
        (1, date(2028, 1, 31), date(2028, 2, 29)),
        (36, date(2028, 2, 29), date(2031, 2, 28)),
        (12, date(2026, 12, 31), date(2027, 12, 31)),
        (11, date(2026, 1, 15), date(2026, 12, 15)),
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_a_shorter_month(
    months: int, start: date, end: date
) -> None:
    proposed = qualifications.proposed_end(
        QualificationType(validity_months=months, is_single_use=False), start
    )
    assert proposed == end


@pytest.mark.parametrize("day", [date(9999, 12, 31), date(1, 1, 1), date(2037, 1, 1)])
def test_a_first_day_out_of_reach_is_refused_in_words(cast: Cast, lab: Lab, day: date) -> None:
    for act in (
        lambda: grant(cast.manon, lab, "training_machining_1", cast.ana, valid_from=day),
        lambda: authorise(cast.rita, cast.atelier, cast.ana, valid_from=day),
    ):
        with pytest.raises(Refusal) as refused:
            act()
        assert refused.value.field == "valid_from"
