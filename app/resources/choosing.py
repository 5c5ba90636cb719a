"""Choosing a slot: from when, until when at most, and what stands in the way, before anything is written.

What is offered here is a courtesy: the operation decides anew, and the guard of the database after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.resources.grid import bookable_steps
from app.resources.hours import day_of, day_span, is_on_step, later
from app.resources.queries.bookable import case_for
from app.resources.queries.free import taken
from app.resources.rules import Case, Reason, Slot, blocked, latest_end, reasons, spans_closing
from app.resources.slots import instead_of
from app.resources.words import span_words

MOST_ENDS = 96


@dataclass(frozen=True)
class Choice:
    """One machine and start being chosen. `starts` and `ends` are what the two fields offer, `why` what is against it."""

    case: Case
    slot: Slot
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    why: tuple[Reason, ...]

    @property
    def machine(self) -> Any:
        return self.case.machine

    @property
    def zone(self) -> str:
        return self.case.zone

    @property
    def words(self) -> str:
        """« jeudi 26 novembre, 14 h – 16 h »."""
        return span_words(self.slot.start, self.slot.end, self.zone)

    @property
    def latest(self) -> int:
        """Until when it could last."""
        return self.ends[-1] if self.ends else self.slot.end

    def instead(self) -> list[Slot]:
        """The next slots that would be accepted."""
        return instead_of(self.case, self.slot)


def choice(
    machine_id: int,
    person: Any,
    company_id: int | None,
    start: int,
    end: int | None,
    now: int,
    *,
    leaving_out: Any = None,
) -> Choice:
    """What may be chosen from `start` on. `leaving_out` is the booking that gives way to it. Raises NotFound."""
    case = case_for(machine_id, person, company_id, leaving_out=leaving_out.id if leaving_out else None)
    wide = blocked(case.machine, Slot(start, later(start, case.machine.max_minutes, case.zone)))
    first = min(wide.start, _midnight_before(start, case.zone))
    held = [
        hold
        for hold in taken(case.units, first, wide.end)
        if leaving_out is None
        or (hold.unit_id, hold.start, hold.end)
        != (leaving_out.unit_id, leaving_out.blocked_start, leaving_out.blocked_end)
    ]
    ends = _ends(case, start, held, now)
    usual = later(start, case.machine.default_minutes, case.zone)
    wanted = end if end is not None else max((one for one in ends if one <= usual), default=usual)
    slot = Slot(start, wanted)
    against = reasons(case, slot, now, taken=held) if start < wanted else []
    return Choice(case, slot, _starts(case, start, held, now), ends, tuple(against))


def _starts(case: Case, start: int, held: Sequence[Any], now: int) -> tuple[int, ...]:
    """Every start of the same day with room for one step; the chosen one among them, whatever becomes of it."""
    day = day_of(start, case.zone)
    begins = max(_midnight_before(start, case.zone), now)
    opens = case.timetable.open_between(day, day)
    found = []
    for step in bookable_steps(case.machine, begins, case.zone) if day_of(begins, case.zone) == day else []:
        end = later(step, case.machine.step_minutes, case.zone)
        if any(at <= step and step < until for at, until in opens) and _has_room(case, Slot(step, end), held):
            found.append(step)
    return tuple(sorted({*found, start}))


def _ends(case: Case, start: int, held: Sequence[Any], now: int) -> tuple[int, ...]:
    """Every end from here on, to the longest that is still possible."""
    found: list[int] = []
    last = latest_end(case, now)
    opens = case.timetable.open_around(start, later(start, case.machine.max_minutes, case.zone))
    steps = case.machine.max_minutes // case.machine.step_minutes
    for count in range(1, steps + 1):
        end = later(start, count * case.machine.step_minutes, case.zone)
        if end > last or not _has_room(case, Slot(start, end), held):
            break
        if not is_on_step(end, case.machine.step_minutes, case.zone):
            continue
        if spans_closing(case.machine):
            if any(at < end <= until for at, until in opens):
                found.append(end)
        elif any(at <= start and end <= until for at, until in opens):
            found.append(end)
        else:
            break
        if len(found) == MOST_ENDS:
            break
    return tuple(found)


def _has_room(case: Case, slot: Slot, held: Sequence[Any]) -> bool:
    wanted = blocked(case.machine, slot)
    met = {hold.unit_id for hold in held if hold.start < wanted.end and wanted.start < hold.end}
    return bool(set(case.units) - met)


def _midnight_before(instant: int, zone: str) -> int:
    return day_span(day_of(instant, zone), zone)[0]
