"""What a visitor sees: the regions alive with true numbers, and nobody's name."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.core.database import transaction
from app.core.time import clock
from app.home import landing
from app.home.commons import count_commons
from app.library.operations import hide_practice
from app.resources.slots import next_free
from tests.library.conftest import draft, published
from tests.support import cast as casting
from tests.support import labs
from tests.support.cast import Cast, open_topic, reply


@pytest.fixture
def cast(app: Flask) -> Cast:
    return casting.build()


def test_an_empty_installation_has_a_front_page_too(client: Any) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "Trouver ma communauté" in page.get_data(as_text=True)
    assert client.get("/chiffres").status_code == 200
    assert client.get("/rejoindre").status_code == 200


def test_all_eighteen_tiles_stand_whole_with_a_list_beside(cast: Cast, client: Any) -> None:
    page = client.get("/").get_data(as_text=True)
    assert page.count('<a class="tile') == 18
    assert page.count('<li id="region-') == 18
    for line in landing.communities.regions():
        assert f'href="/regions/{line.slug}"' in page
    left = [float(x) for x in re.findall(r'<text class="tile-count"[^>]* x="([0-9.-]+)"', page)]
    assert min(left) >= 47, "a whole half tile to the left of its middle"


def test_the_sentence_and_the_figures_tell_the_truth(cast: Cast, client: Any) -> None:
    page = client.get("/").get_data(as_text=True)
    assert "Deux communautés d’ateliers" in page
    figures = landing.communities.count_figures()
    assert (figures.communities, figures.companies, figures.people) == (2, 3, 4)


def test_nobody_is_named_in_public(cast: Cast, client: Any) -> None:
    open_topic(cast.ana, cast.usinage_loire, "Voilage d’une tôle confidentielle")
    for address in ("/", "/chiffres", "/rejoindre", "/rejoindre?region=24"):
        page = client.get(address).get_data(as_text=True)
        for secret in ("Ana Costa", "Atelier Brenne", "Manon Petit", "confidentielle", "Usinage"):
            assert secret not in page, address


def test_an_activity_of_fewer_than_three_firms_is_not_named(cast: Cast, client: Any) -> None:
    assert "Travail des métaux" in client.get("/").get_data(as_text=True), "three firms share it"
    from app.communities.models import Company
    from app.core.database import transaction
    from app.extensions import db

    with transaction():
        db.session.get_one(Company, cast.atelier.id).activity_code = "24.53Z"
    page = client.get("/").get_data(as_text=True)
    assert "Travail des métaux" not in page
    assert "Métallurgie" not in page


def test_questions_are_counted_outside_restricted_rooms(cast: Cast) -> None:
    open_topic(cast.ana, cast.usinage_loire, "Une question visible")
    open_topic(cast.manon, cast.secrete, "Une question restreinte")
    assert landing.count_discussion().questions == 1


def test_a_median_needs_enough_answers(cast: Cast) -> None:
    now = clock.now()
    for number in range(landing.FEWEST_DELAYS):
        assert landing.count_discussion().minutes_to_answer is None
        with clock.frozen(now - timedelta(hours=5)):
            topic = open_topic(cast.ana, cast.usinage_loire, f"Question {number} sur un foret")
        with clock.frozen(now - timedelta(hours=5) + timedelta(minutes=10 * (number + 1))):
            reply(cast.bruno, topic, "Essayez plus lentement.")
    assert landing.count_discussion().minutes_to_answer == 45


@pytest.mark.once
@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "1 minute"),
        (40, "40 minutes"),
        (60, "1\xa0h"),
        (190, "3\xa0h\xa010"),
        (1440, "1 jour"),
        (4000, "3 jours"),
    ],
)
def test_a_delay_is_said_as_people_say_it(app: Flask, minutes: int, words: str) -> None:
    assert landing.delay_in_words(minutes) == words


def test_somebody_signed_in_finds_their_home_instead(cast: Cast, client: Any) -> None:
    casting.sign_in(client, cast.ana)
    assert "Bonjour Ana" in client.get("/").get_data(as_text=True)


def test_machines_hours_and_sheets_are_counted_as_the_page_says(cast: Cast, client: Any) -> None:
    lab = labs.open_lab(cast.loire)
    machine = labs.add_machine(lab)
    labs.add_machine(lab, state="not_opened")
    labs.add_machine(labs.open_lab(cast.loire, name="Lab en préparation", state="draft"))
    starts = next_free(machine.id, cast.ana, None, 120, 0, 1)[0].start
    labs.reserve(cast.ana, machine, starts, starts + 7200)
    draft(cast.ana, cast.loire)
    published(cast.ana, cast.loire, cast.manon)
    hidden = published(cast.ana, cast.loire, cast.manon, evidence="none", before_value="", after_value="")
    counted = count_commons()
    assert (counted.labs, counted.machines, counted.hours) == (1, 1, 0), "two hours to come are not spent"
    assert (counted.sheets, counted.with_figure, counted.applied) == (2, 1, 0)
    with transaction():
        hide_practice(hidden.id)
    with clock.frozen(clock.now() + timedelta(days=2)):
        counted = count_commons()
        assert (counted.hours, counted.sheets) == (2, 1)
        page = " ".join(client.get("/").text.split())
    assert "1 machine dans 1 lab. 2 heures réservées depuis trois mois." in page
    assert "1 fiche, dont 1 avec un chiffre et ce qu’il vaut." in page
    assert "Découpe laser" not in page and "Fab lab de Vendôme" not in page
