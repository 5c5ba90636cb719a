"""Now, in one place, and instants in words.

French dates are written as people say them (« jeudi 26 novembre à 14 h »), English ones likewise ("Thursday 26 November
at 14:00"). Instants are shown in the wall-clock time of a place: the zone given, else the one `use_zone` chose for this
request, else the installation's.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, has_app_context
from flask_babel import get_locale
from markupsafe import Markup

DEFAULT_ZONE = "Europe/Paris"

_DAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin",
        "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
_SHORT_MONTHS = {
    "fr": ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"),
}
# An hour never parts from its h, nor a day from its month, at the end of a line.
_NBSP = "\N{NO-BREAK SPACE}"


class Clock:
    """The one source of the present instant. Tests stop it with `frozen`."""

    def __init__(self) -> None:
        self._stopped_at: datetime | None = None

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return self._stopped_at or datetime.now(UTC)

    @contextmanager
    def frozen(self, at: datetime) -> Iterator[Clock]:
        """Stop the clock at an aware instant; `advance` moves it by hand."""
        if at.tzinfo is None:
            raise ValueError("an instant must carry its time zone")
        before, self._stopped_at = self._stopped_at, at.astimezone(UTC)
        try:
            yield self
        finally:
            self._stopped_at = before

    def advance(self, step: timedelta) -> None:
        """Move a stopped clock forward."""
        if self._stopped_at is None:
            raise RuntimeError("the clock is running")
        self._stopped_at += step


clock = Clock()


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return clock.now()


def months_after(instant: datetime, months: int) -> datetime:
    """The same day and hour so many months later (or earlier, if negative), or the last day of a shorter month."""
    turns, month = divmod(instant.month - 1 + months, 12)
    year = instant.year + turns
    return instant.replace(
        year=year, month=month + 1, day=min(instant.day, calendar.monthrange(year, month + 1)[1])
    )


def use_zone(zone: str | None) -> None:
    """Show this request's instants in the time of `zone` (a reader's or a place's) unless told otherwise."""
    g.time_zone = zone


