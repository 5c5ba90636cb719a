"""Communities in real browsers: a newcomer from mail to first message, every page within everybody's reach."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.communities import operations, tokens
from app.communities.models import CompanyMembership, Employment, Invitation, JoinRequest, RoleGrant
from app.core.database import transaction
from app.extensions import db
from tests.support import cast as casting
from tests.support.browsers import DESKTOP, PHONE, OpenBrowser
from tests.support.cast import Cast
from tests.support.mail import Mailbox, text_of

pytestmark = [pytest.mark.browser, pytest.mark.once]

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
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


@pytest.fixture
def pages(
    cast: Cast, app: Any, request_from: Any, newcomer_firm: Any, join_from: Any
) -> list[tuple[Any, list[str]]]:
    """Every page of this feature, with somebody who may open it."""
    firm, louise = newcomer_firm()
    membership = request_from(firm, by=louise, message="Nous plions de la tôle épaisse.")
    join = join_from("lea@tolerie.test")
    with transaction():
        operations.invite(cast.atelier, ["paul@atelier.test"], by=cast.rita)
        sheet = operations.print_code(cast.atelier, "Marcel Dubois", by=cast.rita).id
        operations.confirm_join(db.session.get_one(JoinRequest, join.id))
        known = db.session.query(Employment).filter_by(user_id=cast.bruno.id).one()
        operations.end_employment(known, by=cast.bruno)
    invitation = db.session.query(Invitation).filter_by(email="paul@atelier.test").one()
    own = db.session.query(CompanyMembership).filter_by(company_id=cast.atelier.id).one()
    ana = db.session.query(Employment).filter_by(user_id=cast.ana.id).one()
    grant = db.session.query(RoleGrant).filter_by(user_id=cast.manon.id).one()
    sent = join_from("max@tolerie.test")
    token = tokens.new_token()
    with transaction():
        db.session.get_one(JoinRequest, sent.id).token_hash = tokens.hash_of(token)
    atelier = f"/mon-entreprise/{cast.atelier.id}"
    return [
        (
            None,
            ["/", "/chiffres", "/rejoindre", "/rejoindre?q=41", "/rejoindre?q=tokyo",
             "/rejoindre/val-de-loire-mecanique", "/rejoindre/val-de-loire-mecanique/envoye",
             f"/rejoindre/confirmation/{token}", BASE, "/regions/bretagne", "/regions/corse", "/invitation",
             f"/invitation/{tokens.link_token(invitation.nonce)}"],
        ),
        (
            cast.rita,
            [BASE, f"{BASE}/bienvenue", f"{BASE}/entreprises", f"{BASE}/entreprises?q=zzz", f"{BASE}/personnes",
             f"/entreprises/{cast.atelier.id}", f"/personnes/{cast.ana.id}", "/mon-entreprise", f"{atelier}/fiche",
             f"{atelier}/communautes", f"{atelier}/communautes/pays-de-vitre", f"/adhesions/{own.id}/depart",
             f"/emplois/{ana.id}/fin", f"/invitations/{sheet}/feuille", "/national", "/regions/centre-val-de-loire"],
        ),
        (
            cast.manon,
            [f"{BASE}/admissions", f"{BASE}/admissions?demande={membership.id}", f"{BASE}/roles", f"{BASE}/reglages",
             f"{BASE}/entreprises/{cast.plasturgie.id}/referent"],
        ),
        (
            cast.amir,
            [f"{BASE}/roles?q=ana", "/regions/centre-val-de-loire/roles",
             "/regions/centre-val-de-loire/communautes/nouvelle", f"{BASE}/fermeture", f"/roles/{grant.id}/fin"],
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(("scheme", "locale"), [("light", "fr"), ("dark", "en")])
def test_no_page_shuts_anybody_out_nor_scrolls_sideways(
    pages: list[tuple[Any, list[str]]],
    open_browser: OpenBrowser,
    app: Any,
    scheme: str,
    locale: str,
) -> None:
    faults = []
    for person, paths in pages:
        page = _browser_of(person, open_browser, app, color_scheme=scheme)
        page.context.add_cookies([{"name": "locale", "value": locale, "domain": "127.0.0.1", "path": "/"}])
        for path in paths:
            faults += [f"{path}: {fault}" for fault in violations(page, path)]
            if (
                page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                > 0
            ):
                faults.append(f"{path}: wider than the screen")
            page.set_viewport_size(DESKTOP)
    assert faults == [], "\n".join(faults)


def violations(page: Page, path: str) -> list[str]:
    """What axe holds against a page."""
    assert page.goto(path).status == 200, path
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        ".then(result => result.violations.map(v => v.id + ' ' + v.nodes.map(n => n.html.slice(0, 160)).join(' | ')))"
    )
    return list(found)


def _browser_of(person: Any, open_browser: OpenBrowser, app: Any, **options: Any) -> Page:
    if person is None:
        return open_browser(**options)
    return open_browser(client=casting.sign_in(app.test_client(), person), **options)
