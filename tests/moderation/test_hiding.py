"""Hiding and doing nothing: reasons for every hiding, the reporter told, the author too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import jobs, journal
from app.core.audit import AuditLine
from app.core.time import clock
from app.extensions import db
from app.forums.models import Post
from app.moderation.models import Decision, Report, StatementOfReasons
from tests.moderation.deciding import GROUNDS, form_of, hide
from tests.moderation.test_reporting import kinds_told, report
from tests.support.cast import Cast, open_topic, reply, sign_in
from tests.support.mail import Mailbox, text_of


def test_the_desk_shows_the_case_in_its_context_with_a_statement_ready(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    manon = sign_in(app.test_client(), cast.manon)

    assert manon.get("/moderation/suivant").location.endswith(f"/moderation/cas/{case}")
    page = manon.get(f"/moderation/cas/{case}")

    assert "Propos déplacés" in page.text
    assert "Il propose un tarif." in page.text
    assert "Je préfère ne pas parler de prix ici." in page.text
    assert "case-target" in page.text
    statement = form_of(page)["statement"]
    assert statement.startswith("Votre message du ")
    assert "dans «\xa0Qui découpe du 3 mm dans le 41\xa0?\xa0» (Val de Loire mécanique)" in statement
    for lead in ("Faits.", "Fondement.", "Origine.", "Portée.", "Recours."):
        assert lead in statement
    assert "sans automate" in statement
    listed = manon.get("/moderation")
    assert "Propos déplacés\xa0: Qui découpe du 3 mm" in listed.text


def test_hiding_reaches_pages_author_and_reporter_with_the_reasons(
    app: Flask, cast: Cast, prix: Post, case: int, mailbox: Mailbox
) -> None:
    manon, rita = sign_in(app.test_client(), cast.manon), sign_in(app.test_client(), cast.rita)
    topic = f"/sujets/{prix.topic_id}-x"
    assert "1,10 €" in rita.get(topic).text
    before = journal.seqs([cast.loire.scope_id])[cast.loire.scope_id]

    assert hide(manon, case).status_code == 302

    assert "1,10 €" not in rita.get(topic).text
    caught = journal.catch_up({cast.loire.scope_id: before})[cast.loire.scope_id]
    assert [entry.kind for entry in caught.entries] == ["post.hidden"]
    decision = db.session.execute(select(Decision)).scalar_one()
    assert (decision.measure, decision.ground, decision.decided_by_id) == (
        "hide", "competition_charter", cast.manon.id,
    )  # fmt: skip
    sent = db.session.execute(select(StatementOfReasons)).scalar_one()
    assert sent.recipient_id == cast.bruno.id
    assert "Il donne un prix de vente et propose de s’aligner." in sent.text
    assert "Charte de concurrence" in sent.text
    assert f"/recours/{decision.id}" in sent.text

    jobs.drain()
    assert "decision_hidden" in kinds_told(cast.bruno)
    assert "report_decided" in kinds_told(cast.ana)
    with clock.frozen(clock.now() + timedelta(minutes=3)):
        jobs.run("notifications.prepare_mails")
        jobs.drain()
    (mail,) = [m for m in mailbox.to(cast.bruno.email) if "masqué" in str(m["Subject"])]
    assert "Il donne un prix de vente" in text_of(mail)
    assert f"/recours/{decision.id}" in text_of(mail)
    assert mail["List-Unsubscribe"] is None
    assert [m for m in mailbox.to(cast.ana.email) if "décision" in str(m["Subject"])]
    bruno = sign_in(app.test_client(), cast.bruno)
    page = bruno.get(f"/decisions/{decision.id}")
    assert "Votre message est masqué" in page.text
    assert "Contester cette décision" in page.text
    assert "Manon" not in page.text.split("<main")[1]
    receipt = db.session.execute(select(Report.receipt)).scalar_one()
    assert "Le contenu est masqué" in app.test_client().get(f"/signalement/{receipt}").text


def test_an_edited_statement_is_sent_as_edited(app: Flask, cast: Cast, prix: Post, case: int) -> None:
    hide(sign_in(app.test_client(), cast.manon), case, statement="Bonjour Bruno.\r\n\r\nFaits. Un prix.")

    sent = db.session.execute(select(StatementOfReasons)).scalar_one()
    assert sent.text.startswith("Bonjour Bruno.\n\nFaits. Un prix.")


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ({"facts": ""}, "Dites les faits"),
        ({"ground": ""}, "Choisissez le fondement"),
        ({"ground": "law"}, "Précisez l’article de loi"),
        ({"ground": "invented"}, "Choisissez le fondement"),
    ],
)
def test_hiding_without_ground_or_facts_is_refused_and_keeps_what_was_typed(
    app: Flask, cast: Cast, prix: Post, case: int, missing: dict[str, str], sentence: str
) -> None:
    manon = sign_in(app.test_client(), cast.manon)

    answer = hide(manon, case, statement="Un texte à moi.", **missing)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Un texte à moi." in answer.text
    assert db.session.get_one(Post, prix.id).hidden_at is None
    assert db.session.execute(select(Decision)).first() is None


def test_doing_nothing_answers_the_reporter_and_leaves_the_author_alone(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    manon = sign_in(app.test_client(), cast.manon)

    answer = manon.post(f"/moderation/cas/{case}/decision", data={"measure": "none"})
    jobs.drain()

    assert answer.status_code == 302
    assert db.session.get_one(Post, prix.id).hidden_at is None
    assert "report_decided" in kinds_told(cast.ana)
    assert not {kind for kind in kinds_told(cast.bruno) if kind.startswith("decision")}


def test_doing_nothing_shows_again_what_the_report_had_hidden(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Épaisseur de tôle")
    post = reply(cast.bruno, topic, "Chez nous c’est 2 mm.")
    report(sign_in(app.test_client(), cast.ana), post, "competition")
    db.session.rollback()
    assert db.session.get_one(Post, post.id).hidden_at is not None
    case = db.session.execute(select(Report.id)).scalar_one()

    sign_in(app.test_client(), cast.manon).post(f"/moderation/cas/{case}/decision", data={"measure": "none"})
    jobs.drain()

    assert db.session.get_one(Post, post.id).hidden_at is None
    assert "decision_restored" in kinds_told(cast.bruno)


def test_all_reports_about_a_thing_are_one_case_decided_once(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    report(sign_in(app.test_client(), cast.rita), prix, "off_topic")
    manon, amir = sign_in(app.test_client(), cast.manon), sign_in(app.test_client(), cast.amir)
    page = manon.get(f"/moderation/cas/{case}")
    assert "Le seul cas qui attend" in page.text
    filled = form_of(page)

    assert manon.post(f"/moderation/cas/{case}/decision", data={"measure": "none"}).status_code == 302
    late = amir.post(f"/moderation/cas/{case}/decision", data={**filled, **GROUNDS, "measure": "hide"})

    assert late.status_code in (404, 409)
    db.session.rollback()
    assert {row.state for row in db.session.execute(select(Report)).scalars()} == {"decided"}
    assert db.session.get_one(Post, prix.id).hidden_at is None
    # The link of an earlier mail shows what was decided.
    assert "/decisions/" in amir.get(f"/moderation/cas/{case}").location


def test_taking_leaving_and_handing_up(app: Flask, cast: Cast, prix: Post, case: int) -> None:
    manon, amir = sign_in(app.test_client(), cast.manon), sign_in(app.test_client(), cast.amir)

    manon.post(f"/moderation/attente/report/{case}/prise")
    assert "Manon Petit s’en occupe." in amir.get(f"/moderation/cas/{case}").text
    assert "Laisser aux autres" in manon.get(f"/moderation/cas/{case}").text
    manon.post(f"/moderation/attente/report/{case}/remise")
    assert "s’en occupe." not in amir.get(f"/moderation/cas/{case}").text

    manon.post(f"/moderation/cas/{case}/transmission")
    jobs.drain()
    assert manon.get(f"/moderation/cas/{case}").status_code == 404
    assert amir.get(f"/moderation/cas/{case}").status_code == 200
    assert "report_added" in kinds_told(cast.amir)
    acts = set(db.session.execute(select(AuditLine.act)).scalars())
    assert {"took_on_desk", "gave_back_on_desk", "handed_up_report"} <= acts


def test_open_desks_are_told_and_only_those_that_may(app: Flask, cast: Cast, prix: Post) -> None:
    db.session.rollback()
    scopes = {
        name: getattr(cast, name).moderators_scope_id
        for name in ("loire", "region_loire", "nation", "vitre", "region_vitre")
    }
    before = journal.seqs(scopes.values())
    report(sign_in(app.test_client(), cast.rita), prix, "abuse")
    db.session.rollback()
    after = journal.seqs(scopes.values())

    changed = {name for name, scope in scopes.items() if after[scope] > before[scope]}
    assert changed == {"loire", "region_loire", "nation"}
    entries = journal.catch_up({scopes["loire"]: before[scopes["loire"]]})[scopes["loire"]].entries
    assert [(entry.kind, entry.actor_id) for entry in entries] == [("report.added", None)]
    assert journal.allowed(cast.manon, [scopes["loire"]])
    assert not journal.allowed(cast.ana, [scopes["loire"]])
    assert not journal.allowed(cast.anne, [scopes["loire"]])


def test_a_measure_that_does_not_exist_and_a_text_too_long_come_back_with_what_was_typed(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    manon = sign_in(app.test_client(), cast.manon)

    for fields, sentence in (
        ({"measure": "burn"}, "Choisissez une décision"),
        ({"facts": "Un prix. " * 1000}, "000 caractères au plus"),
    ):
        answer = hide(manon, case, **fields)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert "Exposé des motifs" in answer.text
    assert db.session.execute(select(Decision.id)).first() is None
