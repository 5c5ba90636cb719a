"""A lab's day as a table: machines as rows, half hours as columns, and the week around it as tabs.

Pure: what was read comes in, what is shown goes out. Times are seconds since 1970; a day's columns are counted in elapsed
time, so that a day of 23 or 25 hours has as many as it lasts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from app.core import time
from app.core.phrases import phrase as _
from app.resources.hours import MINUTE, Span, Timetable, day_of, joined, moment, steps_of, wall, without
from app.resources.models import FOREVER

COLUMN = 30 * MINUTE
"""Seconds of one column."""

MOST_COLUMNS = 52
"""A day of 25 hours has fifty; nothing is wider."""


class Hour(NamedTuple):
    """A column head: the hour as the clock of the place shows it, and how many columns it stands over."""

    label: str
    is_minor: bool
    columns: int


@dataclass(frozen=True)
class Cell:
    """A stretch of a machine's day. `kind`: free, chosen, busy, mine, ours, asked, stopped, past or closed.

    `start` and `end` are those of the stretch; a free one can be booked from `opens` on (None: too short for a step).
    `label` is shown where there is room for it, `short` where there is little, `words` said to who hears the table.
    """

    kind: str
    columns: int
    start: int
    end: int
    label: str
    short: str
    words: str
    opens: int | None = None
    booking_id: int | None = None


@dataclass(frozen=True)
class Row:
    """A machine and its day."""

    machine: Any
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Tab:
    """A day of the week: what is free then, or why nothing is."""

    day: date
    hours_free: int
    is_past: bool
    is_closed: bool
    closed_for: str = ""


@dataclass(frozen=True)
class Day:
    """The chosen day: heads of hours and rows; no columns when the lab is closed."""

    day: date
    hours: tuple[Hour, ...]
    columns: int
    rows: tuple[Row, ...]
    closed_for: str = ""


def monday_of(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def tabs(
    table: Timetable, machines: Sequence[Any], held: Sequence[Any], first: date, now: int
) -> tuple[Tab, ...]:
    """The seven days from `first`, each with the machine hours that are still free."""
    by_unit = _by_unit(held)
    return tuple(_tab(table, machines, by_unit, first + timedelta(days=n), now) for n in range(7))


def _tab(
    table: Timetable, machines: Sequence[Any], by_unit: Mapping[int, list[Span]], day: date, now: int
) -> Tab:
    opens = table.open_between(day, day)
    departs = table.departs(day)
    label = str(departs.label) if departs is not None and not departs.is_open else ""
    ahead = [(max(start, now), end) for start, end in opens if end > now]
    free = sum(
        end - start
        for machine in machines
        if machine.state == "bookable" and machine.units
        for start, end in joined(
            span for unit in machine.units for span in without(ahead, by_unit.get(unit, ()))
        )
    )
    is_past = day < day_of(now, table.zone) or (bool(opens) and not ahead)
    return Tab(day, free // 3600, is_past, not opens, label)


def day_of_lab(
    table: Timetable,
    machines: Sequence[Any],
    held: Sequence[Any],
    day: date,
    now: int,
    *,
    chosen: tuple[int, Span] | None = None,
) -> Day:
    """One day of all machines. `held`: rows of `queries.occupations.week`; `chosen`: the machine and slot to be marked."""
    opens = table.open_between(day, day)
    if not opens:
        departs = table.departs(day)
        return Day(day, (), 0, (), str(departs.label) if departs is not None else "")
    # On whole hours, so that the heads stand where the clock shows them.
    start = opens[0][0] - wall(opens[0][0], table.zone).minute * MINUTE
    end = opens[-1][1]
    columns = min(-(-(end - start) // COLUMN), MOST_COLUMNS)
    by_machine: dict[int, list[Any]] = {}
    for row in held:
        by_machine.setdefault(row.machine_id, []).append(row)
    rows = []
    for machine in machines:
        slot = chosen[1] if chosen is not None and chosen[0] == machine.id else None
        of_machine = by_machine.get(machine.id, [])
        rows.append(Row(machine, _cells(machine, of_machine, opens, start, columns, now, table.zone, slot)))
    return Day(day, _heads(start, columns, table.zone), columns, tuple(rows))


def _heads(start: int, columns: int, zone: str) -> tuple[Hour, ...]:
    per_hour = 3600 // COLUMN
    found = []
    for n in range(0, columns, per_hour):
        at = start + n * COLUMN
        hour = wall(at, zone).hour
        found.append(Hour(time.shown_hour(moment(at), zone), hour % 3 != 0, min(per_hour, columns - n)))
    return tuple(found)


def _cells(
    machine: Any,
    held: Sequence[Any],
    opens: Sequence[Span],
    start: int,
    columns: int,
    now: int,
    zone: str,
    slot: Span | None,
) -> tuple[Cell, ...]:
    states = []
    for n in range(columns):
        begins, ends = start + n * COLUMN, start + (n + 1) * COLUMN
        state = _state(machine, held, opens, begins, ends, now)
        if slot is not None and slot[0] < ends and begins < slot[1] and state[0] in ("free", "mine"):
            state = ("chosen", slot)
        states.append(state)
    found, first = [], 0
    for n in range(1, columns + 1):
        if n == columns or states[n] != states[first]:
            found.append(
                _cell(
                    machine, states[first], start + first * COLUMN, start + n * COLUMN, n - first, now, zone
                )
            )
            first = n
    return tuple(found)


def _state(
    machine: Any, held: Sequence[Any], opens: Sequence[Span], start: int, end: int, now: int
) -> tuple[str, Any]:
    """What a column shows, and what tells it from a like one beside it."""
    if not any(opens_at < end and start < closes_at for opens_at, closes_at in opens):
        return "closed", None
    met = [row for row in held if row.blocked_start < end and start < row.blocked_end]
    for row in met:
        if row.is_mine and row.kind == "booking":
            return ("mine" if row.state == "confirmed" else "asked"), row
    holding = [row for row in met if row.state in ("confirmed", "held")]
    if {row.unit_id for row in holding} >= set(machine.units):
        stops = [row for row in holding if row.kind in ("outage", "maintenance")]
        if stops and len({row.unit_id for row in stops}) == len(machine.units):
            return "stopped", max(stops, key=lambda row: row.use_end)
        ours = next((row for row in holding if row.is_ours), None)
        if ours is not None and len(machine.units) == 1:
            return "ours", ours
        # With several units, who holds which of them says nothing to those who look for a free one.
        return "busy", holding[0].id if len(machine.units) == 1 and holding else None
    return ("past" if end <= now else "free"), None


def _cell(
    machine: Any, state: tuple[str, Any], start: int, end: int, columns: int, now: int, zone: str
) -> Cell:
    kind, what = state
    when = f"{_clock(start, zone)} – {_clock(end, zone)}"
    if kind == "free":
        begins = max(start, now)
        opens = next(
            (
                step
                for step in bookable_steps(machine, begins, zone)
                if step + machine.step_minutes * MINUTE <= end
            ),
            None,
        )
        shown = f"{_clock(opens if opens is not None else start, zone)} – {_clock(end, zone)}"
        return Cell(
            kind, columns, start, end, _("libre %(when)s", when=shown), _("libre"),
            _("%(machine)s, libre %(when)s", machine=machine.name, when=shown), opens=opens,
        )  # fmt: skip
    if kind == "chosen":
        shown = f"{_clock(what[0], zone)} – {_clock(what[1], zone)}"
        return Cell(
            kind, columns, start, end, shown, _clock(what[0], zone),
            _("%(machine)s, %(when)s : le créneau que vous choisissez", machine=machine.name, when=shown),
        )  # fmt: skip
    if kind == "mine":
        used = f"{_clock(what.use_start, zone)} – {_clock(what.use_end, zone)}"
        return Cell(
            kind, columns, start, end, _("vous, %(when)s", when=used), _("vous"),
            _("%(machine)s, vous, %(when)s", machine=machine.name, when=used), booking_id=what.id,
        )  # fmt: skip
    if kind == "asked":
        short = _("demandé") if what.state == "requested" else _("suspendu")
        return Cell(
            kind, columns, start, end, short, short,
            _("%(machine)s, %(what)s par vous %(when)s", machine=machine.name, what=short, when=when),
            booking_id=what.id,
        )  # fmt: skip
    if kind == "ours":
        name = what.person or _("un collègue")
        return Cell(
            kind, columns, start, end, name, _("occupé"),
            _("%(machine)s, occupé, %(name)s %(when)s", machine=machine.name, name=name, when=when), booking_id=what.id,
        )  # fmt: skip
    if kind == "stopped":
        label = _stopped(what, zone)
        return Cell(
            kind, columns, start, end, label, _("arrêt"),
            _("%(machine)s, %(label)s", machine=machine.name, label=label),
        )  # fmt: skip
    words = {"busy": _("occupé"), "past": _("passé"), "closed": _("fermé")}[kind]
    shown = words if kind == "busy" else ""
    return Cell(
        kind, columns, start, end, shown, shown,
        _("%(machine)s, %(what)s %(when)s", machine=machine.name, what=words, when=when),
    )  # fmt: skip


def _stopped(row: Any, zone: str) -> str:
    if row.outage_kind == "danger":
        return _("Verrouillée : danger signalé")
    if row.use_end >= FOREVER:
        return _("Arrêt : %(reason)s", reason=row.outage_reason)
    if day_of(row.use_end, zone) == day_of(row.use_start, zone):
        back = _clock(row.use_end, zone)
    else:
        back = time.short_day(moment(row.use_end), zone)
    return _("Arrêt : %(reason)s, retour %(back)s", reason=row.outage_reason, back=back)


def bookable_steps(machine: Any, after: int, zone: str) -> tuple[int, ...]:
    """The seconds of the local day of `after`, from the step that is running on, at which a slot may start."""
    steps = steps_of(day_of(after, zone), machine.step_minutes, zone)
    return steps[max(0, bisect_left(steps, after - machine.step_minutes * MINUTE + 1)) :]


def _by_unit(held: Iterable[Any]) -> dict[int, list[Span]]:
    found: dict[int, list[Span]] = {}
    for row in held:
        if row.state in ("confirmed", "held"):
            found.setdefault(row.unit_id, []).append((row.blocked_start, row.blocked_end))
    return found


def _clock(instant: int, zone: str) -> str:
    return time.hour(moment(instant), zone)
