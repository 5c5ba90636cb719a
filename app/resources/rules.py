"""Why a slot is refused: every reason at once, as data, in the words of the place.

The same answers warn on a machine's page and refuse a booking. What was read is gathered in a `Case`; nothing is asked
here. A qualification counts on the day the slot starts, in the lab's place. Lengths, notice and horizon may be overridden
by the people of the lab with a reason; that a slot is taken may not, by anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from app.core import time
from app.resources.hours import (
    DAY,
    MINUTE,
    Timetable,
    day_of,
    day_span,
    is_on_step,
    later,
    moment,
)
from app.resources.models import FOREVER


class Slot(NamedTuple):
    """When the machine is used, in seconds since 1970."""

    start: int
    end: int


class Taken(NamedTuple):
    """Something that holds a unit, as neutral as others may see it. `kind` is that of the outage where it is one."""

    unit_id: int
    start: int
    end: int
    kind: str = "booking"
    expected_end: int | None = None


class Held(NamedTuple):
    """A qualification that counts here, from one day to another, both included."""

    valid_from: date
    valid_until: date | None


@dataclass(frozen=True)
class Need:
    """A qualification the machine asks for, what the person holds of it, and how often it was used up."""

    type_id: int
    code: str
    name: str
    issuer: str
    held: tuple[Held, ...] = ()
    is_single_use: bool = False
    used_on: tuple[date, ...] = ()
    missing_first: tuple[str, ...] = ()

    def held_on(self, day: date) -> bool:
        """Whether it counts on this day; one granted for a single use counts once."""
        valid = [held for held in self.held if _counts_on(held, day)]
        if not self.is_single_use:
            return bool(valid)
        uses = [used for used in self.used_on if any(_counts_on(held, used) for held in valid)]
        return len(uses) < len(valid)


@dataclass(frozen=True)
class Case:
    """What is known of a machine for one person and firm. `machine` carries the lab's columns as `lab_…`.

    `is_read`: the person reads the lab; `is_served`: and the machine is not narrowed to places of others.
    """

    machine: Any
    timetable: Timetable
    needs: tuple[Need, ...] = ()
    units: tuple[int, ...] = ()
    is_served: bool = True
    is_read: bool = True

    @property
    def zone(self) -> str:
        return self.timetable.zone


@dataclass(frozen=True)
class Reason:
    """One reason: a code for programs, a sentence, what would help; whether the people of the lab may override it."""

    code: str
    sentence: str
    remedy: str = ""
    overridable: bool = False


def reasons(
    case: Case, slot: Slot, now: int, *, taken: Iterable[Taken] = (), keeps_start: bool = False
) -> list[Reason]:
    """Every reason why this slot is refused; none: it may be booked. `keeps_start`: a booking that moves its end alone."""
    return [
        *about_machine(case, day_of(slot.start, case.zone)),
        *about_person(case, day_of(slot.start, case.zone), day_of(now, case.zone)),
        *about_time(case, slot, now, keeps_start=keeps_start),
        *about_others(case, slot, taken),
    ]


def blocked(machine: Any, slot: Slot) -> Slot:
    """The slot with its set-up and clean-up: what nobody else may have."""
    return Slot(slot.start - machine.setup_minutes * MINUTE, slot.end + machine.cleanup_minutes * MINUTE)


def spans_closing(machine: Any) -> bool:
    """Whether a slot goes on while the lab is closed: the machine runs alone, or is lent out. It starts and ends open."""
    return machine.runs_unattended or machine.leaves_lab


def latest_end(case: Case, now: int) -> int:
    """The second before which a slot has to end: so many days ahead, to the end of the day."""
    last = day_of(now, case.zone) + timedelta(days=case.machine.horizon_days)
    return day_span(last, case.zone)[1]


def about_machine(case: Case, day: date) -> list[Reason]:
    """Whether the machine is booked at all on this day, by people of this place."""
    machine, found = case.machine, []
    if machine.lab_state != "open":
        found.append(Reason("lab_not_open", _("Ce lab n’est pas ouvert à la réservation.")))
    if machine.state == "not_opened":
        found.append(
            Reason(
                "machine_not_opened",
                _("Cette machine n’est pas ouverte à la réservation."),
                _("Le responsable du lab décide de son ouverture."),
            )
        )
    if machine.state == "retired" or not case.units:
        found.append(Reason("machine_retired", _("Cette machine n’est plus proposée.")))
    if machine.next_check_on is not None and machine.next_check_on < day:
        found.append(
            Reason(
                "check_overdue",
                _(
                    "Le contrôle périodique de cette machine était prévu le %(day)s.",
                    day=_on(machine.next_check_on),
                ),
                _("Elle se réserve de nouveau dès que le contrôle est fait."),
            )
        )
    if not case.is_served:
        found.append(
            Reason("not_served", _("Cette machine est réservée à d’autres communautés que les vôtres."))
        )
    return found


def about_person(case: Case, day: date, today: date) -> list[Reason]:
    """Which qualifications are missing on this day: all of them."""
    return [_lacks(need, day, today) for need in case.needs if not need.held_on(day)]


def about_time(case: Case, slot: Slot, now: int, *, keeps_start: bool = False) -> list[Reason]:
    """Step, length, notice, horizon, opening hours."""
    found = [*_about_length(case, slot), *_about_distance(case, slot, now, keeps_start)]
    if slot.start < slot.end:
        found += _about_opening(case, slot)
    return found


def about_others(case: Case, slot: Slot, taken: Iterable[Taken]) -> list[Reason]:
    """Whether every unit is held during the slot, set-up and clean-up included; by whom is not said."""
    wanted = blocked(case.machine, slot)
    met = [hold for hold in taken if hold.start < wanted.end and wanted.start < hold.end]
    if not case.units or {hold.unit_id for hold in met} < set(case.units):
        return []
    stops = [hold for hold in met if hold.kind != "booking"]
    if stops:
        return [_stopped(case, stops)]
    first = min(met, key=lambda hold: (hold.start, hold.end))
    when = time.span(moment(first.start), moment(first.end), case.zone)
    return [Reason("occupied", _("Ce créneau est déjà pris (%(when)s).", when=when))]


def _about_length(case: Case, slot: Slot) -> list[Reason]:
    machine, found = case.machine, []
    if not (
        is_on_step(slot.start, machine.step_minutes, case.zone)
        and is_on_step(slot.end, machine.step_minutes, case.zone)
    ):
        found.append(
            Reason(
                "off_step",
                _(
                    "Les créneaux commencent et finissent par pas de %(step)s.",
                    step=length(machine.step_minutes),
                ),
            )
        )
    if slot.end - slot.start < machine.step_minutes * MINUTE:
        found.append(
            Reason(
                "too_short",
                _("Un créneau dure au moins %(length)s.", length=length(machine.step_minutes)),
                overridable=slot.start < slot.end,
            )
        )
    if slot.end > later(slot.start, machine.max_minutes, case.zone):
        found.append(
            Reason(
                "too_long",
                _("Un créneau dure au plus %(length)s.", length=length(machine.max_minutes)),
                overridable=True,
            )
        )
    return found


def _about_distance(case: Case, slot: Slot, now: int, keeps_start: bool) -> list[Reason]:
    machine, found = case.machine, []
    # The step that is running may still be taken: somebody stands before a free machine.
    if slot.end <= now or (not keeps_start and slot.start + machine.step_minutes * MINUTE <= now):
        found.append(Reason("past", _("Ce créneau est passé.")))
    elif not keeps_start and machine.notice_minutes and slot.start < now + machine.notice_minutes * MINUTE:
        found.append(
            Reason(
                "notice",
                _(
                    "Cette machine se réserve au moins %(length)s à l’avance.",
                    length=length(machine.notice_minutes),
                ),
                overridable=True,
            )
        )
    if slot.end > latest_end(case, now):
        last = day_of(now, case.zone) + timedelta(days=machine.horizon_days)
        found.append(
            Reason(
                "horizon",
                _("Cette machine se réserve jusqu’au %(day)s au plus tard.", day=_on(last)),
                overridable=True,
            )
        )
    return found


def _about_opening(case: Case, slot: Slot) -> list[Reason]:
    table = case.timetable
    # A slot far too long is refused as such; its opening hours need not be walked through.
    if slot.end - slot.start > 40 * DAY * MINUTE:
        return []
    if spans_closing(case.machine):
        fits = table.covers_ends(slot.start, slot.end)
    else:
        fits = table.covers(slot.start, slot.end)
    if fits:
        return []
    days = dict.fromkeys((day_of(slot.start, case.zone), day_of(slot.end - 1, case.zone)))
    shut = [day for day in days if not table.stretches(day)]
    if shut:
        return [_closed(table, day) for day in shut]
    day = next(iter(days))
    hours = ", ".join(
        f"{time.hour(moment(opens), case.zone)} – {time.hour(moment(closes), case.zone)}"
        for opens, closes in table.open_between(day, day)
    )
    if spans_closing(case.machine):
        sentence = _(
            "Le lab doit être ouvert au début et à la fin du créneau (ce jour-là : %(hours)s).", hours=hours
        )
    else:
        sentence = _("Le lab n’est pas ouvert pendant tout ce créneau (ce jour-là : %(hours)s).", hours=hours)
    return [Reason("outside_hours", sentence)]


def _closed(table: Timetable, day: date) -> Reason:
    departs = table.departs(day)
    label = str(departs.label) if departs is not None else ""
    if label:
        sentence = _("Le lab est fermé le %(day)s (%(label)s).", day=_on(day), label=label)
    else:
        sentence = _("Le lab est fermé le %(day)s.", day=_on(day))
    return Reason("closed", sentence)


def _lacks(need: Need, day: date, today: date) -> Reason:
    ended = [
        held.valid_until for held in need.held if held.valid_until is not None and held.valid_until < day
    ]
    coming = [held.valid_from for held in need.held if held.valid_from > day]
    if need.is_single_use and any(_counts_on(held, day) for held in need.held):
        return Reason(
            "qualification_used",
            _("« %(name)s » ne vaut que pour une réservation, et elle est faite.", name=need.name),
            _remedy(need),
        )
    if ended:
        last = max(ended)
        if last < today:
            sentence = _("« %(name)s » n’est plus valable depuis le %(day)s.", name=need.name, day=_on(last))
        else:
            sentence = _("« %(name)s » expire le %(day)s, avant ce créneau.", name=need.name, day=_on(last))
        return Reason("qualification_expired", sentence, _remedy(need))
    if coming:
        sentence = _("« %(name)s » ne vaut qu’à partir du %(day)s.", name=need.name, day=_on(min(coming)))
        return Reason("qualification_not_yet", sentence, _remedy(need))
    return Reason("qualification_missing", _("Il manque « %(name)s ».", name=need.name), _remedy(need))


def _remedy(need: Need) -> str:
    if need.missing_first:
        return _("Il faut d’abord « %(name)s ».", name=need.missing_first[0])
    if need.issuer == "employer":
        return _("L’entreprise pour laquelle on réserve la délivre : voyez son référent.")
    if need.issuer == "body":
        return _("Présentez l’attestation au lab.")
    return _("Demandez-la aux personnes du lab.")


def _stopped(case: Case, stops: Sequence[Taken]) -> Reason:
    # The unit that comes back first decides.
    back: dict[int, int] = {}
    for stop in stops:
        back[stop.unit_id] = max(back.get(stop.unit_id, 0), stop.end)
    returns = min(back.values())
    code = "danger" if all(stop.kind == "danger" for stop in stops) else "outage"
    sentence = (
        _("Cette machine est verrouillée : un danger a été signalé.")
        if code == "danger"
        else _("Cette machine est à l’arrêt pendant ce créneau.")
    )
    if returns >= FOREVER or any(stop.expected_end is None for stop in stops if stop.end == returns):
        return Reason(code, sentence, _("Son retour n’est pas encore connu."))
    return Reason(
        code, sentence, _("Retour prévu le %(when)s.", when=time.in_words(moment(returns), case.zone))
    )


def length(minutes: int) -> str:
    """« 30 minutes », « 2 heures », « 1 h 30 », « 2 jours »."""
    days, rest = divmod(minutes, DAY)
    if days and not rest:
        return ngettext("%(num)d jour", "%(num)d jours", days)
    hours, rest = divmod(minutes, 60)
    if hours and rest:
        return f"{hours}\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}{rest:02}"
    if hours:
        return ngettext("%(num)d heure", "%(num)d heures", hours)
    return ngettext("%(num)d minute", "%(num)d minutes", rest)


def _counts_on(held: Held, day: date) -> bool:
    return held.valid_from <= day and (held.valid_until is None or day <= held.valid_until)


def _on(day: date) -> str:
    return time.day(day)
