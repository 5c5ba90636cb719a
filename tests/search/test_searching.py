"""The one search box: any word, newest first, and nothing outside one's rights."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import search
from app.accounts.models import User
from app.communities.models import Company, Node
from app.core import indexing, shell
from app.core.database import transaction
from app.extensions import db
from app.forums import operations as forums
from app.forums import queries as forum_queries
from app.forums import rail
from app.forums.models import Post, Topic
from app.search import facets, queries, ranking, shapes
from app.search.index import reindex
from app.search.models import SearchEntry
from app.search.schema import NAMED
from tests.support.cast import Cast, open_topic, reply, sign_in
from tests.support.statements import counted_statements, forget_everything


def find(client: Any, text: str, **more: str) -> Any:
    return client.get("/recherche", query_string={"q": text, **more})


def titles(page: Any) -> list[str]:
    found = re.findall(r'class="row-title" href="[^"]*">(.*?)</a>', page.text)
    # A sign is kept to its word: here any space will do.
    return [re.sub(r"</?mark>", "", title).replace("\N{NO-BREAK SPACE}", " ") for title in found]


def found_at(page: Any) -> list[str]:
    return re.findall(r'class="row-title" href="([^"]*)"', page.text)


def test_endings_accents_and_capitals_do_not_matter(app: Flask, cast: Cast) -> None:
    open_topic(
        cast.ana, cast.usinage_loire, "Découpes laser : bavures", "Les pièces découpées sortent bavurées."
    )
    bruno = sign_in(app.test_client(), cast.bruno)

    for asked in ("découpe", "DECOUPE", "découpées laser", "bavure"):
        page = find(bruno, asked)
        assert page.status_code == 200
        assert titles(page) == ["Découpes laser : bavures"], asked


def test_found_words_are_marked_where_they_stand_and_text_stays_text(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Porosités <b>")
    reply(
        cast.bruno, topic, "Un long début sans rapport. " * 20 + "La porosité vient du & gaz <i>humide</i>."
    )

    page = find(sign_in(app.test_client(), cast.ana), "porosité", type="messages")

    assert "La <mark>porosité</mark> vient du &amp; gaz" in page.text
    assert "<i>humide" not in page.text
    assert "<mark>Porosités</mark> &lt;b&gt;" in page.text


def test_a_stranger_finds_neither_the_thing_nor_its_number(app: Flask, cast: Cast) -> None:
    open_topic(cast.ana, cast.usinage_loire, "Galvanoplastie sur aluminium")
    bruno, yann = sign_in(app.test_client(), cast.bruno), sign_in(app.test_client(), cast.yann)

    assert "Galvanoplastie" in find(bruno, "galvanoplastie").text
    page = find(yann, "galvanoplastie")
    assert "Aucun résultat" in page.text
    assert "sur aluminium" not in page.text
    assert 'class="tabs"' not in page.text


def test_a_restricted_room_is_found_by_its_members_alone(app: Flask, cast: Cast) -> None:
    open_topic(cast.manon, cast.secrete, "Récupération de chaleur fatale")
    manon, ana, amir = (sign_in(app.test_client(), who) for who in (cast.manon, cast.ana, cast.amir))

    assert titles(find(manon, "chaleur fatale"))
    assert not titles(find(ana, "chaleur fatale"))
    assert not titles(find(amir, "chaleur fatale"))


def test_a_hidden_message_leaves_the_index_in_the_same_transaction(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Lubrifiant")
    post = reply(cast.bruno, topic, "Essayez l’ester végétal biodégradable.")
    ana = sign_in(app.test_client(), cast.ana)
    assert titles(find(ana, "biodégradable"))

    with transaction():
        forums.hide_post(post.id)
        assert db.session.query(SearchEntry).filter_by(object_type="post").count() == 1
    assert not titles(find(ana, "biodégradable"))

    with transaction():
        forums.restore_post(post.id)
    assert titles(find(ana, "biodégradable"))


def first_post_id(topic: Topic) -> int:
    return db.session.query(Post.id).filter_by(topic_id=topic.id, number=1).scalar()


def test_a_message_given_back_is_as_old_as_it_was(app: Flask, cast: Cast) -> None:
    old = open_topic(cast.ana, cast.usinage_loire, "Lubrifiant biodégradable")
    answer = reply(cast.bruno, old, "L’ester végétal est biodégradable.")
    open_topic(cast.bruno, cast.usinage_loire, "Huile biodégradable pour glissières")
    ana = sign_in(app.test_client(), cast.ana)
    before = found_at(find(ana, "biodégradable"))
    assert len(before) == 3

    for post_id, left in ((answer.id, 2), (first_post_id(old), 1)):
        with transaction():
            forums.hide_post(post_id)
        assert len(found_at(find(ana, "biodégradable"))) == left
        with transaction():
            forums.restore_post(post_id)
        assert found_at(find(ana, "biodégradable")) == before


def test_nothing_of_a_hidden_message_stays_in_the_index(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Lubrifiant")
    post = reply(cast.bruno, topic, "Essayez l’ester végétal biodégradable.")
    with transaction():
        forums.hide_post(post.id)
    assert reindex() > 0
    entry = db.session.query(SearchEntry).filter_by(object_type="post", object_id=post.id).one()
    assert (entry.title, entry.url, entry.excerpt, entry.terms.split()) == ("", "", "", ["typepost", "|"])
    for words in ("typepost", "typepost biodégradable"):
        assert not titles(find(sign_in(app.test_client(), cast.ana), words))

    with transaction():
        forums.restore_post(post.id)
    with transaction():
        forums.delete_post(*forum_queries.post_to_change(cast.bruno, post.id), author=cast.bruno)
    assert db.session.query(SearchEntry).filter_by(object_type="post", object_id=post.id).count() == 0


def test_what_is_refused_leaves_the_index_as_it_was(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Lubrifiant")
    post = reply(cast.bruno, topic, "Essayez l’ester végétal.")

    with pytest.raises(ZeroDivisionError), transaction():
        _ = forums.hide_post(post.id), 1 / 0
    assert titles(find(sign_in(app.test_client(), cast.ana), "végétal"))


def test_newest_come_first_and_the_title_counts_when_relevance_is_asked(app: Flask, cast: Cast) -> None:
    open_topic(cast.ana, cast.usinage_loire, "Trempe à l’huile", "Quelle température ?")
    open_topic(cast.ana, cast.usinage_loire, "Déformation des arbres", "Après la trempe, ils vrillent.")
    ana = sign_in(app.test_client(), cast.ana)

    assert titles(find(ana, "trempe")) == ["Déformation des arbres", "Trempe à l’huile"]
    assert titles(find(ana, "trempe", tri="pertinents")) == ["Trempe à l’huile", "Déformation des arbres"]


def test_every_word_must_be_there_and_joining_words_do_not_count(app: Flask, cast: Cast) -> None:
    open_topic(cast.ana, cast.usinage_loire, "Choix d’une plaquette pour l’inox")
    open_topic(cast.ana, cast.usinage_loire, "Plaquette ébréchée")
    ana = sign_in(app.test_client(), cast.ana)

    assert len(titles(find(ana, "plaquette"))) == 2
    assert titles(find(ana, "une plaquette de la inox")) == ["Choix d’une plaquette pour l’inox"]


def test_longer_words_are_tried_when_nothing_holds_the_word_as_typed(app: Flask, cast: Cast) -> None:
    open_topic(cast.ana, cast.usinage_loire, "Électroérosion à fil")

    page = find(sign_in(app.test_client(), cast.ana), "électroéro")

    assert titles(page) == ["Électroérosion à fil"]
    assert "Voici ce qui s’en approche" in page.text


def test_firms_and_people_stand_above_what_was_written(app: Flask, cast: Cast) -> None:
    open_topic(cast.ana, cast.usinage_loire, "Merci à l’Atelier Brenne", "Leur rectifieuse nous a dépannés.")

    page = find(sign_in(app.test_client(), cast.bruno), "brenne")

    names = page.text.index("search-names")
    assert names < page.text.index("search-results")
    assert "Atelier <mark>Brenne</mark>" in page.text
    only = find(sign_in(app.test_client(), cast.bruno), "brenne", type="entreprises")
    assert "search-names" not in only.text
    assert titles(only) == ["Atelier Brenne"]


def test_a_long_list_is_paged_and_says_how_many(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Fil de discussion")
    for number in range(25):
        reply(cast.bruno, topic, f"Fraisage de l’ébauche numéro {number}.")
    ana = sign_in(app.test_client(), cast.ana)

    first = find(ana, "fraisage")
    second = find(ana, "fraisage", page="2")

    assert "25 résultats" in first.text
    assert len(titles(first)) == 20
    assert len(titles(second)) == 5
    assert 'rel="next"' in first.text
    assert 'rel="prev"' in second.text
    assert 'rel="next"' not in second.text


@pytest.mark.parametrize(
    "garbage",
    [
        '"', "'", "a OR b", "NOT", "AND AND", "(((", "*", "-x", "x*y", "col:val", "^x", "NEAR(a b)", "%", "_", "\\",
        "'; DROP TABLE search_entry; --", "&|!:<->", "😀", "русский", "²³", "ÆŒ", "a" * 5000, " " * 50,
        "le la les de du", "{{7*7}}", "<script>alert(1)</script>", "٣٤", "µm", "ß", "ﬁn",
    ],
)  # fmt: skip
def test_any_garbage_gets_a_page(app: Flask, cast: Cast, garbage: str) -> None:
    open_topic(cast.ana, cast.usinage_loire, "Sujet", "Du texte avec µm et русский слово.")
    ana = sign_in(app.test_client(), cast.ana)

    page = find(ana, garbage, tri=garbage[:50], type=garbage[:50], page=garbage[:50])

    assert page.status_code == 200
    assert "<script>alert" not in page.text


def test_a_signed_out_visitor_is_asked_to_sign_in(app: Flask, client: Any) -> None:
    assert find(client, "tour").status_code == 302


def test_statements_do_not_grow_with_what_is_found(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Perçage profond")
    reply(cast.bruno, topic, "Le perçage au canon.")
    ana = sign_in(app.test_client(), cast.ana)
    few = count_statements(lambda: find(ana, "perçage"))

    for number in range(22):
        reply(cast.bruno, topic, f"Perçage {number}.")
    open_topic(cast.ana, cast.usinage_loire, "Perçage encore")
    many = count_statements(lambda: find(ana, "perçage"))

    assert many <= few + 1
    assert len(titles(find(ana, "perçage"))) == 20


def test_the_page_hears_of_what_it_shows_even_outside_the_places_of_its_frame(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def heard(path: str) -> set[str]:
        pairs = nadia.get(path).text.split('data-scopes="')[1].split('"')[0]
        return {pair.split(":")[0] for pair in pairs.split()}

    open_topic(cast.bruno, cast.usinage_loire, "Perçage profond")
    monkeypatch.setattr(rail, "MOST_PLACES", 1)
    nadia, scope = sign_in(app.test_client(), cast.nadia), str(cast.loire.scope_id)

    assert scope not in heard("/recherche?q=introuvable")
    forget_everything()
    before = count_statements(lambda: find(nadia, "perçage", tri="pertinents"))
    assert scope in heard("/recherche?q=perçage")
    monkeypatch.setattr(shell, "listen", lambda _scopes: None)
    forget_everything()
    assert count_statements(lambda: find(nadia, "perçage", tri="pertinents")) == before


def test_reindexing_gives_the_same_index(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Ébavurage", "À la brosse ?")
    reply(cast.bruno, topic, "Par vibration.")
    before = contents()
    assert before

    with transaction():
        db.session.execute(SearchEntry.__table__.delete())
        db.session.add(stray_entry())
    count = search.reindex()

    assert contents() == before
    assert count == len(before)
    search.reindex()
    assert contents() == before


@pytest.mark.parametrize(("name", "value"), [("COUNT_CAP", 3), ("WIDE", 0), ("CHUNK", 2)])
def test_short_cuts_find_the_same(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, name: str, value: int
) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Honage des alésages")
    for number in range(12):
        reply(cast.bruno, topic, f"Honage {number}.")
    open_topic(cast.yann, cast.usinage_vitre, "Honage en Bretagne")
    db.session.commit()
    asked = [
        {},
        {"by_relevance": True},
        {"facet": facets.of_slug("messages")},
        {"facet": facets.of_slug("sujets")},
    ]
    usual = [[found.url for found in queries.search(cast.ana, "honage", **how).results] for how in asked]
    assert [len(urls) for urls in usual] == [13, 13, 12, 1]

    monkeypatch.setattr(shapes, name, value)
    if name == "CHUNK":
        monkeypatch.setattr(shapes, "WIDE", 0)
    db.session.rollback()
    again = [[found.url for found in queries.search(cast.ana, "honage", **how).results] for how in asked]

    assert again == usual
    counts = queries.search(cast.ana, "honage").counts
    assert counts["company"].number == 0
    assert counts["post"].number + counts["topic"].number >= min(4, 13)
    assert not any("Bretagne" in url for urls in again for url in urls)


def test_both_ways_of_reading_agree_on_postgresql(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Honage")
    for number in range(30):
        reply(cast.bruno, topic, f"Honage {number}, {'pierre' if number % 3 else 'diamant'}.")
    db.session.commit()

    by_index = [found.object_id for found in queries.search(cast.ana, "honage diamant").results]
    monkeypatch.setattr(shapes, "FEW", -1)
    monkeypatch.setattr(shapes, "FEW_TO_RANK", -1)
    by_key = [found.object_id for found in queries.search(cast.ana, "honage diamant").results]
    ranked = [
        found.object_id for found in queries.search(cast.ana, "honage diamant", by_relevance=True).results
    ]

    assert by_index == by_key
    assert len(by_index) == 10
    assert sorted(ranked) == sorted(by_index)


def test_firms_people_and_places_have_an_index_of_their_own_that_follows_them(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def firms(text: str) -> list[int]:
        db.session.rollback()
        return [found.object_id for found in queries.search(cast.ana, text, facet=firms_only).results]

    assert {facet.type for facet in facets.known() if facet.is_entity} == set(NAMED)
    firms_only, firm_id = facets.of_slug("entreprises"), cast.atelier.id
    open_topic(cast.ana, cast.usinage_loire, "Brochage")
    # One match is more than an overview holds: whatever is of names is asked of their own index.
    monkeypatch.setattr(shapes, "COUNT_CAP", 0)
    with transaction():
        db.session.get_one(Company, firm_id).skills = "Brochage extérieur"
        indexing.changed("company", firm_id)

    assert firms("brochage") == [firm_id]
    assert queries.search(cast.ana, "brochage").counts["company"].number == 1
    assert [found.facet.type for found in queries.search(cast.ana, "brochage").results] == ["topic"]

    with transaction():
        db.session.get_one(Company, firm_id).skills = "Mortaisage"
        indexing.changed("company", firm_id)

    assert firms("brochage") == []
    assert firms("mortaisage") == [firm_id]

    with transaction():
        db.session.get_one(Company, firm_id).state = "suspended"
        indexing.changed("company", firm_id)

    assert firms("mortaisage") == []


def test_a_search_asked_again_is_answered_from_memory_until_somebody_writes(app: Flask, cast: Cast) -> None:
    def asked_of_the_index(text: str, client: Any = None, **more: str) -> bool:
        with counted_statements() as seen:
            find(client or ana, text, **more)
        return any("search_entry" in statement for statement in seen)

    topic = open_topic(cast.bruno, cast.usinage_loire, "Rodage de soupapes")
    ana = sign_in(app.test_client(), cast.ana)
    yann = sign_in(app.test_client(), cast.yann)

    assert asked_of_the_index("rodage")
    assert not asked_of_the_index("rodage")
    assert asked_of_the_index("rodage", tri="pertinents")
    assert asked_of_the_index("rodage", yann), "rights differ, and so does what is remembered"
    assert titles(find(yann, "rodage")) == []

    reply(cast.bruno, topic, "Le rodage se finit à la main.")
    assert len(titles(find(ana, "rodage"))) == 2
    assert not asked_of_the_index("rodage")
    # Yann reads the nation alone of what Ana reads: nothing was written there.
    assert not asked_of_the_index("rodage", yann)

    with transaction():
        forums.hide_post(topic_posts(topic)[-1])
    assert len(titles(find(ana, "rodage"))) == 1


def test_what_firms_and_people_say_of_themselves_is_found_at_once(app: Flask, cast: Cast) -> None:
    ana = sign_in(app.test_client(), cast.ana)
    assert "Aucun résultat" in find(ana, "galetage").text

    with transaction():
        db.session.get_one(User, cast.bruno.id).about = "Galetage"
        indexing.changed("person", cast.bruno.id)
    assert f"person:{cast.bruno.id}" in find(ana, "galetage").text

    with transaction():
        db.session.get_one(Node, cast.vitre.id).summary = "Galetage en Bretagne"
        indexing.changed("community", cast.vitre.id)
    assert f"community:{cast.vitre.id}" in find(ana, "galetage").text

    with transaction():
        db.session.get_one(User, cast.bruno.id).about = ""
        indexing.changed("person", cast.bruno.id)
    assert f"person:{cast.bruno.id}" not in find(ana, "galetage").text


def topic_posts(topic: Topic) -> list[int]:
    return list(db.session.scalars(select(Post.id).where(Post.topic_id == topic.id).order_by(Post.number)))


def contents() -> set[tuple[Any, ...]]:
    db.session.rollback()
    return {
        (entry.object_type, entry.object_id, entry.title, entry.url, entry.excerpt, entry.terms)
        for entry in db.session.query(SearchEntry)
    }


def stray_entry() -> SearchEntry:
    from app.core.time import clock

    return SearchEntry(
        object_type="topic",
        object_id=999_999,
        title="Parti",
        url="/x",
        excerpt="",
        terms=" scope1 ",
        at=clock.now(),
    )


def count_statements(act: Any) -> int:
    with counted_statements() as seen:
        act()
    return len(seen)


def test_an_old_text_is_worth_less_and_a_word_in_the_title_more() -> None:
    def row(row_id: int, terms: str, day: float) -> Any:
        return SimpleNamespace(id=row_id, terms=terms, day=day)

    rows = [
        row(1, " scope1 | percag ", 0.0),
        row(2, " scope1 | percag ", 500.0),
        row(3, " scope1 percag | fors ", 0.0),
        row(4, " scope1 | percag percag percag ", 500.0),
        row(5, " scope1 | percag ", 500.0),
    ]

    assert ranking.best_first(rows, ("percag",)) == [3, 4, 5, 2, 1]
    assert ranking.best_first([], ("percag",)) == []
