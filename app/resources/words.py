"""Seconds since 1970 as pages say them, in the hours of a place."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from markupsafe import Markup

from app.core import time
from app.resources.hours import day_of, moment
from app.resources.rules import length


def span_words(start: int, end: int, zone: str) -> str:
    """« jeudi 26 novembre, 14 h – 16 h »."""
    return time.span(moment(start), moment(end), zone).replace(" – ", "\N{NO-BREAK SPACE}–\N{NO-BREAK SPACE}")


def hour_words(instant: int, zone: str) -> str:
    """« 14 h », and which of two where the clock shows the hour twice."""
    return time.hour(moment(instant), zone)


def end_words(end: int, start: int, zone: str) -> str:
    """« 16 h (2 heures) », « vendredi 27 novembre à 9 h » when it ends on another day."""
    at = moment(end)
    if day_of(end, zone) != day_of(start, zone):
        return time.in_words(at, zone)
    return f"{time.hour(at, zone)} ({length((end - start) // 60)})"


def hours_words(start: int, end: int, zone: str) -> str:
    """« 14 h – 16 h »: a span under the name of its day; the day of its end when that is another."""
    until = (
        time.hour(moment(end), zone)
        if day_of(end, zone) == day_of(start, zone)
        else time.in_words(moment(end), zone)
    )
    return f"{time.hour(moment(start), zone)}\N{NO-BREAK SPACE}–\N{NO-BREAK SPACE}{until}"


def day_words(instant: int, zone: str) -> str:
    """« jeudi 26 novembre »."""
    return time.day(day_of(instant, zone), year=False)


def weekday_words(day: date) -> str:
    """« Lundi 23 »: what a tab of the week says."""
    return capital(time.day(day, year=False).rsplit("\N{NO-BREAK SPACE}", 1)[0])


def short_weekday_words(day: date) -> str:
    """« jeu. 26 »: the same where there is little room."""
    name, _space, number = time.day(day, year=False).rpartition("\N{NO-BREAK SPACE}")[0].rpartition(" ")
    return f"{name[:3]}. {number}"


def held_together(words: str) -> Markup:
    """A day and its hours for a large title: the hours stay on one line when the title breaks."""
    day, comma, hours = str(words).rpartition(", ")
    return Markup('{}{}<span class="whole">{}</span>').format(day, comma, hours)


def outage_words(outage: Any, now: int) -> str:
    """« En panne jusqu’au jeudi 26 novembre à 14 h », « Arrêt prévu du … au … », without the reason."""
    zone, end = outage.time_zone, outage.expected_end
    if outage.kind == "danger":
        return _("Verrouillée : un danger est signalé")
    until = time.in_words(moment(end), zone) if end is not None else ""
    if outage.starts_at > now:
        since = time.in_words(moment(outage.starts_at), zone)
        if not until:
            return _("Arrêt prévu à partir du %(since)s, retour inconnu", since=since)
        return _("Arrêt prévu du %(since)s au %(until)s", since=since, until=until)
    if outage.kind == "maintenance":
        return _("À l’arrêt jusqu’au %(until)s", until=until) if until else _("À l’arrêt, retour inconnu")
    return _("En panne jusqu’au %(until)s", until=until) if until else _("En panne, retour inconnu")


def capital(words: str) -> str:
    """The same beginning with a capital, the rest left alone."""
    text = str(words)
    return text[:1].upper() + text[1:]


def uncapital(words: str) -> str:
    """The same beginning with a small letter: after the name of a machine."""
    text = str(words)
    return text[:1].lower() + text[1:]


def moment_words(instant: int, zone: str) -> str:
    """« jeudi 26 novembre à 14 h »."""
    return time.in_words(moment(instant), zone)


def init_app(app: Flask) -> None:
    """Give templates the filters."""
    app.jinja_env.filters.update(
        seconds_span=span_words,
        seconds_hour=hour_words,
        seconds_end=end_words,
        seconds_hours=hours_words,
        seconds_day=day_words,
        weekday=weekday_words,
        short_weekday=short_weekday_words,
        capital=capital,
        held_together=held_together,
        uncapital=uncapital,
        seconds_moment=moment_words,
        outage=outage_words,
    )
