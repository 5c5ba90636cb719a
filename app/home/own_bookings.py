"""What labs keep of a person, for their export: bookings, qualifications, what they reported of machines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from app.accounts import exports
from app.accounts.exports import rows
from app.communities.models import Company
from app.resources.hours import moment
from app.resources.models import Incident, Lab, Machine, Occupation, Qualification, QualificationType


def register() -> None:
    """Add their files to the export."""
    exports.register("reservations", _bookings)
    exports.register("habilitations", _qualifications)
    exports.register("signalements-de-machines", _incidents)


def _bookings(user_id: int) -> Iterable[dict[str, Any]]:
    found = rows(
        select(
            Occupation.id,
            Machine.name.label("machine"),
            Lab.name.label("lab"),
            Company.name.label("company"),
            Occupation.state,
            Occupation.use_start,
            Occupation.use_end,
            Occupation.purpose,
            Occupation.is_confidential,
            Occupation.reason,
            Occupation.created_at,
        )
        .join(Machine, Machine.id == Occupation.machine_id)
        .join(Lab, Lab.id == Machine.lab_id)
        .outerjoin(Company, Company.id == Occupation.company_id)
        .where(Occupation.user_id == user_id)
        .order_by(Occupation.id)
    )
    return [
        {**row, "use_start": moment(row["use_start"]), "use_end": moment(row["use_end"])} for row in found
    ]


def _incidents(user_id: int) -> Iterable[dict[str, Any]]:
    return rows(
        select(
            Incident.id,
            Machine.name.label("machine"),
            Incident.severity,
            Incident.text,
            Incident.reported_at,
            Incident.answer,
            Incident.handled_at,
        )
        .join(Machine, Machine.id == Incident.machine_id)
        .where(Incident.reporter_id == user_id)
        .order_by(Incident.id)
    )


def _qualifications(user_id: int) -> Iterable[dict[str, Any]]:
    return rows(
        select(
            QualificationType.name,
            Lab.name.label("lab"),
            Company.name.label("company"),
            Qualification.valid_from,
            Qualification.valid_until,
            Qualification.note,
            Qualification.granted_at,
            Qualification.revoked_at,
            Qualification.revoked_reason,
        )
        .join(QualificationType, QualificationType.id == Qualification.type_id)
        .outerjoin(Lab, Lab.id == Qualification.lab_id)
        .outerjoin(Company, Company.id == Qualification.company_id)
        .where(Qualification.user_id == user_id)
        .order_by(Qualification.id)
    )