def local(instant: datetime, zone: str | ZoneInfo | None = None) -> datetime:
    """The same instant in the wall-clock time of a place. Raises ValueError for one without a time zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant must carry its time zone")
    return instant.astimezone(_zone(zone))


def day(instant: datetime | date, zone: str | ZoneInfo | None = None, *, year: bool | None = None) -> str:
    """« jeudi 26 novembre », with the year when it is not this one (or as `year` says)."""
    at = _day_of(instant, zone)
    language = _language()
    named = f"{_DAYS[language][at.weekday()]} {_number(at.day)}{_NBSP}{_MONTHS[language][at.month - 1]}"
    return f"{named} {at.year}" if _shows_year(at, zone, year) else named


def short_day(
    instant: datetime | date, zone: str | ZoneInfo | None = None, *, year: bool | None = None
) -> str:
    """« 26 nov. », with the year when it is not this one (or as `year` says)."""
    at = _day_of(instant, zone)
    named = f"{_number(at.day)}{_NBSP}{_SHORT_MONTHS[_language()][at.month - 1]}"
    return f"{named} {at.year}" if _shows_year(at, zone, year) else named


def month(instant: datetime | date, zone: str | ZoneInfo | None = None) -> str:
    """« novembre 2026 »."""
    at = _day_of(instant, zone)
    return f"{_MONTHS[_language()][at.month - 1]} {at.year}"


def hour(instant: datetime, zone: str | ZoneInfo | None = None) -> str:
    """« 14 h », « 14 h 05 »; « 2 h 30 (heure d’été) » where the clock of the place shows that hour twice."""
    at = local(instant, zone)
    shown = shown_hour(instant, zone)
    if at.utcoffset() == at.replace(fold=1 - at.fold).utcoffset():
        return shown
    if _language() == "en":
        return f"{shown} ({'winter' if at.fold else 'summer'} time)"
    return f"{shown} (heure {'d’hiver' if at.fold else 'd’été'})"


def shown_hour(instant: datetime, zone: str | ZoneInfo | None = None) -> str:
    """« 14 h », « 14 h 05 », as the clock of the place shows it, twice too."""
    at = local(instant, zone)
    if _language() == "en":
        return f"{at:%H:%M}"
    return f"{at.hour}{_NBSP}h" if at.minute == 0 else f"{at.hour}{_NBSP}h{_NBSP}{at.minute:02}"


def in_words(instant: datetime, zone: str | ZoneInfo | None = None, *, year: bool | None = None) -> str:
    """« jeudi 26 novembre à 14 h »."""
    return f"{day(instant, zone, year=year)} {_at()} {hour(instant, zone)}"


def in_short(instant: datetime, zone: str | ZoneInfo | None = None) -> str:
    """« 14 h 05 » today, « hier à 14 h 05 », then « 26 nov. à 14 h 05 », and « 26 nov. 2025 » in another year."""
    today, at = local(clock.now(), zone).date(), local(instant, zone).date()
    if at == today:
        return hour(instant, zone)
    if at == today - timedelta(days=1):
        yesterday = "hier" if _language() == "fr" else "yesterday"
        return f"{yesterday} {_at()} {hour(instant, zone)}"
    if at.year != today.year:
        return short_day(instant, zone)
    return f"{short_day(instant, zone)} {_at()} {hour(instant, zone)}"


def span(start: datetime, end: datetime, zone: str | ZoneInfo | None = None) -> str:
    """« jeudi 26 novembre, 14 h – 16 h », or « du jeudi 26 novembre à 14 h au vendredi 27 novembre à 9 h »."""
    if local(start, zone).date() == local(end, zone).date():
        return f"{day(start, zone)}, {hour(start, zone)} – {hour(end, zone)}"
    if _language() == "fr":
        return f"du {in_words(start, zone)} au {in_words(end, zone)}"
    return f"{in_words(start, zone)} to {in_words(end, zone)}"


def distance(instant: datetime) -> str | None:
    """« il y a 3 heures », « à l’instant », « dans 20 minutes »; None from a day on, when a date says more.

    Counted from minute to minute of the clock, so that what a page says stays true until the next one begins; a moment
    ago lasts until the second one does.
    """
    minutes = minute_of(clock.now()) - minute_of(instant)
    if abs(minutes) >= 24 * 60:
        return None
    if abs(minutes) < 2:
        return "à l’instant" if _language() == "fr" else "just now"
    amount, unit = abs(minutes), "minute"
    if amount >= 60:
        amount, unit = amount // 60, "hour"
    return _distance_in_words(amount, unit, is_past=minutes > 0)


def minute_of(instant: datetime) -> int:
    """The number of the minute an instant lies in: words about the present hold as long."""
    return int(instant.timestamp() // 60)


def moment_tag(instant: datetime, zone: str | ZoneInfo | None = None) -> Markup:
    """The instant in words, as an element that also carries it for machines."""
    at = local(instant, zone).isoformat(timespec="seconds")
    return Markup('<time datetime="{}">{}</time>').format(at, in_words(instant, zone))


def short_tag(instant: datetime, zone: str | ZoneInfo | None = None) -> Markup:
    """The instant in short, with the whole of it as title."""
    place = _zone(zone)
    return _short_tag(instant, place, _language(), clock.now().astimezone(place).date())


@lru_cache(maxsize=4096)
def _short_tag(instant: datetime, zone: ZoneInfo, _language: str, _today: date) -> Markup:
    return _time_tag(instant, in_short(instant, zone), zone)


def ago_tag(instant: datetime, zone: str | ZoneInfo | None = None) -> Markup:
    """Relative under a day, in short after; `data-ago` lets the page keep it true while it stays open."""
    place, present = _zone(zone), clock.now()
    # What the words depend on: the minute for a while, then the day of the reader.
    passed = minute_of(present) - minute_of(instant)
    moment = passed if -24 * 60 < passed < 24 * 60 else present.astimezone(place).date()
    return _ago_tag(instant, place, _language(), moment)


@lru_cache(maxsize=4096)
def _ago_tag(instant: datetime, zone: ZoneInfo, _language: str, _moment: int | date) -> Markup:
    relative = distance(instant)
    return _time_tag(instant, relative or in_short(instant, zone), zone, is_relative=relative is not None)


def init_app(app: Flask) -> None:
    """Register the filters: `moment`, `short`, `ago` make elements; `day`, `short_day`, `month`, `clock`, `span` text."""
    app.jinja_env.filters.update(
        moment=moment_tag,
        short=short_tag,
        ago=ago_tag,
        day=day,
        short_day=short_day,
        month=month,
        clock=hour,
        span=span,
    )


def _time_tag(
    instant: datetime, words: str, zone: str | ZoneInfo | None, *, is_relative: bool = False
) -> Markup:
    at = local(instant, zone)
    return Markup('<time datetime="{}" title="{}"{}>{}</time>').format(
        at.isoformat(timespec="seconds"),
        in_words(instant, zone, year=True),
        Markup(" data-ago") if is_relative else "",
        words,
    )


def _language() -> str:
    locale = get_locale() if has_app_context() else None
    return "en" if locale is not None and locale.language == "en" else "fr"


def _zone(zone: str | ZoneInfo | None) -> ZoneInfo:
    if isinstance(zone, ZoneInfo):
        return zone
    if zone is None and has_app_context():
        zone = g.get("time_zone") or current_app.config.get("TIME_ZONE")
    return ZoneInfo(zone or DEFAULT_ZONE)


def _day_of(instant: datetime | date, zone: str | ZoneInfo | None) -> date:
    return local(instant, zone).date() if isinstance(instant, datetime) else instant


def _shows_year(at: date, zone: str | ZoneInfo | None, year: bool | None) -> bool:
    return at.year != local(clock.now(), zone).year if year is None else year


def _number(number: int) -> str:
    return "1er" if number == 1 and _language() == "fr" else str(number)


def _at() -> str:
    return "à" if _language() == "fr" else "at"


def _distance_in_words(amount: int, unit: str, *, is_past: bool) -> str:
    plural = "s" if amount > 1 else ""
    if _language() == "fr":
        word = {"minute": "minute", "hour": "heure"}[unit] + plural
        return f"{'il y a' if is_past else 'dans'} {amount}{_NBSP}{word}"
    return f"{amount}{_NBSP}{unit}{plural} ago" if is_past else f"in {amount}{_NBSP}{unit}{plural}"
