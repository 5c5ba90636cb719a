"""The next slots that would be accepted: what a machine's page offers, and what a refusal carries with it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from app.core.time import clock
from app.resources.hours import MINUTE, Span, day_of, is_on_step, later, steps_of
from app.resources.queries.bookable import case_for
from app.resources.queries.free import taken
from app.resources.rules import (
    Case,
    Slot,
    Taken,
    about_machine,
    about_person,
    blocked,
    latest_end,
    spans_closing,
)

MOST_DAYS = 120
"""How far a search looks, whatever the horizon of a machine."""


def next_free(
    machine_id: int, person: Any, company_id: int | None, minutes: int, after: int, count: int = 3
) -> list[Slot]:
    """The next slots of this length that this person may book for this firm, starting at `after` or later."""
    return possible(case_for(machine_id, person, company_id), minutes, after, count)


def possible(case: Case, minutes: int, after: int, count: int = 3) -> list[Slot]:
    """The same for a case already read. Slots do not overlap one another."""
    now = int(clock.now().timestamp())
    after = max(after, now + case.machine.notice_minutes * MINUTE)
    until = latest_end(case, now)
    if minutes > case.machine.max_minutes or after >= until:
        return []
    wide = blocked(case.machine, Slot(after, until))
    return _first(_candidates(case, minutes, now, after, until, taken(case.units, *wide)), count)


def instead_of(case: Case, slot: Slot) -> list[Slot]:
    """What is offered for a slot that is refused: as long as it was, within the rules, or from now on beyond the horizon."""
    asked = max(case.machine.step_minutes, (slot.end - slot.start) // MINUTE)
    now = int(clock.now().timestamp())
    after = slot.start if slot.start < latest_end(case, now) else now
    return possible(case, min(asked, case.machine.max_minutes), after)


def _first(slots: Iterator[Slot], count: int) -> list[Slot]:
    found: list[Slot] = []
    for slot in slots:
        if found and slot.start < found[-1].end:
            continue
        found.append(slot)
        if len(found) == count:
            break
    return found


def _candidates(
    case: Case, minutes: int, now: int, after: int, until: int, held: Iterable[Taken]
) -> Iterator[Slot]:
    first, today = day_of(after, case.zone), day_of(now, case.zone)
    last = min(day_of(until, case.zone), first + timedelta(days=MOST_DAYS))
    opens = _Spans(case.timetable.open_between(first - timedelta(days=1), last + timedelta(days=1)))
    units = _by_unit(case.units, held)
    day = first
    while day <= last:
        if not about_machine(case, day) and not about_person(case, day, today):
            for start in steps_of(day, case.machine.step_minutes, case.zone):
                slot = Slot(start, later(start, minutes, case.zone))
                if (
                    start >= after
                    and slot.end <= until
                    # Four hours from midnight end at three or five on the days on which the clock changes.
                    and is_on_step(slot.end, case.machine.step_minutes, case.zone)
                    and _fits(case, opens, slot)
                    and _is_free(case, units, slot)
                ):
                    yield slot
        day += timedelta(days=1)


def _fits(case: Case, opens: _Spans, slot: Slot) -> bool:
    if spans_closing(case.machine):
        at_end = opens.around(slot.end - 1)
        return opens.around(slot.start) is not None and at_end is not None
    span = opens.around(slot.start)
    return span is not None and slot.end <= span[1]


def _is_free(case: Case, units: Sequence[_Spans], slot: Slot) -> bool:
    start, end = blocked(case.machine, slot)
    return any(unit.is_free(start, end) for unit in units)


def _by_unit(unit_ids: Iterable[int], held: Iterable[Taken]) -> list[_Spans]:
    spans: dict[int, list[Span]] = {unit_id: [] for unit_id in unit_ids}
    for hold in held:
        if hold.unit_id in spans:
            spans[hold.unit_id].append((hold.start, hold.end))
    return [_Spans(sorted(of_unit)) for of_unit in spans.values()]


class _Spans:
    """Spans in order that do not overlap, found by halving."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans
        self._starts = [start for start, _end in spans]

    def around(self, instant: int) -> Span | None:
        """The span in which this second lies."""
        place = bisect_right(self._starts, instant) - 1
        return self._spans[place] if place >= 0 and instant < self._spans[place][1] else None

    def is_free(self, start: int, end: int) -> bool:
        """Whether no span has a second between these."""
        place = bisect_right(self._starts, start) - 1
        if place >= 0 and self._spans[place][1] > start:
            return False
        return place + 1 >= len(self._spans) or self._spans[place + 1][0] >= end
