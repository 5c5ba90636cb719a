"""Machines that stand still or will: what readers of a lab are told of it, and what its people look after."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.core.database import BigId, read
from app.core.errors import NotFound
from app.core.prepared import prepared
from app.resources.access import labs_staffed_by
from app.resources.models import Lab, Machine, MachineUnit, Outage


def outages_of_machine(machine_id: int, now: int) -> list[Any]:
    """The outages of a machine that are not over, in order of their start."""
    return read(_of_machine(), machine_id=machine_id, now=now).all()


def outages_of_lab(lab_id: int, now: int) -> list[Any]:
    """Those of all machines of a lab."""
    return read(_of_lab(), lab_id=lab_id, now=now).all()


def outage_for(user: Any, outage_id: int) -> Any:
    """One outage, over or not, for the people of its lab. Raises NotFound."""
    found = read(_one(), outage_id=outage_id).first()
    if found is None or found.lab_id not in labs_staffed_by(user):
        raise NotFound
    return found


def _outages() -> Any:
    declarer, ender = aliased(User), aliased(User)
    return (
        select(
            Outage.id,
            Outage.machine_id,
            Outage.unit_id,
            Outage.kind,
            Outage.reason,
            Outage.starts_at,
            Outage.expected_end,
            Outage.declared_at,
            Outage.ended_at,
            Outage.end_note,
            (declarer.given_name + " " + declarer.family_name).label("declared_by"),
            (ender.given_name + " " + ender.family_name).label("ended_by"),
            MachineUnit.name.label("unit_name"),
            Machine.name.label("machine_name"),
            Machine.slug.label("machine_slug"),
            Lab.id.label("lab_id"),
            Lab.time_zone,
        )
        .join(Machine, Machine.id == Outage.machine_id)
        .join(Lab, Lab.id == Machine.lab_id)
        .outerjoin(MachineUnit, MachineUnit.id == Outage.unit_id)
        .outerjoin(declarer, declarer.id == Outage.declared_by_id)
        .outerjoin(ender, ender.id == Outage.ended_by_id)
    )


def _not_over() -> tuple[Any, ...]:
    now = bindparam("now", type_=BigId)
    return Outage.ended_at.is_(None), or_(Outage.expected_end.is_(None), Outage.expected_end > now)


@prepared
def _of_machine() -> Any:
    return (
        _outages()
        .where(Outage.machine_id == bindparam("machine_id", type_=BigId), *_not_over())
        .order_by(Outage.starts_at, Outage.id)
    )


@prepared
def _of_lab() -> Any:
    return (
        _outages()
        .where(Machine.lab_id == bindparam("lab_id", type_=BigId), *_not_over())
        .order_by(Outage.starts_at, Outage.id)
    )


@prepared
def _one() -> Any:
    return _outages().where(Outage.id == bindparam("outage_id", type_=BigId))
