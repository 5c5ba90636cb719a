"""Hours and lengths as people type them: « 8:00–12:00, 13:30–18:00 », « 1 h 30 », « 2 jours »."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flask_babel import gettext as _

from app.core.errors import Refusal
from app.resources.hours import DAY, Span

CLOSED = ("", "-", "fermé", "ferme", "fermée", "closed")
_BETWEEN = re.compile(r"\s*(?:–|—|-|\bà\b|\bau\b|\bto\b)\s*")
_APART = re.compile(r"\s*(?:,|;|/|\bet\b|\band\b|\bpuis\b)\s*")
_CLOCK = re.compile(r"(\d{1,2})(?:\s*[h:.]\s*(\d{2})?)?")
_LENGTH = re.compile(
    r"(?:(\d+)\s*(?:jours?|j|days?|d))?\s*(?:(\d+)\s*(?:heures?|h|hours?)\s*(\d{1,2})?)?\s*(?:(\d+)\s*(?:minutes?|min|mn))?"
)


def stretches(words: str, field: str | None = None) -> list[Span]:
    """The stretches of a day as they were typed, in minutes after midnight. Raises Refusal."""
    words = " ".join(words.lower().replace("\N{NO-BREAK SPACE}", " ").split()).rstrip(".")
    if words in CLOSED:
        return []
    return [_stretch(part, field) for part in _APART.split(words) if part]


def day_in_words(spans: Iterable[Span]) -> str:
    """Stretches as the form shows them."""
    return ", ".join(f"{_clock(opens)}–{_clock(closes)}" for opens, closes in spans)


def minutes(words: str, field: str | None = None) -> int:
    """A length as it was typed, in minutes; a bare number counts minutes. Raises Refusal."""
    words = " ".join(words.lower().replace("\N{NO-BREAK SPACE}", " ").split())
    if words.isdecimal() and len(words) < 6:
        return int(words)
    found = _LENGTH.fullmatch(words)
    if not words or found is None or any(part is not None and len(part) > 4 for part in found.groups()):
        raise Refusal(_("Écrivez une durée comme « 30 min », « 1 h 30 » ou « 2 jours »."), field=field)
    days, hours, after, rest = (int(part or 0) for part in found.groups())
    return days * DAY + hours * 60 + after + rest


def _stretch(part: str, field: str | None) -> Span:
    ends = _BETWEEN.split(part.strip())
    if len(ends) != 2:
        raise Refusal(_sentence(), field=field)
    return _minute(ends[0], field), _minute(ends[1], field)


def _minute(words: str, field: str | None) -> int:
    found = _CLOCK.fullmatch(words.strip())
    if found is None:
        raise Refusal(_sentence(), field=field)
    hour, minute = int(found[1]), int(found[2] or 0)
    if minute > 59 or hour * 60 + minute > DAY:
        raise Refusal(_sentence(), field=field)
    return hour * 60 + minute


def _sentence() -> str:
    return _("Écrivez les heures comme « 8:00–12:00, 13:30–18:00 », ou laissez vide si le lab est fermé.")


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"
