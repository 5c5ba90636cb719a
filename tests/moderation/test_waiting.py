"""What waits: every kind counts on the badge exactly what the desk shows, for each moderator in their own part of the tree."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.communities.access import access_of, forget_access
from app.core.database import transaction
from app.extensions import db
from app.moderation import waiting
from tests.support.cast import Cast, employ, sign_in


def waits_for(app: Flask, user: Any) -> list[waiting.Waiting]:
    """What the desk shows somebody, which is what the badge counts."""
    forget_access()
    with app.test_request_context():
        found = waiting.everything(user)
        assert waiting.pending_count(access_of(user)) == len(found)
    return found


def test_a_report_and_a_firm_that_asks_wait_together(app: Flask, cast: Cast, case: int, asking: Any) -> None:
    for moderator in (cast.manon, cast.amir, cast.nadia):
        found = waits_for(app, moderator)
        assert {(item.kind, item.node_id) for item in found} == {
            ("report", cast.loire.id),
            ("membership", cast.loire.id),
        }, moderator.name
    assert waits_for(app, cast.anne) == []
    assert waits_for(app, cast.maelle) == []


def test_one_s_own_firm_waits_for_somebody_else(app: Flask, cast: Cast, asking: Any) -> None:
    with transaction():
        firm = db.session.get_one(type(cast.atelier), asking.company_id)
        employ(db.session.get_one(User, cast.manon.id), firm)
    assert waits_for(app, cast.manon) == []
    assert [item.title for item in waits_for(app, cast.amir)] == ["Tournage du Loir"]


def test_the_badge_counts_every_kind(app: Flask, cast: Cast, case: int, asking: Any) -> None:
    manon = sign_in(app.test_client(), cast.manon)
    assert manon.get("/moderation/attente").json == {"pending": 2}
    assert manon.get("/non-lus").json["pending"] == 2


def test_a_newcomer_of_a_firm_without_referent_waits_for_the_manager(app: Flask, cast: Cast) -> None:
    from app.communities.models import Company, JoinRequest
    from app.core.time import clock

    with transaction():
        db.session.add(
            JoinRequest(
                token_hash="x" * 64, state="confirmed", node_id=cast.loire.id, siren=cast.plasturgie.siren,
                siret="0" * 14, company_name="Plasturgie", size_class="sme", activity_code="25.62B",
                postcode="41100", town="Vendôme", given_name="Lou", family_name="Petit", email="lou@exemple.test",
                charter_version="1", created_at=clock.now(), expires_at=clock.now(), confirmed_at=clock.now(),
                company_id=cast.plasturgie.id,
            )
        )  # fmt: skip
    assert waits_for(app, cast.manon) == []
    with transaction():
        db.session.get_one(Company, cast.plasturgie.id).without_referent_since = clock.now()
    (item,) = waits_for(app, cast.manon)
    assert (item.kind, item.title) == ("join_request", "Lou Petit")
    assert sign_in(app.test_client(), cast.manon).get(item.url).status_code == 200
    assert db.session.execute(select(JoinRequest.id)).scalar_one() == item.id
