"""A statement of reasons speaks the language of whoever gets it; what a moderator wrote stays as written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.communities import operations as communities
from app.communities.access import forget_access
from app.communities.models import Company
from app.core import jobs
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from app.forums.models import Post
from app.moderation.models import Decision, StatementOfReasons
from app.moderation.statements import Outline
from tests.moderation.deciding import GROUNDS, form_of, hide
from tests.moderation.test_profiles import reported
from tests.support.cast import Cast, employ, person, sign_in
from tests.support.client import Client
from tests.support.mail import Mailbox, text_of

USUAL = {"fr": "Il s’en prend à une personne ou à une entreprise", "en": "It attacks a person or a company"}
LEADS = {"fr": ("Faits.", "Fondement.", "Recours."), "en": ("Facts.", "Ground.", "Appeal.")}
TEXT = {
    "fr": ("Votre message du", "Charte de concurrence", "Adresse du recours"),
    "en": ("Your message of", "Competition charter", "Address for the appeal"),
}


def reads(user: User, locale: str) -> None:
    with transaction():
        db.session.get_one(User, user.id).locale = locale


def browsing_in(app: Flask, user: User, locale: str) -> Client:
    client = sign_in(app.test_client(), user)
    client.set_cookie("locale", locale)
    return client


def sent() -> StatementOfReasons:
    db.session.rollback()
    return db.session.execute(select(StatementOfReasons)).scalar_one()


def statement_mailed(mailbox: Mailbox, address: str) -> str:
    jobs.drain()
    with clock.frozen(clock.now() + timedelta(minutes=3)):
        jobs.run("notifications.prepare_mails")
        jobs.drain()
    (mail,) = [text for text in map(text_of, mailbox.to(address)) if "/recours/" in text]
    return mail


@pytest.mark.parametrize(("moderator", "author"), [("fr", "en"), ("en", "fr"), ("fr", "fr")])
def test_left_as_composed_it_leaves_in_the_language_of_its_author(
    app: Flask, cast: Cast, prix: Post, case: int, mailbox: Mailbox, moderator: str, author: str
) -> None:
    reads(cast.bruno, author)
    manon = browsing_in(app, cast.manon, moderator)
    page = manon.get(f"/moderation/cas/{case}")
    shown = form_of(page)
    assert USUAL[moderator] in shown["statement"]
    told = {"fr": "la langue de son destinataire", "en": "the language of whoever gets it"}[moderator]
    assert (told in page.text) == (moderator != author)

    answer = manon.post(
        f"/moderation/cas/{case}/decision",
        data={**shown, "ground": "competition_charter", "measure": "hide"},
    )

    assert answer.status_code == 302
    kept = sent()
    assert kept.locale == author
    assert all(words in kept.text for words in (*TEXT[author], *LEADS[author], USUAL[author]))
    mail = statement_mailed(mailbox, cast.bruno.email or "")
    assert all(words in mail for words in (*LEADS[author], USUAL[author]))
    # Whoever reads another language has it drawn anew; the text that was sent stays the one kept.
    for reader in (cast.bruno, cast.manon):
        for locale in ("fr", "en"):
            decision = browsing_in(app, reader, locale).get(f"/decisions/{kept.decision_id}").text
            assert all(f"<strong>{lead}</strong>" in decision for lead in LEADS[locale])
            assert USUAL[locale] in decision
    assert sent().text == kept.text


def test_the_moderator_s_own_words_stay_as_written_in_every_language(
    app: Flask, cast: Cast, prix: Post, case: int, mailbox: Mailbox
) -> None:
    reads(cast.bruno, "en")
    hide(sign_in(app.test_client(), cast.manon), case)

    kept = sent()
    assert "Facts. Il donne un prix de vente et propose de s’aligner." in kept.text
    assert "Faits." not in kept.text
    french = browsing_in(app, cast.manon, "fr").get(f"/decisions/{kept.decision_id}").text
    assert "<strong>Faits.</strong> Il donne un prix de vente et propose de s’aligner." in french


def test_an_edited_statement_is_nowhere_drawn_anew(app: Flask, cast: Cast, prix: Post, case: int) -> None:
    reads(cast.bruno, "en")
    hide(sign_in(app.test_client(), cast.manon), case, statement="Bonjour Bruno.\r\n\r\nFaits. Un prix.")

    kept = sent()
    assert kept.outline is None
    assert kept.text.startswith("Bonjour Bruno.\n\nFaits. Un prix.\n\nAddress for the appeal: http")
    for locale in ("fr", "en"):
        page = browsing_in(app, cast.manon, locale).get(f"/decisions/{kept.decision_id}").text
        assert "<p>Bonjour Bruno.</p>" in page
        assert "<strong>Faits.</strong> Un prix." in page


def test_each_referent_of_a_firm_gets_it_in_their_own_language(
    app: Flask, cast: Cast, mailbox: Mailbox
) -> None:
    with transaction():
        firm = db.session.get_one(Company, cast.plasturgie.id)
        firm.summary = "Les concurrents du coin sont des voleurs."
        second = person("Paul Second")
        employ(second, firm)
        communities.name_referent(firm, second, by=db.session.get_one(User, cast.bruno.id))
    forget_access()
    reads(second, "en")
    case = reported(app, cast, "company", cast.plasturgie.id)
    manon = sign_in(app.test_client(), cast.manon)
    filled = form_of(manon.get(f"/moderation/cas/{case}"))
    manon.post(f"/moderation/cas/{case}/decision", data={**filled, **GROUNDS, "measure": "hide"})

    assert db.session.execute(select(Decision.author_id)).scalar_one() is None
    assert sent().locale == "fr"
    assert "Fondement. Charte de concurrence" in statement_mailed(mailbox, cast.bruno.email or "")
    assert "Ground. Competition charter" in statement_mailed(mailbox, second.email or "")


def test_what_a_statement_is_drawn_from_survives_being_kept() -> None:
    outline = Outline(
        object_type="post",
        title="Prix",
        place="Val de Loire",
        written_at=clock.now(),
        ground="law",
        ground_detail="L. 420-1",
        facts="Un prix.",
        by_member=True,
        was_hidden_at_once=False,
        usual="",
    )
    assert Outline.read(outline.kept()) == outline
    assert Outline.read({**outline.kept(), "written_at": None, "of_a_later_version": 1}).written_at is None
