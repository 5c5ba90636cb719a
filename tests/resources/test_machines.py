"""A machine of a lab: what it says, how it is booked, by whom, until it is retired."""

from __future__ import annotations

import io
import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from app.communities.access import forget_access
from app.core import blobs, things
from app.core.blobs import Blob
from app.core.database import release, transaction
from app.core.errors import Forbidden, NotFound, Refusal
from app.extensions import db
from app.resources.adapters import scopes_of_labs
from app.resources.models import Lab, Machine, MachineUnit, QualificationType
from app.resources.operations import labs, machines, papers
from app.resources.operations.booking import cancel
from app.resources.operations.refusing import BookingRefused
from app.resources.queries.administration import lab_to_change, machine_to_change
from app.resources.shapes import MachineRules, MachineShape
from tests.support.cast import Cast, sign_in
from tests.support.labs import at, reserve

LATHE = MachineShape(
    name="Tour à commande numérique",
    code="cnc_lathe",
    summary="Pièces de révolution jusqu’à 300 mm.",
    specification=[["Diamètre", "300 mm"], ["Broche", "4 000 tr/min"]],
    to_know=["Apportez vos plaquettes."],
)


def add(
    by: Any, lab: Lab, shape: MachineShape = LATHE, rules: MachineRules | None = None, **more: Any
) -> Machine:
    forget_access()
    more.setdefault("request_id", str(uuid.uuid4()))
    with transaction():
        made = machines.add_machine(lab_to_change(by, lab.id), shape, rules or MachineRules(), by=by, **more)
    release()
    return made


def change(user: Any, machine: Machine, act: Any, *args: Any, **more: Any) -> Any:
    forget_access()
    with transaction():
        result = act(machine_to_change(user, machine.id), *args, by=user, **more)
    release()
    return result


def types(*codes: str) -> Sequence[int]:
    return list(
        db.session.execute(select(QualificationType.id).where(QualificationType.code.in_(codes))).scalars()
    )


def send(user: Any, name: str = "tour.png") -> str:
    if name.endswith(".png"):
        content = io.BytesIO()
        Image.new("RGB", (40, 30), "#334").save(content, "PNG")
    else:
        content = io.BytesIO(b"%PDF-1.4\n%notice\n")
    content.seek(0)
    prepared = blobs.receive(content, name)
    with transaction():
        blobs.keep(prepared, user.id)
    release()
    return prepared.key


