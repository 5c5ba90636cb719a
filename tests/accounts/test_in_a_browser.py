"""The account in real browsers: without JavaScript, on a phone, and within reach of everybody."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from app.accounts.models import User
from tests.support.accounts import PASSWORD, link_in, sign_in
from tests.support.browsers import PHONE, OpenBrowser
from tests.support.client import Client
from tests.support.mail import Mailbox, text_of

pytestmark = [pytest.mark.browser, pytest.mark.once]


def wait_for_mail(mailbox: Mailbox, address: str) -> str:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if mailbox.to(address):
            return text_of(mailbox.to(address)[-1])
        time.sleep(0.1)
    raise AssertionError(f"no mail reached {address}")


def test_a_link_signs_in_on_a_phone_without_javascript(
    open_browser: OpenBrowser, omar: User, mailbox: Mailbox
) -> None:
    page = open_browser(viewport=PHONE, java_script_enabled=False)
    page.goto("/connexion")
    page.get_by_label("Adresse électronique").fill("omar@atelier.test")
    page.get_by_role("button", name="Recevoir un lien de connexion").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Regardez vos courriels")
    page.goto(link_in(wait_for_mail(mailbox, "omar@atelier.test")))
    page.get_by_role("button", name="Me connecter").click()
    page.goto("/compte")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mon compte")


def test_the_keyboard_alone_signs_in_and_a_refusal_is_heard(open_browser: OpenBrowser, lea: User) -> None:
    page = open_browser()
    page.expected.append("422")
    page.goto("/connexion")
    page.get_by_label("Adresse électronique").focus()
    page.keyboard.type("lea@atelier.test")
    page.keyboard.press("Tab")
    page.keyboard.type("pas le bon")
    page.keyboard.press("Enter")
    password = page.get_by_label("Mot de passe")
    expect(password).to_be_focused()
    expect(password).to_have_accessible_description("Cette adresse et ce mot de passe ne vont pas ensemble.")
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(re.compile("/connexion"))
    page.goto("/compte")
    expect(page.get_by_label("Prénom")).to_have_value("Léa")


def test_the_strength_of_a_password_is_said_in_a_word(
    open_browser: OpenBrowser, client: Client, lea: User
) -> None:
    sign_in(client)
    page = open_browser(client=client)
    page.goto("/compte/mot-de-passe")
    field = page.get_by_label("Nouveau mot de passe")
    meter = page.get_by_role("status").filter(has_text="Ce mot de passe est")
    expect(meter).to_be_hidden()
    for password, word in (
        ("court", "trop court"),
        ("aaaaaaaaaaaaaa1", "facile à deviner"),
        ("Vr4k!pLm9zQe", "solide"),
    ):
        field.fill(password)
        expect(meter).to_contain_text(word)


def test_a_password_is_shown_while_one_types_it_and_asked_again_where_it_is_wrong(
    open_browser: OpenBrowser, client: Client, lea: User
) -> None:
    page = open_browser()
    page.expected.append("422")
    page.goto("/connexion")
    page.get_by_label("Adresse électronique").fill("lea@atelier.test")
    field = page.get_by_label("Mot de passe")
    field.fill("fraise et tour")
    expect(field).to_have_attribute("type", "password")
    page.get_by_label("Afficher ce que je tape").check()
    expect(field).to_have_attribute("type", "text")
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_text("ne vont pas ensemble")).to_have_count(1)
    expect(field).to_be_focused()
    expect(field).to_have_attribute("type", "password")
    expect(field).to_have_value("")
