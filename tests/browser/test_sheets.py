"""A sheet from a phone in the workshop to an application that somebody verified."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from app.extensions import db
from app.library.models import PracticeVersion
from tests.library.conftest import proposed
from tests.support.browsers import PHONE
from tests.support.cast import Cast, sign_in

pytestmark = pytest.mark.once


def test_from_a_phone_draft_to_a_verified_application(app: Flask, cast: Cast, open_browser: Any) -> None:
    phone = open_browser(client=sign_in(app.test_client(), cast.ana), viewport=PHONE)
    phone.goto("/apprendre")
    phone.get_by_role("link", name="Écrire une fiche").first.click()
    phone.get_by_label("Titre").fill("Chasser les fuites d’air")
    phone.get_by_label("D’où vous partiez").fill("Deux compresseurs tournaient la nuit.")
    expect(phone).to_have_url(re.compile(r"/apprendre/\d+/ecrire$"))
    expect(phone.locator("[data-sheet-state]")).to_have_text("Brouillon gardé")

    phone.context.set_offline(True)
    phone.expected.append("ERR_INTERNET_DISCONNECTED")
    phone.get_by_label("Les étapes").fill("1. Écouter le samedi.\n2. Étiqueter chaque fuite.")
    expect(phone.locator("[data-sheet-state]")).to_contain_text("Gardé sur cet appareil")
    phone.context.set_offline(False)
    phone.reload()
    expect(phone.get_by_label("Les étapes")).to_have_value(
        "1. Écouter le samedi.\n2. Étiqueter chaque fuite."
    )
    expect(phone.get_by_label("Titre")).to_have_value("Chasser les fuites d’air")
    expect(phone.locator("[data-sheet-conflict]")).to_be_hidden()

    phone.expected.append("status of 422")
    phone.get_by_role("button", name="Proposer").click()
    expect(phone.get_by_role("alert")).to_contain_text("Choisissez un domaine")
    expect(phone.get_by_label("Les étapes")).to_have_value(
        "1. Écouter le samedi.\n2. Étiqueter chaque fuite."
    )
    phone.get_by_label("Procédés", exact=True).check()
    phone.get_by_label("Domaine").select_option("ENE")
    phone.get_by_role("button", name="Proposer").click()
    expect(phone).to_have_url(re.compile("/relecture$"))
    version = db.session.query(PracticeVersion).one()
    assert (version.state, version.solution) == (
        "proposed",
        "1. Écouter le samedi.\n2. Étiqueter chaque fuite.",
    )

    advisor = open_browser(client=sign_in(app.test_client(), cast.manon))
    advisor.goto(f"/apprendre/{version.practice_id}/relecture")
    advisor.get_by_role("button", name="Publier la fiche").click()
    expect(advisor.get_by_role("heading", level=1)).to_have_text("Chasser les fuites d’air")

    reader = open_browser(client=sign_in(app.test_client(), cast.bruno), viewport=PHONE)
    reader.goto(f"/apprendre/{version.practice_id}")
    reader.get_by_role("link", name="Je l’ai appliquée").click()
    reader.get_by_label("Où").fill("Nogent-le-Rotrou")
    reader.get_by_label("Avant").fill("41")
    reader.get_by_label("Après").fill("29,5")
    reader.get_by_label("Unité").fill("% de charge")
    reader.get_by_role("button", name="Publier").click()
    expect(reader.locator("#applications")).to_contain_text("29,5")
    expect(reader.locator("#applications")).to_contain_text("pas encore vérifiée")

    # The advisor's page has heard of it.
    expect(advisor.locator("#applications")).to_contain_text("Plasturgie du Perche", timeout=8000)
    advisor.locator("#applications").get_by_role("button", name="Vérifier").click()
    expect(advisor.locator("#applications")).to_contain_text("Vérifiée par Manon Petit")
    expect(reader.locator("#applications")).to_contain_text("Vérifiée par Manon Petit", timeout=8000)


def test_a_proposed_sheet_raises_the_number_of_those_who_review_and_a_decision_lowers_it(
    app: Flask, cast: Cast, open_browser: Any
) -> None:
    desktop = open_browser(client=sign_in(app.test_client(), cast.manon))
    phone = open_browser(client=sign_in(app.test_client(), cast.manon), viewport=PHONE)
    for page in (desktop, phone):
        page.goto("/demander")
    shown = {page: page.locator("[data-pending]:visible") for page in (desktop, phone)}
    for link in shown.values():
        expect(link).to_have_accessible_name("Ce qui attend")

    practice_id = proposed(cast.ana, cast.loire)
    for link in shown.values():
        expect(link).to_have_accessible_name(re.compile("^Ce qui attend 1 à traiter$"), timeout=15_000)

    writer = sign_in(app.test_client(), cast.ana)
    assert writer.post(f"/apprendre/{practice_id}/reprise").status_code == 302
    for link in shown.values():
        expect(link).to_have_accessible_name("Ce qui attend", timeout=15_000)
