"""Processes that book as fast as they can, beside one another: `python -m tests.support.bookers 8`.

One process makes the application and parts into many before it asks the database for anything. It reads lines of JSON
(`act` and what it needs), has every part do each at once, and answers a line with how often they met what.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
PATIENT = 5
"""How often a booker tries again when it is told that too many write: with the same request id, as a page does."""


class Bookers:
    """Several processes, asked the same at once."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def all(self, act: str, **facts: Any) -> Counter[str]:
        """Have every process do this at once; how often they met what, all together."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"act": act, **facts}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"the bookers died with {self._process.wait(10)}")
        return Counter(json.loads(line))


@contextmanager
def bookers(count: int, environ: dict[str, str]) -> Iterator[Bookers]:
    """Start so many processes on the database of these settings; they end with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.bookers", str(count)],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield Bookers(process)
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def main() -> None:
    from app import create_app

    app = create_app()
    parts = [_part(app, number) for number in range(int(sys.argv[1]))]
    for line in sys.stdin:
        for asks, _answers in parts:
            asks.write(line)
            asks.flush()
        met: Counter[str] = Counter()
        for _asks, answers in parts:
            met.update(json.loads(answers.readline()))
        print(json.dumps(met), flush=True)


def _part(app: Any, number: int) -> tuple[IO[str], IO[str]]:
    """A process of its own, and the two ends by which it is asked and answers."""
    hears, asks = os.pipe()
    answers, says = os.pipe()
    if os.fork():
        os.close(hears)
        os.close(says)
        return os.fdopen(asks, "w"), os.fdopen(answers)
    # Of the others' ends none may stay open here, or they would never learn that nobody asks any more.
    os.closerange(3, hears)
    os.close(asks)
    os.close(answers)
    os.closerange(says + 1, 256)
    with os.fdopen(hears) as lines, os.fdopen(says, "w") as out:
        for line in lines:
            asked = json.loads(line)
            with app.app_context():
                met = _ACTS[asked["act"]]({**asked, "number": number})
            out.write(json.dumps(met) + "\n")
            out.flush()
    os._exit(0)


def _book(asked: dict[str, Any]) -> dict[str, int]:
    """Book the slots in their order, or mixed up by the number of this process."""
    from app.resources.operations.booking import book

    slots = [tuple(slot) for slot in asked["slots"]]
    if asked.get("mixed"):
        random.Random(asked["number"]).shuffle(slots)
    met: Counter[str] = Counter()
    for start, end in slots:
        request_id = str(uuid.uuid4())
        _attempt(
            met,
            lambda start=start, end=end, request_id=request_id: book(
                _named(asked["machine"]),
                person=_person(asked["people"], asked["number"]),
                company_id=None,
                start=start,
                end=end,
                request_id=request_id,
            ),
        )
    return met


def _move(asked: dict[str, Any]) -> dict[str, int]:
    """Move bookings to slots that the others want as well."""
    from app.resources.operations.booking import move

    dice = random.Random(asked["number"])
    met: Counter[str] = Counter()
    for _ in range(asked["times"]):
        booking = _open_booking(asked["machine"], dice)
        if booking is not None:
            start, end = dice.choice(asked["slots"])
            by = asked["staff"]
            _attempt(
                met, lambda booking=booking, start=start, end=end: move(booking, start, end, by=_user(by))
            )
    return met


def _approve(asked: dict[str, Any]) -> dict[str, int]:
    """Approve every request there is, as the others do."""
    from app.resources.operations.approval import approve
    from app.resources.queries.occupations import requests_of

    met: Counter[str] = Counter()
    from app.core.database import release

    waiting = requests_of(asked["machine"], 0, 2**62)
    release()
    random.Random(asked["number"]).shuffle(waiting)
    for booking in waiting:
        _attempt(met, lambda booking=booking: approve(booking, by=_user(asked["staff"])))
    return met


def _cancel(asked: dict[str, Any]) -> dict[str, int]:
    from app.resources.operations.booking import cancel

    dice = random.Random(asked["number"])
    met: Counter[str] = Counter()
    for _ in range(asked["times"]):
        booking = _open_booking(asked["machine"], dice)
        if booking is not None:
            _attempt(met, lambda booking=booking: cancel(booking, by=_user(asked["staff"]), reason="Place"))
    return met


def _stop(asked: dict[str, Any]) -> dict[str, int]:
    """Stop the machine and start it again, while the others book."""
    from app.resources.operations.outages import declare_outage, end_outage

    met: Counter[str] = Counter()
    dice = random.Random(asked["number"])
    for _ in range(asked["times"]):
        start, end = dice.choice(asked["slots"])
        outage = _attempt(
            met,
            lambda start=start, end=end: declare_outage(
                _named(asked["machine"]),
                by=_user(asked["staff"]),
                kind="outage",
                reason="Panne",
                start=start,
                end=end,
            ),
        )
        if outage is not None:
            _attempt(met, lambda outage=outage: end_outage(_outage(outage), by=_user(asked["staff"])))
    return met


def _series(asked: dict[str, Any]) -> dict[str, int]:
    """Book slots back to back in one act, all or nothing; every other process from the last to the first."""
    from app.resources.operations.booking import book

    met: Counter[str] = Counter()
    dice = random.Random(asked["number"])
    for _ in range(asked["times"]):
        first = dice.randrange(len(asked["slots"]) - asked["length"] + 1)
        slots = asked["slots"][first : first + asked["length"]]
        name, ids = f"série {uuid.uuid4()}", [str(uuid.uuid4()) for _slot in slots]

        def all_of_them(slots: Any = slots, name: str = name, ids: Any = ids) -> Any:
            ordered = list(zip(slots, ids, strict=True))
            made = [
                book(
                    _named(asked["machine"]),
                    person=_person(asked["people"], asked["number"]),
                    company_id=None,
                    start=slot[0],
                    end=slot[1],
                    purpose=name,
                    request_id=request_id,
                )
                for slot, request_id in (ordered if asked["number"] % 2 else ordered[::-1])
            ]
            return made[-1]

        _attempt(met, all_of_them)
    return met


