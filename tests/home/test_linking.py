"""A topic is linked with a thing of another feature, from either page, by those who may."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask

from app.core import links, things
from app.core.things import Description
from tests.support.cast import Cast, open_topic, sign_in


@pytest.fixture
def press(app: Flask, cast: Cast) -> Any:
    """A thing of a feature that forums ignores: one press that Ana and Bruno see, and a secret one that nobody does."""
    kept_things, kept_sides = dict(things._types), dict(links._sides)
    ana_id, scope_id = cast.ana.id, cast.loire.scope_id
    seen_by = {ana_id, cast.bruno.id, cast.manon.id}
    things.register(
        "press",
        visible_ids=lambda user, ids: set(ids) & ({7} if user.id in seen_by else set()),
        describe=lambda ids: {
            number: Description(title="Presse plieuse", url="/", scope_id=scope_id) for number in ids
        },
    )
    links.offer(
        "press",
        heading="Presses",
        icon="tool",
        order=5,
        may_link=lambda user, _id: user.id == ana_id,
        may_unlink=lambda user, _id: False,
    )
    yield 7
    for registry, kept in ((things._types, kept_things), (links._sides, kept_sides)):
        registry.clear()
        registry.update(kept)


def test_who_may_answer_links_the_topic_and_both_pages_show_it(app: Flask, cast: Cast, press: int) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Quelle presse pour du 3 mm")
    bruno = sign_in(app.test_client(), cast.bruno)
    assert f"/liens/topic/{topic.id}" in bruno.get(f"/sujets/{topic.id}-x").text
    answer = bruno.post(f"/liens/topic/{topic.id}", data={"other": f"press:{press}"})
    assert answer.status_code == 302
    assert "Presse plieuse" in bruno.get(f"/sujets/{topic.id}-x").text
    page = bruno.get(f"/liens/press/{press}")
    assert page.status_code == 403
    ana = sign_in(app.test_client(), cast.ana)
    assert "Quelle presse pour du 3 mm" in ana.get(f"/liens/press/{press}").text


def test_a_reader_who_may_not_see_the_other_thing_is_not_told_of_it(
    app: Flask, cast: Cast, press: int
) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Quelle presse pour du 3 mm")
    sign_in(app.test_client(), cast.ana).post(f"/liens/topic/{topic.id}", data={"other": f"press:{press}"})
    assert "Presse plieuse" in sign_in(app.test_client(), cast.bruno).get(f"/sujets/{topic.id}-x").text
    rita = sign_in(app.test_client(), cast.rita)
    assert "Presse plieuse" not in rita.get(f"/sujets/{topic.id}-x").text
    assert rita.post(f"/liens/topic/{topic.id}", data={"other": f"press:{press}"}).status_code == 404
    stranger = sign_in(app.test_client(), cast.yann)
    assert stranger.get(f"/liens/topic/{topic.id}").status_code == 404


def test_who_made_a_link_or_answers_for_the_topic_takes_it_away(app: Flask, cast: Cast, press: int) -> None:
    topic = open_topic(cast.manon, cast.usinage_loire, "Quelle presse pour du 3 mm")
    ana, bruno, manon = (sign_in(app.test_client(), person) for person in (cast.ana, cast.bruno, cast.manon))
    there = f"/liens/topic/{topic.id}"
    for remover, allowed in ((bruno, False), (ana, True), (manon, True)):
        assert ana.post(there, data={"other": f"press:{press}"}).status_code == 302
        answer = remover.post(f"{there}/retrait", data={"other": f"press:{press}"})
        assert answer.status_code == (302 if allowed else 403)
        assert ("Presse plieuse" in manon.get(f"/sujets/{topic.id}-x").text) is not allowed
    assert manon.post(f"{there}/retrait", data={"other": f"press:{press}"}).status_code == 404


@pytest.mark.parametrize(
    "other", ["", "press:", "press:-1", "press:x", "press:99999999999999999999", ":7", "press"]
)
def test_a_form_that_names_no_thing_is_refused(app: Flask, cast: Cast, press: int, other: str) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Quelle presse pour du 3 mm")
    ana = sign_in(app.test_client(), cast.ana)
    assert ana.post(f"/liens/topic/{topic.id}", data={"other": other}).status_code in (400, 404)


def test_topics_are_not_linked_with_each_other(app: Flask, cast: Cast) -> None:
    one, other = (open_topic(cast.ana, cast.usinage_loire, title) for title in ("Un sujet", "Un autre"))
    ana = sign_in(app.test_client(), cast.ana)
    assert ana.post(f"/liens/topic/{one.id}", data={"other": f"topic:{other.id}"}).status_code == 404


def test_a_question_asked_from_the_page_of_a_thing_is_linked_with_it(
    app: Flask, cast: Cast, press: int
) -> None:
    bruno = sign_in(app.test_client(), cast.bruno)
    form = bruno.get(f"/sujets/nouveau?genre=question&lien=press:{press}").text.replace("\xa0", " ")
    assert f'value="press:{press}" checked' in form and "À propos de « Presse plieuse »" in form
    made = bruno.post("/sujets", data=question(cast, lien=f"press:{press}"))
    assert made.status_code == 302
    assert "Presse plieuse" in bruno.get(made.location).text
    unticked = bruno.post("/sujets", data=question(cast))
    assert "Presse plieuse" not in bruno.get(unticked.location).text


@pytest.mark.parametrize(
    "lien", ["press:8", "press:x", "topic:1", "nothing:7", ":", "press:99999999999999999999"]
)
def test_a_question_about_what_one_may_not_see_is_a_question(
    app: Flask, cast: Cast, press: int, lien: str
) -> None:
    rita = sign_in(app.test_client(), cast.rita)
    assert "À propos de" not in rita.get(f"/sujets/nouveau?lien={lien}").text
    assert "À propos de" not in rita.get(f"/sujets/nouveau?lien=press:{press}").text
    made = rita.post("/sujets", data=question(cast, lien=lien))
    assert rita.get(made.location).status_code == 200
    seen = rita.post("/sujets", data=question(cast, lien=f"press:{press}"))
    assert "Presse plieuse" not in sign_in(app.test_client(), cast.bruno).get(seen.location).text


def question(cast: Cast, **more: str) -> dict[str, Any]:
    return {
        "room_id": cast.usinage_loire.id,
        "kind": "question",
        "title": "Quelle presse pour du 3 mm",
        "body": "Deux mètres de long, inox.",
        "request_id": str(uuid.uuid4()),
        **more,
    }
