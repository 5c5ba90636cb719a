"""What the play of the written script has made so far, and how its acts reach the database."""

from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.accounts.models import User
from app.communities.models import Node
from app.core.database import release, transaction
from app.core.text import RenderedText
from app.core.time import clock
from app.demo.script import Script
from app.extensions import db
from app.forums import queries as forum_queries

PASSWORD = "demo-convergence"  # noqa: S105 - known by design, kept to demonstrations
"""The known password of every demonstration account."""

OPENED_DAYS_AGO = 260
"""The first day of the play: the tree is planted, accounts and rooms are opened, companies come in."""

TOGETHER = 40
"""Acts played in one transaction at most; those of two days never share one."""

Act = Callable[[], Any]


@dataclass
class Stage:
    """What exists already, by the script's keys. A room's key is `place/room`, a topic's or a sheet's its title."""

    script: Script
    chance: random.Random
    password_hash: str
    sirens: Iterator[str]
    users: dict[str, User] = field(default_factory=dict)
    companies: dict[str, int] = field(default_factory=dict)
    nodes: dict[str, int] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    rooms: dict[str, int] = field(default_factory=dict)
    room_rows: dict[str, forum_queries.RoomRow] = field(default_factory=dict)
    topics: dict[str, int] = field(default_factory=dict)
    practices: dict[str, int] = field(default_factory=dict)
    labs: dict[str, int] = field(default_factory=dict)
    machines: dict[str, int] = field(default_factory=dict)
    texts: dict[tuple[str, int], RenderedText] = field(default_factory=dict)

    def node(self, key: str) -> Node:
        """The place of this key, as it stands in the open transaction."""
        return db.session.get_one(Node, self.nodes[key])

    def room(self, key: str) -> forum_queries.RoomRow:
        """The room of this key, as operations take it."""
        if key not in self.room_rows:
            row = forum_queries.find_room(self.rooms[key])
            assert row is not None
            self.room_rows[key] = row
        return self.room_rows[key]

    def zone(self, place: str) -> str:
        """The wall-clock zone in which this place's times are written."""
        return self.zones.get(place, "Europe/Paris")

    def somebody_above(self) -> User:
        """The first national administrator: who acts where the script names nobody."""
        return self.users[next(line["key"] for line in self.script.people if holds(line, "national_admin"))]

    def request_id(self) -> str:
        """A new request id, the same at every play of one seed."""
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))


@dataclass
class Cue:
    """When an act is played."""

    at: datetime
    act: Act


def holds(line: dict[str, Any], role: str) -> bool:
    """Whether a person of the script is given this role."""
    return any(held["role"] == role for held in line.get("roles", []))


@contextmanager
def chapter(at: datetime) -> Iterator[None]:
    """A transaction played at this time. What it asks for afterwards is dropped: nobody listens during a play.

    What is owed to people stands in the database and is served at the end, see `present`.
    """
    with clock.frozen(at), transaction() as unit:
        yield
        unit.after_commit.clear()
        db.session.flush()
        unit.after_commit.clear()


def perform(cues: Iterable[Cue]) -> None:
    """Play acts in the order of their times, a day's together; none is left in the future."""
    cues = not_in_the_future(sorted(cues, key=lambda cue: cue.at))
    for _day, group in itertools.groupby(cues, key=lambda cue: cue.at.date()):
        acts = list(group)
        for start in range(0, len(acts), TOGETHER):
            _perform_together(acts[start : start + TOGETHER])
    release()


def not_in_the_future(cues: list[Cue]) -> list[Cue]:
    """The same acts in the same order; those that the day has not reached yet come in its last minutes instead."""
    now = clock.now()
    early = [cue for cue in cues if cue.at <= now]
    late = cues[len(early) :]
    step = timedelta(seconds=20)
    return early + [Cue(now - step * (len(late) - rank), cue.act) for rank, cue in enumerate(late)]


def _perform_together(cues: list[Cue]) -> None:
    with chapter(cues[-1].at):
        for cue in cues:
            with clock.frozen(cue.at):
                cue.act()
                db.session.flush()
