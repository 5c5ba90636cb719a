"""Moderation, news and search in real browsers: live, without JavaScript, on a phone, within reach of everybody."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from app.communities.models import Company
from app.core.database import transaction
from app.extensions import db
from app.forums.models import Post
from app.moderation.models import Report, StatementOfReasons
from tests.support.browsers import PHONE, OpenBrowser
from tests.support.cast import Cast, open_topic, reply, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.once]

NARROW = {"width": 320, "height": 700}


@pytest.fixture
def prix(cast: Cast) -> Post:
    topic = open_topic(cast.ana, cast.usinage_loire, "Qui découpe du 3 mm dans le 41 ?")
    reply(cast.rita, topic, "Le laser fibre du lab suffit.")
    return reply(cast.bruno, topic, "Nos clients paient 1,10 € du mètre. Et si on s’alignait ?")


def test_what_a_moderator_hides_leaves_the_page_that_somebody_reads(
    app: Flask, cast: Cast, prix: Post, open_browser: OpenBrowser
) -> None:
    reader = open_browser(client=sign_in(app.test_client(), cast.rita))
    reader.goto(f"/sujets/{prix.topic_id}-x")
    expect(reader.get_by_text("1,10 €")).to_be_visible()
    reporter = open_browser(client=sign_in(app.test_client(), cast.ana), viewport=PHONE)
    reporter.goto(f"/signaler/post/{prix.id}")
    reporter.get_by_label("Propos déplacés").check()
    reporter.get_by_role("button", name="Signaler").click()
    expect(reporter.get_by_role("heading", level=1)).to_have_text("Votre signalement est reçu")

    desk = open_browser(client=sign_in(app.test_client(), cast.manon))
    desk.goto("/moderation/suivant")
    facts = desk.get_by_label("Faits")
    facts.fill("Il donne un prix de vente.")
    statement = desk.get_by_label("Exposé des motifs")
    assert "Faits. Il donne un prix de vente." in statement.input_value()
    desk.get_by_label("Fondement").select_option("competition_charter")
    assert "Charte de concurrence" in statement.input_value()
    desk.get_by_role("button", name="Masquer et envoyer l’exposé").click()
    expect(desk.get_by_text("Le contenu est masqué")).to_be_visible()

    expect(reader.get_by_text("1,10 €")).to_have_count(0, timeout=5_000)
    db.session.rollback()
    assert "Il donne un prix de vente." in db.session.execute(select(StatementOfReasons.text)).scalar_one()


def test_a_first_message_reported_as_sensitive_leaves_the_page_and_its_answers_stay(
    app: Flask, cast: Cast, open_browser: OpenBrowser
) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Qui découpe du 3 mm ?", "Le mètre est à 1,10 €.")
    reply(cast.rita, topic, "Le laser fibre du lab suffit.")
    reader = open_browser(client=sign_in(app.test_client(), cast.rita))
    reader.goto(f"/sujets/{topic.id}-x")
    expect(reader.get_by_text("1,10 €")).to_be_visible()
    first = db.session.execute(
        select(Post.id).where(Post.topic_id == topic.id, Post.number == 1)
    ).scalar_one()

    sign_in(app.test_client(), cast.bruno).post(f"/signaler/post/{first}", data={"reason": "competition"})

    expect(reader.locator("#message-1")).to_have_text(
        "Message masqué en attendant qu’un modérateur le lise.", timeout=5_000
    )
    expect(reader.get_by_text("laser fibre")).to_be_visible()


@pytest.mark.parametrize("path", ["/entreprises/{id}", "/communautes/{slug}/entreprises"])
def test_what_a_firm_says_leaves_open_pages_when_it_is_hidden_and_comes_back_when_it_is_restored(
    app: Flask, cast: Cast, open_browser: OpenBrowser, path: str
) -> None:
    words = "Injection à prix cassé"
    with transaction():
        db.session.get_one(Company, cast.plasturgie.id).summary = words
    reader = open_browser(client=sign_in(app.test_client(), cast.rita))
    reader.goto(path.format(id=cast.plasturgie.id, slug=cast.loire.slug))
    expect(reader.get_by_text(words)).to_be_visible()
    # A sensitive exchange is hidden at once; « Aucune mesure » gives it back.
    sign_in(app.test_client(), cast.ana).post(
        f"/signaler/company/{cast.plasturgie.id}", data={"reason": "competition"}
    )
    expect(reader.get_by_text(words)).to_have_count(0, timeout=5_000)
    db.session.rollback()
    case = db.session.execute(select(Report.id)).scalar_one()
    sign_in(app.test_client(), cast.manon).post(f"/moderation/cas/{case}/decision", data={"measure": "none"})
    expect(reader.get_by_text(words)).to_be_visible(timeout=5_000)


def test_the_author_s_bell_rings_and_the_statement_is_one_click_away(
    app: Flask, cast: Cast, prix: Post, open_browser: OpenBrowser
) -> None:
    author = open_browser(client=sign_in(app.test_client(), cast.bruno))
    author.goto("/notifications")
    # The server's job process tells what the cast was owed before: wait until it is quiet.
    wait_until_told()
    sign_in(app.test_client(), cast.ana).post(f"/signaler/post/{prix.id}", data={"reason": "competition"})

    expect(author.locator("[data-notifications-new]")).to_be_visible(timeout=10_000)
    author.get_by_role("link", name="Afficher les nouvelles lignes").click()
    author.get_by_role("link", name="est masqué, le temps qu’un modérateur le lise").click()
    expect(author.get_by_role("heading", level=1)).to_have_text("Masqué le temps d’une lecture")


def test_reporting_and_deciding_work_without_javascript(
    app: Flask, cast: Cast, prix: Post, open_browser: OpenBrowser
) -> None:
    reporter = open_browser(client=sign_in(app.test_client(), cast.ana), java_script_enabled=False)
    reporter.goto(f"/signaler/post/{prix.id}")
    reporter.get_by_label("Contenu illégal").check()
    reporter.get_by_role("button", name="Signaler").click()
    reporter.get_by_label("Pourquoi ce contenu est illégal").fill("Entente sur les prix.")
    reporter.get_by_label("Je déclare de bonne foi").check()
    reporter.get_by_role("button", name="Envoyer le signalement").click()
    expect(reporter.get_by_text("Votre signalement est reçu")).to_be_visible()

    desk = open_browser(client=sign_in(app.test_client(), cast.manon), java_script_enabled=False)
    desk.goto("/moderation/suivant")
    desk.get_by_label("Faits").fill("Il propose une entente.")
    desk.get_by_label("Précision ou article").fill("Article L420-1 du code de commerce.")
    desk.get_by_role("button", name="Décider et envoyer l’exposé").click()
    expect(desk.get_by_text("Le contenu est masqué")).to_be_visible()

    db.session.rollback()
    sent = db.session.execute(select(StatementOfReasons.text)).scalar_one()
    assert "Faits. Il propose une entente." in sent
    assert "Article L420-1" in sent


def wait_until_told() -> None:
    """Until the server's job process has served every duty."""
    from app.core.duties import Duty

    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        db.session.rollback()
        left: Any = db.session.execute(select(Duty.id)).first()
        if left is None:
            return
        time.sleep(0.2)
    raise AssertionError("duties are left")
