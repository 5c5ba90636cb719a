"""What occupies the machines of the script: two weeks of bookings, a planned stop, what was reported, what is linked.

Bookings are rows written together, past the operations and through the guard: they were made before the week began, and
their news are old. What is asked for is told to the people of the lab.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.core import links
from app.core.database import insert_rows
from app.core.time import clock
from app.demo.machines import manager_of, minutes_of
from app.demo.stage import Act, Cue, Stage
from app.extensions import db
from app.resources.hours import MINUTE, Timetable, moment, opening
from app.resources.models import Incident, Machine, MachineUnit, Occupation
from app.resources.operations import incidents, keeping, outages
from app.resources.queries.hours import timetables
from app.resources.queries.occupations import booking as booking_row

BOOKED_BEFORE = 5
"""Days before the Monday by which everything was booked."""

ASKED_DAYS, LINKED_DAYS = 2, 1
"""Days since the requests were sent, and since machines and discussions were linked."""


def uses(stage: Stage) -> Iterator[Cue]:
    """Every act about bookings, outages, incidents and links, in no order."""
    lines = stage.script.workshops.get("bookings", [])
    asked = [line for line in lines if line.get("state") == "requested"]
    booked = [line for line in lines if line.get("state") != "requested"]
    yield Cue(_monday(stage) - timedelta(days=BOOKED_BEFORE), _booking(stage, booked))
    yield Cue(stage.script.instant(ASKED_DAYS, "11:20"), _asking(stage, asked))
    for line in stage.script.workshops.get("outages", []):
        yield from _stop(stage, line)
    for line in stage.script.workshops.get("incidents", []):
        yield from _report(stage, line)
    for line in stage.script.workshops.get("links", []):
        yield Cue(stage.script.instant(LINKED_DAYS, "16:40"), _linking(stage, line))


def _monday(stage: Stage) -> datetime:
    return stage.script.instant(stage.script.today.weekday(), "18:00")


def _lab(stage: Stage, machine: str) -> dict[str, Any]:
    return stage.script.lab[stage.script.machine[machine]["lab"]]


def _instant(stage: Stage, line: dict[str, Any], day: int, time: str) -> int:
    """A written local time of a day as it is on the clock of the machine's lab, whatever that clock skips."""
    return opening(stage.script.day(day), minutes_of(time), _lab(stage, line["machine"])["time_zone"])


def _span(stage: Stage, line: dict[str, Any]) -> tuple[int, int]:
    last = line.get("end_day", line["day"])
    return _instant(stage, line, line["day"], line["start"]), _instant(stage, line, last, line["end"])


def _tables(stage: Stage) -> dict[str, Timetable]:
    kept = timetables(stage.labs.values())
    return {key: kept[lab_id] for key, lab_id in stage.labs.items()}


def is_open(stage: Stage, tables: dict[str, Timetable], line: dict[str, Any]) -> bool:
    """Whether the lab is open for this use: on a day that the law closes, nobody comes."""
    machine, span = stage.script.machine[line["machine"]], _span(stage, line)
    table = tables[machine["lab"]]
    goes_on = machine["runs_unattended"] or machine["leaves_lab"]
    return table.covers_ends(*span) if goes_on else table.covers(*span)


def _rows(stage: Stage, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    units: dict[tuple[int, str], int] = {
        (row.machine_id, row.name): row.id
        for row in db.session.execute(select(MachineUnit.machine_id, MachineUnit.name, MachineUnit.id))
    }
    tables = _tables(stage)
    return [_row(stage, line, units) for line in lines if is_open(stage, tables, line)]


def _row(stage: Stage, line: dict[str, Any], units: dict[tuple[int, str], int]) -> dict[str, Any]:
    machine, (start, end) = stage.script.machine[line["machine"]], _span(stage, line)
    machine_id, person = stage.machines[line["machine"]], stage.users[line["person"]]
    is_asked = line.get("state") == "requested"
    before = timedelta(0) if is_asked else timedelta(minutes=stage.chance.randrange(8 * 24 * 60))
    return {
        "machine_id": machine_id,
        "unit_id": units[machine_id, line.get("unit", machine["units"][0])],
        "kind": "booking",
        "state": "requested" if is_asked else "confirmed",
        "blocked_start": start - machine["setup_minutes"] * MINUTE,
        "blocked_end": end + machine["cleanup_minutes"] * MINUTE,
        "use_start": start,
        "use_end": end,
        "user_id": person.id,
        "company_id": stage.companies[stage.script.person[line["person"]]["company"]],
        "created_by_id": person.id,
        "purpose": line["purpose"],
        "is_confidential": line.get("confidential", False),
        "uid": stage.request_id(),
        "created_at": clock.now() - before,
    }


def _booking(stage: Stage, lines: list[dict[str, Any]]) -> Act:
    def act() -> None:
        rows = _rows(stage, lines)
        if rows:
            insert_rows(Occupation.__table__, rows)

    return act


def _asking(stage: Stage, lines: list[dict[str, Any]]) -> Act:
    def act() -> None:
        people = {user.id: user for user in stage.users.values()}
        for row in _rows(stage, lines):
            made = Occupation(**row)
            db.session.add(made)
            db.session.flush()
            keeping.changed(booking_row(made.id), "booked", people[row["user_id"]], news="booking_requested")

    return act


def _stop(stage: Stage, line: dict[str, Any]) -> Iterator[Cue]:
    """A stop that was announced before the week; one whose end has come is over."""
    start, end = _span(stage, line)
    made: list[int] = []

    def declare() -> None:
        # Work of an hour or two is done by people, in a lab that is open; what waits for a part waits day and night.
        if "end_day" not in line and not is_open(stage, _tables(stage), line):
            return
        outage = outages.declare_outage(
            db.session.get_one(Machine, stage.machines[line["machine"]]),
            by=stage.users[line["declared_by"]],
            kind=line["kind"],
            reason=line["reason"],
            start=start,
            end=end,
        )
        made.append(outage.id)

    def finish() -> None:
        for outage_id in made:
            outages.end_what_is_over(outage_id)

    yield Cue(_monday(stage) - timedelta(days=BOOKED_BEFORE - 1), declare)
    if moment(end) <= clock.now():
        yield Cue(moment(end), finish)


def _report(stage: Stage, line: dict[str, Any]) -> Iterator[Cue]:
    made: list[int] = []

    def report() -> None:
        incident = incidents.report_incident(
            db.session.get_one(Machine, stage.machines[line["machine"]]),
            by=stage.users[line["reporter"]],
            severity=line["severity"],
            text=line["text"],
            request_id=stage.request_id(),
        )
        made.append(incident.id)

    def handle() -> None:
        incidents.handle_incident(
            db.session.get_one(Incident, made[0]), by=stage.users[line["handled_by"]], answer=line["answer"]
        )

    yield Cue(moment(_instant(stage, line, line["day"], line["time"])), report)
    if "handled_by" in line:
        yield Cue(moment(_instant(stage, line, line["handled_day"], line["handled_time"])), handle)


def _linking(stage: Stage, line: dict[str, Any]) -> Act:
    def act() -> None:
        lab = stage.script.machine[line["machine"]]["lab"]
        machine = ("machine", stage.machines[line["machine"]])
        other = (
            ("topic", stage.topics[line["topic"]])
            if "topic" in line
            else ("practice", stage.practices[line["practice"]])
        )
        links.connect(machine, other, by_id=manager_of(stage, lab).id)

    return act
