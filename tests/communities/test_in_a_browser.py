"""Communities in real browsers: a newcomer from mail to first message, every page within everybody's reach."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from playwright.sync_api import expect

from app.communities import operations
from app.communities.models import Employment
from app.core.database import transaction
from app.extensions import db
from tests.support import cast as casting
from tests.support.browsers import PHONE, OpenBrowser
from tests.support.cast import Cast
from tests.support.mail import Mailbox, text_of

pytestmark = [pytest.mark.browser, pytest.mark.once]

NARROW = {"width": 320, "height": 700}
BASE = "/communautes/val-de-loire-mecanique"


def wait_for_mail(mailbox: Mailbox, address: str) -> str:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if mailbox.to(address):
            return text_of(mailbox.to(address)[-1])
        time.sleep(0.1)
    raise AssertionError(f"no mail reached {address}")


def test_a_newcomer_goes_from_the_mail_to_a_first_message_on_a_phone(
    cast: Cast, open_browser: OpenBrowser, app: Any, mailbox: Mailbox
) -> None:
    referent = casting.sign_in(app.test_client(), cast.rita)
    desk = open_browser(client=referent)
    desk.goto("/mon-entreprise")
    desk.get_by_label("Adresses de vos collègues").fill("paul@atelier.test\nsophie@atelier.test")
    desk.get_by_role("button", name="Envoyer les invitations").click()
    expect(desk.get_by_text("2 invitations sont parties.")).to_be_visible()
    link = re.search(r"http://[^/\s]+(/invitation/\S+)", wait_for_mail(mailbox, "paul@atelier.test"))
    assert link is not None

    phone = open_browser(viewport=PHONE)
    phone.goto(link[1])
    expect(phone.get_by_role("heading", level=1)).to_have_text("Atelier Brenne vous invite")
    phone.get_by_label("Prénom").fill("Paul")
    phone.get_by_label("Nom", exact=True).fill("Roux")
    phone.get_by_label("Métier").fill("Soudeur")
    phone.get_by_label("J’accepte la charte").check()
    phone.get_by_role("button", name="Rejoindre Val de Loire mécanique").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Bienvenue, Paul")
    phone.get_by_role("link", name="Écrire un premier message").click()
    phone.get_by_label("Titre").fill("Soudure TIG sur 2 mm")
    phone.get_by_label("Votre message").fill("Bonjour, quelle intensité prenez-vous ?")
    phone.get_by_role("button", name=re.compile("Publier")).click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Soudure TIG sur 2 mm")


def test_without_javascript_a_manager_admits_and_refuses(
    cast: Cast, open_browser: OpenBrowser, app: Any, request_from: Any, newcomer_firm: Any
) -> None:
    first, _louise = newcomer_firm()
    second, _max = newcomer_firm("Usinage du Perche", "Max Girard")
    for firm in (first, second):
        request_from(firm)
    page = open_browser(client=casting.sign_in(app.test_client(), cast.manon), java_script_enabled=False)
    page.goto(f"{BASE}/admissions")
    page.get_by_role("button", name="Admettre Tôlerie du Cher").click()
    expect(page.get_by_text("Tôlerie du Cher est admise")).to_be_visible()
    page.get_by_text("Refuser, avec un motif").click()
    page.get_by_label("L’établissement est trop loin").check()
    page.get_by_label("Explication").fill("À trois heures de route.")
    page.get_by_role("button", name="Refuser la demande").click()
    expect(page.get_by_text("L’entreprise lira votre explication")).to_be_visible()
    expect(page.get_by_text("Aucune demande n’attend.")).to_be_visible()


def test_a_request_appears_on_a_desk_that_is_open(
    cast: Cast, open_browser: OpenBrowser, app: Any, request_from: Any, newcomer_firm: Any
) -> None:
    desks = [open_browser(client=casting.sign_in(app.test_client(), who)) for who in (cast.manon, cast.amir)]
    for desk in desks:
        desk.goto(f"{BASE}/admissions")
        expect(desk.get_by_text("Aucune demande n’attend.")).to_be_visible()
        desk.wait_for_timeout(700)
    firm, louise = newcomer_firm()
    request_from(firm, by=louise)
    for desk in desks:
        expect(desk.get_by_text("Une demande attend votre réponse.")).to_be_visible(timeout=6_000)
        expect(desk.get_by_role("button", name="Admettre Tôlerie du Cher")).to_be_visible()


def test_an_access_closed_elsewhere_leaves_an_open_page_within_seconds(
    cast: Cast, open_browser: OpenBrowser, app: Any
) -> None:
    page = open_browser(client=casting.sign_in(app.test_client(), cast.ana))
    page.expected.extend(["404", "403", "WebSocket"])
    page.goto(BASE)
    expect(page.get_by_role("heading", level=1)).to_have_text("Val de Loire mécanique")
    page.wait_for_timeout(1500)
    with transaction():
        employment = db.session.query(Employment).filter_by(user_id=cast.ana.id).one()
        operations.end_employment(employment, by=cast.rita)
    expect(page.get_by_role("heading", name="Entreprises")).to_have_count(0, timeout=5_000)
