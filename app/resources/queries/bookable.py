"""A machine as booking it needs it: its rules, its lab, its units, and what the person holds of what it asks for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, literal, select, text, union_all

from app.communities.access import access_of
from app.core.database import BigId, read
from app.core.errors import NotFound
from app.core.prepared import prepared
from app.resources.access import labs_read_by
from app.resources.models import Lab, Machine, MachineNode, MachineUnit
from app.resources.queries.hours import timetable
from app.resources.queries.qualified import needs_of
from app.resources.rules import Case

COLUMNS = (
    Machine.id,
    Machine.lab_id,
    Machine.owner_company_id,
    Machine.name,
    Machine.slug,
    Machine.state,
    Machine.supervision,
    Machine.runs_unattended,
    Machine.leaves_lab,
    Machine.needs_approval,
    Machine.step_minutes,
    Machine.default_minutes,
    Machine.max_minutes,
    Machine.notice_minutes,
    Machine.horizon_days,
    Machine.setup_minutes,
    Machine.cleanup_minutes,
    Machine.next_check_on,
    Lab.name.label("lab_name"),
    Lab.slug.label("lab_slug"),
    Lab.state.label("lab_state"),
    Lab.node_id.label("lab_node_id"),
    Lab.scope_id.label("lab_scope_id"),
    Lab.time_zone.label("time_zone"),
)


def bookable(machine_id: int) -> Any | None:
    """A machine with its lab's columns as `lab_…`, whoever asks; None when there is none."""
    return read(_bookable(), machine_id=machine_id).first()


def bookable_for(user: Any, machine_id: int) -> Any:
    """The same for a reader of its lab. Raises NotFound."""
    machine = bookable(machine_id)
    if machine is None or machine.lab_id not in labs_read_by(user, [machine.lab_id]):
        raise NotFound
    return machine


def case_for(machine_id: int, person: Any, company_id: int | None, *, leaving_out: int | None = None) -> Case:
    """All that decides whether this person may book the machine for this firm. Raises NotFound for no machine.

    `leaving_out` is a booking that gives way to the one asked for: it uses up nothing.
    """
    machine = bookable(machine_id)
    if machine is None:
        raise NotFound
    units, nodes = units_and_nodes(machine_id)
    access = access_of(person)
    is_read = machine.lab_id in labs_read_by(person, [machine.lab_id])
    return Case(
        machine=machine,
        timetable=timetable(machine.lab_id),
        needs=needs_of(machine_id, machine.lab_id, person.id, company_id, leaving_out=leaving_out),
        units=units,
        is_read=is_read,
        is_served=is_read and (not nodes or any(access.reads(node_id) for node_id in nodes)),
    )


def units_and_nodes(machine_id: int) -> tuple[tuple[int, ...], frozenset[int]]:
    """The units of a machine that are in use, and the nodes it is narrowed to."""
    rows = read(_units_and_nodes(), machine_id=machine_id).all()
    return (
        tuple(row.id for row in rows if row.line == "unit"),
        frozenset(row.id for row in rows if row.line == "node"),
    )


def unit_names(machine_id: int) -> dict[int, str]:
    """The units of a machine that are in use, by id, with their names."""
    return {row.id: row.name for row in read(_unit_names(), machine_id=machine_id)}


@prepared
def _bookable() -> Any:
    return (
        select(*COLUMNS)
        .join(Lab, Lab.id == Machine.lab_id)
        .where(Machine.id == bindparam("machine_id", type_=BigId))
    )


@prepared
def _units_and_nodes() -> Any:
    machine_id = bindparam("machine_id", type_=BigId)
    return union_all(
        select(literal("unit").label("line"), MachineUnit.id).where(
            MachineUnit.machine_id == machine_id, MachineUnit.retired_at.is_(None)
        ),
        select(literal("node"), MachineNode.node_id).where(MachineNode.machine_id == machine_id),
    ).order_by(text("1, 2"))


@prepared
def _unit_names() -> Any:
    return (
        select(MachineUnit.id, MachineUnit.name)
        .where(
            MachineUnit.machine_id == bindparam("machine_id", type_=BigId), MachineUnit.retired_at.is_(None)
        )
        .order_by(MachineUnit.id)
    )
