"""What Val de Loire keeps to itself of its machines, its desk and its announcements, said with the markers of the probe."""

from __future__ import annotations

import io
import uuid
from typing import Any

from flask import Flask
from PIL import Image
from sqlalchemy import select, update

from app.communities.access import forget_access
from app.core import links
from app.core.database import transaction
from app.core.text import render
from app.extensions import db
from app.forums import operations as forums
from app.library.models import Practice
from app.moderation.operations.texts import change_text
from app.resources.models import LabNode, Qualification
from app.resources.operations.outages import declare_outage
from app.resources.slots import next_free
from tests.library.conftest import proposed
from tests.support.cast import Cast, sign_in
from tests.support.labs import add_machine, name_staff, open_lab, qualify, reserve

CONFIDENTIAL = "zqconfidentielqz"
"""Said by Ana of a booking, for her firm and the people of the lab."""

WORKSHOP = "zqatelierqz"
"""Said to those who look after the lab: what was seen on a machine, a note on a qualification."""

PROPOSED = "zqproposeeqz"
"""Said in a sheet that waits for those who review it."""

CASE = "zqsignalementqz"
"""Said by Rita to the moderators of Val de Loire, and what they keep ready to say."""


def plant_lab_life(app: Flask, cast: Cast, marker: str) -> None:
    """A lab of Val de Loire at work, looked after by Nadia: papers, bookings that are confidential, what is wrong."""
    lab = open_lab(cast.loire, name=f"Atelier {marker}")
    name_staff(lab, cast.nadia)
    said = {"summary": marker, "specification": [["Course", marker]], "to_know": [marker]}
    machine = add_machine(lab, name=f"Fraiseuse {marker}", protective_equipment=marker, **said)
    robot = add_machine(lab, name=f"Robot {marker}", needs_approval=True)
    for wanted in (machine, robot):
        slot = next_free(wanted.id, cast.ana, None, 60, 0, 1)[0]
        reserve(cast.ana, wanted, *slot, purpose=CONFIDENTIAL, is_confidential=True)
    held = qualify(cast.ana, "training_machining_1", lab=lab)
    with transaction():
        db.session.execute(update(Qualification).where(Qualification.id == held.id).values(note=WORKSHOP))
    _papers(app, cast, machine, marker)
    seen = {"severity": "fault", "text": WORKSHOP, "request_id": str(uuid.uuid4())}
    photo = {"photos": (picture(), f"{WORKSHOP}.png")}
    ana = sign_in(app.test_client(), cast.ana)
    assert ana.post(f"/machines/{machine.id}/signalement", data={**seen, **photo}).status_code == 302
    forget_access()
    with transaction():
        stop = {"kind": "maintenance", "reason": marker, "start": slot[1] + 86_400, "end": slot[1] + 90_000}
        declare_outage(robot, by=cast.nadia, **stop)
    forget_access()


def _papers(app: Flask, cast: Cast, machine: Any, marker: str) -> None:
    """A photo and a paper, sent by Nadia as the page does."""
    nadia = sign_in(app.test_client(), cast.nadia)
    address = f"/machines/{machine.id}/gestion"
    photo = {"photo": (picture(), f"{marker}.png"), "alt": marker}
    assert nadia.post(f"{address}/photo", data=photo).status_code == 302
    paper = {"file": (picture(), f"{marker}.png"), "kind": "notice", "title": marker}
    assert nadia.post(f"{address}/documents", data={**paper, "request_id": uuid.uuid4()}).status_code == 302


def plant_desk(app: Flask, cast: Cast, post_id: int, marker: str) -> None:
    """What Rita told the moderators of Val de Loire, a wording they keep, a sheet they review, an announcement."""
    rita = sign_in(app.test_client(), cast.rita)
    told = {"reason": "off_topic", "details": CASE, "request_id": uuid.uuid4()}
    assert rita.post(f"/signaler/post/{post_id}", data=told).status_code == 302
    forget_access()
    with transaction():
        change_text(
            cast.manon, None, node_id=cast.loire.id, ground="community_rules", title=CASE, text=f"Dire {CASE}"
        )
    forget_access()
    text = render(f"Toute la région {marker}")
    with transaction():
        forums.announce(
            cast.region_loire.id,
            author=cast.amir,
            title=f"Rencontre {marker}",
            text=text,
            request_id=str(uuid.uuid4()),
        )
    fields = ("situation", "solution", "pitfalls", "effect", "method", "cost")
    proposed(cast.ana, cast.loire, title=f"Fiche {PROPOSED}", **dict.fromkeys(fields, PROPOSED))


def plant_links(cast: Cast, topic_id: int, marker: str) -> None:
    """A machine that Bretagne shares too, linked to what only Val de Loire reads."""
    lab = open_lab(cast.loire, name="Lab de deux lieux")
    machine = add_machine(lab, name="Scie partagée")
    sheets = select(Practice.id).where(Practice.title.contains(marker))
    with transaction():
        db.session.add(LabNode(lab_id=lab.id, node_id=cast.vitre.id))
        for other in [("topic", topic_id), *(("practice", key) for key in db.session.scalars(sheets))]:
            links.connect(("machine", machine.id), other, by_id=cast.ana.id)
    forget_access()


def picture() -> io.BytesIO:
    """A small picture, as a phone would send one."""
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(drawn, "PNG")
    drawn.seek(0)
    return drawn
