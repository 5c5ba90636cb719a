"""Where labs, machines and bookings are found."""

from __future__ import annotations


def lab_url(lab_id: int, slug: str) -> str:
    """The address of a lab."""
    return f"/labs/{lab_id}-{slug}"


def machine_url(machine_id: int, slug: str) -> str:
    """The address of a machine."""
    return f"/machines/{machine_id}-{slug}"


def booking_url(booking_id: int) -> str:
    """The address of a booking."""
    return f"/reservations/{booking_id}"


def qualification_url(qualification_id: int) -> str:
    """Where its holder reads of a qualification."""
    return f"/reservations/habilitations#habilitation-{qualification_id}"
