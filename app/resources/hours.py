"""When a lab is open, as spans of whole seconds since 1970, from its week in wall-clock time, the law and its own days.

Days have 23, 24 or 25 hours. Two instants are never subtracted in wall-clock time: a length is a difference of seconds.
An hour that the clock skips cannot be asked for; one that it shows twice is asked for with `fold` (0 the first, 1 the
second). A stretch that opens in a skipped hour opens when the clock has skipped, one that closes in a doubled hour closes
at the second one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from app.core.errors import Refusal
from app.core.legal_days import legal_day

Span = tuple[int, int]
"""From one second to another, the second not included."""

MINUTE = 60
DAY = 24 * 60
"""Minutes of a day on which the clock does not change."""


class MissingHour(Refusal):
    """The clock of the place skips this hour."""


class DoubledHour(Refusal):
    """The clock of the place shows this hour twice, and nobody said which of the two."""


@dataclass(frozen=True)
class Exceptional:
    """A day on which a lab departs from its week, whose decision it is, and what it is called."""

    is_open: bool
    origin: str
    label: Any = ""


@dataclass(frozen=True)
class Timetable:
    """The hours of one lab: stretches of its week (by weekday, in minutes after midnight) and exceptional days."""

    zone: str
    department: str
    week: Mapping[int, tuple[Span, ...]] = field(default_factory=dict)
    days: Mapping[date, Exceptional] = field(default_factory=dict)

    def departs(self, day: date) -> Exceptional | None:
        """What makes this day another than the week says: the lab's own word, else the law; None for a usual day."""
        own = self.days.get(day)
        if own is not None:
            return own
        named = legal_day(self.department, day)
        return None if named is None else Exceptional(is_open=False, origin="legal", label=named)

    def stretches(self, day: date) -> tuple[Span, ...]:
        """The stretches of this day in minutes after midnight, in order."""
        departs = self.departs(day)
        if departs is not None and not departs.is_open:
            return ()
        return self.week.get(day.weekday(), ())

    def open_between(self, first: date, last: date) -> list[Span]:
        """When the lab is open from the first local day to the last, both included; what touches is one span."""
        spans = (
            (opening(day, opens, self.zone), closing(day, closes, self.zone))
            for day in days_between(first, last)
            for opens, closes in self.stretches(day)
        )
        return joined(spans)

    def open_around(self, start: int, end: int) -> list[Span]:
        """When the lab is open on the local days that a slot touches, and one more on either side."""
        margin = timedelta(days=1)
        return self.open_between(day_of(start, self.zone) - margin, day_of(end, self.zone) + margin)

    def covers(self, start: int, end: int) -> bool:
        """Whether the lab is open all the while."""
        return any(opens <= start and end <= closes for opens, closes in self.open_around(start, end))

    def covers_ends(self, start: int, end: int) -> bool:
        """Whether the lab is open when the slot starts and when it ends, whatever happens in between."""
        spans = self.open_around(start, end)
        return any(opens <= start < closes for opens, closes in spans) and any(
            opens < end <= closes for opens, closes in spans
        )


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def instant_of(day: date, minutes: int, zone: str, *, fold: int | None = None) -> int:
    """The second at which the clock of the place shows so many minutes after midnight of `day`.

    Raises `MissingHour` when it never does, `DoubledHour` when it does twice and `fold` does not say which.
    """
    first, second = _both(day, minutes, zone)
    if first is None:
        raise MissingHour(
            _("Cette heure n’existe pas ce jour-là : on passe à l’heure d’été. Choisissez-en une autre.")
        )
    if second is not None and fold is None:
        raise DoubledHour(
            _("Cette heure existe deux fois ce jour-là : on passe à l’heure d’hiver. Dites laquelle.")
        )
    return second if second is not None and fold else first


def opening(day: date, minutes: int, zone: str) -> int:
    """The second at which a stretch opens; skipped by the clock, when the clock has skipped it."""
    first, _second = _both(day, minutes, zone)
    return _after_gap(day, minutes, zone) if first is None else first


def closing(day: date, minutes: int, zone: str) -> int:
    """The second at which a stretch closes: the second of two."""
    first, second = _both(day, minutes, zone)
    if first is None:
        return _after_gap(day, minutes, zone)
    return first if second is None else second


def day_span(day: date, zone: str) -> Span:
    """The whole local day: 23, 24 or 25 hours."""
    return opening(day, 0, zone), opening(day + timedelta(days=1), 0, zone)


def day_of(instant: int, zone: str) -> date:
    """The local day of a second."""
    return wall(instant, zone).date()


def minutes_of(instant: int, zone: str) -> int:
    """What the clock of the place shows at a second, in minutes after midnight."""
    at = wall(instant, zone)
    return at.hour * 60 + at.minute


def wall(instant: int, zone: str) -> datetime:
    """A second as the clock of the place shows it, with its fold; for showing, never for counting."""
    return datetime.fromtimestamp(instant, ZoneInfo(zone))


def moment(instant: int) -> datetime:
    """A second as an instant in UTC, for words and calendars."""
    return datetime.fromtimestamp(instant, UTC)


def is_on_step(instant: int, step_minutes: int, zone: str) -> bool:
    """Whether the clock of the place shows a multiple of the step at this second."""
    return instant % MINUTE == 0 and minutes_of(instant, zone) % step_minutes == 0


@lru_cache(maxsize=256)
def steps_of(day: date, step_minutes: int, zone: str) -> tuple[int, ...]:
    """Every second of a local day at which a slot may start or end: skipped hours give none, doubled ones two.

    Kept, since the machines of a lab ask for the same few.
    """
    found = [_both(day, minutes, zone) for minutes in range(0, DAY, step_minutes)]
    return tuple(sorted(second for both in found for second in both if second is not None))


def later(start: int, minutes: int, zone: str) -> int:
    """So many minutes later. Whole days are days of the calendar, whatever the clock does; the rest is elapsed time."""
    days, rest = divmod(minutes, DAY)
    if days == 0 or rest:
        return start + minutes * MINUTE
    at = wall(start, zone)
    day = at.date() + timedelta(days=days)
    minute = at.hour * 60 + at.minute
    first, second = _both(day, minute, zone)
    if first is None:
        return _after_gap(day, minute, zone)
    return second if second is not None and at.fold else first


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as possible, in order; those without length are dropped."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What of the spans is not taken."""
    busy = joined(taken)
    ends = [end for _start, end in busy]
    result: list[Span] = []
    for start, end in joined(spans):
        for other_start, other_end in busy[bisect_right(ends, start) :]:
            if other_start >= end:
                break
            if other_start > start:
                result.append((start, other_start))
            start = max(start, other_end)
        if start < end:
            result.append((start, end))
    return result


@lru_cache(maxsize=4096)
def _both(day: date, minutes: int, zone: str) -> tuple[int | None, int | None]:
    """The seconds at which the clock shows this: none, one, or two."""
    place = ZoneInfo(zone)
    extra, minute = divmod(minutes, DAY)
    shown = datetime.combine(day + timedelta(days=extra), time(minute // 60, minute % 60))
    found = []
    for fold in (0, 1):
        second = int(shown.replace(tzinfo=place, fold=fold).timestamp())
        if (
            datetime.fromtimestamp(second, place).replace(tzinfo=None, fold=0) == shown
            and second not in found
        ):
            found.append(second)
    return found[0] if found else None, found[1] if len(found) > 1 else None


def _after_gap(day: date, minutes: int, zone: str) -> int:
    """The first second after the gap of the clock in which this hour lies."""
    while True:
        minutes += 1
        first, _second = _both(day, minutes, zone)
        if first is not None:
            return first
