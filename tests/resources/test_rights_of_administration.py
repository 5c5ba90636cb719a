"""Who may do what with labs, machines and qualifications, as one table: each role tries each act through the real door."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from app.core.database import transaction
from app.core.time import Clock
from app.extensions import db
from app.resources.models import LabStaff, MachineUnit, QualificationType
from app.resources.operations.outages import declare_outage
from tests.support import labs
from tests.support.cast import Cast, person, sign_in

TABLE = """
                ana rita bruno lucie manon amir nadia yann
create_lab      .   .    .     .     .     y    y     .
settings        .   .    y     y     y     y    y     .
edit_lab        .   .    .     y     y     y    y     .
hours           .   .    .     y     y     y    y     .
close_day       .   .    .     y     y     y    y     .
open_day        .   .    .     y     y     y    y     .
forget_day      .   .    .     y     y     y    y     .
places          .   .    .     y     y     y    y     .
close           .   .    .     y     y     y    y     .
label           .   .    .     .     .     .    y     .
name_trainer    .   .    .     y     y     y    y     .
name_manager    .   .    .     .     y     y    y     .
end_trainer     .   .    y     y     y     y    y     .
end_manager     .   .    .     y     y     y    y     .
add_machine     .   .    .     y     y     y    y     .
machine_page    .   y    y     y     y     y    y     .
edit_machine    .   y    .     y     y     y    y     .
photo           .   y    .     y     y     y    y     .
document        .   y    .     y     y     y    y     .
rules           .   .    .     y     y     y    y     .
conditions      .   .    .     y     y     y    y     .
add_unit        .   .    .     y     y     y    y     .
retire_unit     .   .    .     y     y     y    y     .
check           .   .    y     y     y     y    y     .
declare_outage  .   .    y     y     .     .    .     .
see_outage      .   .    y     y     .     .    .     .
change_outage   .   .    y     y     .     .    .     .
end_outage      .   .    y     y     .     .    .     .
retire          .   .    .     y     y     y    y     .
grant           .   .    y     y     .     .    .     .
new_type        .   .    .     y     y     y    y     .
revoke          .   .    y     y     y     y    y     .
authorise       .   y    .     .     .     .    .     .
unauthorise     .   y    .     .     .     .    .     .
"""
"""A member, the referent of the firm that lends the machine, a trainer and the manager of the lab (of other firms or of
none), the community manager, the ambassador, the national team; a stranger."""


def expectations() -> list[tuple[str, str, bool]]:
    lines = [line.split() for line in TABLE.strip().splitlines()]
    names, rows = lines[0], lines[1:]
    return [(role, row[0], mark == "y") for row in rows for role, mark in zip(names, row[1:], strict=True)]


class Scene:
    """A lab with a machine that a firm lends, its two people, and what was granted to Ana."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        if "lucie" not in cast.people:
            with transaction():
                cast.people["lucie"] = person("Lucie Fabre")
        self.lab = labs.open_lab(cast.loire)
        labs.name_staff(self.lab, cast.bruno, "machine_trainer")
        labs.name_staff(self.lab, cast.lucie, "lab_manager")
        self.machine = labs.add_machine(self.lab, units=2, owner_company_id=cast.atelier.id)
        self.granted = labs.qualify(cast.ana, "training_robot", lab=self.lab).id
        self.allowed = labs.qualify(cast.ana, "employer_authorisation", company=cast.atelier).id
        with transaction():
            self.outage = declare_outage(
                self.machine, by=cast.lucie, kind="outage", reason="Tube", start=labs.at(5, 9)
            ).id
        self.at = f"/labs/{self.lab.id}/gestion"
        self.of = f"/machines/{self.machine.id}/gestion"
        charges = db.session.execute(select(LabStaff).filter_by(lab_id=self.lab.id)).scalars()
        self.charge = {charge.role: charge.id for charge in charges}
        self.unit = db.session.execute(
            select(MachineUnit.id).filter_by(machine_id=self.machine.id).limit(1)
        ).scalar_one()

    def type(self, code: str) -> int:
        return db.session.execute(select(QualificationType.id).filter_by(code=code)).scalar_one()


LAB = {"name": "Fab lab", "town": "Vendôme", "postcode": "41100"}
MACHINE = {"name": "Découpe laser"}
RULES = {
    "step_minutes": "30 min",
    "default_minutes": "1 h 30",
    "max_minutes": "4 h",
    "notice_minutes": "0",
    "horizon_days": "60",
    "setup_minutes": "0",
    "cleanup_minutes": "15 min",
    "supervision": "free",
}


def once(**fields: Any) -> dict[str, Any]:
    return {**fields, "request_id": str(uuid.uuid4())}


def picture() -> tuple[io.BytesIO, str]:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "#334").save(content, "PNG")
    content.seek(0)
    return content, "laser.png"


