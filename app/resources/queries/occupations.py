"""What occupies machines, as each reader may see it: a confidential booking of others is an interval and no more.

What is hidden is left out here, by the statement itself: no page can show what it was not given.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, case, false, func, literal, null, or_, select, text, true, union_all
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.communities.access import access_of
from app.communities.models import Company
from app.core.database import BigId, read
from app.core.errors import NotFound
from app.core.prepared import prepared
from app.core.time import clock
from app.resources.access import can_see_booking, labs_staffed_by
from app.resources.models import HOLDS, Lab, Machine, MachineUnit, Occupation, Outage

OPEN = ("requested", "confirmed", "suspended")
"""States of a booking that still means something."""


class Requested(NamedTuple):
    """A request as those who look after a lab read it; person, firm and purpose are left out where they are not told."""

    id: int
    machine_name: str
    use_start: int
    use_end: int
    time_zone: str
    person: str | None
    company: str | None
    purpose: str


_READER = bindparam("reader_id", type_=BigId)
_COMPANIES: Any = bindparam("reader_companies", type_=BigId, expanding=True)
_STAFFED: Any = bindparam("reader_staffs", type_=BigId, expanding=True)


def week(user: Any, lab_id: int, machine_ids: Collection[int], start: int, end: int) -> list[Any]:
    """What occupies these machines of one lab between two instants, in order of (machine, start), in one statement.

    Bookings that hold their machine for all; what is asked for or suspended for those it belongs to and the lab's
    people. `is_ours` says whether the reader may see what the booking says; where not, and it is confidential, it comes
    without purpose, person or firm.
    """
    if not machine_ids:
        return []
    rows = read(_week(), **_reader(user, lab_id), machine_ids=sorted(machine_ids), start=start, end=end)
    return rows.all()


def bookings_of_person(person: Any, *, since: int, until: int, limit: int = 200) -> list[Any]:
    """The bookings of a person that end after `since` and start before `until`, in order of their start."""
    return read(_of_person(), person_id=person.id, since=since, until=until, limit=limit).all()


def past_bookings_of_person(person: Any, *, before: int, limit: int = 50) -> list[Any]:
    """The bookings of a person that ended, the newest first."""
    return read(_past_of_person(), person_id=person.id, before=before, limit=limit).all()


def bookings_of_company(user: Any, company_id: int, *, since: int, until: int, limit: int = 200) -> list[Any]:
    """The same for a firm, for those who work there. Raises NotFound for others."""
    if company_id not in access_of(user).companies:
        raise NotFound
    return read(_of_company(), company_id=company_id, since=since, until=until, limit=limit).all()


def requested_in(user: Any, lab_ids: Collection[int]) -> list[Requested]:
    """What waits for the approval of these labs' people, the soonest first.

    To those who run a lab without being of its people, a confidential one comes without person, firm and purpose.
    """
    if not lab_ids:
        return []
    return [as_told(user, row) for row in read(_requested(), lab_ids=sorted(lab_ids))]


def as_told(user: Any, row: Any) -> Requested:
    """A booking as those who look after a lab read it; a confidential one says nothing more to who is not of its people."""
    said = (row.person, row.company, row.purpose)
    if row.is_confidential and not can_see_booking(user, row):
        said = (None, None, "")
    return Requested(row.id, row.machine_name, row.use_start, row.use_end, row.time_zone, *said)


def requests_of(machine_id: int, start: int, end: int) -> list[Any]:
    """What is asked for of a machine between two instants, in order of asking."""
    return read(_requests(), machine_id=machine_id, start=start, end=end).all()


def suspended_by(outage_id: int) -> list[Any]:
    """The bookings that an outage suspended, in order of (unit, start)."""
    return read(_suspended(), outage_id=outage_id).all()


def booking(booking_id: int) -> Any | None:
    """One booking with its machine and lab, whoever asks."""
    return read(_one(), booking_ids=[booking_id]).first()


def booking_for(user: Any, booking_id: int) -> Any:
    """The same for its person, their colleagues and the people of the lab. Raises NotFound."""
    found = booking(booking_id)
    if found is None or not can_see_booking(user, found):
        raise NotFound
    return found


def bookings(booking_ids: Collection[int]) -> dict[int, Any]:
    """Bookings by id, whoever asks."""
    if not booking_ids:
        return {}
    return {row.id: row for row in read(_one(), booking_ids=sorted(booking_ids))}


def visible_booking_ids(user: Any, booking_ids: Collection[int]) -> set[int]:
    """Which of these bookings the person may see."""
    return {row.id for row in bookings(booking_ids).values() if can_see_booking(user, row)}


def touched(unit_ids: Collection[int], start: int, end: int) -> list[Any]:
    """Bookings that hold these units between two instants, in order of (unit, start)."""
    if not unit_ids:
        return []
    return read(_touched(), unit_ids=sorted(unit_ids), start=start, end=end).all()


def coming_of(user_id: int, company_id: int | None = None) -> list[Any]:
    """Open bookings of a person that did not start, for one firm if it is named."""
    now = int(clock.now().timestamp())
    rows = read(_of_person(), person_id=user_id, since=now, until=2**62, limit=10_000).all()
    return [
        row for row in rows if row.use_start > now and (company_id is None or row.company_id == company_id)
    ]


def successor(booking_id: int) -> Any | None:
    """What a booking became when it was moved."""
    found = read(_successor(), booking_id=booking_id).first()
    return None if found is None else booking(found.id)


def _reader(user: Any, lab_id: int) -> dict[str, Any]:
    return {
        "reader_id": user.id,
        "reader_companies": list(access_of(user).companies),
        "reader_staffs": [lab_id] if lab_id in labs_staffed_by(user) else [],
    }


def _is_ours() -> Any:
    """What `can_see_booking` says, as a condition on rows of a booking and its machine."""
    return or_(
        Occupation.user_id == _READER,
        Occupation.company_id.in_(_COMPANIES),
        Machine.lab_id.in_(_STAFFED),
    )


@prepared
def _week() -> Any:
    ours = _is_ours()
    told = or_(Occupation.is_confidential.is_(False), ours)
    start, end = bindparam("start", type_=BigId), bindparam("end", type_=BigId)
    machines: Any = bindparam("machine_ids", expanding=True)
    columns = (
        Occupation.id,
        Occupation.machine_id,
        Occupation.unit_id,
        Occupation.kind,
        Occupation.state,
        Occupation.use_start,
        Occupation.use_end,
        Occupation.blocked_start,
        Occupation.blocked_end,
        Occupation.version,
        Occupation.is_confidential,
        case((ours, true()), else_=false()).label("is_ours"),
        case((Occupation.user_id == _READER, true()), else_=false()).label("is_mine"),
        case((told, Occupation.purpose), else_=literal("")).label("purpose"),
        case((told, Occupation.user_id), else_=null()).label("user_id"),
        case((told, User.given_name + " " + User.family_name), else_=null()).label("person"),
        case((told, Company.name), else_=null()).label("company"),
        Outage.kind.label("outage_kind"),
        Outage.reason.label("outage_reason"),
        Outage.expected_end,
    )

    def lines(*conditions: Any) -> Any:
        return (
            select(*columns)
            .select_from(Machine)
            .join(MachineUnit, MachineUnit.machine_id == Machine.id)
            .join(Occupation, Occupation.unit_id == MachineUnit.id)
            .outerjoin(User, User.id == Occupation.user_id)
            .outerjoin(Company, Company.id == Occupation.company_id)
            .outerjoin(Outage, and_(Outage.id == Occupation.outage_id, Occupation.kind != "booking"))
            .where(Machine.id.in_(machines), *conditions)
        )

    # Apart, so that each walks its own index: what holds by unit and end, the rest by machine and end.
    holding = lines(HOLDS, Occupation.blocked_end > start, Occupation.blocked_start < end)
    waiting = lines(
        Occupation.state.in_(("requested", "suspended")),
        Occupation.machine_id == Machine.id,
        Occupation.use_end > start,
        Occupation.use_start < end,
        ours,
    )
    # By place: machine, start of use, id.
    return union_all(holding, waiting).order_by(text("2, 6, 1"))


def _has_like_units() -> Any:
    other = aliased(MachineUnit)
    return (
        select(other.id)
        .where(
            other.machine_id == MachineUnit.machine_id,
            other.id != MachineUnit.id,
            other.retired_at.is_(None),
        )
        .exists()
    )


def _columns() -> tuple[Any, ...]:
    return (
        Occupation.id,
        Occupation.machine_id,
        Occupation.unit_id,
        Occupation.kind,
        Occupation.state,
        Occupation.use_start,
        Occupation.use_end,
        Occupation.blocked_start,
        Occupation.blocked_end,
        Occupation.user_id,
        Occupation.company_id,
        Occupation.created_by_id,
        Occupation.purpose,
        Occupation.is_confidential,
        Occupation.uid,
        Occupation.sequence,
        Occupation.moved_from_id,
        Occupation.outage_id,
        Occupation.reason,
        Occupation.decided_at,
        Occupation.decided_by_id,
        Occupation.version,
        Occupation.created_at,
        (User.given_name + " " + User.family_name).label("person"),
        Company.name.label("company"),
        Machine.name.label("machine_name"),
        Machine.slug.label("machine_slug"),
        Machine.needs_approval,
        # Which of several: the only one of its machine goes without saying.
        case((_has_like_units(), MachineUnit.name), else_=literal("")).label("unit_name"),
        Lab.id.label("lab_id"),
        Lab.name.label("lab_name"),
        Lab.slug.label("lab_slug"),
        Lab.node_id.label("lab_node_id"),
        Lab.scope_id.label("lab_scope_id"),
        Lab.time_zone,
        Lab.address,
        Lab.postcode,
        Lab.town,
        Lab.arrival,
    )


def _bookings() -> Any:
    return (
        select(*_columns())
        .join(Machine, Machine.id == Occupation.machine_id)
        .join(MachineUnit, MachineUnit.id == Occupation.unit_id)
        .join(Lab, Lab.id == Machine.lab_id)
        .outerjoin(User, User.id == Occupation.user_id)
        .outerjoin(Company, Company.id == Occupation.company_id)
        .where(Occupation.kind == "booking")
    )


@prepared
def _one() -> Any:
    return _bookings().where(Occupation.id.in_(bindparam("booking_ids", expanding=True)))


def _between() -> tuple[Any, ...]:
    return (
        Occupation.use_end > bindparam("since", type_=BigId),
        Occupation.use_start < bindparam("until", type_=BigId),
        Occupation.state.in_(OPEN),
    )


def _some() -> Any:
    return bindparam("limit", type_=BigId)


@prepared
def _of_person() -> Any:
    return (
        _bookings()
        .where(Occupation.user_id == bindparam("person_id", type_=BigId), *_between())
        .order_by(Occupation.use_start, Occupation.id)
        .limit(_some())
    )


@prepared
def _past_of_person() -> Any:
    return (
        _bookings()
        .where(
            Occupation.user_id == bindparam("person_id", type_=BigId),
            Occupation.use_end <= bindparam("before", type_=BigId),
            Occupation.state == "confirmed",
        )
        .order_by(Occupation.use_end.desc(), Occupation.id.desc())
        .limit(_some())
    )


@prepared
def _of_company() -> Any:
    return (
        _bookings()
        .where(Occupation.company_id == bindparam("company_id", type_=BigId), *_between())
        .order_by(Occupation.use_start, Occupation.id)
        .limit(_some())
    )


@prepared
def _requested() -> Any:
    return (
        _bookings()
        .where(Lab.id.in_(bindparam("lab_ids", expanding=True)), Occupation.state == "requested")
        .order_by(Occupation.use_start, Occupation.id)
    )


@prepared
def _requests() -> Any:
    return (
        _bookings()
        .where(
            Occupation.machine_id == bindparam("machine_id", type_=BigId),
            Occupation.state == "requested",
            Occupation.use_end > bindparam("start", type_=BigId),
            Occupation.blocked_start < bindparam("end", type_=BigId),
        )
        .order_by(Occupation.id)
    )


@prepared
def _suspended() -> Any:
    return (
        _bookings()
        .where(Occupation.outage_id == bindparam("outage_id", type_=BigId), Occupation.state == "suspended")
        .order_by(Occupation.unit_id, Occupation.use_start)
    )


@prepared
def _touched() -> Any:
    return (
        _bookings()
        .where(
            Occupation.unit_id.in_(bindparam("unit_ids", expanding=True)),
            HOLDS,
            Occupation.blocked_end > bindparam("start", type_=BigId),
            Occupation.blocked_start < bindparam("end", type_=BigId),
        )
        .order_by(Occupation.unit_id, Occupation.blocked_start)
    )


@prepared
def _successor() -> Any:
    return (
        select(func.max(Occupation.id).label("id"))
        .where(Occupation.moved_from_id == bindparam("booking_id", type_=BigId))
        .having(func.max(Occupation.id).is_not(None))
    )
