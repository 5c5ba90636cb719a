"""The people of a lab: named by those above it, read it at once, and no more when their charge ends."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import operations as accounts
from app.communities.access import forget_access
from app.core import jobs
from app.core.database import release, transaction
from app.core.errors import Forbidden, Refusal
from app.extensions import db
from app.notifications.models import Notification
from app.resources.access import labs_read_by, staffs
from app.resources.models import Lab, LabDay, LabStaff
from app.resources.operations.staff import current_charge, end_staff, name_staff
from app.resources.queries.administration import charge_to_change, lab_to_change
from tests.support.cast import Cast, person, sign_in


def name(by: Any, lab: Lab, who: Any, role: str) -> LabStaff:
    forget_access()
    with transaction():
        charge = name_staff(lab_to_change(by, lab.id), who, role, by=by)
    forget_access()
    return charge


def end(by: Any, lab: Lab, charge: LabStaff) -> None:
    forget_access()
    with transaction():
        found = lab_to_change(by, lab.id)
        end_staff(found, charge_to_change(found, charge.id), by=by)
    forget_access()


def test_a_trainer_reads_the_lab_from_the_moment_of_being_named(cast: Cast, lab: Lab) -> None:
    before = cast.yann.access_version
    charge = name(cast.manon, lab, cast.yann, "machine_trainer")
    assert staffs(cast.yann, lab.id) and labs_read_by(cast.yann, [lab.id]) == {lab.id}
    db.session.refresh(cast.yann)
    assert cast.yann.access_version == before + 1
    end(cast.manon, lab, charge)
    assert labs_read_by(cast.yann, [lab.id]) == set()


def test_the_same_charge_is_held_once(cast: Cast, lab: Lab) -> None:
    name(cast.manon, lab, cast.ana, "machine_trainer")
    with pytest.raises(Refusal):
        name(cast.manon, lab, cast.ana, "machine_trainer")


def test_a_charge_ended_may_be_given_again(cast: Cast, lab: Lab) -> None:
    charge = name(cast.manon, lab, cast.ana, "machine_trainer")
    end(cast.manon, lab, charge)
    with pytest.raises(Refusal) as refused:
        end(cast.manon, lab, charge)
    assert refused.value.status == 409
    assert name(cast.manon, lab, cast.ana, "machine_trainer").id != charge.id


def test_a_manager_of_the_lab_names_trainers_and_no_other_manager(cast: Cast, lab: Lab) -> None:
    name(cast.manon, lab, cast.ana, "lab_manager")
    name(cast.ana, lab, cast.bruno, "machine_trainer")
    with pytest.raises(Forbidden):
        name(cast.ana, lab, cast.bruno, "lab_manager")
    with pytest.raises(Forbidden):
        name(cast.bruno, lab, cast.rita, "machine_trainer")


def test_everybody_may_give_up_their_own_charge(cast: Cast, lab: Lab) -> None:
    charge = name(cast.manon, lab, cast.bruno, "machine_trainer")
    other = current_charge(lab, cast.manon.id, "lab_manager")
    assert other is not None
    with pytest.raises(Forbidden):
        end(cast.bruno, lab, other)
    end(cast.bruno, lab, charge)
    assert not staffs(cast.bruno, lab.id)


def test_an_account_that_closes_leaves_the_labs_it_served(cast: Cast, lab: Lab) -> None:
    with transaction():
        paul = person("Paul Adrien")
    charge = name(cast.manon, lab, paul, "machine_trainer")
    with transaction():
        accounts.close_account(paul)
    release()
    assert db.session.get_one(LabStaff, charge.id).ended_at is not None
    with pytest.raises(Refusal):
        name(cast.manon, lab, paul, "machine_trainer")


def told(who: Any) -> list[str]:
    jobs.drain()
    release()
    kinds = select(Notification.kind).where(Notification.user_id == who.id).order_by(Notification.id)
    return list(db.session.execute(kinds).scalars())


def test_whoever_is_named_or_loses_a_charge_is_told(app: Flask, cast: Cast, lab: Lab) -> None:
    charge = name(cast.manon, lab, cast.yann, "machine_trainer")
    assert told(cast.yann) == ["lab_charge_given"]
    page = sign_in(app.test_client(), cast.yann).get("/notifications").text
    assert "vous confie une charge dans Fab lab de Vendôme" in page and "Formateur, formatrice" in page
    end(cast.manon, lab, charge)
    assert told(cast.yann) == ["lab_charge_given", "lab_charge_ended"], (
        "also without reading the lab any more"
    )
    end(cast.bruno, lab, name(cast.manon, lab, cast.bruno, "machine_trainer"))
    assert told(cast.bruno) == ["lab_charge_given"], "whoever gives it up knows"


def test_the_page_of_a_place_names_its_labs_and_where_one_is_prepared(
    app: Flask, cast: Cast, lab: Lab
) -> None:
    where, door = f"/communautes/{cast.loire.slug}", f"/lieux/{cast.loire.id}/labs/nouveau"
    ana = sign_in(app.test_client(), cast.ana).get(where).text
    assert lab.name in ana and door not in ana
    amir = sign_in(app.test_client(), cast.amir)
    assert door in amir.get(where).text and amir.get(door).status_code == 200
    assert lab.name not in sign_in(app.test_client(), cast.yann).get(where).text


def test_a_customary_day_is_closed_by_hand(app: Flask, cast: Cast, lab: Lab) -> None:
    manon = sign_in(app.test_client(), cast.manon)
    where = f"/labs/{lab.id}/gestion/jours"
    manon.post(where, data={"day": "2026-12-01", "origin": "customary", "label": "Miradji"})
    manon.post(where, data={"day": "2026-12-02", "origin": "customary", "label": ""})
    found = {row.day.day: (row.origin, row.label) for row in db.session.query(LabDay)}
    assert found == {1: ("customary", "Miradji"), 2: ("customary", "Fête coutumière")}
    assert manon.post(where, data={"day": "2026-12-03", "origin": "legal"}).status_code == 422
