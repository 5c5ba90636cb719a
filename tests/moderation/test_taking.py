"""Who looks after what: taken once, given back, handed to somebody who could decide it, with a note."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.communities.models import Company
from app.core import jobs
from app.core.database import transaction
from app.core.errors import Refusal
from app.extensions import db
from app.forums.models import Post
from app.moderation import operations, waiting
from app.moderation.models import Report, Taking
from tests.moderation.test_reporting import kinds_told
from tests.support.cast import Cast, employ, sign_in
from tests.support.races import together


def test_it_is_taken_given_back_and_said_so_on_every_desk(
    app: Flask, cast: Cast, case: int, asking: Any
) -> None:
    manon, amir = sign_in(app.test_client(), cast.manon), sign_in(app.test_client(), cast.amir)
    for kind, number in (("report", case), ("membership", asking.id)):
        taken = manon.post(f"/moderation/attente/{kind}/{number}/prise")
        assert taken.status_code == 302
        assert "Manon Petit s’en occupe" in amir.get(f"/moderation?genre={kind}").text
        assert "Vous vous en occupez" in manon.get(f"/moderation?genre={kind}").text
        assert amir.post(f"/moderation/attente/{kind}/{number}/prise").status_code == 409
        assert amir.post(f"/moderation/attente/{kind}/{number}/remise").status_code == 409
        assert manon.post(f"/moderation/attente/{kind}/{number}/remise").status_code == 302
        assert "s’en occupe" not in amir.get(f"/moderation?genre={kind}").text
    db.session.rollback()
    assert db.session.execute(select(Report.state)).scalar_one() == "open"


def test_two_who_take_it_at_once_find_one_of_them(app: Flask, cast: Cast, asking: Any) -> None:
    def taking(moderator_id: int) -> Any:
        moderator = db.session.get_one(User, moderator_id)
        item = waiting.find(moderator, "membership", number)
        assert item is not None
        operations.take_item(moderator, item)
        return moderator_id

    number, manon, amir = asking.id, cast.manon.id, cast.amir.id
    results = together(app, lambda: taking(manon), lambda: taking(amir))

    assert sorted(type(result) is int for result in results) == [False, True], results
    assert [r.status for r in results if isinstance(r, Refusal)] == [409]
    holder = db.session.execute(select(Taking.taken_by_id)).scalar_one()
    assert holder in results


def test_it_is_handed_to_somebody_free_of_conflict_with_a_note(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    manon, amir = sign_in(app.test_client(), cast.manon), sign_in(app.test_client(), cast.amir)
    with transaction():
        employ(cast.nadia, db.session.get_one(Company, cast.plasturgie.id))
    page = manon.get(f"/moderation/attente/report/{case}/passage").text
    assert "Amir Haddad" in page
    assert "Nadia Roche" not in page.split("<main")[1]
    assert "Anne Kervella" not in page
    address = f"/moderation/attente/report/{case}/passage"
    refused = manon.post(address, data={"to_id": str(cast.nadia.id), "note": "À voir avec lui."})
    assert refused.status_code == 422
    assert "À voir avec lui." in refused.text

    assert manon.post(address, data={"to_id": str(cast.amir.id), "note": "Je le connais."}).status_code == 302

    jobs.drain()
    assert "desk_handed" in kinds_told(cast.amir)
    assert "Je le connais." in amir.get("/moderation").text
    assert "Je le connais." in amir.get(f"/moderation/cas/{case}").text
    assert "Je le connais." not in manon.get("/moderation").text
    bruno = sign_in(app.test_client(), cast.bruno)
    assert bruno.get(address).status_code == 404


def test_what_does_not_wait_for_somebody_is_not_theirs_to_take(
    app: Flask, cast: Cast, case: int, asking: Any
) -> None:
    for who in (cast.anne, cast.maelle):
        client = sign_in(app.test_client(), who)
        for kind, number in (("report", case), ("membership", asking.id), ("nothing", 1)):
            for act in ("prise", "remise", "passage"):
                assert client.post(f"/moderation/attente/{kind}/{number}/{act}").status_code == 404
            assert client.get(f"/moderation/attente/{kind}/{number}/passage").status_code == 404


def test_the_region_sees_each_place_with_its_numbers(app: Flask, cast: Cast, case: int, asking: Any) -> None:
    from app.communities import operations as communities
    from app.communities.access import forget_access
    from app.communities.models import Node
    from tests.support.cast import company

    with transaction():
        region = db.session.get_one(Node, cast.region_loire.id)
        other = communities.create_community(
            region, by=cast.nadia, name="Berry industrie", town="Bourges", department="18"
        )
        forget_access()
        communities.open_community(other, by=cast.nadia)
        communities.ask_for(company("Forge du Cher"), other, requested_by=None)
    amir = sign_in(app.test_client(), cast.amir)

    page = amir.get("/moderation").text
    assert "desk-table" in page
    assert f"/moderation?genre=membership&amp;lieu={other.id}" in page
    narrowed = amir.get(f"/moderation?genre=membership&lieu={other.id}").text.split("<main")[1]
    assert "Forge du Cher" in narrowed
    assert "Tournage du Loir" not in narrowed
    # A manager of one community has a list, not a table.
    assert "desk-table" not in sign_in(app.test_client(), cast.manon).get("/moderation").text
