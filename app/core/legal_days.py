"""The days on which French law lets people rest, by department; those of Easter are computed.

Good Friday is a legal day of Moselle and Alsace where a commune has a Protestant church: a place elsewhere says that it
is open. Feasts that only custom keeps, lunar ones among them, are entered by hand by the places that keep them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from flask_babel import lazy_gettext as _l

Rule = tuple[Any, Callable[[int], date]]


def easter(year: int) -> date:
    """Easter Sunday of a year of the Gregorian calendar (the anonymous computus)."""
    golden = year % 19
    century, in_century = divmod(year, 100)
    leaps, rest = divmod(century, 4)
    moon = (19 * golden + century - leaps - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * rest + 2 * (in_century // 4) - moon - in_century % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _on(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def _after_easter(days: int) -> Callable[[int], date]:
    return lambda year: easter(year) + timedelta(days=days)


EVERYWHERE: tuple[Rule, ...] = (
    (_l("Jour de l’an"), _on(1, 1)),
    (_l("Lundi de Pâques"), _after_easter(1)),
    (_l("Fête du Travail"), _on(5, 1)),
    (_l("Victoire de 1945"), _on(5, 8)),
    (_l("Ascension"), _after_easter(39)),
    (_l("Lundi de Pentecôte"), _after_easter(50)),
    (_l("Fête nationale"), _on(7, 14)),
    (_l("Assomption"), _on(8, 15)),
    (_l("Toussaint"), _on(11, 1)),
    (_l("Armistice de 1918"), _on(11, 11)),
    (_l("Noël"), _on(12, 25)),
)
_MOSELLE_AND_ALSACE: tuple[Rule, ...] = (
    (_l("Vendredi saint"), _after_easter(-2)),
    (_l("Saint-Étienne"), _on(12, 26)),
)
_ABOLITION = _l("Abolition de l’esclavage")
ELSEWHERE: Mapping[str, tuple[Rule, ...]] = {
    "57": _MOSELLE_AND_ALSACE,
    "67": _MOSELLE_AND_ALSACE,
    "68": _MOSELLE_AND_ALSACE,
    "971": ((_ABOLITION, _on(5, 27)),),
    "972": ((_ABOLITION, _on(5, 22)),),
    "973": ((_ABOLITION, _on(6, 10)),),
    "974": ((_ABOLITION, _on(12, 20)),),
    "976": ((_ABOLITION, _on(4, 27)),),
}
"""What departments add to the list of the whole country."""


@lru_cache(maxsize=512)
def legal_days(department: str, year: int) -> Mapping[date, Any]:
    """The legal days of a department in a year, with their names."""
    rules = EVERYWHERE + ELSEWHERE.get(department, ())
    # Two feasts may share a day (Ascension and the 8th of May): the first named keeps it.
    days: dict[date, Any] = {}
    for name, rule in rules:
        days.setdefault(rule(year), name)
    return MappingProxyType(dict(sorted(days.items())))


def legal_day(department: str, day: date) -> Any | None:
    """The name of the legal day that this is in the department, or None."""
    return legal_days(department, day.year).get(day)
