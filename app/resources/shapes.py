"""What is typed about a lab or a machine, made fit to keep; each raises Refusal with the field to mend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app.core import geography
from app.core.errors import Refusal
from app.core.text import clean_line, clean_text
from app.resources.hours import DAY, Span
from app.resources.models import SUPERVISIONS
from app.resources.rules import length

PROSE, MOST_LINES, MOST_TO_KNOW = 2_000, 24, 3
LONGEST = 31 * DAY
"""Minutes of the longest slot, and of what may stand around it."""


@dataclass(frozen=True)
class LabShape:
    """What a lab says of itself. Without a department, it is that of the postcode; the clock is the department's."""

    name: str
    town: str
    postcode: str = ""
    address: str = ""
    department: str = ""
    summary: str = ""
    arrival: str = ""
    phone: str = ""

    @property
    def values(self) -> dict[str, Any]:
        """The columns of a lab. Raises Refusal."""
        name = _needed(self.name, "name", 120, _("Donnez un nom au lab."))
        town = _needed(self.town, "town", 80, _("Dites dans quelle commune est le lab."))
        postcode = clean_line(self.postcode, limit=5, field="postcode")
        department = self.department or geography.department_of_postcode(postcode) or ""
        if department not in geography.DEPARTMENTS:
            raise Refusal(_("Un code postal français compte cinq chiffres, comme 41000."), field="postcode")
        return {
            "name": name,
            "town": town,
            "postcode": postcode,
            "department": department,
            "time_zone": geography.time_zone_of(department),
            "address": clean_line(self.address, field="address"),
            "phone": clean_line(self.phone, limit=30, field="phone"),
            "summary": prose(self.summary, "summary"),
            "arrival": prose(self.arrival, "arrival"),
        }


@dataclass(frozen=True)
class MachineShape:
    """What a machine's page says. `code` is its kind in the reference list; `owner_company_id` the firm that lends it."""

    name: str
    code: str = ""
    summary: str = ""
    specification: Sequence[Sequence[str]] = ()
    to_know: Sequence[str] = ()
    protective_equipment: str = ""
    owner_company_id: int | None = None

    @property
    def values(self) -> dict[str, Any]:
        """The columns of a machine. Raises Refusal."""
        return {
            "name": _needed(self.name, "name", 120, _("Donnez un nom à la machine.")),
            "code": clean_line(self.code, limit=24, field="code"),
            "summary": prose(self.summary, "summary"),
            "specification": _pairs(self.specification),
            "to_know": _sentences(self.to_know),
            "protective_equipment": clean_line(
                self.protective_equipment, limit=300, field="protective_equipment"
            ),
            "owner_company_id": self.owner_company_id,
        }


@dataclass(frozen=True)
class MachineRules:
    """How a machine is booked; lengths in minutes."""

    supervision: str = "free"
    supervised_uses: int = 0
    runs_unattended: bool = False
    leaves_lab: bool = False
    needs_approval: bool = False
    step_minutes: int = 30
    default_minutes: int = 120
    max_minutes: int = 240
    notice_minutes: int = 0
    horizon_days: int = 60
    setup_minutes: int = 0
    cleanup_minutes: int = 0

    @property
    def values(self) -> dict[str, Any]:
        """The columns of a machine. Raises Refusal; the CHECKs `lengths_agree` and `rules_positive` hold the same."""
        self._check_lengths()
        if self.supervision not in SUPERVISIONS:
            raise Refusal(_("Choisissez dans la liste."), field="supervision")
        if not 0 <= self.supervised_uses <= 20:
            raise Refusal(_("De 0 à 20 premières utilisations accompagnées."), field="supervised_uses")
        if not 1 <= self.horizon_days <= 730:
            raise Refusal(_("De 1 à 730 jours à l’avance."), field="horizon_days")
        for name in ("notice_minutes", "setup_minutes", "cleanup_minutes"):
            if not 0 <= getattr(self, name) <= LONGEST:
                raise Refusal(_("Une durée de 0 à 31 jours."), field=name)
        return dict(self.__dict__)

    def _check_lengths(self) -> None:
        step = self.step_minutes
        if step < 5 or DAY % step:
            raise Refusal(
                _("Le pas doit diviser la journée : 15, 30 ou 60 minutes, 4 heures, 1 jour…"),
                field="step_minutes",
            )
        for name in ("default_minutes", "max_minutes"):
            if getattr(self, name) < step or getattr(self, name) % step:
                raise Refusal(
                    _("Cette durée doit compter un nombre entier de pas de %(step)s.", step=length(step)),
                    field=name,
                )
        if self.max_minutes < self.default_minutes:
            raise Refusal(
                _("Le plus long créneau ne peut pas être plus court que le créneau proposé."),
                field="max_minutes",
            )
        if self.max_minutes > LONGEST:
            raise Refusal(_("Un créneau dure 31 jours au plus."), field="max_minutes")


def checked_week(week: Mapping[int, Iterable[Span]]) -> dict[int, list[Span]]:
    """The stretches of a week in order. Raises Refusal when two of a day overlap or one leaves the day."""
    result: dict[int, list[Span]] = {}
    for weekday, spans in week.items():
        ordered = sorted(spans)
        before = 0
        for opens, closes in ordered:
            if not (0 <= weekday <= 6 and 0 <= opens < closes <= DAY):
                raise Refusal(_("Une plage s’ouvre avant de se fermer, le même jour."), field=f"day{weekday}")
            if opens < before:
                raise Refusal(_("Deux plages de ce jour se chevauchent."), field=f"day{weekday}")
            before = closes
        if ordered:
            result[weekday] = ordered
    return result


def prose(words: str, field: str, limit: int = PROSE) -> str:
    """A text of several lines, cleaned. Raises Refusal when it is too long."""
    text = clean_text(words).strip()
    if len(text) > limit:
        raise Refusal(_("Raccourcissez : %(limit)d caractères au plus.", limit=limit), field=field)
    return text


def _needed(words: str, field: str, limit: int, sentence: str) -> str:
    line = clean_line(words, limit=limit, field=field)
    if not line:
        raise Refusal(sentence, field=field)
    return line


def _pairs(lines: Sequence[Sequence[str]]) -> list[list[str]]:
    if len(lines) > MOST_LINES:
        raise Refusal(_("%(num)d lignes au plus.", num=MOST_LINES), field="specification")
    pairs = [
        [
            clean_line(name, limit=60, field="specification"),
            clean_line(value, limit=120, field="specification"),
        ]
        for name, value in lines
    ]
    if any(not name or not value for name, value in pairs):
        raise Refusal(_("Écrivez chaque ligne « nom : valeur »."), field="specification")
    return pairs


def _sentences(lines: Sequence[str]) -> list[str]:
    kept = [line for line in (clean_line(line, limit=160, field="to_know") for line in lines) if line]
    if len(kept) > MOST_TO_KNOW:
        raise Refusal(_("Trois choses à savoir, pas plus : on les lit."), field="to_know")
    return kept
