"""The labs of the script: opened with their hours and people, given their machines, and who is qualified for these."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.accounts.models import User
from app.communities.access import forget_access
from app.core import blobs
from app.core.database import release, transaction
from app.core.time import clock
from app.demo.cards import card
from app.demo.script import PICTURES
from app.demo.stage import Act, Cue, Stage
from app.extensions import db
from app.resources.models import Lab, Machine, QualificationType
from app.resources.operations import labs, papers, qualifications, staff
from app.resources.operations import machines as operations
from app.resources.shapes import LabShape, MachineRules, MachineShape

OPENED = 190
"""Days since the labs opened; their machines came the day after, the first trainings two days later."""

CHECKED_EVERY = timedelta(days=365)
RULES = tuple(field.name for field in fields(MachineRules))
SAID = tuple(field.name for field in fields(MachineShape) if field.name != "owner_company_id")
TOLD = tuple(field.name for field in fields(LabShape))


def workshops(stage: Stage) -> Iterator[Cue]:
    """Every act about labs, machines and qualifications, in no order; pictures are received here, before any of them."""
    opened = stage.script.instant(OPENED, "09:00")
    for rank, line in enumerate(stage.script.labs):
        yield Cue(opened + timedelta(minutes=rank), _opening(stage, line))
    for rank, line in enumerate(stage.script.machines):
        at = opened + timedelta(days=1, minutes=rank)
        yield Cue(at, _installing(stage, line, _picture(stage, line), _card(stage, line)))
        yield Cue(max(at, _last_check(stage, line)), _checking(stage, line))
    yield from _trainings(stage, opened + timedelta(days=3))


def manager_of(stage: Stage, lab: str) -> User:
    """Who manages this lab."""
    people = stage.script.lab[lab]["staff"]
    return stage.users[next(line["person"] for line in people if line["role"] == "lab_manager")]


def _opening(stage: Stage, line: dict[str, Any]) -> Act:
    def act() -> None:
        pilot = stage.somebody_above()
        lab = labs.create_lab(
            stage.nodes[line["node"]],
            LabShape(**{name: line[name] for name in TOLD}),
            by=pilot,
            request_id=stage.request_id(),
            serves=[stage.nodes[key] for key in line["serves"]],
        )
        labs.set_hours(lab, _week(line), by=pilot)
        for day in line["days"]:
            labs.set_day(
                lab,
                stage.script.day(day["day"]),
                is_open=day["is_open"],
                by=pilot,
                label=day["label"],
                origin=day["origin"],
            )
        for charge in line["staff"]:
            staff.name_staff(lab, stage.users[charge["person"]], charge["role"], by=pilot)
        if line["label_state"] != "none":
            labs.set_label_state(lab, line["label_state"], by=pilot)
        labs.open_lab(lab, by=pilot)
        forget_access()
        stage.labs[line["key"]] = lab.id

    return act


def _week(line: dict[str, Any]) -> dict[int, list[tuple[int, int]]]:
    week: dict[int, list[tuple[int, int]]] = {}
    for stretch in line["hours"]:
        for weekday in stretch["days"]:
            week.setdefault(weekday, []).append((minutes_of(stretch["opens"]), minutes_of(stretch["closes"])))
    return week


def minutes_of(clock: str) -> int:
    """A local time as it is written ("08:30"), in minutes after midnight."""
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def _picture(stage: Stage, line: dict[str, Any]) -> str:
    """The drawing of a machine."""
    name = f"{line['picture']}.webp"
    return _received(stage, line, (PICTURES / name).read_bytes(), name, line["alt"])


def _card(stage: Stage, line: dict[str, Any]) -> str:
    """The paper that hangs beside a machine."""
    said = card(line, stage.script.lab[line["lab"]]["name"])
    return _received(stage, line, said, f"fiche-de-poste-{line['key']}.pdf")


def _received(stage: Stage, line: dict[str, Any], content: bytes, name: str, alt: str = "") -> str:
    """A file as the manager of the machine's lab would have sent it."""
    prepared = blobs.receive(io.BytesIO(content), name)
    with transaction():
        blobs.keep(prepared, manager_of(stage, line["lab"]).id, alt=alt)
    return prepared.key


