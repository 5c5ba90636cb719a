"""A referent calls colleagues in: five addresses at once, or a sheet of paper; they are in within a minute."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User, UserSession
from app.communities import operations, tokens
from app.communities.access import access_of, forget_access
from app.communities.models import Employment, Invitation
from app.core import jobs
from app.core.database import transaction
from app.core.errors import Forbidden, Refusal
from app.core.time import clock
from app.extensions import db
from app.forums.models import Topic
from tests.communities.conftest import field, reads, told
from tests.support.cast import Cast
from tests.support.mail import text_of

FIVE = """Paul Roux <paul@atelier.test>
SOPHIE@atelier.test; pas une adresse
ana.costa@exemple.test, paul@atelier.test"""

WELCOME = {"given_name": "Paul", "family_name": "Roux", "trade": "Soudeur", "charter": "y"}


def invite(cast: Cast, address: str = "paul@atelier.test") -> tuple[Invitation, str]:
    """Invite one address as the referent would; the path of the link that its mail carries."""
    forget_access()
    with transaction():
        operations.invite(cast.atelier, [address], by=cast.rita)
    invitation = db.session.execute(select(Invitation).where(Invitation.email == address)).scalar_one()
    db.session.commit()
    return invitation, f"/invitation/{tokens.link_token(invitation.nonce)}"


def test_five_pasted_lines_are_judged_one_by_one(cast: Cast, browser: Any, mailbox: Any) -> None:
    client = browser(cast.rita)
    answer = client.post(f"/mon-entreprise/{cast.atelier.id}/invitations", data={"addresses": FIVE})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert page.count("Invitation envoyée") == 2
    assert "Cette personne est déjà chez vous." in page
    assert "Ce n’est pas une adresse électronique." in page
    assert "pas une adresse</textarea>" in page, "what is wrong stays in the form to be mended"
    jobs.drain()
    assert len(mailbox.to("paul@atelier.test")) == 1
    assert len(mailbox.to("sophie@atelier.test")) == 1


def test_an_address_invited_before_says_so(cast: Cast, browser: Any) -> None:
    invite(cast)
    answer = browser(cast.rita).post(
        f"/mon-entreprise/{cast.atelier.id}/invitations", data={"addresses": "paul@atelier.test"}
    )
    assert "Une invitation attend déjà une réponse" in answer.get_data(as_text=True)


def test_more_than_twenty_addresses_are_refused_and_kept(cast: Cast, browser: Any) -> None:
    many = "\n".join(f"p{n}@atelier.test" for n in range(21))
    answer = browser(cast.rita).post(
        f"/mon-entreprise/{cast.atelier.id}/invitations", data={"addresses": many}
    )
    assert answer.status_code == 422
    assert "p20@atelier.test" in answer.get_data(as_text=True)


def test_only_referents_invite(cast: Cast, browser: Any) -> None:
    for person, status in ((cast.ana, 403), (cast.yann, 404), (cast.manon, 404)):
        answer = browser(person).post(
            f"/mon-entreprise/{cast.atelier.id}/invitations", data={"addresses": "paul@atelier.test"}
        )
        assert answer.status_code == status


def test_the_mail_says_who_where_and_leads_in(cast: Cast, mailbox: Any) -> None:
    _invitation, path = invite(cast)
    jobs.drain()
    (message,) = mailbox.to("paul@atelier.test")
    text = text_of(message)
    for words in ("Rita Moreau", "Atelier Brenne", "Val de Loire mécanique", path):
        assert words in text


def test_the_invitation_page_asks_at_most_six_things_and_changes_nothing_by_itself(
    cast: Cast, app: Flask
) -> None:
    invitation, path = invite(cast)
    visitor = app.test_client()
    page = visitor.get(path).get_data(as_text=True)
    form = page[page.index("<form") : page.index("</form>")]
    asked = re.findall(r"<(?:input|select|textarea)(?![^>]*(?:type=\"hidden\"|data-reveal))", form)
    assert len(asked) == 6
    for words in ("Atelier Brenne", "Val de Loire mécanique", "Rita Moreau", "paul@atelier.test"):
        assert words in page
    assert visitor.get(path).status_code == 200
    assert db.session.get_one(Invitation, invitation.id).accepted_at is None


def test_an_accepted_invitation_opens_the_account_the_community_and_the_pen(
    cast: Cast, app: Flask, mailbox: Any
) -> None:
    _invitation, path = invite(cast)
    visitor = app.test_client()
    answer = visitor.post(path, data=WELCOME)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    arrival = visitor.get(answer.location)
    welcome = visitor.get(arrival.location)
    page = welcome.get_data(as_text=True)
    assert welcome.status_code == 200
    assert "Bienvenue, Paul" in page
    write = re.search(r'href="(/sujets/nouveau[^"]*)"', page)
    assert write, "the welcome page leads to where one writes"
    form = visitor.get(write[1].replace("&amp;", "&")).get_data(as_text=True)
    sent = visitor.post(
        "/sujets",
        data={
            "request_id": field(form, "request_id"),
            "room_id": str(cast.usinage_loire.id),
            "kind": "question",
            "title": "Quel foret pour du 316L",
            "body": "Bonjour, je débute ici.",
        },
    )
    assert sent.status_code == 302, sent.get_data(as_text=True)
    assert db.session.execute(
        select(Topic.title).where(Topic.title == "Quel foret pour du 316L")
    ).scalar_one()
    user = db.session.execute(select(User).where(User.email == "paul@atelier.test")).scalar_one()
    assert reads(user, cast.loire)
    assert not reads(user, cast.vitre)
    assert user.charter_version is not None


def test_the_one_who_invited_is_told(cast: Cast, app: Flask) -> None:
    _invitation, path = invite(cast)
    app.test_client().post(path, data=WELCOME)
    assert told("invitation_accepted") == {cast.rita.id}


def test_a_form_with_faults_comes_back_with_what_was_typed(cast: Cast, app: Flask) -> None:
    _invitation, path = invite(cast)
    answer = app.test_client().post(path, data={"given_name": "Paul", "password": "azerty"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="Paul"' in page
    for words in ("Écrivez votre nom.", "Cochez la case pour accepter la charte."):
        assert words in page
    assert db.session.query(User).filter_by(email="paul@atelier.test").count() == 0


def test_an_invitation_serves_once(cast: Cast, app: Flask) -> None:
    _invitation, path = invite(cast)
    first = app.test_client()
    assert first.post(path, data=WELCOME).status_code == 302
    assert first.post(path, data=WELCOME).status_code == 302, (
        "sent twice by the same person, it leads in again"
    )
    other = app.test_client()
    spent = other.get(path)
    assert spent.status_code == 410
    assert "<h1>Ce lien ou ce code ne sert plus</h1>" in spent.text
    assert 'class="button button-secondary" href="/connexion"' in spent.text, "whoever accepted it signs in"
    inside = first.get(path)
    assert inside.status_code == 302, "and is led in when signed in"
    assert other.post(path, data=WELCOME | {"given_name": "Jean"}).status_code == 410


def test_a_revoked_or_expired_invitation_says_what_happened(cast: Cast, app: Flask, browser: Any) -> None:
    invitation, path = invite(cast)
    assert browser(cast.rita).post(f"/invitations/{invitation.id}/retrait").status_code == 302
    answer = app.test_client().get(path)
    assert answer.status_code == 410
    assert "a été retirée" in answer.get_data(as_text=True)
    invitation, path = invite(cast, "sophie@atelier.test")
    with transaction():
        db.session.get_one(Invitation, invitation.id).expires_at = clock.now() - timedelta(seconds=1)
    answer = app.test_client().post(path, data=WELCOME)
    assert answer.status_code == 410
    assert "a expiré" in answer.get_data(as_text=True)


def test_an_expired_invitation_makes_room_for_another(cast: Cast) -> None:
    invitation, _path = invite(cast)
    with transaction():
        db.session.get_one(Invitation, invitation.id).expires_at = clock.now() - timedelta(days=1)
        outcomes = operations.invite(cast.atelier, ["paul@atelier.test"], by=cast.rita)
    assert [outcome.kind for outcome in outcomes] == ["invited"]


def test_a_link_sent_again_is_the_same_link_and_not_twice_in_ten_minutes(cast: Cast, mailbox: Any) -> None:
    invitation, path = invite(cast)
    with pytest.raises(Refusal, match="dix minutes"), transaction():
        operations.resend(invitation, by=cast.rita)
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        with transaction():
            operations.resend(db.session.get_one(Invitation, invitation.id), by=cast.rita)
        jobs.drain()
    messages = mailbox.to("paul@atelier.test")
    assert len(messages) == 2
    assert all(path in text_of(message) for message in messages)


def test_somebody_with_an_account_joins_with_it_and_is_signed_in(cast: Cast, app: Flask) -> None:
    _invitation, path = invite(cast, "yann.lebris@exemple.test")
    with transaction():
        db.session.get_one(User, cast.yann.id).email = "yann.lebris@exemple.test"
    visitor = app.test_client()
    page = visitor.get(path).get_data(as_text=True)
    assert "Vous avez déjà un compte" in page
    assert 'name="given_name"' not in page
    assert visitor.post(path).status_code == 302
    assert reads(cast.yann, cast.loire)
    assert reads(cast.yann, cast.vitre), "the first firm stays"
    assert visitor.get("/compte").status_code == 200


def test_a_signed_in_person_joins_under_their_own_name_whatever_the_address(
    cast: Cast, app: Flask, browser: Any
) -> None:
    _invitation, path = invite(cast)
    client = browser(cast.yann)
    assert "Vous êtes connecté sous le nom de Yann Le Bris" in client.get(path).get_data(as_text=True)
    assert client.post(path).status_code == 302
    assert reads(cast.yann, cast.loire)
    assert db.session.query(User).filter_by(email="paul@atelier.test").count() == 0


def test_a_closed_account_is_not_opened_again_by_an_invitation(cast: Cast, app: Flask) -> None:
    _invitation, path = invite(cast)
    with transaction():
        person = db.session.get_one(User, cast.yann.id)
        person.email, person.state = "paul@atelier.test", "suspended"
    assert app.test_client().post(path, data=WELCOME).status_code == 410


def test_a_sheet_is_printed_with_a_code_and_a_square_and_no_style(cast: Cast, browser: Any) -> None:
    client = browser(cast.rita)
    own = client.get("/mon-entreprise").get_data(as_text=True)
    made = client.post(
        f"/mon-entreprise/{cast.atelier.id}/codes",
        data={"label": "Marcel Dubois", "request_id": field(own, "request_id")},
    )
    assert made.status_code == 302
    sheet = client.get(made.location)
    page = sheet.get_data(as_text=True)
    assert sheet.headers["Cache-Control"] == "no-store"
    code = re.search(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b", page)
    assert code
    assert '<svg class="qr"' in page
    assert "style=" not in page
    assert client.get(made.location).get_data(as_text=True).count(code[0]) == page.count(code[0]), (
        "printable again"
    )


def test_a_printed_code_typed_by_hand_lets_its_holder_in_without_a_mailbox(cast: Cast, app: Flask) -> None:
    with transaction():
        invitation = operations.print_code(cast.atelier, "Marcel Dubois", by=cast.rita)
        code = tokens.printed_code(invitation.nonce)
    visitor = app.test_client()
    found = visitor.post("/invitation", data={"code": f" {code.lower().replace('-', ' ')} "})
    assert found.status_code == 302
    page = visitor.get(found.location).get_data(as_text=True)
    assert "Adresse électronique" not in page
    without = visitor.post(found.location, data=WELCOME)
    assert without.status_code == 422
    assert "sans adresse, il vous servira à revenir" in without.get_data(as_text=True)
    password = "le copeau tombe loin du mandrin bleu"
    assert visitor.post(found.location, data=WELCOME | {"password": password}).status_code == 302
    user = db.session.execute(select(User).where(User.sign_in_name.is_not(None))).scalar_one()
    assert (user.email, user.given_name) == (None, "Paul")
    again = app.test_client()
    signed = again.post("/connexion", data={"identifier": user.sign_in_name, "password": password})
    assert signed.status_code == 302


def test_a_wrong_code_is_answered_kindly(cast: Cast, app: Flask) -> None:
    answer = app.test_client().post("/invitation", data={"code": "AAAA-BBBB-CCCC"})
    assert answer.status_code == 422
    assert "Ce code n’existe pas. Vérifiez-le" in answer.get_data(as_text=True)
    assert app.test_client().get("/invitation/nimporte-quoi").status_code == 404


def test_a_mailed_invitation_has_no_sheet_and_a_stranger_sees_none(cast: Cast, browser: Any) -> None:
    mailed, _path = invite(cast)
    with transaction():
        printed = operations.print_code(cast.atelier, "Marcel", by=cast.rita)
    assert browser(cast.rita).get(f"/invitations/{printed.id}/feuille").status_code == 200
    assert browser(cast.rita).get(f"/invitations/{mailed.id}/feuille").status_code == 404
    for stranger in (cast.ana, cast.yann, cast.manon):
        assert browser(stranger).get(f"/invitations/{printed.id}/feuille").status_code == 404
        assert browser(stranger).post(f"/invitations/{mailed.id}/renvoi").status_code == 404


def test_the_database_alone_lets_nobody_in(cast: Cast) -> None:
    invitation, path = invite(cast)
    kept = " ".join(str(getattr(invitation, column.name)) for column in Invitation.__table__.columns)
    assert path.rsplit("/", 1)[1] not in kept


def test_people_of_a_firm_that_waits_may_be_invited_already(
    cast: Cast, app: Flask, newcomer_firm: Any
) -> None:
    firm, louise = newcomer_firm()
    with transaction():
        operations.invite(firm, ["paul@tolerie.test"], by=louise)
    invitation = db.session.execute(
        select(Invitation).where(Invitation.email == "paul@tolerie.test")
    ).scalar_one()
    visitor = app.test_client()
    answer = visitor.post(f"/invitation/{tokens.link_token(invitation.nonce)}", data=WELCOME)
    arrival = visitor.get(answer.location)
    assert arrival.location.startswith("/mon-entreprise/")
    assert "attend son admission" in visitor.get(arrival.location).get_data(as_text=True)


def test_accepting_ends_the_session_of_nobody_else(cast: Cast, app: Flask, browser: Any) -> None:
    rita = browser(cast.rita)
    _invitation, path = invite(cast)
    app.test_client().post(path, data=WELCOME)
    assert rita.get("/mon-entreprise").status_code == 200
    assert db.session.query(UserSession).filter_by(user_id=cast.rita.id, ended_at=None).count() == 1


def test_a_referent_of_another_firm_cannot_invite_into_this_one(cast: Cast) -> None:
    with pytest.raises(Forbidden), transaction():
        operations.invite(cast.atelier, ["x@y.test"], by=cast.bruno)


def test_an_invitation_as_referent_gives_the_charge(cast: Cast, app: Flask, browser: Any) -> None:
    with transaction():
        employment = db.session.query(Employment).filter_by(user_id=cast.bruno.id).one()
        operations.end_employment(employment, by=cast.bruno)
    forget_access()
    page = browser(cast.manon).get("/communautes/val-de-loire-mecanique/admissions").get_data(as_text=True)
    assert "Sans référent" in page
    address = f"/communautes/val-de-loire-mecanique/entreprises/{cast.plasturgie.id}/referent"
    assert browser(cast.manon).get(address).status_code == 200
    assert (
        browser(cast.manon).post(f"{address}/invitation", data={"email": "paul@perche.test"}).status_code
        == 302
    )
    invitation = db.session.execute(
        select(Invitation).where(Invitation.email == "paul@perche.test")
    ).scalar_one()
    visitor = app.test_client()
    assert visitor.post(f"/invitation/{tokens.link_token(invitation.nonce)}", data=WELCOME).status_code == 302
    user = db.session.execute(select(User).where(User.email == "paul@perche.test")).scalar_one()
    forget_access()
    assert cast.plasturgie.id in access_of(user).referent_of
    db.session.refresh(cast.plasturgie)
    assert cast.plasturgie.without_referent_since is None
