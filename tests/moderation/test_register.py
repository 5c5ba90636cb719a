"""The register of decisions: read by those of the place, undone with a reason."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from app.core import jobs
from app.extensions import db
from app.forums.models import Post
from app.moderation.models import Decision
from tests.moderation.deciding import hide
from tests.moderation.test_reporting import kinds_told
from tests.support.cast import Cast, sign_in


def test_a_moderator_restores_with_a_reason_and_the_author_is_told(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    manon = sign_in(app.test_client(), cast.manon)
    hide(manon, case)
    decision = db.session.execute(select(Decision.id)).scalar_one()

    assert manon.post(f"/decisions/{decision}/retablissement", data={"facts": ""}).status_code == 422
    bruno = sign_in(app.test_client(), cast.bruno)
    assert bruno.post(f"/decisions/{decision}/retablissement", data={"facts": "moi"}).status_code == 403
    assert manon.post(f"/decisions/{decision}/retablissement", data={"facts": "Erreur."}).status_code == 302
    jobs.drain()

    db.session.rollback()
    assert db.session.get_one(Post, prix.id).hidden_at is None
    assert "decision_restored" in kinds_told(cast.bruno)
    assert "Rétabli" in manon.get("/moderation/registre").text


def test_a_decision_is_read_by_its_author_and_the_moderators_of_the_place(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    hide(sign_in(app.test_client(), cast.manon), case)
    path = f"/decisions/{db.session.execute(select(Decision.id)).scalar_one()}"

    for who, status in (
        (cast.bruno, 200),
        (cast.amir, 200),
        (cast.nadia, 200),
        (cast.ana, 404),
        (cast.anne, 404),
    ):
        assert sign_in(app.test_client(), who).get(path).status_code == status, who.given_name


def test_the_register_is_read_page_by_page(app: Flask, cast: Cast, prix: Post, case: int) -> None:
    manon = sign_in(app.test_client(), cast.manon)
    hide(manon, case)
    decision = db.session.execute(select(Decision.id)).scalar_one()

    assert f"/decisions/{decision}" in manon.get("/moderation/registre").text
    assert f"/decisions/{decision}" in manon.get(f"/moderation/registre?avant={decision + 1}").text
    assert f"/decisions/{decision}" not in manon.get(f"/moderation/registre?avant={decision}").text
    assert f"/decisions/{decision}" in manon.get("/moderation/registre?avant=hier").text
