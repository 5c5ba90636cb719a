"""The people of a lab: named, and let go."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.communities.access import rights_changed
from app.core import duties
from app.core.database import rows_changed
from app.core.errors import Refusal, require
from app.core.time import clock
from app.extensions import db
from app.resources import permissions
from app.resources.models import STAFF_ROLES, Lab, LabStaff
from app.resources.operations.changing import lab_changed


def name_staff(lab: Lab, person: Any, role: str, *, by: Any) -> LabStaff:
    """Have somebody manage a lab, or train on its machines; they read it from now on.

    The same charge twice meets `uq_lab_staff_current`.
    """
    if role not in STAFF_ROLES:
        raise Refusal(_("Choisissez dans la liste."), field="role")
    require(permissions.can_name_staff(by, lab, role))
    if not person.is_active:
        raise Refusal(_("Ce compte est fermé."), field="person")
    charge = LabStaff(lab_id=lab.id, user_id=person.id, role=role, started_at=clock.now(), named_by_id=by.id)
    try:
        with db.session.begin_nested():
            db.session.add(charge)
            db.session.flush()
    except IntegrityError:
        raise Refusal(_("%(name)s a déjà cette charge ici.", name=person.name), field="person") from None
    rights_changed([person.id])
    lab_changed(lab, "lab_staff_named", by, user_id=person.id, role=role)
    duties.owe("lab_charge_given", "lab", lab.id, by.id, user_id=person.id, role=role)
    return charge


def end_staff(lab: Lab, charge: LabStaff, *, by: Any) -> None:
    """Take a charge back, or give one's own up. Ended twice, it ends once: `ended_at` stands in the WHERE clause."""
    require(permissions.can_end_staff(by, lab, charge))
    ended = rows_changed(
        update(LabStaff)
        .where(LabStaff.id == charge.id, LabStaff.ended_at.is_(None))
        .values(ended_at=clock.now(), ended_by_id=by.id)
    )
    if not ended:
        raise Refusal(_("Cette charge avait déjà pris fin."), status=409)
    db.session.refresh(charge)
    rights_changed([charge.user_id])
    lab_changed(lab, "lab_staff_ended", by, user_id=charge.user_id, role=charge.role)
    if charge.user_id != by.id:
        duties.owe("lab_charge_ended", "lab", lab.id, by.id, user_id=charge.user_id, role=charge.role)


def let_go(user_id: int) -> None:
    """End every charge of somebody whose account closes."""
    rows_changed(
        update(LabStaff)
        .where(LabStaff.user_id == user_id, LabStaff.ended_at.is_(None))
        .values(ended_at=clock.now())
    )


def current_charge(lab: Lab, user_id: int, role: str) -> LabStaff | None:
    """The charge somebody holds in a lab, or None."""
    return db.session.execute(
        select(LabStaff).where(
            LabStaff.lab_id == lab.id,
            LabStaff.user_id == user_id,
            LabStaff.role == role,
            LabStaff.ended_at.is_(None),
        )
    ).scalar_one_or_none()
