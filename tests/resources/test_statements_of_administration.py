"""The pages of administration ask as often for much as for little."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask

from app.core.database import transaction
from app.extensions import db
from app.resources.models import Incident, Lab, LabDay, MachineUnit, Outage
from app.resources.operations.outages import change_end, declare_outage
from tests.support import labs
from tests.support.cast import Cast, person, sign_in
from tests.support.labs import at, reserve
from tests.support.statements import counted_statements, forget_everything

MOST = {
    "/labs/{lab}/gestion": 13,
    "/labs/{lab}/gestion/jours": 7,
    "/labs/{lab}/gestion/lieux": 7,
    "/labs/{lab}/gestion/equipe": 7,
    "/labs/{lab}/gestion/qualifications": 9,
    "/labs/{lab}/gestion/demandes": 11,
    "/machines/{machine}": 17,
    "/machines/{machine}/gestion": 15,
    "/machines/{machine}/gestion/conditions": 16,
    "/machines/{machine}/gestion/arrets/nouveau": 9,
    "/arrets/{outage}": 10,
}


def fill(cast: Cast, lab: Lab, machine: Any, number: int) -> None:
    """One more of everything these pages list."""
    kept = labs.add_machine(lab, name=f"Machine {number}", needs_approval=True)
    reserve(cast.ana, kept, at(1, 9), at(1, 11))
    reserve(cast.bruno, machine, at(number + 2, 9), at(number + 2, 11), is_confidential=bool(number % 2))
    labs.qualify(cast.ana, "training_robot", lab=lab, until=date(2027, 1, 1 + number))
    with transaction():
        who = person(f"Renfort {number}", email=f"renfort{number}@exemple.test")
        db.session.add(MachineUnit(machine_id=machine.id, name=f"n° {number + 10}"))
        db.session.add(LabDay(lab_id=lab.id, day=date(2027, 2, 1 + number), is_open=False, label="Salon"))
        db.session.add(
            Incident(
                machine_id=machine.id,
                severity="fault",
                text="Bruit.",
                reporter_id=cast.ana.id,
                reported_at=lab.created_at,
            )
        )
    labs.name_staff(lab, who, "machine_trainer")
    with transaction():
        declare_outage(
            kept, by=cast.manon, kind="maintenance", reason="Graissage", start=at(6, 9), end=at(6, 11)
        )


@pytest.mark.parametrize("path", list(MOST))
def test_a_page_asks_as_often_for_five_of_each_as_for_one(
    app: Flask, cast: Cast, lab: Lab, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr("app.core.demo.ASK_AGAIN_SECONDS", 3600)
    machine = labs.add_machine(lab, needs=[])
    fill(cast, lab, machine, 0)
    with transaction():
        outage = declare_outage(
            machine, by=cast.manon, kind="outage", reason="Tube", start=at(1, 8), end=at(3, 0)
        ).id
    address = path.format(lab=lab.id, machine=machine.id, outage=outage)
    manon = sign_in(app.test_client(), cast.manon)
    manon.get(address)

    def asked() -> list[str]:
        forget_everything()
        with counted_statements() as found:
            assert manon.get(address).status_code == 200
        return list(found)

    few = asked()
    for number in range(1, 5):
        fill(cast, lab, machine, number)
    with transaction():
        change_end(db.session.get_one(Outage, outage), at(20, 0), by=cast.manon)
    many = asked()
    assert len(many) == len(few) <= MOST[path], "\n\n".join(many)
