"""A machine is added to a lab, described, given rules, units, requirements and places, checked, retired."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from app.communities.models import Company, Node
from app.core import idempotency, indexing
from app.core.database import insert_rows
from app.core.errors import NotFound, Refusal, require
from app.core.slugs import slug_of
from app.core.text import clean_line
from app.core.time import clock
from app.extensions import db
from app.moderation import suspensions
from app.resources import permissions
from app.resources.hours import day_of
from app.resources.models import (
    Lab,
    LabNode,
    Machine,
    MachineNode,
    MachineRequirement,
    MachineUnit,
    QualificationType,
)
from app.resources.operations.changing import (
    coming_bookings,
    lab_of,
    machine_changed,
    refuse_with_bookings,
    write_version,
)
from app.resources.operations.keeping import lock_machines, now_in_seconds
from app.resources.shapes import MachineRules, MachineShape


def add_machine(
    lab: Lab,
    shape: MachineShape,
    rules: MachineRules,
    *,
    by: Any,
    request_id: str,
    units: Collection[str] = ("",),
    opened: bool = True,
) -> Machine:
    """Give a lab another machine, last in its order, with one unit or several by name.

    `opened` says whether it is booked at once. Sent twice with the same request id (whose receipt has a primary key), it
    returns the first.
    """
    require(permissions.can_run_lab(by, lab))
    suspensions.require_may_write(by, lab.node_id)
    values = {**shape.values, **rules.values}
    names = [clean_line(name, limit=60, field="units") for name in units] or [""]
    if len(set(names)) != len(names):
        raise Refusal(_("Deux unités portent le même nom."), field="units")
    _check_owner(values["owner_company_id"])
    sender = idempotency.sender_of(by.id)
    hashed = idempotency.content_hash(lab.id, sorted(values.items(), key=lambda item: item[0]), names)
    made = idempotency.already_made(sender, request_id, hashed, "machine")
    if made is not None:
        return db.session.get_one(Machine, made)
    last = db.session.execute(select(func.max(Machine.position)).where(Machine.lab_id == lab.id)).scalar()
    machine = Machine(
        lab_id=lab.id,
        slug=slug_of(values["name"]),
        state="bookable" if opened else "not_opened",
        position=(last or 0) + 10,
        version=1,
        created_at=clock.now(),
        **values,
    )
    db.session.add(machine)
    db.session.flush()
    insert_rows(
        MachineUnit.__table__,
        [{"machine_id": machine.id, "name": name, "serial_number": ""} for name in names],
    )
    idempotency.remember(sender, request_id, hashed, "machine", machine.id)
    indexing.changed("machine", machine.id)
    machine_changed(machine, lab, "machine_added", by)
    return machine


def edit_machine(machine: Machine, shape: MachineShape, *, by: Any, base_version: int | None = None) -> None:
    """Change what a machine's page says; refused when somebody else did since `base_version`.

    A referent of the firm that lends it may do so too, not say that it is another's.
    """
    lab = lab_of(machine)
    require(permissions.can_describe_machine(by, lab, machine))
    suspensions.require_may_write(by, lab.node_id)
    values = shape.values
    if values["owner_company_id"] != machine.owner_company_id:
        require(permissions.can_run_lab(by, lab), _("Les personnes du lab disent à qui est la machine."))
        _check_owner(values["owner_company_id"])
    write_version(machine, base_version, slug=slug_of(values["name"]), **values)
    indexing.changed("machine", machine.id)
    machine_changed(machine, lab, "machine_edited", by)


def set_rules(machine: Machine, rules: MachineRules, *, by: Any, base_version: int | None = None) -> None:
    """Change how a machine is booked, for what is booked from now on; bookings already made keep their times."""
    lab = lab_of(machine)
    require(permissions.can_run_lab(by, lab))
    write_version(machine, base_version, **rules.values)
    machine_changed(machine, lab, "machine_rules_set", by)


def set_bookable(machine: Machine, is_bookable: bool, *, by: Any) -> None:
    """Open a machine to booking, or hold new bookings back; those already made stay."""
    lab = lab_of(machine)
    require(permissions.can_run_lab(by, lab))
    state = "bookable" if is_bookable else "not_opened"
    if machine.state == state:
        return
    if machine.state == "retired" and _units_in_use(machine) == 0:
        raise Refusal(_("Ajoutez d’abord une unité : toutes sont retirées."))
    write_version(machine, None, state=state)
    indexing.changed("machine", machine.id)
    machine_changed(machine, lab, "machine_opened" if is_bookable else "machine_held_back", by)


def add_unit(machine: Machine, name: str, *, by: Any, serial_number: str = "") -> int:
    """Add one more like machine; its id. Two of one name meet `uq_machine_unit_name`."""
    lab = lab_of(machine)
    require(permissions.can_run_lab(by, lab))
    unit = MachineUnit(
        machine_id=machine.id,
        name=clean_line(name, limit=60, field="name"),
        serial_number=clean_line(serial_number, limit=60, field="serial_number"),
    )
    try:
        with db.session.begin_nested():
            db.session.add(unit)
            db.session.flush()
    except IntegrityError:
        raise Refusal(_("Une unité de cette machine porte déjà ce nom."), field="name") from None
    write_version(machine, None)
    machine_changed(machine, lab, "unit_added", by, unit_id=unit.id)
    return unit.id


def retire_unit(machine: Machine, unit_id: int, *, by: Any) -> None:
    """Take a unit out of use: not the last one, nor while it is booked. The machine is held, so that nobody books it."""
    lab = lab_of(machine)
    require(permissions.can_run_lab(by, lab))
    lock_machines(machine.id)
    unit = db.session.get(MachineUnit, unit_id)
    if unit is None or unit.machine_id != machine.id:
        raise NotFound
    if unit.retired_at is not None:
        return
    if _units_in_use(machine) == 1:
        raise Refusal(_("C’est la dernière unité : retirez plutôt la machine."), status=409)
    _refuse_booked(coming_bookings(unit_id=unit_id), _("retirez cette unité"))
    db.session.execute(update(MachineUnit).where(MachineUnit.id == unit_id).values(retired_at=clock.now()))
    write_version(machine, None)
    machine_changed(machine, lab, "unit_retired", by, unit_id=unit_id)


def require_types(machine: Machine, type_ids: Collection[int], *, by: Any) -> None:
    """Say which qualifications a machine asks for: those of everywhere, or of its lab. Held against new bookings."""
    lab = lab_of(machine)
    require(permissions.can_run_lab(by, lab))
    wanted = set(type_ids)
    known = set(
        db.session.execute(
            select(QualificationType.id).where(
                QualificationType.id.in_(wanted),
                or_(QualificationType.lab_id.is_(None), QualificationType.lab_id == lab.id),
            )
        ).scalars()
    )
    if known != wanted:
        raise Refusal(_("Choisissez dans la liste."), field="types")
    write_version(machine, None)
    db.session.execute(delete(MachineRequirement).where(MachineRequirement.machine_id == machine.id))
    if wanted:
        insert_rows(
            MachineRequirement.__table__,
            [{"machine_id": machine.id, "type_id": type_id} for type_id in sorted(wanted)],
        )
    machine_changed(machine, lab, "machine_requires", by, types=sorted(wanted))


def narrow_to_nodes(machine: Machine, node_ids: Collection[int], *, by: Any) -> None:
    """Have only people of these places book a machine; of none: everybody whom its lab serves.

    Each place is one that the lab serves, or stands below one. Bookings already made stay.
    """
    lab = lab_of(machine)
    require(permissions.can_run_lab(by, lab))
    wanted = set(node_ids)
    if wanted - _served_below(lab):
        raise Refusal(_("Choisissez parmi les lieux que sert le lab."), field="nodes")
    write_version(machine, None)
    db.session.execute(delete(MachineNode).where(MachineNode.machine_id == machine.id))
    if wanted:
        insert_rows(
            MachineNode.__table__,
            [{"machine_id": machine.id, "node_id": node_id} for node_id in sorted(wanted)],
        )
    machine_changed(machine, lab, "machine_narrowed", by, nodes=sorted(wanted))


def record_check(machine: Machine, *, last_on: date | None, next_on: date | None, by: Any) -> None:
    """Say when a machine was checked and when it is to be again; overdue, it is not booked."""
    lab = lab_of(machine)
    require(permissions.can_check_machine(by, lab))
    if last_on is not None and last_on > day_of(now_in_seconds(), lab.time_zone):
        raise Refusal(_("Le dernier contrôle ne peut pas être à venir."), field="last_on")
    if last_on is not None and next_on is not None and next_on <= last_on:
        raise Refusal(_("Le prochain contrôle vient après le dernier."), field="next_on")
    write_version(machine, None, last_check_on=last_on, next_check_on=next_on)
    machine_changed(
        machine,
        lab,
        "machine_checked",
        by,
        last_on=last_on.isoformat() if last_on else None,
        next_on=next_on.isoformat() if next_on else None,
    )


def retire_machine(machine: Machine, *, by: Any) -> None:
    """Propose a machine no more: its past stays. Refused while bookings are to come; it is held, so that none slips in."""
    lab = lab_of(machine)
    require(permissions.can_run_lab(by, lab))
    lock_machines(machine.id)
    if machine.state == "retired":
        return
    _refuse_booked(coming_bookings(machine_id=machine.id), _("retirez la machine"))
    write_version(machine, None, state="retired")
    indexing.changed("machine", machine.id)
    machine_changed(machine, lab, "machine_retired", by)


def _refuse_booked(count: int, act: str) -> None:
    refuse_with_bookings(
        count,
        ngettext(
            "%(num)d réservation est encore à venir : annulez-la d’abord, avec un motif, puis %(act)s.",
            "%(num)d réservations sont encore à venir : annulez-les d’abord, avec un motif, puis %(act)s.",
            count,
            act=act,
        ),
    )


def _check_owner(company_id: int | None) -> None:
    if company_id is None:
        return
    owner = db.session.get(Company, company_id)
    if owner is None or owner.state != "verified":
        raise Refusal(_("Choisissez une entreprise admise dans une communauté."), field="owner_company_id")


def _units_in_use(machine: Machine) -> int:
    return int(
        db.session.execute(
            select(func.count()).where(MachineUnit.machine_id == machine.id, MachineUnit.retired_at.is_(None))
        ).scalar_one()
    )


def _served_below(lab: Lab) -> set[int]:
    """Every node that the lab serves, and what stands below."""
    served = select(Node.path).join(LabNode, LabNode.node_id == Node.id).where(LabNode.lab_id == lab.id)
    paths = list(db.session.execute(served).scalars())
    if not paths:
        return set()
    below = select(Node.id).where(or_(*(Node.path.like(f"{path}%") for path in paths)))
    return set(db.session.execute(below).scalars())