ACTS: dict[str, Callable[[Any, Scene], Any]] = {
    "create_lab": lambda c, s: c.post(f"/lieux/{s.cast.loire.id}/labs/nouveau", data=once(**LAB)),
    "settings": lambda c, s: c.get(s.at),
    "edit_lab": lambda c, s: c.post(f"{s.at}/fiche", data=LAB),
    "hours": lambda c, s: c.post(f"{s.at}/horaires", data={"day0": "8h-12h, 13:30 à 18h"}),
    "close_day": lambda c, s: c.post(
        f"{s.at}/jours", data={"day": "2026-12-01", "origin": "lab", "label": "Inventaire"}
    ),
    "open_day": lambda c, s: c.post(f"{s.at}/jours/ouvert", data={"day": "2026-12-25"}),
    "forget_day": lambda c, s: c.post(f"{s.at}/jours/usuel", data={"day": "2026-12-25"}),
    "places": lambda c, s: c.post(f"{s.at}/lieux", data={"nodes": [s.cast.loire.id]}),
    "close": lambda c, s: c.post(f"{s.at}/etat", data={"state": "closed"}),
    "label": lambda c, s: c.post(f"{s.at}/label", data={"label_state": "candidate"}),
    "name_trainer": lambda c, s: name(c, s, "machine_trainer"),
    "name_manager": lambda c, s: name(c, s, "lab_manager"),
    "end_trainer": lambda c, s: c.post(f"{s.at}/equipe/{s.charge['machine_trainer']}/fin"),
    "end_manager": lambda c, s: c.post(f"{s.at}/equipe/{s.charge['lab_manager']}/fin"),
    "add_machine": lambda c, s: c.post(
        f"{s.at}/machines/nouvelle", data=once(**MACHINE, owner_company_id=0, units=2)
    ),
    "machine_page": lambda c, s: c.get(s.of),
    "edit_machine": lambda c, s: c.post(
        f"{s.of}/fiche", data={**MACHINE, "owner_company_id": s.cast.atelier.id}
    ),
    "photo": lambda c, s: c.post(f"{s.of}/photo", data={"photo": picture()}),
    "document": lambda c, s: c.post(
        f"{s.of}/documents", data=once(file=(io.BytesIO(b"%PDF-1.4\n%x\n"), "notice.pdf"), kind="notice")
    ),
    "rules": lambda c, s: c.post(f"{s.of}/regles", data=RULES),
    "conditions": lambda c, s: c.post(f"{s.of}/conditions", data={"types": [s.type("training_robot")]}),
    "add_unit": lambda c, s: c.post(f"{s.of}/exemplaires", data={"name": "n° 3"}),
    "retire_unit": lambda c, s: c.post(f"{s.of}/exemplaires/{s.unit}/retrait"),
    "check": lambda c, s: c.post(f"{s.of}/controle", data={"last_on": "2026-11-20", "next_on": "2027-11-20"}),
    "declare_outage": lambda c, s: c.post(
        f"{s.of}/arrets/nouveau", data=once(kind="outage", reason="Tube", unit_id=0, treatment="suspend")
    ),
    "see_outage": lambda c, s: c.get(f"/arrets/{s.outage}"),
    "change_outage": lambda c, s: c.post(
        f"/arrets/{s.outage}/echeance", data=once(expected_end="2026-12-05T12:00", treatment="suspend")
    ),
    "end_outage": lambda c, s: c.post(f"/arrets/{s.outage}/reprise"),
    "retire": lambda c, s: c.post(f"{s.of}/etat", data={"state": "retired"}),
    "grant": lambda c, s: c.post(
        f"{s.at}/qualifications",
        data=once(q="Costa", person_id=s.cast.ana.id, type_id=s.type("training_machining_1")),
    ),
    "new_type": lambda c, s: c.post(
        f"{s.at}/qualifications/nouvelle", data=once(name="Presse", issuer="lab", validity_months=24)
    ),
    "revoke": lambda c, s: c.post(f"/qualifications/{s.granted}/retrait", data={"reason": "À reprendre."}),
    "authorise": lambda c, s: c.post(
        "/mon-entreprise/autorisations",
        data=once(
            entreprise=s.cast.atelier.id, person_id=s.cast.ana.id, type_id=s.type("electrical_accreditation")
        ),
    ),
    "unauthorise": lambda c, s: c.post(f"/qualifications/{s.allowed}/retrait", data={"reason": "À revoir."}),
}


def name(client: Any, scene: Scene, role: str) -> Any:
    return client.post(f"{scene.at}/equipe", data={"person": scene.cast.rita.email, "role": role})


@pytest.mark.parametrize("act", list(ACTS))
def test_each_role_may_do_exactly_what_the_table_says(
    app: Flask, cast: Cast, monday: Clock, act: str
) -> None:
    wanted = {role: may for role, tried, may in expectations() if tried == act}
    found = {}
    scene = Scene(cast)
    for role in wanted:
        response = ACTS[act](sign_in(app.test_client(), getattr(cast, role)), scene)
        found[role] = response.status_code < 400
        if found[role]:
            # What was done once may not be there to be done again.
            scene = Scene(cast)
    assert found == wanted


def test_every_act_of_the_table_is_tried(cast: Cast) -> None:
    assert {act for _role, act, _may in expectations()} == set(ACTS)
