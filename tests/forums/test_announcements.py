"""Announcing to a region: once in each of its communities, whoever presses how often, and nowhere else."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import User
from app.communities import operations as communities
from app.communities.access import forget_access
from app.communities.models import Node
from app.core import jobs
from app.core.database import transaction
from app.core.errors import Refusal
from app.core.text import render
from app.extensions import db
from app.forums import operations
from app.forums.models import AnnouncementCopy, RegionalAnnouncement, Topic
from app.notifications.models import Notification
from tests.support import cast as casting
from tests.support.cast import Cast, person, sign_in
from tests.support.races import together

TITLE, BODY = "Visite du lycée de Blois", "Le 12 décembre à **9 h**, dix places."


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The cast, with a second community in the region that has no announcements room yet."""
    made = casting.build()
    with transaction():
        region = db.session.get_one(Node, made.region_loire.id)
        for name, opens in (("Berry industrie", True), ("Pas encore ouverte", False)):
            node = communities.create_community(
                region, by=made.nadia, name=name, town="Bourges", department="18"
            )
            forget_access()
            if opens:
                communities.open_community(node, by=made.nadia)
                made.nodes["berry"] = node
    return made


def send(client: Any, slug: str, request_id: Any = None, **fields: str) -> Any:
    values = {"title": TITLE, "body": BODY, "request_id": str(request_id or uuid.uuid4())}
    return client.post(f"/regions/{slug}/annonces/nouvelle", data={**values, **fields})


def places() -> list[int]:
    """The communities where the announcement stands, as often as it stands there."""
    db.session.rollback()
    return sorted(db.session.execute(select(Topic.node_id).where(Topic.title == TITLE)).scalars())


def test_it_stands_once_in_each_community_of_the_region_and_nowhere_else(app: Flask, cast: Cast) -> None:
    amir = sign_in(app.test_client(), cast.amir)
    slug = cast.region_loire.slug
    form = amir.get(f"/regions/{slug}/annonces/nouvelle").text.split("<main")[1]
    assert "Berry industrie" in form
    assert "Pas encore ouverte" not in form
    request_id = uuid.uuid4()

    assert send(amir, slug, request_id).status_code == 302
    assert send(amir, slug, request_id).status_code == 302
    again = send(amir, slug)

    assert again.status_code == 409
    assert "déjà été faite" in again.text
    assert "dix places" in again.text
    assert places() == sorted([cast.loire.id, cast.berry.id])
    rows = db.session.execute(select(Topic.kind).where(Topic.title == TITLE)).scalars()
    assert set(rows) == {"announcement"}
    listed = amir.get(f"/regions/{slug}/annonces").text
    assert listed.count("/sujets/") >= 2
    assert TITLE in sign_in(app.test_client(), cast.ana).get(f"/salles/{cast.annonces_loire.id}").text
    assert TITLE not in sign_in(app.test_client(), cast.yann).get(f"/salles/{cast.annonces_vitre.id}").text
    jobs.drain()
    told = set(db.session.execute(select(Notification.user_id)).scalars())
    assert not told & {cast.yann.id, cast.anne.id, cast.maelle.id}


@pytest.mark.parametrize("is_same_person", [True, False])
def test_two_who_press_at_once_announce_once(app: Flask, cast: Cast, is_same_person: bool) -> None:
    with transaction():
        second = person("Noé Second")
        communities.give_role(second, "ambassador", db.session.get_one(Node, cast.region_loire.id))
    first_id, second_id = cast.amir.id, cast.amir.id if is_same_person else second.id
    region_id, shared = cast.region_loire.id, str(uuid.uuid4())
    text = render(BODY)

    def announcing(user_id: int) -> Any:
        author = db.session.get_one(User, user_id)
        request_id = shared if is_same_person else str(uuid.uuid4())
        return operations.announce(region_id, author=author, title=TITLE, text=text, request_id=request_id).id

    results = together(app, lambda: announcing(first_id), lambda: announcing(second_id))

    late = [result for result in results if isinstance(result, Refusal)]
    assert all(refusal.status in (409, 503) for refusal in late), results
    assert len(late) < 2
    assert places() == sorted([cast.loire.id, cast.berry.id])
    assert db.session.execute(select(func.count()).select_from(RegionalAnnouncement)).scalar_one() == 1
    assert db.session.execute(select(func.count()).select_from(AnnouncementCopy)).scalar_one() == 2


@pytest.mark.parametrize(
    ("who", "status"),
    [("ana", 404), ("manon", 404), ("amir", 200), ("nadia", 200), ("anne", 404), ("yann", 404)],
)
def test_it_is_for_those_who_manage_the_region(app: Flask, cast: Cast, who: str, status: int) -> None:
    client = sign_in(app.test_client(), getattr(cast, who))
    slug = cast.region_loire.slug
    assert client.get(f"/regions/{slug}/annonces").status_code == status
    assert client.get(f"/regions/{slug}/annonces/nouvelle").status_code == status
    assert send(client, slug).status_code == (302 if status == 200 else 404)
    assert ("Annoncer à" in client.get("/moderation").text) == (who in ("amir", "nadia", "anne"))


def test_what_is_refused_comes_back_as_typed(app: Flask, cast: Cast) -> None:
    amir = sign_in(app.test_client(), cast.amir)
    short = send(amir, cast.region_loire.slug, title="Oui")
    assert short.status_code == 422
    assert "dix places" in short.text
    empty = send(amir, cast.region_loire.slug, body=" ")
    assert empty.status_code == 422
    assert TITLE in empty.text
    assert places() == []
