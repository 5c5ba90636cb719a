"""A report handled in thirty seconds: from the queue to the statement sent, in four acts, by mouse or by keys."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from app.extensions import db
from app.forums.models import Post
from app.moderation.models import Decision, Report, StatementOfReasons
from tests.moderation.test_reporting import report
from tests.support.browsers import PHONE, OpenBrowser
from tests.support.cast import Cast, open_topic, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.once]

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
COUNT = """
window.acts = 0;
addEventListener("click", (event) => event.isTrusted && sessionStorage.setItem("acts", 1 + Number(sessionStorage.acts ?? 0)), true);
"""


@pytest.mark.parametrize("where", ["desktop", "phone"])
def test_from_the_queue_to_the_statement_in_four_clicks(
    app: Flask, cast: Cast, prix: Post, case: int, open_browser: OpenBrowser, where: str
) -> None:
    client = sign_in(app.test_client(), cast.manon)
    desk = open_browser(client=client, viewport=PHONE) if where == "phone" else open_browser(client=client)
    desk.add_init_script(COUNT)
    desk.goto("/moderation")
    began = time.monotonic()

    desk.get_by_role("link", name="Qui découpe du 3 mm").click()
    desk.get_by_text("Supprimer", exact=True).click()
    desk.get_by_role("button", name="Supprimer et envoyer l’exposé").click()
    expect(desk.get_by_text("Le contenu est supprimé")).to_be_visible()

    assert time.monotonic() - began < 30
    assert int(desk.evaluate("sessionStorage.acts")) <= 4
    db.session.rollback()
    assert db.session.execute(select(Decision.measure)).scalar_one() == "delete"
    assert "est supprimé depuis" in db.session.execute(select(StatementOfReasons.text)).scalar_one()


def test_the_statement_follows_what_is_chosen(
    app: Flask, cast: Cast, prix: Post, case: int, open_browser: OpenBrowser
) -> None:
    desk = open_browser(client=sign_in(app.test_client(), cast.manon))
    desk.goto(f"/moderation/cas/{case}")
    statement = desk.get_by_label("Exposé des motifs")
    assert desk.locator("mark").all_inner_texts() == ["1,10 € du mètre", "on s’alignait"]
    expect(desk.get_by_label("Durée")).to_be_hidden()

    desk.get_by_label("Pour son auteur").select_option("suspend")
    desk.get_by_label("Durée").select_option("30")
    assert "Votre écriture est suspendue dans Val de Loire mécanique jusqu’au" in statement.input_value()
    desk.get_by_text("Aucune mesure", exact=True).first.click()
    assert "a été relu ce" in statement.input_value()
    desk.get_by_text("Reprendre un texte prêt").click()
    desk.get_by_label("Texte prêt").select_option(label="Règles de sécurité · Réglage sans consignation")
    assert "ni arrêtée ni consignée" in statement.input_value()
    expect(desk.get_by_label("Fondement")).to_have_value("safety_rules")
    statement.fill("Mes propres mots.")
    desk.get_by_label("Faits").fill("Autre chose.")
    assert statement.input_value() == "Mes propres mots."
    desk.get_by_role("button", name="Envoyer l’exposé").click()
    expect(desk.get_by_text("C’est décidé")).to_be_visible()
    db.session.rollback()
    assert db.session.execute(select(Decision.sanction)).scalar_one() == "suspend"


def test_the_desk_is_walked_by_keys_alone(
    app: Flask, cast: Cast, prix: Post, case: int, open_browser: OpenBrowser
) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Un autre sujet qui dérange", "Des mots.")
    other = db.session.execute(select(Post).where(Post.topic_id == topic.id)).scalar_one()
    report(sign_in(app.test_client(), cast.bruno), other, "off_topic")
    desk = open_browser(client=sign_in(app.test_client(), cast.manon))
    desk.goto("/moderation")
    expect(desk.get_by_text("d’une ligne à l’autre")).to_be_visible()

    desk.keyboard.press("j")
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**/moderation/cas/{case}")
    desk.keyboard.press("n")
    desk.wait_for_url(lambda url: "/moderation/cas/" in url and not url.endswith(f"/{case}"))
    desk.keyboard.press("d")
    assert desk.evaluate("document.activeElement.name") == "measure"
    desk.keyboard.press("ArrowUp")
    # A key typed in a field is a letter.
    desk.get_by_label("Faits").fill("")
    desk.get_by_label("Faits").press_sequentially("nld")
    expect(desk.get_by_label("Faits")).to_have_value("nld")
    desk.keyboard.press("Tab")
    assert desk.evaluate("document.activeElement.name") != "facts"
    desk.locator("h1").click()
    desk.keyboard.press("l")
    desk.wait_for_url("**/moderation")


@pytest.mark.parametrize("path", ["/moderation", "/moderation/cas/{case}", "/moderation/actes", "/moderation/textes",
                                  "/moderation/textes/nouveau", "/moderation/attente/report/{case}/passage"])  # fmt: skip
def test_every_page_of_the_desk_is_within_reach_and_fits_a_phone(
    app: Flask, cast: Cast, prix: Post, case: int, asking: object, open_browser: OpenBrowser, path: str
) -> None:
    desk = open_browser(client=sign_in(app.test_client(), cast.manon), viewport={"width": 360, "height": 800})
    desk.goto(path.format(case=case))
    assert desk.evaluate("document.documentElement.scrollWidth") <= 360
    desk.evaluate(AXE.read_text("utf-8"))
    faults = desk.evaluate(
        "axe.run({exclude: [['footer']]}, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
        ".then(result => result.violations.map(v => v.id + ' ' + v.nodes.map(n => n.html).join(' | ')))"
    )
    assert faults == []
    assert db.session.execute(select(Report.id)).scalars().first() == case
