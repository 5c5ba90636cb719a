"""What people hold of qualifications, and the bookings to come for which something will be missing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Date, and_, bindparam, or_, select

from app.accounts.models import User
from app.communities.access import access_of
from app.communities.models import Company
from app.core.database import BigId, UTCDateTime, read
from app.core.prepared import prepared
from app.core.time import clock
from app.resources.access import labs_staffed_by
from app.resources.hours import day_of
from app.resources.models import (
    Lab,
    Machine,
    MachineRequirement,
    Occupation,
    Qualification,
    QualificationType,
)
from app.resources.queries.occupations import OPEN
from app.resources.queries.qualified import counts_here

SOON = timedelta(days=60)
"""From how long before its end a qualification is shown as ending."""

SHOWN_AFTER = timedelta(days=365)
"""How long a person still reads what ended or was taken back."""


class Lack(NamedTuple):
    """A qualification that will be missing on the day of a booking. `until`: the last day on which it counts, if any."""

    name: str
    until: date | None


def held_by(person: Any, today: date) -> list[Any]:
    """What a person holds, and what ended or was taken back within a year, by name and end."""
    return read(
        _held(), person_id=person.id, since=today - SHOWN_AFTER, since_instant=clock.now() - SHOWN_AFTER
    ).all()


def machines_asking(type_ids: Collection[int], lab_ids: Collection[int]) -> dict[int, list[Any]]:
    """The machines of these labs that ask for each of these qualifications, by type."""
    result: dict[int, list[Any]] = {}
    if type_ids and lab_ids:
        for row in read(_asking(), type_ids=sorted(type_ids), lab_ids=sorted(lab_ids)):
            result.setdefault(row.type_id, []).append(row)
    return result


def labs_of_machines_asking(type_ids: Collection[int]) -> set[int]:
    """The labs that have a machine which asks for one of these."""
    return set(read(_asking_labs(), type_ids=sorted(type_ids)).scalars()) if type_ids else set()


def lacking_for_person(person_id: int, now: int) -> dict[int, list[Lack]]:
    """What will be missing for which of a person's open bookings to come, by booking."""
    return _lacking(read(_needs_of_person(), person_id=person_id, now=now))


def lacking_in_lab(lab_id: int, now: int) -> dict[int, list[Lack]]:
    """The same for everybody's bookings in a lab."""
    return _lacking(read(_needs_in_lab(), lab_id=lab_id, now=now))


def lacking_for_booking(booking_id: int, now: int) -> list[Lack]:
    """The same for one booking."""
    return _lacking(read(_needs_of_booking(), booking_id=booking_id, now=now)).get(booking_id, [])


