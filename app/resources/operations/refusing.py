"""A booking that is refused says everything that stands against it, and what would be accepted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from flask_babel import gettext as _

from app.core import time
from app.core.errors import Refusal
from app.resources import slots
from app.resources.access import staffs
from app.resources.hours import moment
from app.resources.operations.keeping import now_in_seconds
from app.resources.queries.free import taken
from app.resources.rules import Case, Reason, Slot, blocked, reasons


class BookingRefused(Refusal):
    """`why` holds the reasons as data, `slots` the next ones that would be accepted, `zone` the clock of the lab.

    The next slots are looked for when they are asked for: by the door, after the transaction, which others wait for.
    """

    def __init__(self, why: Sequence[Reason], case: Case, slot: Slot) -> None:
        is_taken = any(reason.code in ("occupied", "outage", "danger") for reason in why)
        super().__init__(
            why[0].sentence,
            status=409 if is_taken else 422,
            reasons=[f"{reason.sentence} {reason.remedy}".strip() for reason in why],
        )
        self.why, self.zone = tuple(why), case.zone
        self._case, self._slot = case, slot

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The next slots that would be accepted."""
        return tuple(slots.instead_of(self._case, self._slot))

    @property
    def proposals(self) -> list[str]:
        """The next slots in words."""
        return [time.span(moment(slot.start), moment(slot.end), self.zone) for slot in self.slots]


def check(
    case: Case, slot: Slot, *, by: Any, overriding: str = "", keeps_start: bool = False
) -> tuple[str, ...]:
    """Refuse what the rules refuse, whatever is free; the codes of what the lab's people override with a reason.

    Whether the slot is taken is not asked here: the guard knows.
    """
    found = reasons(case, slot, now_in_seconds(), keeps_start=keeps_start)
    overrides = bool(overriding.strip()) and staffs(by, case.machine.lab_id)
    if any(not (overrides and reason.overridable) for reason in found):
        raise refused(case, slot, keeps_start=keeps_start)
    return tuple(reason.code for reason in found)


def refused(case: Case, slot: Slot, *, keeps_start: bool = False) -> BookingRefused:
    """Why this slot is refused, all of it, and what comes next."""
    wanted = blocked(case.machine, slot)
    held = taken(case.units, *wanted) if wanted.start < wanted.end else []
    why = reasons(case, slot, now_in_seconds(), taken=held, keeps_start=keeps_start)
    if not why:
        # Taken when we wrote, free when we looked again.
        why = [Reason("occupied", _("Ce créneau vient d’être pris par quelqu’un d’autre."))]
    return BookingRefused(why, case, slot)
