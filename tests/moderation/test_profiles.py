"""What firms and people say of themselves: reported, hidden everywhere at once, told to whom it concerns, given back."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import operations as accounts
from app.accounts.models import User
from app.communities import queries as communities
from app.communities.access import forget_access
from app.communities.models import Company, Employment
from app.core import indexing, jobs, journal
from app.core.database import transaction
from app.core.time import clock
from app.core.withheld import WithheldWords
from app.extensions import db
from app.moderation import addresses
from app.moderation.models import Decision, Report, StatementOfReasons
from tests.moderation.deciding import GROUNDS, form_of
from tests.moderation.test_reporting import kinds_told
from tests.support.cast import Cast, employ, person, sign_in
from tests.support.mail import Mailbox, text_of

SHOUT = "Les concurrents du coin sont des voleurs"
SKILL = "Injection 80 à 250 tonnes, surmoulage"


@pytest.fixture
def described(app: Flask, cast: Cast) -> Cast:
    """Bruno and his firm, who wrote what they should not have."""
    with transaction():
        firm = db.session.get_one(Company, cast.plasturgie.id)
        firm.summary, firm.skills = f"{SHOUT}.", SKILL
        bruno = db.session.get_one(User, cast.bruno.id)
        bruno.about, bruno.trade = f"{SHOUT}, dit Bruno.", "Mouliste"
        indexing.changed("company", firm.id)
        indexing.changed("person", bruno.id)
    return cast


def reported(app: Flask, cast: Cast, name: str, thing_id: int, reason: str = "abuse") -> int:
    ana = sign_in(app.test_client(), cast.ana)
    assert ana.get(f"/signaler/{name}/{thing_id}").status_code == 200
    assert ana.post(f"/signaler/{name}/{thing_id}", data={"reason": reason}).status_code == 302
    db.session.rollback()
    return db.session.execute(select(Report.id).order_by(Report.id.desc())).scalars().first() or 0


def decide(client: Any, case: int, measure: str = "hide") -> Any:
    filled = form_of(client.get(f"/moderation/cas/{case}"))
    return client.post(f"/moderation/cas/{case}/decision", data={**filled, **GROUNDS, "measure": measure})


def is_found(client: Any, url: str) -> bool:
    """Whether searching for the word leads to the page."""
    return f'href="{url}"' in client.get("/recherche?q=voleurs").text


def last_decision(measure: str = "hide") -> Decision:
    db.session.rollback()
    return db.session.execute(
        select(Decision).where(Decision.measure == measure).order_by(Decision.id.desc()).limit(1)
    ).scalar_one()


def pages_of(cast: Cast) -> dict[str, list[str]]:
    return {
        "company": [f"/entreprises/{cast.plasturgie.id}", f"/communautes/{cast.loire.slug}/entreprises"],
        "person": [f"/personnes/{cast.bruno.id}"],
    }


@pytest.mark.parametrize(("name", "who"), [("company", "plasturgie"), ("person", "bruno")])
def test_a_hiding_takes_the_words_from_pages_search_and_descriptions_and_tells_open_pages(
    app: Flask, described: Cast, name: str, who: str
) -> None:
    cast, thing_id = described, getattr(described, who).id
    rita, manon = sign_in(app.test_client(), cast.rita), sign_in(app.test_client(), cast.manon)
    words = SKILL.split(",")[0] if name == "company" else SHOUT
    pages = pages_of(cast)[name]
    assert all(words in rita.get(path).text for path in pages)
    assert is_found(rita, pages[0])
    case = reported(app, cast, name, thing_id)
    before = journal.seqs([cast.loire.scope_id])[cast.loire.scope_id]

    assert decide(manon, case).status_code == 302

    for path in pages:
        page = rita.get(path)
        assert page.status_code == 200
        assert words not in page.text
        assert "voleurs" not in page.text
    assert not is_found(rita, pages[0])
    caught = journal.catch_up({cast.loire.scope_id: before})[cast.loire.scope_id]
    assert (f"{name}.changed", name, thing_id) in [
        (entry.kind, entry.object_type, entry.object_id) for entry in caught.entries
    ]
    scopes = rita.get(pages[0]).text.split('data-scopes="')[1].split('"')[0]
    assert str(cast.loire.scope_id) in [pair.split(":")[0] for pair in scopes.split()]


def test_a_job_title_written_by_the_person_goes_with_the_rest(app: Flask, described: Cast) -> None:
    cast = described
    with transaction():
        db.session.execute(
            select(Employment).where(Employment.user_id == cast.bruno.id)
        ).scalar_one().job_title = "Roi des moules"
    ana, manon = sign_in(app.test_client(), cast.ana), sign_in(app.test_client(), cast.manon)
    page = f"/communautes/{cast.loire.slug}/personnes"
    assert "Roi des moules" in ana.get(page).text
    decide(manon, reported(app, cast, "person", cast.bruno.id))
    assert "Roi des moules" not in ana.get(page).text
    assert manon.get(f"/personnes/{cast.bruno.id}").text.count("Roi des moules") == 1
    manon.post(f"/decisions/{last_decision().id}/retablissement", data={"facts": "Erreur."})
    assert "Roi des moules" in ana.get(page).text


def test_the_person_gets_the_statement_and_reads_on_what_nobody_else_does(
    app: Flask, described: Cast, mailbox: Mailbox
) -> None:
    cast = described
    decide(sign_in(app.test_client(), cast.manon), reported(app, cast, "person", cast.bruno.id))
    sent = db.session.execute(select(StatementOfReasons)).scalar_one()
    assert sent.recipient_id == cast.bruno.id
    assert sent.text.startswith(
        "Votre texte de présentation, sur votre profil (Val de Loire mécanique), est masqué"
    )
    jobs.drain()
    assert "decision_hidden" in kinds_told(cast.bruno)
    with clock.frozen(clock.now() + timedelta(minutes=3)):
        jobs.run("notifications.prepare_mails")
        jobs.drain()
    (mail,) = [m for m in mailbox.to(cast.bruno.email) if "masqué" in str(m["Subject"])]
    assert "Il donne un prix de vente" in text_of(mail)
    bruno = sign_in(app.test_client(), cast.bruno)
    assert "sur votre profil est masqué" in bruno.get("/notifications").text
    for reader in (cast.bruno, cast.manon, cast.amir):
        assert "dit Bruno" in sign_in(app.test_client(), reader).get(f"/personnes/{cast.bruno.id}").text
    for reader in (cast.rita, cast.ana):
        assert "dit Bruno" not in sign_in(app.test_client(), reader).get(f"/personnes/{cast.bruno.id}").text
    archive = zipfile.ZipFile(io.BytesIO(bruno.post("/compte/donnees/export").data))
    assert "dit Bruno" in json.dumps(json.loads(archive.read("textes-masques.json")), ensure_ascii=False)


def test_the_referents_of_a_firm_are_told_and_may_contest_and_its_other_people_may_not(
    app: Flask, described: Cast
) -> None:
    cast = described
    with transaction():
        other = person("Paul Second")
        employ(other, db.session.get_one(Company, cast.plasturgie.id))
    forget_access()
    decide(sign_in(app.test_client(), cast.manon), reported(app, cast, "company", cast.plasturgie.id))
    jobs.drain()
    decision = last_decision()
    assert (decision.author_id, decision.author_company_id) == (None, cast.plasturgie.id)
    assert "decision_hidden" in kinds_told(cast.bruno)
    assert "decision_hidden" not in kinds_told(other)
    bruno = sign_in(app.test_client(), cast.bruno)
    assert (
        "sur la page de «\N{NO-BREAK SPACE}Plasturgie du Perche\N{NO-BREAK SPACE}»"
        in bruno.get(f"/decisions/{decision.id}").text
    )
    paul = sign_in(app.test_client(), other)
    assert paul.get(f"/decisions/{decision.id}").status_code == 404
    assert paul.post(f"/recours/{decision.id}", data={"text": "Non."}).status_code == 404
    assert (
        bruno.post(f"/recours/{decision.id}", data={"text": "C’était une plaisanterie."}).status_code == 302
    )


@pytest.mark.parametrize(("name", "who"), [("company", "plasturgie"), ("person", "bruno")])
def test_an_appeal_upheld_gives_the_words_back_everywhere(
    app: Flask, described: Cast, name: str, who: str
) -> None:
    cast, thing_id = described, getattr(described, who).id
    decide(sign_in(app.test_client(), cast.manon), reported(app, cast, name, thing_id))
    bruno, amir = sign_in(app.test_client(), cast.bruno), sign_in(app.test_client(), cast.amir)
    bruno.post(f"/recours/{last_decision().id}", data={"text": "Relisez, s’il vous plaît."})
    rita = sign_in(app.test_client(), cast.rita)
    assert "voleurs" not in rita.get(pages_of(cast)[name][0]).text
    listed = amir.get("/moderation").text
    address = listed.split("/moderation/recours/")[1].split('"')[0]
    assert (
        amir.post(
            f"/moderation/recours/{address}/reponse", data={"upheld": "1", "answer": "Vous avez raison."}
        ).status_code
        == 302
    )
    assert "voleurs" in rita.get(pages_of(cast)[name][0]).text
    assert db.session.query(WithheldWords).count() == 0
    assert is_found(rita, pages_of(cast)[name][0])


def test_what_was_written_since_is_not_overwritten_by_a_restoring(app: Flask, described: Cast) -> None:
    cast = described
    manon = sign_in(app.test_client(), cast.manon)
    decide(manon, reported(app, cast, "person", cast.bruno.id))
    first = last_decision().id
    with transaction():
        accounts.change_profile(
            db.session.get_one(User, cast.bruno.id),
            accounts.Profile("Bruno", "Leroy", about="Je moule des pièces techniques."),
        )
    manon.post(f"/decisions/{first}/retablissement", data={"facts": "Erreur."})
    db.session.rollback()
    bruno = db.session.get_one(User, cast.bruno.id)
    assert bruno.about == "Je moule des pièces techniques."
    # What was left empty comes back.
    assert bruno.trade == "Mouliste"


def test_the_same_words_cannot_be_put_back_by_hand_and_others_can(app: Flask, described: Cast) -> None:
    cast = described
    decide(sign_in(app.test_client(), cast.manon), reported(app, cast, "person", cast.bruno.id))
    bruno = sign_in(app.test_client(), cast.bruno)
    profile = {"given_name": "Bruno", "family_name": "Leroy", "trade": "", "phone": "", "locale": "fr"}
    again = bruno.post("/compte/profil", data={**profile, "about": f"  {SHOUT.upper()},  dit Bruno."})
    assert again.status_code == 422
    assert "masqué par une décision" in again.text
    assert bruno.post("/compte/profil", data={**profile, "about": "Je moule."}).status_code == 302
    rita = sign_in(app.test_client(), cast.rita)
    assert "Je moule." in rita.get(f"/personnes/{cast.bruno.id}").text


def test_the_same_words_cannot_be_put_back_on_a_firm_s_page_either(app: Flask, described: Cast) -> None:
    cast = described
    decide(sign_in(app.test_client(), cast.manon), reported(app, cast, "company", cast.plasturgie.id))
    db.session.rollback()
    firm = db.session.get_one(Company, cast.plasturgie.id)
    bruno = sign_in(app.test_client(), cast.bruno)
    data = {
        "version": str(firm.version), "name": firm.name, "size_class": "sme", "headcount": "40", "activity_code": "25.62B",
        "town": firm.town, "summary": f"{SHOUT}.", "skills": "", "equipment": "",
    }  # fmt: skip
    again = bruno.post(f"/mon-entreprise/{firm.id}/fiche", data=data)
    assert again.status_code == 422
    assert "masqué par une décision" in again.text
    assert bruno.post(
        f"/mon-entreprise/{firm.id}/fiche", data={**data, "summary": "Du bon travail."}
    ).location


def test_new_words_can_be_hidden_in_their_turn_and_each_appeal_gives_back_its_own(
    app: Flask, described: Cast
) -> None:
    cast = described
    manon, rita = sign_in(app.test_client(), cast.manon), sign_in(app.test_client(), cast.rita)
    with clock.frozen(clock.now()) as stopped:
        decide(manon, reported(app, cast, "person", cast.bruno.id))
        first = last_decision().id
        stopped.advance(timedelta(hours=1))
        with transaction():
            accounts.change_profile(
                db.session.get_one(User, cast.bruno.id),
                accounts.Profile("Bruno", "Leroy", about="Encore pire."),
            )
        stopped.advance(timedelta(hours=1))
        assert decide(manon, reported(app, cast, "person", cast.bruno.id)).status_code == 302
        page = f"/personnes/{cast.bruno.id}"
        assert "Encore pire." not in rita.get(page).text
        assert manon.post(f"/decisions/{first}/retablissement", data={"facts": "Erreur."}).status_code == 302
        assert "dit Bruno" in rita.get(page).text
        assert "Encore pire." not in rita.get(page).text


def test_a_sensitive_exchange_is_hidden_at_once_and_given_back_by_no_measure(
    app: Flask, described: Cast
) -> None:
    cast = described
    rita, manon = sign_in(app.test_client(), cast.rita), sign_in(app.test_client(), cast.manon)
    case = reported(app, cast, "company", cast.plasturgie.id, reason="competition")
    page = f"/entreprises/{cast.plasturgie.id}"
    assert SKILL not in rita.get(page).text
    assert manon.post(f"/moderation/cas/{case}/decision", data={"measure": "none"}).status_code == 302
    assert SKILL in rita.get(page).text


def test_confirming_what_was_hidden_at_once_can_still_be_undone(app: Flask, described: Cast) -> None:
    cast = described
    rita, manon = sign_in(app.test_client(), cast.rita), sign_in(app.test_client(), cast.manon)
    decide(manon, reported(app, cast, "company", cast.plasturgie.id, reason="competition"))
    page = f"/entreprises/{cast.plasturgie.id}"
    assert SKILL not in rita.get(page).text
    manon.post(f"/decisions/{last_decision().id}/retablissement", data={"facts": "Erreur."})
    assert SKILL in rita.get(page).text


def test_somebody_who_says_nothing_can_be_reported_and_there_is_nothing_to_hide(
    app: Flask, cast: Cast
) -> None:
    case = reported(app, cast, "person", cast.bruno.id, reason="competition")
    manon = sign_in(app.test_client(), cast.manon)
    with transaction():
        db.session.execute(
            select(Employment).where(Employment.user_id == cast.bruno.id)
        ).scalar_one().job_title = ""
    answer = decide(manon, case)
    assert answer.status_code == 422
    assert "plus de texte à masquer" in answer.text
    assert manon.post(f"/moderation/cas/{case}/decision", data={"measure": "none"}).status_code == 302


def test_a_report_about_somebody_goes_to_the_community_where_they_are_met(
    app: Flask, described: Cast
) -> None:
    cast = described
    case = reported(app, cast, "person", cast.bruno.id)
    assert db.session.get_one(Report, case).level_node_id == cast.loire.id
    yann = sign_in(app.test_client(), cast.yann)
    assert yann.get(f"/signaler/person/{cast.bruno.id}").status_code == 404
    assert yann.get(f"/signaler/company/{cast.plasturgie.id}").status_code == 404


def test_a_report_by_address_finds_the_profile(app: Flask, described: Cast) -> None:
    cast = described
    assert addresses.find(f"/personnes/{cast.bruno.id}") == ("person", cast.bruno.id)
    assert addresses.find(f"/entreprises/{cast.plasturgie.id}") == ("company", cast.plasturgie.id)
    assert addresses.find("/personnes/999999") is None
    assert addresses.find(f"/entreprises/{10**30}") is None


def test_closing_an_account_erases_what_was_hidden_of_it(app: Flask, described: Cast) -> None:
    cast = described
    decide(sign_in(app.test_client(), cast.manon), reported(app, cast, "person", cast.bruno.id))
    assert db.session.query(WithheldWords).count() == 1
    with transaction():
        accounts.close_account(db.session.get_one(User, cast.bruno.id))
    assert db.session.query(WithheldWords).count() == 0


def test_the_scopes_told_are_those_whose_members_read(cast: Cast) -> None:
    told = communities.scopes_reading_person(cast.bruno.id)
    assert cast.loire.scope_id in told
    assert cast.bruno.scope_id in told
    assert cast.plasturgie.scope_id in told
    assert cast.vitre.scope_id not in told
    assert cast.loire.scope_id in communities.scopes_reading_company(cast.plasturgie.id)
    assert cast.region_loire.scope_id in communities.scopes_reading_person(cast.amir.id)