def test_a_machine_added_is_booked_and_a_form_sent_twice_adds_one(cast: Cast, lab: Lab) -> None:
    request_id = str(uuid.uuid4())
    machine = add(cast.manon, lab, units=["n° 1", "n° 2"], request_id=request_id)
    assert add(cast.manon, lab, units=["n° 1", "n° 2"], request_id=request_id).id == machine.id
    first = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    second = reserve(cast.bruno, machine, at(1, 9), at(1, 11))
    assert first.unit_id != second.unit_id


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        (MachineRules(step_minutes=50), "step_minutes"),
        (MachineRules(step_minutes=30, default_minutes=45), "default_minutes"),
        (MachineRules(default_minutes=240, max_minutes=120), "max_minutes"),
        (MachineRules(notice_minutes=-1), "notice_minutes"),
        (MachineRules(horizon_days=0), "horizon_days"),
        (MachineRules(supervision="alone"), "supervision"),
    ],
)
def test_rules_that_contradict_one_another_are_refused(
    cast: Cast, lab: Lab, rules: MachineRules, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        add(cast.manon, lab, rules=rules)
    assert refused.value.field == field


def test_rules_hold_for_the_next_booking(cast: Cast, lab: Lab) -> None:
    machine = add(cast.manon, lab)
    change(cast.manon, machine, machines.set_rules, MachineRules(needs_approval=True))
    assert reserve(cast.ana, machine, at(1, 9), at(1, 11)).state == "requested"


def test_the_firm_that_lends_a_machine_describes_it_and_leaves_its_rules_alone(cast: Cast, lab: Lab) -> None:
    lent = MachineShape(name="Bras de mesure", owner_company_id=cast.atelier.id)
    machine = add(cast.manon, lab, lent)
    said = MachineShape(name="Bras de mesure 7 axes", summary="Révisé.", owner_company_id=cast.atelier.id)
    change(cast.rita, machine, machines.edit_machine, said)
    assert db.session.get_one(Machine, machine.id).slug == "bras-de-mesure-7-axes"
    with pytest.raises(Forbidden):
        change(cast.rita, machine, machines.edit_machine, MachineShape(name="Bras de mesure"))
    with pytest.raises(Forbidden):
        change(cast.rita, machine, machines.set_rules, MachineRules())
    with pytest.raises(Forbidden):
        change(cast.ana, machine, machines.edit_machine, said)


def test_a_booked_machine_and_a_booked_unit_are_not_retired(cast: Cast, lab: Lab) -> None:
    machine = add(cast.manon, lab, units=["n° 1", "n° 2"])
    booking = reserve(cast.ana, machine, at(1, 9), at(1, 11))
    for act, args in ((machines.retire_machine, ()), (machines.retire_unit, (booking.unit_id,))):
        with pytest.raises(Refusal) as refused:
            change(cast.manon, machine, act, *args)
        assert refused.value.status == 409
    with transaction():
        cancel(booking, by=cast.ana)
    change(cast.manon, machine, machines.retire_unit, booking.unit_id)
    left = db.session.execute(
        select(MachineUnit.id).filter_by(machine_id=machine.id, retired_at=None)
    ).scalars()
    (last,) = left
    with pytest.raises(Refusal):
        change(cast.manon, machine, machines.retire_unit, last)
    change(cast.manon, machine, machines.retire_machine)
    with pytest.raises(BookingRefused):
        reserve(cast.ana, machine, at(1, 9), at(1, 11))


def test_two_units_of_one_name_are_refused(cast: Cast, lab: Lab) -> None:
    machine = add(cast.manon, lab, units=["n° 1"])
    change(cast.manon, machine, machines.add_unit, "n° 2", serial_number="A-77")
    with pytest.raises(Refusal) as refused:
        change(cast.manon, machine, machines.add_unit, "n° 2")
    assert refused.value.field == "name"


def test_a_machine_asks_for_qualifications_of_its_lab_or_of_everywhere(cast: Cast, lab: Lab) -> None:
    machine = add(cast.manon, lab)
    change(cast.manon, machine, machines.require_types, types("training_machining_1", "laser_safety"))
    with pytest.raises(BookingRefused) as refused:
        reserve(cast.ana, machine, at(1, 9), at(1, 11))
    assert [reason.code for reason in refused.value.why] == ["qualification_missing"] * 2
    change(cast.manon, machine, machines.require_types, [])
    assert reserve(cast.ana, machine, at(1, 9), at(1, 11)).state == "confirmed"
    with pytest.raises(Refusal):
        change(cast.manon, machine, machines.require_types, [999_999])


def test_a_machine_is_narrowed_to_places_that_its_lab_serves(cast: Cast, lab: Lab) -> None:
    machine = add(cast.manon, lab)
    with pytest.raises(Refusal):
        change(cast.nadia, machine, machines.narrow_to_nodes, [cast.vitre.id])
    forget_access()
    with transaction():
        labs.serve_nodes(lab_to_change(cast.nadia, lab.id), [cast.loire.id, cast.vitre.id], by=cast.nadia)
    change(cast.nadia, machine, machines.narrow_to_nodes, [cast.vitre.id])
    with pytest.raises(BookingRefused) as refused:
        reserve(cast.ana, machine, at(1, 9), at(1, 11))
    assert [reason.code for reason in refused.value.why] == ["not_served"]
    change(cast.nadia, machine, machines.narrow_to_nodes, [])
    assert reserve(cast.ana, machine, at(1, 9), at(1, 11)).state == "confirmed"


def test_an_overdue_check_closes_a_machine_until_it_is_done(cast: Cast, lab: Lab) -> None:
    machine = add(cast.manon, lab)
    change(cast.manon, machine, machines.record_check, last_on=None, next_on=date(2026, 11, 20))
    with pytest.raises(BookingRefused):
        reserve(cast.ana, machine, at(1, 9), at(1, 11))
    change(cast.manon, machine, machines.record_check, last_on=date(2026, 11, 23), next_on=date(2027, 11, 23))
    assert reserve(cast.ana, machine, at(1, 9), at(1, 11)).state == "confirmed"
    for last, following in ((date(2026, 11, 24), None), (date(2026, 11, 20), date(2026, 11, 20))):
        with pytest.raises(Refusal):
            change(cast.manon, machine, machines.record_check, last_on=last, next_on=following)


def test_a_machine_held_back_takes_no_booking(cast: Cast, lab: Lab) -> None:
    machine = add(cast.manon, lab, opened=False)
    with pytest.raises(BookingRefused):
        reserve(cast.ana, machine, at(1, 9), at(1, 11))
    change(cast.manon, machine, machines.set_bookable, True)
    assert reserve(cast.ana, machine, at(1, 9), at(1, 11)).state == "confirmed"


def test_its_photo_and_papers_are_seen_by_readers_of_the_lab(cast: Cast, lab: Lab) -> None:
    machine = add(cast.manon, lab)
    paper = send(cast.manon, "notice.pdf")
    document = change(
        cast.manon,
        machine,
        papers.add_document,
        paper,
        kind="notice",
        title="Notice du constructeur",
        request_id=str(uuid.uuid4()),
    )
    first, second = send(cast.manon), send(cast.manon)
    change(cast.manon, machine, papers.set_photo, first, alt="Le tour, porte ouverte")
    change(cast.manon, machine, papers.set_photo, second)
    attached = {blob.key for blob in blobs.attached_to("machine", [machine.id])[machine.id]}
    assert attached == {paper, second}
    assert blobs.blob_for(cast.ana, paper).original_name == "notice.pdf"
    with pytest.raises(NotFound):
        blobs.blob_for(cast.yann, paper)
    with pytest.raises(Refusal):
        change(cast.manon, machine, papers.set_photo, send(cast.manon, "fiche.pdf"))
    with pytest.raises(Refusal):
        change(cast.manon, machine, papers.set_photo, send(cast.ana))
    change(cast.manon, machine, papers.remove_document, document.id)
    change(cast.manon, machine, papers.set_photo, None)
    assert blobs.attached_to("machine", [machine.id])[machine.id] == []
    released = db.session.execute(select(Blob.unattached_since).filter_by(key=paper)).scalar_one()
    assert released is not None


def test_a_machine_is_found_by_readers_of_its_lab_while_it_is_proposed(
    app: Flask, cast: Cast, lab: Lab
) -> None:
    machine = add(cast.manon, lab)

    def finds(user: Any) -> bool:
        page = sign_in(app.test_client(), user).get("/recherche?q=tour+commande")
        return f"/machines/{machine.id}-tour-a-commande-numerique" in page.text

    assert finds(cast.ana) and finds(cast.manon) and not finds(cast.yann)
    assert scopes_of_labs(cast.ana) == (lab.scope_id,)
    assert scopes_of_labs(cast.yann) == ()
    assert things.visible_ids(cast.yann, "machine", [machine.id]) == set()
    said = things.describe_one("machine", machine.id)
    assert said is not None and (said.title, said.scope_id) == (LATHE.name, lab.scope_id)
    change(cast.manon, machine, machines.retire_machine)
    assert not finds(cast.ana)
