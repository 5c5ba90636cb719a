"""Whole jobs, as the people they are made for would do them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.support.cast import Cast, open_topic, reply, sign_in

pytestmark = pytest.mark.once

# A link whose whole row can be pressed draws its outline around the row, through a pseudo-element.
FOCUS = """() => {
  const here = document.activeElement;
  const shown = [getComputedStyle(here), getComputedStyle(here, "::after"), getComputedStyle(here, "::before")];
  if (here.closest(".row")) shown.push(getComputedStyle(here.closest(".row")));
  const outlines = shown.filter((s) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2).length;
  return { tag: here.tagName.toLowerCase(), text: here.innerText.trim(), outlines };
}"""


def test_a_moderator_hides_what_somebody_is_reading(app: Flask, cast: Cast, open_browser: Any) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Qui découpe du 3 mm ?")
    reply(cast.bruno, topic, "Nos clients paient 1,10 € du mètre. Alignons-nous.")
    reading = open_browser(client=sign_in(app.test_client(), cast.ana))
    reading.goto(f"/sujets/{topic.id}")
    expect(reading.locator("#message-2")).to_contain_text("1,10 €")

    reporting = open_browser(client=sign_in(app.test_client(), cast.rita))
    reporting.goto(f"/sujets/{topic.id}")
    reporting.locator("#message-2").get_by_role("link", name="Plus d’actions").click()
    reporting.get_by_role("link", name="Signaler ce message").click()
    reporting.get_by_label("Propos déplacés").check()
    reporting.get_by_label("Ce que le modérateur doit savoir").fill("Il propose de s’aligner sur un tarif.")
    reporting.get_by_role("button", name="Signaler").click()
    expect(reporting.get_by_role("heading", level=1)).to_be_visible()

    deciding = open_browser(client=sign_in(app.test_client(), cast.manon))
    deciding.goto("/moderation/suivant")
    deciding.get_by_label("Fondement").select_option("competition_charter")
    deciding.get_by_label("Faits").fill("Le message donne un prix de vente et propose de s’aligner.")
    deciding.get_by_role("button", name="Masquer et envoyer l’exposé").click()

    expect(reading.locator("#message-2")).to_contain_text("Message masqué par la modération", timeout=5000)
    expect(reading.locator("#message-2")).not_to_contain_text("1,10 €")


def test_everything_from_signing_in_to_an_answer_by_keyboard_alone(
    app: Flask, cast: Cast, open_browser: Any
) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    page = open_browser(client=sign_in(app.test_client(), cast.bruno))
    page.goto("/")
    tab_to(page, "Demander", "a")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/demander$"))
    tab_to(page, "Usure des pinces de tour", "a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Usure des pinces de tour")
    page.keyboard.press("r")
    page.keyboard.type("Écrit sans souris.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#message-2")).to_contain_text("Écrit sans souris.")
    assert topic.id


def tab_to(page: Page, name: str, tag: str, most: int = 80) -> None:
    """Press Tab until the focus stands on what is named so, and is seen to stand there."""
    for _n in range(most):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUS)
        if here["tag"] == tag and name in here["text"]:
            assert here["outlines"], f"the focus on {name} is not seen"
            return
    raise AssertionError(f"{name} is not reached in {most} steps")