def _installing(stage: Stage, line: dict[str, Any], picture: str, paper: str) -> Act:
    def act() -> None:
        manager = manager_of(stage, line["lab"])
        machine = operations.add_machine(
            db.session.get_one(Lab, stage.labs[line["lab"]]),
            MachineShape(
                **{name: line[name] for name in SAID},
                owner_company_id=stage.companies[line["owner"]] if "owner" in line else None,
            ),
            MachineRules(**{name: line[name] for name in RULES}),
            by=manager,
            request_id=stage.request_id(),
            units=line["units"],
            opened=line["state"] == "bookable",
        )
        if line["requires"]:
            types = select(QualificationType.id).where(QualificationType.code.in_(line["requires"]))
            operations.require_types(machine, list(db.session.execute(types).scalars()), by=manager)
        papers.set_photo(machine, picture, by=manager, alt=line["alt"])
        papers.add_document(
            machine, paper, kind="safety", title="Fiche de poste", by=manager, request_id=stage.request_id()
        )
        stage.machines[line["key"]] = machine.id

    return act


def _next_check(stage: Stage, line: dict[str, Any]) -> date:
    return stage.script.today + timedelta(days=line["next_check_in_days"])


def _last_check(stage: Stage, line: dict[str, Any]) -> datetime:
    """When somebody writes the last check down: the day it was made, or once the machine stands here."""
    made = stage.script.today - (_next_check(stage, line) - CHECKED_EVERY)
    return stage.script.instant(made.days, "11:30", stage.script.lab[line["lab"]]["time_zone"])


def _checking(stage: Stage, line: dict[str, Any]) -> Act:
    def act() -> None:
        due = _next_check(stage, line)
        # A demonstration of a day to come is written today.
        today = clock.now().astimezone(ZoneInfo(stage.script.lab[line["lab"]]["time_zone"])).date()
        operations.record_check(
            db.session.get_one(Machine, stage.machines[line["key"]]),
            last_on=min(due - CHECKED_EVERY, today),
            next_on=due,
            by=manager_of(stage, line["lab"]),
        )

    return act


def _trainings(stage: Stage, first: datetime) -> Iterator[Cue]:
    """What people learned or were allowed, each on the day from which it counts; what comes first is granted first."""
    kinds = select(QualificationType.code, QualificationType.validity_months)
    lasts = dict(db.session.execute(kinds).all())
    release()
    for rank, line in enumerate(sorted(stage.script.workshops.get("qualifications", []), key=_level)):
        if "day" in line:
            # A permit for one use is signed the evening before.
            end = stage.script.day(line["day"])
            at = stage.script.instant((stage.script.today - end).days + 1, "17:00")
        else:
            end = _end_of_month(stage.script.today, line["valid_in_months"])
            begun = _end_of_month(end, -(lasts[line["type"]] or 0)) + timedelta(days=1)
            at = max(first, stage.script.instant((stage.script.today - begun).days, "10:00"))
        yield Cue(at + timedelta(minutes=rank), _qualifying(stage, line, end))


def _level(line: dict[str, Any]) -> tuple[bool, str]:
    return not line["type"].startswith("training_"), line["type"]


def _qualifying(stage: Stage, line: dict[str, Any], end: date) -> Act:
    def act() -> None:
        kind = db.session.execute(
            select(QualificationType).where(QualificationType.code == line["type"])
        ).scalar_one()
        person = stage.users[line["person"]]
        told: dict[str, Any] = {
            "request_id": stage.request_id(),
            "valid_from": end if "day" in line else None,
            "valid_until": end,
        }
        if "company" in line:
            company_id = stage.companies[line["company"]]
            qualifications.authorise(company_id, kind, person, by=_referent(stage, line["company"]), **told)
            return
        trainer = next(
            charge["person"]
            for charge in stage.script.lab[line["lab"]]["staff"]
            if charge["person"] != line["person"]
        )
        lab = db.session.get_one(Lab, stage.labs[line["lab"]])
        qualifications.grant(lab, kind, person, by=stage.users[trainer], **told)

    return act


def _referent(stage: Stage, company: str) -> User:
    return stage.users[
        next(
            line["key"]
            for line in stage.script.people
            if line.get("company") == company and line.get("referent")
        )
    ]


def _end_of_month(day: date, months: int) -> date:
    """The last day of the month that lies so many months after this day's."""
    year, month = divmod(day.year * 12 + day.month - 1 + months + 1, 12)
    return date(year, month + 1, 1) - timedelta(days=1)
