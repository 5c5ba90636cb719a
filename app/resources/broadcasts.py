"""What open pages of a lab are told: which booking or machine changed, never what it says. Each page asks for its own view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core import journal
from app.core.journal import Entry
from app.resources.queries.occupations import bookings


@journal.presents("booking.changed")
def present_bookings(entries: list[Entry]) -> Mapping[int, Mapping[str, Any]]:
    """The machine a booking stands on and its version: readers see different things of it."""
    rows = bookings([entry.object_id for entry in entries])
    return {
        row.id: {"scope_now": row.lab_scope_id, "version": row.version, "data": {"machine": row.machine_id}}
        for row in rows.values()
    }
