"""What the people of a lab read of it beside what everybody reads, and what they are about to change."""

from __future__ import annotations

from app.resources.queries.administration.changing import (
    charge_to_change,
    incident_to_change,
    lab_to_change,
    lab_to_run,
    machine_to_change,
    qualification_to_change,
)
from app.resources.queries.administration.pages import (
    answers_owed,
    authorised,
    coming_days,
    employer_types,
    lenders,
    machine_parts,
    machines,
    narrower,
    open_incidents,
    qualified,
    readers_matching,
    required,
    served,
    staff,
    types,
)

__all__ = [
    "answers_owed",
    "authorised",
    "charge_to_change",
    "coming_days",
    "employer_types",
    "incident_to_change",
    "lab_to_change",
    "lab_to_run",
    "lenders",
    "machine_parts",
    "machine_to_change",
    "machines",
    "narrower",
    "open_incidents",
    "qualification_to_change",
    "qualified",
    "readers_matching",
    "required",
    "served",
    "staff",
    "types",
]