def _rebook(asked: dict[str, Any]) -> dict[str, int]:
    """Give a booking back and have its slot again in one act, for somebody else."""
    from app.resources.operations.booking import book, cancel

    dice = random.Random(asked["number"])
    met: Counter[str] = Counter()
    for _ in range(asked["times"]):
        booking = _open_booking(asked["machine"], dice)
        if booking is not None:
            request_id = str(uuid.uuid4())

            def again(booking: Any = booking, request_id: str = request_id) -> Any:
                cancel(booking, by=_user(asked["staff"]), reason="Échange")
                return book(
                    _named(booking.machine_id),
                    person=_person(asked["people"], asked["number"]),
                    company_id=None,
                    start=booking.use_start,
                    end=booking.use_end,
                    request_id=request_id,
                )

            _attempt(met, again)
    return met


def _cross(asked: dict[str, Any]) -> dict[str, int]:
    """Move bookings of two machines, each to the other and by some hours."""
    from app.resources.operations.booking import move

    dice = random.Random(asked["number"])
    met: Counter[str] = Counter()
    for turn in range(asked["times"]):
        here, there = (asked["machine"], asked["other"])[:: 1 if (turn + asked["number"]) % 2 else -1]
        booking = _open_booking(here, dice)
        if booking is not None:
            start, end = dice.choice([(booking.use_start, booking.use_end), *asked["slots"]])
            _attempt(
                met,
                lambda booking=booking, start=start, end=end, there=there: move(
                    booking, start, end, by=_user(asked["staff"]), machine_id=there
                ),
            )
    return met


def _rules(asked: dict[str, Any]) -> dict[str, int]:
    """Change how long the machine is set up and cleaned around each slot."""
    from app.extensions import db
    from app.resources.models import Machine
    from app.resources.operations.machines import set_rules
    from app.resources.shapes import MachineRules

    dice = random.Random(asked["number"])
    met: Counter[str] = Counter()
    for _ in range(asked["times"]):
        around = {"setup_minutes": dice.choice((0, 15, 30)), "cleanup_minutes": dice.choice((0, 15, 45))}

        def change(around: Any = around) -> Any:
            machine = db.session.get_one(Machine, asked["machine"])
            set_rules(machine, MachineRules(**around), by=_user(asked["staff"]))
            return machine

        _attempt(met, change)
    return met


def _meanwhile(asked: dict[str, Any]) -> dict[str, int]:
    """Each process does something else with the same machine, so that everything meets everything."""
    acts = (_rules, _stop, _rebook, _cross, _series, _move, _book, _cancel)
    return acts[asked["number"] % len(acts)](asked)


def _storm(asked: dict[str, Any]) -> dict[str, int]:
    """Everything at once, each process by its own dice."""
    met: Counter[str] = Counter()
    for act in (_book, _move, _cancel, _stop, _book):
        met.update(act(asked))
    return met


_ACTS = {
    "book": _book,
    "move": _move,
    "approve": _approve,
    "cancel": _cancel,
    "stop": _stop,
    "series": _series,
    "rebook": _rebook,
    "cross": _cross,
    "meanwhile": _meanwhile,
    "storm": _storm,
}


def _attempt(met: Counter[str], act: Any) -> Any:
    """Do it in a transaction of its own, and count what came of it; the id of what was made."""
    from app.communities.access import forget_access
    from app.core.database import release, transacted
    from app.core.errors import Busy, Refusal

    forget_access()
    started = time.monotonic()
    made = None
    for _ in range(PATIENT):
        try:
            made = transacted(lambda: act().id)
            met["made"] += 1
        except Busy:
            met["waited"] += 1
            continue
        except Refusal as refusal:
            met[f"refused {refusal.status}"] += 1
        except Exception as error:
            met[f"failed {type(error).__name__}: {str(error)[:200]}"] += 1
        break
    else:
        met["failed: never had its turn"] += 1
    met["slow"] += time.monotonic() - started > 30
    release()
    return made


def _named(thing_id: int) -> Any:
    from types import SimpleNamespace

    return SimpleNamespace(id=thing_id)


def _outage(outage_id: int) -> Any:
    from app.extensions import db
    from app.resources.models import Outage

    return db.session.get_one(Outage, outage_id)


def _user(user_id: int) -> Any:
    from app.accounts.models import User
    from app.extensions import db

    return db.session.get_one(User, user_id)


def _person(people: list[int], number: int) -> Any:
    return _user(people[number % len(people)])


def _open_booking(machine_id: int, dice: random.Random) -> Any:
    from sqlalchemy import select

    from app.core.database import release
    from app.extensions import db
    from app.resources.models import Occupation
    from app.resources.queries.occupations import booking

    ids = (
        db.session.execute(
            select(Occupation.id).where(
                Occupation.machine_id == machine_id,
                Occupation.kind == "booking",
                Occupation.state == "confirmed",
            )
        )
        .scalars()
        .all()
    )
    found = booking(dice.choice(ids)) if ids else None
    release()
    return found


if __name__ == "__main__":
    main()
