"""A lab as all its readers see it, read again when something in it has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from app.core import shell, versions
from app.core.errors import NotFound
from app.core.versions import Remembered
from app.resources.access import labs_read_by
from app.resources.hours import Timetable
from app.resources.queries import labs
from app.resources.queries.hours import timetable
from app.resources.queries.labs import MachineLine, StaffMember


class Facts(NamedTuple):
    """A lab, its machines in its order, its hours and its people."""

    lab: Any
    machines: list[MachineLine]
    table: Timetable
    staff: list[StaffMember]


def facts_for(user: Any, lab_id: int, stand: Callable[[Any], object]) -> Facts:
    """The lab with all that its readers see of it, for one of them. Raises NotFound.

    `stand` is told the lab before the frame is built, which the page's place decides; told again when the lab was read
    anew.
    """
    last = _facts.peek(lab_id) if versions.known() is not None else None
    lab = labs.lab_for(user, lab_id) if last is None else last[1].lab
    if last is not None and lab_id not in labs_read_by(user, [lab_id]):
        raise NotFound
    stand(lab)
    version = version_of(lab)
    if version is None:
        return _read(lab)
    state = version[0].tree, version[1]
    if last is not None and last[0] != state:
        lab = labs.lab_for(user, lab_id)
        stand(lab)
    return _facts.get(lab_id, state, lambda: _read(lab))


def version_of(lab: Any) -> tuple[versions.Versions, int] | None:
    """The version of what a reader sees of a lab: of rights, and of what was changed and booked there.

    Every change of a lab, its machines and their bookings is told to its open pages, so the number of its scope says
    whether there was one. None when it must be asked each time.
    """
    known = versions.known()
    seq = shell.current_shell().numbers.get(lab.scope_id) if known is not None else None
    return None if known is None or seq is None else (known, seq)


def _read(lab: Any) -> Facts:
    return Facts(lab, labs.machines_of(lab.id), timetable(lab.id), labs.staff_of(lab.id))


_facts: Remembered[Facts] = Remembered(100)
"""Some 100 KB for fifty machines."""