def visible_qualification_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Their holder, the people of the lab that granted them, the referents of the firm that did."""
    labs, firms = labs_staffed_by(user), access_of(user).referent_of
    return {
        row.id
        for row in read(_described(), ids=sorted(ids))
        if row.user_id == user.id or row.lab_id in labs or row.company_id in firms
    }


def qualifications(ids: Collection[int]) -> list[Any]:
    """Qualifications with the name of their type, their lab and its place."""
    return read(_described(), ids=sorted(ids)).all()


def _lacking(rows: Any) -> dict[int, list[Lack]]:
    lasts: dict[tuple[int, int], tuple[Any, bool, date | None]] = {}
    for row in rows:
        day = day_of(row.use_start, row.time_zone)
        _row, covered, until = lasts.get((row.id, row.type_id), (row, False, None))
        if row.valid_from is not None and counts_here(row, row.lab_id, row.company_id):
            covered = covered or (
                row.valid_from <= day and (row.valid_until is None or row.valid_until >= day)
            )
            if row.valid_until is not None and row.valid_until < day:
                until = max(until or row.valid_until, row.valid_until)
        lasts[row.id, row.type_id] = (row, covered, until)
    result: dict[int, list[Lack]] = {}
    for (booking_id, _type_id), (row, covered, until) in lasts.items():
        if not covered:
            result.setdefault(booking_id, []).append(Lack(row.name, until))
    return result


@prepared
def _held() -> Any:
    return (
        select(
            Qualification.id,
            Qualification.type_id,
            QualificationType.name,
            QualificationType.issuer,
            QualificationType.is_single_use,
            Qualification.valid_from,
            Qualification.valid_until,
            Qualification.revoked_at,
            Qualification.revoked_reason,
            Qualification.note,
            Lab.name.label("lab"),
            Company.name.label("company"),
            (User.given_name + " " + User.family_name).label("granted_by"),
        )
        .select_from(Qualification)
        .join(QualificationType, QualificationType.id == Qualification.type_id)
        .outerjoin(Lab, Lab.id == Qualification.lab_id)
        .outerjoin(Company, Company.id == Qualification.company_id)
        .outerjoin(User, User.id == Qualification.granted_by_id)
        .where(
            Qualification.user_id == bindparam("person_id", type_=BigId),
            or_(
                Qualification.valid_until.is_(None),
                Qualification.valid_until >= bindparam("since", type_=Date),
            ),
            or_(
                Qualification.revoked_at.is_(None),
                Qualification.revoked_at >= bindparam("since_instant", type_=UTCDateTime),
            ),
        )
        .order_by(QualificationType.name, Qualification.valid_until.desc(), Qualification.id.desc())
    )


def _machines_asking(*columns: Any) -> Any:
    return (
        select(*columns)
        .select_from(MachineRequirement)
        .join(Machine, Machine.id == MachineRequirement.machine_id)
        .where(
            MachineRequirement.type_id.in_(bindparam("type_ids", expanding=True)),
            Machine.state == "bookable",
        )
    )


@prepared
def _asking() -> Any:
    return (
        _machines_asking(MachineRequirement.type_id, Machine.id, Machine.name, Machine.slug)
        .where(Machine.lab_id.in_(bindparam("lab_ids", expanding=True)))
        .order_by(Machine.name, Machine.id)
    )


@prepared
def _asking_labs() -> Any:
    return _machines_asking(Machine.lab_id).distinct()


def _needs(*conditions: Any) -> Any:
    """Each thing that a machine asks for of each booking to come, with whatever its person holds of it."""
    return (
        select(
            Occupation.id,
            Occupation.use_start,
            Occupation.company_id,
            Machine.lab_id,
            Lab.time_zone,
            QualificationType.id.label("type_id"),
            QualificationType.code,
            QualificationType.name,
            QualificationType.issuer,
            Qualification.valid_from,
            Qualification.valid_until,
            Qualification.lab_id.label("held_lab_id"),
            Qualification.company_id.label("held_company_id"),
        )
        .select_from(Occupation)
        .join(Machine, Machine.id == Occupation.machine_id)
        .join(Lab, Lab.id == Machine.lab_id)
        .join(MachineRequirement, MachineRequirement.machine_id == Machine.id)
        .join(QualificationType, QualificationType.id == MachineRequirement.type_id)
        .outerjoin(
            Qualification,
            and_(
                Qualification.type_id == QualificationType.id,
                Qualification.user_id == Occupation.user_id,
                Qualification.revoked_at.is_(None),
            ),
        )
        .where(
            Occupation.kind == "booking",
            Occupation.state.in_(OPEN),
            Occupation.use_end > bindparam("now", type_=BigId),
            Occupation.use_start > bindparam("now", type_=BigId),
            *conditions,
        )
        .order_by(Occupation.use_start, Occupation.id, QualificationType.id)
    )


@prepared
def _needs_of_person() -> Any:
    return _needs(Occupation.user_id == bindparam("person_id", type_=BigId))


@prepared
def _needs_in_lab() -> Any:
    return _needs(Machine.lab_id == bindparam("lab_id", type_=BigId))


@prepared
def _needs_of_booking() -> Any:
    return _needs(Occupation.id == bindparam("booking_id", type_=BigId))


@prepared
def _described() -> Any:
    return (
        select(
            Qualification.id,
            Qualification.user_id,
            Qualification.lab_id,
            Qualification.company_id,
            Qualification.valid_until,
            QualificationType.name,
            Lab.node_id,
            Lab.scope_id,
        )
        .select_from(Qualification)
        .join(QualificationType, QualificationType.id == Qualification.type_id)
        .outerjoin(Lab, Lab.id == Qualification.lab_id)
        .where(Qualification.id.in_(bindparam("ids", expanding=True)))
    )
