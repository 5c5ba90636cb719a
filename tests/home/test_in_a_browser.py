"""A topic, a machine and a sheet that know each other, in real browsers."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import expect

from app.core import indexing
from app.core.database import transaction
from tests.library.conftest import published
from tests.support import labs
from tests.support.browsers import PHONE, OpenBrowser
from tests.support.cast import Cast, open_topic, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.once]


def test_a_topic_is_linked_with_a_machine_and_each_open_page_shows_the_other(
    app: Flask, cast: Cast, open_browser: OpenBrowser
) -> None:
    machine = labs.add_machine(labs.open_lab(cast.loire), name="Presse plieuse CN")
    with transaction():
        indexing.changed("machine", machine.id)
    topic = open_topic(cast.ana, cast.usinage_loire, "Quel vé pour plier du 3 mm")
    writer = open_browser(client=sign_in(app.test_client(), cast.ana), viewport=PHONE)
    booker = open_browser(client=sign_in(app.test_client(), cast.bruno))
    booker.goto(f"/machines/{machine.id}")
    expect(booker.get_by_role("heading", level=1)).to_have_text("Presse plieuse CN")
    # Who may link the topic and not the machine is led there from the topic alone.
    expect(booker.get_by_role("link", name="Relier un sujet")).to_have_count(0)

    writer.goto(f"/sujets/{topic.id}")
    writer.get_by_role("link", name="Relier un sujet, une machine, une fiche").click()
    writer.get_by_role("searchbox", name="Un mot du nom ou du titre").fill("plieuse")
    writer.get_by_role("searchbox", name="Un mot du nom ou du titre").press("Enter")
    row = writer.get_by_role("listitem").filter(has=writer.get_by_role("link", name="Presse plieuse CN"))
    row.get_by_role("button", name="Relier").click()
    expect(writer).to_have_url(re.compile(f"/sujets/{topic.id}"))
    writer.locator("[data-linked]").get_by_role("link", name="Presse plieuse CN").click()
    expect(writer.get_by_role("heading", level=1)).to_have_text("Presse plieuse CN")
    expect(writer.get_by_role("link", name="Quel vé pour plier du 3 mm")).to_be_visible()

    # Bruno's page was open all the while, and nobody touched it.
    expect(booker.get_by_role("link", name="Quel vé pour plier du 3 mm")).to_be_visible(timeout=8_000)
    writer.goto(f"/liens/topic/{topic.id}")
    writer.get_by_role("button", name="Retirer").click()
    expect(booker.get_by_role("link", name="Quel vé pour plier du 3 mm")).to_have_count(0, timeout=8_000)


def test_a_question_about_a_sheet_is_seen_from_the_sheet(
    app: Flask, cast: Cast, open_browser: OpenBrowser
) -> None:
    sheet = published(cast.ana, cast.loire, cast.manon)
    reader = open_browser(client=sign_in(app.test_client(), cast.bruno))
    reader.goto(f"/apprendre/{sheet.id}")
    reader.get_by_role("link", name="Poser une question sur cette fiche").click()
    expect(
        reader.get_by_role("checkbox", name="À propos de « Préparer un changement de série »")
    ).to_be_checked()
    reader.get_by_label("Titre").fill("Faut-il préchauffer le moule")
    reader.get_by_label("Votre message").fill("Chez nous il met une heure à chauffer.")
    reader.get_by_role("button", name=re.compile("^Publier")).click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Faut-il préchauffer le moule")
    reader.locator("[data-linked]").get_by_role("link", name="Préparer un changement de série").click()
    expect(
        reader.locator("[data-linked]").get_by_role("link", name="Faut-il préchauffer le moule")
    ).to_be_visible()
