"""Somebody who reads many places reaches them all, and the rail stays short."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from app.communities import operations as communities
from app.communities.access import forget_access
from app.communities.models import Node
from app.core.database import transaction
from app.extensions import db
from app.forums import operations as forums
from app.forums import queries as forum_queries
from app.forums.models import Room
from tests.support.cast import Cast, open_topic, sign_in

TOWNS = [f"Pays n° {number:02}" for number in range(1, 13)]


@pytest.fixture
def rooms(cast: Cast) -> dict[str, Room]:
    """Twelve more communities in the region, each with a room."""
    made = {}
    with transaction():
        region = db.session.get_one(Node, cast.region_loire.id)
        for name in TOWNS:
            node = communities.create_community(
                region, by=cast.nadia, name=name, town="Vendôme", department="41"
            )
            forget_access()
            communities.open_community(node, by=cast.nadia)
            made[name] = forums.open_room(node=node, author=None, name="Usinage")
    forget_access()
    db.session.commit()
    return made


@pytest.fixture
def amir(app: Flask, cast: Cast) -> Any:
    """The ambassador of the region."""
    return sign_in(app.test_client(), cast.amir)


def rail_of(page: Any) -> str:
    """The markup of the places in the rail."""
    found = re.search(r'<nav aria-labelledby="rail-places".*?</nav>', page.text, re.S)
    assert found is not None
    return found[0]


def content_of(page: Any) -> str:
    """The markup of the page beside the rail."""
    return str(page.text.split("<main")[1])


def unread_at(markup: str, address: str) -> str | None:
    """The number beside a link."""
    found = re.search(rf'href="{re.escape(address)}".*?(?:data-count>([\d+]+)|</li>)', markup, re.S)
    assert found is not None, address
    return found[1]


def test_a_member_sees_every_place_in_the_rail_and_no_link_to_others(app: Flask, cast: Cast) -> None:
    rail = rail_of(sign_in(app.test_client(), cast.ana).get("/"))
    assert "Val de Loire mécanique" in rail
    assert "/lieux" not in rail


def test_one_unread_topic_is_said_in_the_singular(app: Flask, cast: Cast) -> None:
    ana = sign_in(app.test_client(), cast.ana)
    for title, said in (("Premier sujet", "1 non lu"), ("Second sujet", "2 non lus")):
        open_topic(cast.bruno, cast.usinage_loire, title)
        rail = re.sub(r"<[^>]+>", "", rail_of(ana.get("/")))
        assert re.search(rf"{said}\b", rail), rail


def test_an_ambassador_reaches_every_community_from_the_rail(
    amir: Any, cast: Cast, rooms: dict[str, Room]
) -> None:
    rail = rail_of(amir.get("/"))
    assert rail.count('class="rail-place') <= 9
    assert '<a href="/lieux" data-elsewhere><span>Tous les lieux (15)</span>' in rail

    page = amir.get("/lieux").text
    for name in [*TOWNS, "Val de Loire mécanique"]:
        assert name in page
    assert "Pays de Vitré" not in page
    assert "Tous les lieux (15)" in amir.get("/demander").text


def test_what_is_unread_elsewhere_is_added_up_and_then_told_apart(
    amir: Any, cast: Cast, rooms: dict[str, Room]
) -> None:
    assert unread_at(rail_of(amir.get("/")), "/lieux") is None
    first, second = rooms[TOWNS[0]], rooms[TOWNS[1]]
    read = open_topic(cast.nadia, first, "Porosités en fonderie")
    for title in ("Bavures au perçage", "Usure des pinces"):
        open_topic(cast.nadia, second, title)
    open_topic(cast.nadia, cast.usinage_loire, "Vibrations en tournage")

    assert unread_at(rail_of(amir.get("/")), "/lieux") == "4"
    assert amir.get("/non-lus").json["elsewhere"] == 4
    places = content_of(amir.get("/lieux"))
    slugs = {name: db.session.get_one(Node, room.node_id).slug for name, room in rooms.items()}
    assert unread_at(places, f"/communautes/{slugs[TOWNS[0]]}") == "1"
    assert unread_at(places, f"/communautes/{slugs[TOWNS[1]]}") == "2"
    assert unread_at(places, f"/communautes/{slugs[TOWNS[2]]}") is None

    amir.post(f"/sujets/{read.id}/lecture", data={"number": 1})
    amir.post(f"/salles/{second.id}/lecture")
    assert unread_at(rail_of(amir.get("/")), "/lieux") == "1"


def test_what_the_rail_shows_is_not_counted_again_elsewhere(
    amir: Any, cast: Cast, rooms: dict[str, Room]
) -> None:
    topic = open_topic(cast.nadia, rooms[TOWNS[0]], "Porosités en fonderie")
    assert unread_at(rail_of(amir.get("/")), "/lieux") == "1"
    here = rail_of(amir.get(f"/salles/{topic.room_id}"))
    assert TOWNS[0] in here
    assert unread_at(here, "/lieux") is None


def test_a_restricted_room_counts_for_those_listed_alone(app: Flask, cast: Cast) -> None:
    nadia, manon = (sign_in(app.test_client(), person) for person in (cast.nadia, cast.manon))
    address = f"/communautes/{cast.loire.slug}"
    open_topic(cast.ana, cast.usinage_loire, "Compte rendu public")
    open_topic(cast.manon, cast.secrete, "Compte rendu confidentiel")
    with transaction():
        room = forum_queries.room_for(cast.manon, cast.secrete.id)
        forums.admit_to_room(room, person_id=cast.ana.id, manager=cast.manon)
    assert unread_at(content_of(nadia.get("/lieux")), address) == "1"
    assert unread_at(content_of(manon.get("/lieux")), address) == "1"
    open_topic(cast.ana, cast.secrete, "Réponse confidentielle")
    assert unread_at(content_of(nadia.get("/lieux")), address) == "1"
    assert unread_at(content_of(manon.get("/lieux")), address) == "2"


def test_the_national_team_finds_the_regions_with_their_communities(app: Flask, cast: Cast) -> None:
    page = sign_in(app.test_client(), cast.nadia).get("/lieux").text
    headings = re.findall(r'<h2 class="row-main">.*?href="(.*?)">(.*?)</a></h2>', page)
    assert len(headings) == 19
    names = [name for _address, name in headings]
    assert names[0] == "France"
    assert names.index("Île-de-France") == names.index("La Réunion") - 1
    assert dict(headings)[f"/regions/{cast.region_loire.slug}"] == "Centre-Val de Loire"
    region = page.split("Bretagne</a></h2>")[1].split("</section>")[0]
    assert "Pays de Vitré" in region
    assert "Val de Loire" not in region
