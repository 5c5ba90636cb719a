"""Who reads a lab, who runs it, and who may do what with a booking.

A lab is read by whoever reads one of the nodes it serves, and by its people. A machine narrowed to some nodes is seen by
all readers of its lab, and booked by those of these nodes. What a confidential booking says is for who made it, their
colleagues and the people of the lab.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from flask import g
from sqlalchemy import bindparam, select

from app.communities.access import access_of
from app.core import journal, versions
from app.core.database import BigId, read
from app.core.prepared import Prepared
from app.core.versions import Remembered
from app.resources.models import Lab, LabNode, LabStaff


class Reach(NamedTuple):
    """Whom a lab is open to: its own node, its state, the nodes it serves."""

    node_id: int
    state: str
    serves: frozenset[int]


def labs_staffed_by(user: Any) -> Mapping[int, frozenset[str]]:
    """The labs whose people count this person, with the charges held there; asked once per request."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return {}
    cache = g.setdefault("staffed_labs", {})
    if user.id not in cache:
        known = versions.known()
        cache[user.id] = (
            _staffed(user.id)
            if known is None
            else _remembered_staff.get(user.id, known.tree, lambda: _staffed(user.id))
        )
    return cache[user.id]


def labs_read_by(user: Any, lab_ids: Collection[int]) -> set[int]:
    """Which of these labs the person may read. One being prepared is read by its people and those above them alone."""
    access, staffed = access_of(user), labs_staffed_by(user)
    result = set()
    for lab_id, reach in reaches(lab_ids).items():
        runs = lab_id in staffed or access.manages(reach.node_id)
        if runs or (reach.state != "draft" and any(access.reads(node_id) for node_id in reach.serves)):
            result.add(lab_id)
    return result


def reaches(lab_ids: Collection[int]) -> dict[int, Reach]:
    """Whom these labs are open to, by id."""
    ids = sorted(set(lab_ids))
    known = versions.known()
    if known is None or not ids:
        return _reaches(ids)
    return _remembered_reach.get(tuple(ids), known.tree, lambda: _reaches(ids))


def staffs(user: Any, lab_id: int) -> bool:
    """Whether the person is one of the lab's people: sees what is confidential, books for others, stops machines."""
    return lab_id in labs_staffed_by(user)


def staff_ids(lab_id: int) -> list[int]:
    """The people of a lab, for telling them."""
    return list(dict.fromkeys(read(_STAFF_OF, lab_id=lab_id).scalars()))


def can_see_booking(user: Any, booking: Any) -> bool:
    """What a booking says: its person, colleagues of its firm, the people of the lab."""
    return (
        booking.user_id == user.id
        or (booking.company_id is not None and booking.company_id in access_of(user).companies)
        or staffs(user, booking.lab_id)
    )


def can_move_booking(user: Any, booking: Any) -> bool:
    """Its person, and the people of the lab."""
    return booking.user_id == user.id or staffs(user, booking.lab_id)


def can_cancel_booking(user: Any, booking: Any) -> bool:
    """Whoever may move it, and the referents of its firm."""
    return can_move_booking(user, booking) or booking.company_id in access_of(user).referent_of


def can_decide_booking(user: Any, lab_id: int) -> bool:
    """Approve or refuse what was asked for: the people of the lab."""
    return staffs(user, lab_id)


def can_stop_machine(user: Any, lab_id: int) -> bool:
    """Declare an outage, end it, handle an incident: the people of the lab."""
    return staffs(user, lab_id)


def can_report_incident(user: Any, lab_id: int) -> bool:
    """Whoever reads the lab: what is dangerous is said by anybody who sees it."""
    return lab_id in labs_read_by(user, [lab_id])


_remembered_staff: Remembered[dict[int, frozenset[str]]] = Remembered(500)
_remembered_reach: Remembered[dict[int, Reach]] = Remembered(500)


def _staffed(user_id: int) -> dict[int, frozenset[str]]:
    result: dict[int, frozenset[str]] = {}
    for row in read(_STAFFED, user_id=user_id):
        result[row.lab_id] = result.get(row.lab_id, frozenset()) | {row.role}
    return result


def _reaches(lab_ids: list[int]) -> dict[int, Reach]:
    if not lab_ids:
        return {}
    result: dict[int, Reach] = {}
    for row in read(_REACHES, lab_ids=lab_ids):
        before = result.get(row.id)
        serves = (before.serves if before else frozenset()) | (
            {row.served} if row.served is not None else set()
        )
        result[row.id] = Reach(row.node_id, row.state, serves)
    return result


_STAFFED = Prepared(
    select(LabStaff.lab_id, LabStaff.role).where(
        LabStaff.user_id == bindparam("user_id", type_=BigId), LabStaff.ended_at.is_(None)
    )
)
_STAFF_OF = Prepared(
    select(LabStaff.user_id)
    .where(LabStaff.lab_id == bindparam("lab_id", type_=BigId), LabStaff.ended_at.is_(None))
    .order_by(LabStaff.role, LabStaff.id)
)
_REACHES = Prepared(
    select(Lab.id, Lab.node_id, Lab.state, LabNode.node_id.label("served"))
    .outerjoin(LabNode, LabNode.lab_id == Lab.id)
    .where(Lab.id.in_(bindparam("lab_ids", expanding=True)))
)


@journal.resolves("lab")
def _reads_labs(user: Any, refs: Iterable[int]) -> set[int]:
    return labs_read_by(user, list(refs))
