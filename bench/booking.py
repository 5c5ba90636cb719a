"""What the processes of a storm do: the same slots asked for, by the operation or by a bare insert under the guard.

Imported inside an application context. The machines are made by the first process that looks for them and stay.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import cast
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from app.accounts.models import User
from app.core import journal
from app.core.database import transacted, transaction
from app.core.errors import Refusal
from app.core.time import clock
from app.extensions import db
from app.resources.models import Lab, LabHours, LabNode, Machine, MachineUnit, Occupation
from app.resources.operations.booking import book
from app.resources.queries.bookable import bookable

SLUG = "bench-storm"
MACHINES, DAYS, SLOT = 4, 300, 1800
Attempt = Callable[[int, int, int, UUID], str]


def prepare(member_email: str) -> None:
    """A lab that is never closed, with machines that ask for nothing."""
    from app.communities.access import access_of

    if db.session.execute(select(Lab.id).where(Lab.slug == SLUG)).first() is not None:
        return
    member = db.session.execute(select(User).where(User.email == member_email)).scalar_one()
    node_id = access_of(member).home_ids[0]
    with transaction():
        lab = Lab(
            node_id=node_id,
            name="Banc d’essai",
            slug=SLUG,
            town="Blois",
            department="41",
            created_at=clock.now(),
        )
        db.session.add(lab)
        db.session.flush()
        lab.scope_id = journal.open_scope("lab", lab.id).id
        db.session.add(LabNode(lab_id=lab.id, node_id=node_id))
        db.session.add_all(LabHours(lab_id=lab.id, weekday=day, opens=0, closes=1440) for day in range(7))
        for number in range(MACHINES):
            machine = Machine(
                lab_id=lab.id, name=f"Machine {number}", slug=f"machine-{number}", horizon_days=DAYS + 30,
                created_at=clock.now(),
            )  # fmt: skip
            db.session.add(machine)
            db.session.flush()
            db.session.add(MachineUnit(machine_id=machine.id, name=""))


def slots(turn: int) -> Iterator[tuple[int, int, int]]:
    """Machine, start and end of every slot of this turn, in the same order for everybody; no turn meets another's."""
    machines = list(
        db.session.execute(
            select(Machine.id)
            .join(Lab, Lab.id == Machine.lab_id)
            .where(Lab.slug == SLUG)
            .order_by(Machine.id)
        ).scalars()
    )
    db.session.commit()
    first = int(clock.now().timestamp()) // 86400 * 86400 + 2 * 86400
    days = DAYS // 8
    for half_hour in range(turn * days * 48, (turn + 1) * days * 48):
        for machine_id in machines:
            start = first + half_hour * SLOT
            yield machine_id, start, start + SLOT


def booking(_number: int) -> Attempt:
    """Book through the operation, as the page does: the person is known by their session before it begins."""
    person = db.session.execute(select(User).where(User.given_name == "Sandrine").limit(1)).scalar_one()
    db.session.expunge(person)
    db.session.commit()

    def attempt(machine_id: int, start: int, end: int, request_id: UUID) -> str:
        try:
            transacted(
                lambda: book(
                    bookable(machine_id),
                    person=person,
                    company_id=None,
                    start=start,
                    end=end,
                    request_id=str(request_id),
                )
            )
        except Refusal as refusal:
            return "refused" if refusal.status < 500 else "failed"
        finally:
            db.session.remove()
        return "taken"

    return attempt


def inserting(_number: int) -> Attempt:
    """Insert the row and nothing else: the guard of the database decides."""
    units = dict(
        db.session.execute(
            select(MachineUnit.machine_id, MachineUnit.id)
            .join(Machine, Machine.id == MachineUnit.machine_id)
            .join(Lab, Lab.id == Machine.lab_id)
            .where(Lab.slug == SLUG)
        )
        .tuples()
        .all()
    )
    person_id = db.session.execute(select(User.id).where(User.given_name == "Sandrine")).scalars().first()
    db.session.commit()

    def attempt(machine_id: int, start: int, end: int, request_id: UUID) -> str:
        row = {
            "machine_id": machine_id, "unit_id": units[machine_id], "kind": "booking", "state": "confirmed",
            "blocked_start": start, "blocked_end": end, "use_start": start, "use_end": end, "user_id": person_id,
            "uid": str(request_id), "created_at": clock.now(),
        }  # fmt: skip
        for _turn in range(5):
            try:
                with transaction():
                    db.session.execute(insert(Occupation).values(**row))
            except IntegrityError:
                return "refused"
            except Refusal:
                time.sleep(0.01)
                continue
            finally:
                db.session.remove()
            return "taken"
        return "failed"

    return attempt


ACTS: dict[str, Callable[[int], Attempt]] = {"book": booking, "insert": inserting}


def overlaps() -> int:
    """Pairs of rows that hold one unit at one time, found by walking over every row."""
    rows = db.session.execute(
        select(Occupation.unit_id, Occupation.blocked_start, Occupation.blocked_end)
        .where(Occupation.state.in_(("confirmed", "held")))
        .order_by(Occupation.unit_id, Occupation.blocked_start)
    )
    found, ends = 0, cast("dict[int, int]", {})
    for unit_id, start, end in rows:
        found += start < ends.get(unit_id, 0)
        ends[unit_id] = max(end, ends.get(unit_id, 0))
    return found
