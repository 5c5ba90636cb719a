"""Labs, machines, charges and qualifications for somebody who wants to change them; missing and forbidden look alike."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.core.errors import NotFound
from app.extensions import db
from app.resources import permissions
from app.resources.access import labs_read_by, staffs
from app.resources.models import Incident, Lab, LabStaff, Machine, Qualification


def lab_to_run(user: Any, lab_id: int) -> Lab:
    """A lab for its people and those who run it. Raises NotFound."""
    lab = db.session.get(Lab, lab_id)
    if lab is None or not permissions.can_see_administration(user, lab):
        raise NotFound
    return lab


def lab_to_change(user: Any, lab_id: int) -> Lab:
    """A lab that the person reads, held until the end of the transaction: its hours and places change as a whole."""
    lab = db.session.execute(select(Lab).where(Lab.id == lab_id).with_for_update()).scalar_one_or_none()
    if lab is None or not labs_read_by(user, [lab.id]):
        raise NotFound
    return lab


def machine_to_change(user: Any, machine_id: int) -> Machine:
    """A machine of a lab that the person reads. Raises NotFound."""
    machine = db.session.get(Machine, machine_id)
    if machine is None or not labs_read_by(user, [machine.lab_id]):
        raise NotFound
    return machine


def charge_to_change(lab: Lab, charge_id: int) -> LabStaff:
    """A charge of this lab. Raises NotFound."""
    charge = db.session.get(LabStaff, charge_id)
    if charge is None or charge.lab_id != lab.id:
        raise NotFound
    return charge


def qualification_to_change(user: Any, qualification_id: int) -> Qualification:
    """A qualification that the person may take back. Raises NotFound."""
    held = db.session.get(Qualification, qualification_id)
    if held is None:
        raise NotFound
    lab = db.session.get(Lab, held.lab_id) if held.lab_id is not None else None
    if not permissions.can_revoke(user, held, lab):
        raise NotFound
    return held


def incident_to_change(user: Any, incident_id: int) -> Incident:
    """An incident of a lab whose people count this person. Raises NotFound."""
    incident = db.session.get(Incident, incident_id)
    if incident is None or not staffs(user, db.session.get_one(Machine, incident.machine_id).lab_id):
        raise NotFound
    return incident
