"""Instants in words, as people say them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel, force_locale

from app.core import time
from app.core.time import clock

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)  # Monday, 10:30 in Paris


@pytest.fixture(autouse=True)
def stopped_clock():
    with clock.frozen(NOW):
        yield


@pytest.fixture
def small_app():
    app = Flask(__name__)
    Babel(app, default_locale="fr")
    time.init_app(app)
    return app


@pytest.fixture
def english(small_app):
    with small_app.test_request_context(), force_locale("en"):
        yield


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Europe/Paris"))


def spaced(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (paris(2026, 11, 26, 14), "jeudi 26 novembre à 14 h"),
        (paris(2026, 11, 26, 14, 5), "jeudi 26 novembre à 14 h 05"),
        (paris(2026, 11, 23, 8, 10), "lundi 23 novembre à 8 h 10"),
        (paris(2026, 12, 1, 0), "mardi 1er décembre à 0 h"),
        (paris(2027, 1, 4, 12), "lundi 4 janvier 2027 à 12 h"),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), "vendredi 1er janvier 2027 à 0 h 30"),
        (datetime(2026, 8, 15, 12, tzinfo=UTC), "samedi 15 août à 14 h"),
    ],
)
def test_an_instant_is_said_with_its_day(at, words):
    assert spaced(time.in_words(at)) == words


def test_an_hour_and_a_day_never_break_at_the_end_of_a_line():
    assert time.in_words(paris(2026, 11, 26, 14, 5)) == "jeudi 26\xa0novembre à 14\xa0h\xa005"


def test_each_place_has_its_own_hour():
    noon = datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert spaced(time.hour(noon, "Indian/Reunion")) == "16 h"
    assert spaced(time.hour(noon, ZoneInfo("America/Martinique"))) == "8 h"
    assert (
        spaced(time.day(datetime(2026, 11, 26, 22, tzinfo=UTC), "Indian/Mayotte")) == "vendredi 27 novembre"
    )


@pytest.mark.parametrize(
    ("at", "place", "words"),
    [
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Europe/Paris", "2 h 30 (heure d’été)"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "Europe/Paris", "2 h 30 (heure d’hiver)"),
        (datetime(2026, 10, 25, 2, 30, tzinfo=UTC), "Europe/Paris", "3 h 30"),
        (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), "Europe/Paris", "3 h"),
        (datetime(2026, 11, 1, 4, 0, tzinfo=UTC), "America/Miquelon", "1 h (heure d’hiver)"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "Indian/Reunion", "4 h 30"),
    ],
)
def test_an_hour_that_comes_twice_says_which_it_is(at, place, words):
    assert spaced(time.hour(at, place)) == words


def test_the_zone_of_the_request_or_of_the_installation_is_used(small_app):
    noon = datetime(2026, 11, 26, 12, tzinfo=UTC)
    small_app.config["TIME_ZONE"] = "America/Cayenne"
    with small_app.test_request_context():
        assert spaced(time.hour(noon)) == "9 h"
        time.use_zone("Indian/Reunion")
        assert spaced(time.hour(noon)) == "16 h"


def test_an_instant_without_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        time.local(NOW.replace(tzinfo=None))
    with pytest.raises(ValueError, match="time zone"), clock.frozen(NOW.replace(tzinfo=None)):
        pass


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (paris(2026, 11, 23, 9, 5), "9 h 05"),
        (paris(2026, 11, 22, 18), "hier à 18 h"),
        (paris(2026, 11, 21, 18), "21 nov. à 18 h"),
        (paris(2026, 9, 1, 8, 30), "1er sept. à 8 h 30"),
        (paris(2025, 11, 26, 14), "26 nov. 2025"),
    ],
)
def test_the_short_form_says_what_is_needed(at, words):
    assert spaced(time.in_short(at)) == words


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (timedelta(seconds=20), "à l’instant"),
        (timedelta(seconds=-20), "à l’instant"),
        (timedelta(seconds=119), "il y a 2 minutes"),
        (timedelta(minutes=59), "il y a 59 minutes"),
        (timedelta(minutes=59, seconds=59), "il y a 1 heure"),
        (timedelta(hours=1), "il y a 1 heure"),
        (timedelta(hours=3, minutes=50), "il y a 3 heures"),
        (timedelta(hours=23, minutes=59), "il y a 23 heures"),
        (timedelta(hours=-2), "dans 2 heures"),
    ],
)
def test_distance_is_told_under_a_day(before, words):
    assert spaced(time.distance(NOW - before)) == words


def test_from_a_day_on_the_date_is_told():
    assert time.distance(NOW - timedelta(days=1)) is None
    assert spaced(time.ago_tag(NOW - timedelta(days=2))) == (
        '<time datetime="2026-11-21T10:30:00+01:00" title="samedi 21 novembre 2026 à 10 h 30">'
        "21 nov. à 10 h 30</time>"
    )


def test_spans_say_the_day_once_when_they_can():
    assert spaced(time.span(paris(2026, 11, 26, 14), paris(2026, 11, 26, 16))) == (
        "jeudi 26 novembre, 14 h – 16 h"
    )
    assert spaced(time.span(paris(2026, 11, 26, 14), paris(2026, 11, 27, 9, 30))) == (
        "du jeudi 26 novembre à 14 h au vendredi 27 novembre à 9 h 30"
    )


def test_dates_have_no_zone_to_mind():
    assert spaced(time.day(date(2026, 11, 26))) == "jeudi 26 novembre"
    assert spaced(time.day(date(2026, 11, 26), year=True)) == "jeudi 26 novembre 2026"
    assert spaced(time.short_day(date(2025, 5, 1))) == "1er mai 2025"
    assert time.month(date(2026, 11, 26)) == "novembre 2026"


@pytest.mark.usefixtures("english")
def test_english_readers_read_english():
    at = paris(2026, 11, 26, 14, 5)
    assert spaced(time.in_words(at)) == "Thursday 26 November at 14:05"
    assert spaced(time.in_short(paris(2026, 11, 22, 18))) == "yesterday at 18:00"
    assert spaced(time.distance(NOW - timedelta(hours=3))) == "3 hours ago"
    assert spaced(time.distance(NOW + timedelta(minutes=2))) == "in 2 minutes"
    assert time.distance(NOW) == "just now"
    assert spaced(time.span(at, at + timedelta(days=1))) == (
        "Thursday 26 November at 14:05 to Friday 27 November at 14:05"
    )


def test_templates_write_instants_people_and_machines_read(small_app):
    with small_app.test_request_context():
        shown = render_template_string(
            "{{ at|moment }} {{ at|clock }} {{ at|day }} {{ at|month }} {{ at|short_day }} {{ at|short }}"
            " {{ at|span(at) }} {{ soon|ago }}",
            at=paris(2026, 11, 26, 14),
            soon=NOW,
        )
    assert spaced(shown) == (
        '<time datetime="2026-11-26T14:00:00+01:00">jeudi 26 novembre à 14 h</time>'
        " 14 h jeudi 26 novembre novembre 2026 26 nov. "
        '<time datetime="2026-11-26T14:00:00+01:00" title="jeudi 26 novembre 2026 à 14 h">26 nov. à 14 h</time>'
        " jeudi 26 novembre, 14 h – 14 h "
        '<time datetime="2026-11-23T10:30:00+01:00" title="lundi 23 novembre 2026 à 10 h 30" data-ago>'
        "à l’instant</time>"
    )


def test_the_clock_runs_unless_stopped():
    clock.advance(timedelta(hours=1))
    assert time.now() == NOW + timedelta(hours=1)
    running = time.Clock()
    assert abs(running.now() - datetime.now(UTC)) < timedelta(seconds=5)
    with pytest.raises(RuntimeError):
        running.advance(timedelta(1))
