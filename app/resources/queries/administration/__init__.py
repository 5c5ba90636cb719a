"""What the people of a lab read of it beside what everybody reads, and what they are about to change."""

from __future__ import annotations

from app.resources.queries.administration.changing import (
    charge_to_change,
    lab_to_change,
    lab_to_run,
    machine_to_change,
    qualification_to_change,
)

__all__ = [
    "charge_to_change",
    "lab_to_change",
    "lab_to_run",
    "machine_to_change",
    "qualification_to_change",
]
