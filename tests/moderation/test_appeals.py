"""Appeals: once, within six months, to somebody else one level up."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from app.core import jobs
from app.core.time import clock
from app.extensions import db
from app.forums.models import Post
from app.moderation.models import Appeal, Decision
from tests.moderation.deciding import hide
from tests.moderation.test_reporting import kinds_told
from tests.support.cast import Cast, sign_in


def test_an_appeal_goes_one_level_up_to_somebody_else_once(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    manon, amir, bruno = (sign_in(app.test_client(), who) for who in (cast.manon, cast.amir, cast.bruno))
    hide(manon, case)
    decision = db.session.execute(select(Decision.id)).scalar_one()

    assert bruno.post(f"/recours/{decision}", data={"text": ""}).status_code == 422
    assert bruno.post(f"/recours/{decision}", data={"text": "C’était un prix public."}).status_code == 302
    assert bruno.post(f"/recours/{decision}", data={"text": "Encore."}).status_code == 422
    jobs.drain()
    made = db.session.execute(select(Appeal)).scalar_one()
    assert made.level_node_id == cast.region_loire.id
    assert "appeal_added" in kinds_told(cast.amir)
    assert "appeal_added" not in kinds_told(cast.manon)
    assert manon.get(f"/moderation/recours/{made.id}").status_code == 404
    assert bruno.get(f"/moderation/recours/{made.id}").status_code == 404
    assert "C’était un prix public." in amir.get(f"/moderation/recours/{made.id}").text
    assert amir.get("/moderation/attente").json == {"pending": 1}

    answer = amir.post(
        f"/moderation/recours/{made.id}/reponse", data={"answer": "Vous avez raison.", "upheld": "1"}
    )
    jobs.drain()

    assert answer.status_code == 302
    db.session.rollback()
    assert db.session.get_one(Post, prix.id).hidden_at is None
    assert "appeal_answered" in kinds_told(cast.bruno)
    page = bruno.get(f"/decisions/{decision}")
    assert "Recours accepté" in page.text
    assert "Vous avez raison." in page.text
    again = amir.post(f"/moderation/recours/{made.id}/reponse", data={"answer": "Non.", "upheld": "0"})
    assert again.status_code == 404


def test_the_ambassador_who_decided_does_not_answer_the_appeal(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    amir, nadia, bruno = (sign_in(app.test_client(), who) for who in (cast.amir, cast.nadia, cast.bruno))
    hide(amir, case)
    decision = db.session.execute(select(Decision.id)).scalar_one()
    bruno.post(f"/recours/{decision}", data={"text": "Je conteste."})
    made = db.session.execute(select(Appeal.id)).scalar_one()

    assert amir.get(f"/moderation/recours/{made}").status_code == 404
    kept = nadia.post(f"/moderation/recours/{made}/reponse", data={"answer": "Maintenu.", "upheld": "0"})
    assert kept.status_code == 302
    assert "Décision maintenue" in bruno.get(f"/decisions/{decision}").text
    db.session.rollback()
    assert db.session.get_one(Post, prix.id).hidden_at is not None


def test_an_appeal_comes_within_six_months(app: Flask, cast: Cast, prix: Post, case: int) -> None:
    hide(sign_in(app.test_client(), cast.manon), case)
    decision = db.session.execute(select(Decision)).scalar_one()
    with clock.frozen(clock.now() + timedelta(days=190)):
        bruno = sign_in(app.test_client(), cast.bruno)
        assert "ne peut plus" in bruno.get(f"/recours/{decision.id}").text
        assert bruno.post(f"/recours/{decision.id}", data={"text": "Trop tard."}).status_code == 422


def test_only_whom_a_decision_concerns_finds_the_form_of_the_appeal(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    manon = sign_in(app.test_client(), cast.manon)
    hide(manon, case)
    path = f"/recours/{db.session.execute(select(Decision.id)).scalar_one()}"

    assert sign_in(app.test_client(), cast.bruno).get(path).status_code == 200
    assert manon.get(path).status_code == 404
    assert manon.post(path, data={"text": "Moi."}).status_code == 404
