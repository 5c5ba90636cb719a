"""Levels: one's own subtree and nowhere else, never about oneself or one's firm."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import select

from app.communities import operations as communities
from app.communities.access import forget_access
from app.communities.models import Company, Node
from app.core import jobs
from app.core.database import transaction
from app.extensions import db
from app.forums.models import Post
from app.moderation.models import Report
from tests.moderation.deciding import GROUNDS, hide
from tests.moderation.test_reporting import kinds_told, report
from tests.support.cast import Cast, employ, open_topic, person, sign_in


def test_the_ambassador_acts_in_the_region_and_nowhere_else(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    amir, anne = sign_in(app.test_client(), cast.amir), sign_in(app.test_client(), cast.anne)

    assert anne.get("/moderation").status_code == 200
    assert "Qui découpe" not in anne.get("/moderation").text
    assert anne.get("/moderation/attente").json == {"pending": 0}
    for method, path in (
        ("get", ""), ("post", "/prise"), ("post", "/remise"), ("post", "/transmission"), ("post", "/decision"),
    ):  # fmt: skip
        answer = getattr(anne, method)(
            f"/moderation/cas/{case}{path}", **({"data": {"measure": "none"}} if method == "post" else {})
        )
        assert answer.status_code == 404, path

    assert amir.get("/moderation/attente").json == {"pending": 1}
    assert hide(amir, case).status_code == 302


def test_an_advisor_of_the_region_decides_there_and_an_advisor_elsewhere_does_not(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    with transaction():
        here, elsewhere = person("Théo Ici"), person("Zoé Ailleurs")
        communities.give_role(here, "technical_advisor", db.session.get_one(Node, cast.region_loire.id))
        communities.give_role(elsewhere, "technical_advisor", db.session.get_one(Node, cast.region_vitre.id))
    forget_access()

    assert sign_in(app.test_client(), elsewhere).get(f"/moderation/cas/{case}").status_code == 404
    assert hide(sign_in(app.test_client(), here), case).status_code == 302


def test_members_have_no_desk(app: Flask, cast: Cast, case: int, client: Any) -> None:
    ana = sign_in(app.test_client(), cast.ana)

    for path in ("", "/suivant", "/attente", "/registre", "/actes", "/actes.csv", "/textes", f"/cas/{case}"):
        assert ana.get(f"/moderation{path}").status_code == 404
        assert client.get(f"/moderation{path}").status_code == 302


def test_nobody_decides_about_their_own_firm(app: Flask, cast: Cast, prix: Post, case: int) -> None:
    manon = sign_in(app.test_client(), cast.manon)
    assert manon.get(f"/moderation/cas/{case}").status_code == 200
    with transaction():
        employ(cast.manon, db.session.get_one(Company, cast.plasturgie.id))
    forget_access()

    assert manon.get(f"/moderation/cas/{case}").status_code == 404
    assert manon.get("/moderation/attente").json == {"pending": 0}
    assert manon.post(f"/moderation/cas/{case}/decision", data={"measure": "none"}).status_code == 404
    assert hide(sign_in(app.test_client(), cast.amir), case).status_code == 302


def test_a_report_about_a_manager_goes_one_level_up(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.manon, cast.usinage_loire, "Une règle à moi")
    first = db.session.execute(select(Post).where(Post.topic_id == topic.id)).scalar_one()
    report(sign_in(app.test_client(), cast.ana), first, "abuse")
    jobs.drain()
    db.session.rollback()
    kept = db.session.execute(select(Report)).scalar_one()

    assert kept.level_node_id == cast.region_loire.id
    assert "report_added" in kinds_told(cast.amir)
    assert "report_added" not in kinds_told(cast.manon)
    assert sign_in(app.test_client(), cast.manon).get(f"/moderation/cas/{kept.id}").status_code == 404
    assert sign_in(app.test_client(), cast.amir).get(f"/moderation/cas/{kept.id}").status_code == 200


def test_a_report_about_the_only_manager_s_firm_goes_one_level_up(app: Flask, cast: Cast) -> None:
    with transaction():
        employ(cast.manon, db.session.get_one(Company, cast.plasturgie.id))
    forget_access()
    topic = open_topic(cast.bruno, cast.usinage_loire, "Sujet")
    post = db.session.execute(select(Post).where(Post.topic_id == topic.id)).scalar_one()
    report(sign_in(app.test_client(), cast.ana), post, "abuse")
    db.session.rollback()

    assert db.session.execute(select(Report.level_node_id)).scalar_one() == cast.region_loire.id


def test_a_report_about_the_national_team_waits_for_another_of_them(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.nadia, cast.annonces_loire, "Annonce", kind="announcement")
    post = db.session.execute(select(Post).where(Post.topic_id == topic.id)).scalar_one()
    report(sign_in(app.test_client(), cast.ana), post, "abuse")
    db.session.rollback()
    kept = db.session.execute(select(Report)).scalar_one()

    assert kept.level_node_id == cast.nation.id
    assert sign_in(app.test_client(), cast.nadia).get(f"/moderation/cas/{kept.id}").status_code == 404
    with transaction():
        other = person("Olga Autre")
        communities.give_role(other, "national_admin", db.session.get_one(Node, cast.nation.id))
    forget_access()
    assert sign_in(app.test_client(), other).get(f"/moderation/cas/{kept.id}").status_code == 200


def test_a_notice_about_nothing_of_ours_is_closed_by_the_nation(app: Flask, cast: Cast, client: Any) -> None:
    from app.moderation import operations
    from app.moderation.operations import Notice

    with transaction():
        operations.report_address(
            "https://ailleurs.example/x",
            Notice("illegal", "Injure", "Paul", "paul@public.test", True),
            found=None,
        )
    case = db.session.execute(select(Report.id)).scalar_one()
    nadia, amir = sign_in(app.test_client(), cast.nadia), sign_in(app.test_client(), cast.amir)

    assert amir.get(f"/moderation/cas/{case}").status_code == 404
    page = nadia.get(f"/moderation/cas/{case}")
    assert "https://ailleurs.example/x" in page.text
    assert "Masquer et envoyer" not in page.text
    assert (
        nadia.post(
            f"/moderation/cas/{case}/decision", data={"measure": "hide", **GROUNDS, "statement": "x"}
        ).status_code
        == 422
    )
    done = nadia.post(f"/moderation/cas/{case}/decision", data={"measure": "none", "facts": "Pas chez nous."})
    assert done.status_code == 302


def test_there_is_nobody_above_the_nation(app: Flask, cast: Cast, client: Any) -> None:
    from app.moderation import operations
    from app.moderation.operations import Notice

    with transaction():
        operations.report_address("https://ailleurs.example/x", Notice("illegal", "Injure"), found=None)
    case = db.session.execute(select(Report.id)).scalar_one()

    answer = sign_in(app.test_client(), cast.nadia).post(f"/moderation/cas/{case}/transmission")

    assert answer.status_code == 422
    assert "pas de niveau au-dessus" in answer.text
