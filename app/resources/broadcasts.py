"""What open pages of a lab are told: which booking or machine changed, never what it says. Each page asks for its own view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core import journal
from app.core.journal import Entry
from app.resources.adapters import describe_labs, describe_machines
from app.resources.queries.occupations import bookings


@journal.presents("booking.changed")
def present_bookings(entries: list[Entry]) -> Mapping[int, Mapping[str, Any]]:
    """The machine a booking stands on and its version: readers see different things of it."""
    rows = bookings([entry.object_id for entry in entries])
    return {
        row.id: {"scope_now": row.lab_scope_id, "version": row.version, "data": {"machine": row.machine_id}}
        for row in rows.values()
    }


@journal.presents("lab.changed")
def present_labs(entries: list[Entry]) -> Mapping[int, Mapping[str, Any]]:
    """That a lab, its hours, its people or its qualifications changed, and no more."""
    labs = describe_labs([entry.object_id for entry in entries])
    return {lab_id: {"scope_now": lab.scope_id, "data": {}} for lab_id, lab in labs.items()}


@journal.presents("machine.changed")
def present_machines(entries: list[Entry]) -> Mapping[int, Mapping[str, Any]]:
    """That a machine changed, and no more."""
    machines = describe_machines([entry.object_id for entry in entries])
    return {machine_id: {"scope_now": said.scope_id, "data": {}} for machine_id, said in machines.items()}
