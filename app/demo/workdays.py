"""Labs by the hundred: the written machines stand in other towns too, and are used day after day, back and ahead."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import select

from app.communities.models import Node
from app.core import indexing
from app.core.database import release
from app.core.legal_days import legal_day
from app.core.slugs import slug_of
from app.core.time import clock
from app.demo import names
from app.demo import script as scripts
from app.demo.crowds import COLUMNS, Crowds, Person, Place, rows_in, share_of
from app.demo.pouring import Pouring, Row, next_id
from app.demo.stage import Stage
from app.extensions import db
from app.resources.hours import MINUTE, moment, opening
from app.resources.models import (
    Lab,
    LabHours,
    LabNode,
    LabStaff,
    Machine,
    MachineRequirement,
    MachineUnit,
    Occupation,
    Qualification,
    QualificationType,
)
from app.search.index import rows_of

BIGGEST = 50
"""Machines of the first lab, in the first community of the script."""

OPENED = 700
"""Days since the first of these labs opened."""

OPENS, CLOSES = 7 * 60, 19 * 60
STARTS = (8 * 60, 11 * 60, 14 * 60)
LASTS = 120
"""Slots of two hours with an hour between them: room for set-up and clean-up."""

LONGEST_AROUND = 60
"""Minutes of set-up and clean-up together that fit between two slots."""

USERS_OF_A_MACHINE = 8
PURPOSES = (
    "gabarits", "série d’essai", "reprise de moule", "pièces de rechange", "posage de contrôle", "prototype",
    "outillage de montage", "mesure de réception", "platines", "cales d’emballage", "étalonnage", "capots",
)  # fmt: skip

RULES = (
    "specification", "to_know", "protective_equipment", "supervision", "supervised_uses", "runs_unattended", "leaves_lab",
    "step_minutes", "default_minutes", "max_minutes", "notice_minutes", "horizon_days", "setup_minutes",
    "cleanup_minutes",
)  # fmt: skip
SEARCH_COLUMNS = ("object_type", "object_id", "title", "url", "excerpt", "terms", "at")


class Standing(NamedTuple):
    """A machine that stands in a lab: what it is, and who comes to use it."""

    id: int
    pattern: dict[str, Any]
    name: str
    users: tuple[Person, ...]


@dataclass
class Workshop:
    """A lab of one community."""

    id: int
    place: Place
    scope_id: int
    town: str
    department: str
    zone: str
    at: datetime
    machines: list[Standing] = field(default_factory=list)


class Workdays:
    """Labs, machines, who may use them and when they did, decided at once, then poured through the guard."""

    def __init__(
        self, stage: Stage, crowds: Crowds, *, labs: int, machines: int, past: int, coming: int, seed: int
    ) -> None:
        self.stage, self.crowds = stage, crowds
        self.chance = random.Random(f"workdays {seed}")
        self.types = {row.code: row for row in db.session.execute(select(*_TYPE)).all()}
        now = int(clock.now().timestamp())
        self.past = max(0, past - rows_in(Occupation, Occupation.use_end <= now))
        self.coming = max(0, coming - rows_in(Occupation, Occupation.use_end > now))
        self.first_unit = next_id(MachineUnit.__table__)
        self.first_booking = next_id(Occupation.__table__)
        self.labs = self._draw(labs - rows_in(Lab), machines - rows_in(Machine))
        release()

    def pour(self, pour: Pouring) -> None:
        """Write everything; bookings last, through the guard."""
        self._pour_labs(pour)
        self._pour_machines(pour)
        pour.rows(
            Qualification.__table__,
            (
                "user_id", "type_id", "lab_id", "company_id", "valid_from", "valid_until", "granted_by_id",
                "granted_at",
            ),
            self._qualifications(),
        )  # fmt: skip
        pour.rows(
            Occupation.__table__,
            (
                "id", "machine_id", "unit_id", "blocked_start", "blocked_end", "use_start", "use_end", "user_id",
                "company_id", "created_by_id", "purpose", "is_confidential", "uid", "created_at",
            ),
            self._bookings(),
        )  # fmt: skip

    def entries(self) -> Iterator[Row]:
        """What search says of labs and machines, in the order of time, made from what was poured."""
        rows = [
            tuple(row[column] for column in SEARCH_COLUMNS)
            for kind, ids in (
                ("lab", [lab.id for lab in self.labs]),
                ("machine", [machine.id for lab in self.labs for machine in lab.machines]),
            )
            for row in rows_of(kind, indexing.records(kind, ids))
        ]
        release()
        yield from sorted(rows, key=lambda row: (row[-1], row[0], row[1]))

    # Drawing

    def _draw(self, labs: int, machines: int) -> list[Workshop]:
        places = self._places()[: max(0, labs)]
        patterns = [line for line in scripts.read(self.stage.script.today).machines if self._is_usual(line)]
        if not places or machines <= 0:
            return []
        towns = self._towns()
        first, number = next_id(Lab.__table__), next_id(Machine.__table__)
        biggest = min(BIGGEST, machines)
        made = []
        for rank, place in enumerate(places):
            town, department, zone = towns[place.id]
            at = self.stage.script.instant(OPENED - rank, "09:00")
            scope_id = self.crowds.scope("lab", first + rank)
            lab = Workshop(first + rank, place, scope_id, town, department, zone, at)
            some = biggest if rank == 0 else share_of(machines - biggest, rank - 1, len(places) - 1)
            lab.machines = [
                self._standing(number + n, patterns[n % len(patterns)], n // len(patterns), place)
                for n in range(some)
            ]
            number += some
            made.append(lab)
        return made

    def _places(self) -> list[Place]:
        """Communities with firms: the first one of the script, then those with most people."""
        home = self.stage.nodes[self.stage.script.communities[0]["key"]]
        found = [place for place in self.crowds.places if place.kind == "community" and _users(place)]
        return sorted(found, key=lambda place: (place.id != home, -len(place.people), place.id))

    def _is_usual(self, line: dict[str, Any]) -> bool:
        """Whether a written machine is booked by the hour, with what somebody holds for more than one day."""
        return (
            line["state"] == "bookable"
            and line["step_minutes"] <= LASTS <= line["max_minutes"]
            and line["setup_minutes"] + line["cleanup_minutes"] <= LONGEST_AROUND
            and not any(self.types[code].is_single_use for code in line["requires"])
        )

    def _standing(self, machine_id: int, pattern: dict[str, Any], turn: int, place: Place) -> Standing:
        people = _users(place)
        users = self.chance.sample(people, k=min(USERS_OF_A_MACHINE, len(people)))
        name = pattern["name"] if turn == 0 else f"{pattern['name']} n° {turn + 1}"
        return Standing(machine_id, pattern, name, tuple(users))

    def _towns(self) -> dict[int, tuple[str, str, str]]:
        """Town, department and time zone of every community, drawn ones included."""
        there = select(Node.id, Node.town, Node.department, Node.time_zone).where(Node.kind == "community")
        known = {row.id: (row.town, row.department, row.time_zone) for row in db.session.execute(there)}
        places = [COLUMNS[Node].index(name) for name in ("town", "department", "time_zone")]
        for row in self.crowds.rows[Node]:
            known[row[0]] = (row[places[0]], row[places[1]], row[places[2]])
        return known

    # Rows

    def _pour_labs(self, pour: Pouring) -> None:
        pour.rows(
            Lab.__table__,
            (
                "id", "node_id", "name", "slug", "summary", "town", "department", "time_zone", "label_state",
                "scope_id", "created_at",
            ),
            (
                (
                    lab.id, lab.place.id, name, slug_of(name), "Ouvert aux entreprises de la communauté.", lab.town,
                    lab.department, lab.zone, "labelled" if lab.id % 3 else "candidate", lab.scope_id, lab.at,
                )
                for lab in self.labs
                for name in [names.with_elisions(f"Fab lab de {lab.town}")]
            ),
        )  # fmt: skip
        pour.rows(LabNode.__table__, ("lab_id", "node_id"), ((lab.id, lab.place.id) for lab in self.labs))
        pour.rows(
            LabStaff.__table__,
            ("lab_id", "user_id", "role", "started_at"),
            ((lab.id, lab.place.people[0].id, "lab_manager", lab.at) for lab in self.labs),
        )
        pour.rows(
            LabHours.__table__,
            ("lab_id", "weekday", "opens", "closes"),
            ((lab.id, weekday, OPENS, CLOSES) for lab in self.labs for weekday in range(5)),
        )

    def _pour_machines(self, pour: Pouring) -> None:
        pour.rows(
            Machine.__table__,
            ("id", "lab_id", "code", "name", "slug", "summary", "position", "created_at", *RULES),
            (
                (
                    one.id, lab.id, one.pattern["code"], one.name, slug_of(one.name), one.pattern["summary"], rank,
                    lab.at, *(one.pattern[rule] for rule in RULES),
                )
                for lab in self.labs
                for rank, one in enumerate(lab.machines)
            ),
        )  # fmt: skip
        pour.rows(
            MachineUnit.__table__,
            ("id", "machine_id", "name"),
            ((self.first_unit + rank, one.id, "n° 1") for rank, (_lab, one) in enumerate(self._all())),
        )
        pour.rows(
            MachineRequirement.__table__,
            ("machine_id", "type_id"),
            ((one.id, self.types[code].id) for _lab, one in self._all() for code in one.pattern["requires"]),
        )

    def _all(self) -> Iterator[tuple[Workshop, Standing]]:
        return ((lab, one) for lab in self.labs for one in lab.machines)

    def _qualifications(self) -> Iterator[Row]:
        """What each machine asks for, held by those who come to use it."""
        for lab in self.labs:
            held = {
                (user.id, user.company_id, code): None
                for one in lab.machines
                for code in one.pattern["requires"]
                for user in one.users
            }
            for user_id, company_id, code in held:
                of_firm = self.types[code].issuer == "employer"
                yield (
                    user_id, self.types[code].id, None if of_firm else lab.id, company_id if of_firm else None,
                    lab.at.date(), self.stage.script.today + timedelta(days=400), lab.place.people[0].id, lab.at,
                )  # fmt: skip

    def _bookings(self) -> Iterator[Row]:
        machines = list(self._all())
        number = self.first_booking
        for rank, (lab, one) in enumerate(machines):
            for step, total in ((-1, self.past), (1, self.coming)):
                for start in self._slots(lab, step, share_of(total, rank, len(machines))):
                    yield (number, one.id, self.first_unit + rank, *self._booking(one, start))
                    number += 1

    def _slots(self, lab: Workshop, step: int, wanted: int) -> Iterator[int]:
        """So many starts, one to three a day, from yesterday back or from tomorrow on."""
        day = self.stage.script.today
        while wanted > 0:
            day += timedelta(days=step)
            if day.weekday() > 4 or legal_day(lab.department, day) is not None:
                continue
            chosen = self.chance.sample(STARTS, k=min(wanted, self.chance.randint(1, len(STARTS))))
            wanted -= len(chosen)
            yield from (_second(day, minutes, lab.zone) for minutes in chosen)

    def _booking(self, one: Standing, start: int) -> Sequence[Any]:
        person = self.chance.choice(one.users)
        end = start + LASTS * MINUTE
        made = min(moment(start), clock.now()) - timedelta(minutes=self.chance.randrange(60, 8 * 24 * 60))
        return (
            start - one.pattern["setup_minutes"] * MINUTE, end + one.pattern["cleanup_minutes"] * MINUTE, start, end,
            person.id, person.company_id, person.id, self.chance.choice(PURPOSES), self.chance.random() < 0.1,
            str(uuid.UUID(int=self.chance.getrandbits(128), version=4)), made,
        )  # fmt: skip


_TYPE = (
    QualificationType.id,
    QualificationType.code,
    QualificationType.issuer,
    QualificationType.is_single_use,
)
_second = lru_cache(maxsize=100_000)(opening)


def _users(place: Place) -> list[Person]:
    return [person for person in place.people if person.company_id is not None]
