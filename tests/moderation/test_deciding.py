"""The desk: one's own subtree and nowhere else, never about oneself or one's firm, reasons for every hiding."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.communities import operations as communities
from app.communities.access import forget_access
from app.communities.models import Company, Node
from app.core import jobs, journal
from app.core.audit import AuditLine
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from app.forums.models import Post
from app.moderation.models import Appeal, Decision, Report, StatementOfReasons
from tests.moderation.test_reporting import kinds_told, report
from tests.support.cast import Cast, employ, open_topic, person, reply, sign_in
from tests.support.mail import Mailbox, text_of

GROUNDS = {
    "ground": "competition_charter",
    "ground_detail": "",
    "facts": "Il donne un prix de vente et propose de s’aligner.",
}


def form_of(page: Any) -> dict[str, str]:
    import html

    def area(name: str) -> str:
        found = re.search(rf'<textarea[^>]*name="{name}"[^>]*>\s?(.*?)</textarea>', page.text, re.DOTALL)
        assert found, name
        return html.unescape(found[1]).strip()

    prefilled = re.search(r'name="prefilled" value="(.*?)">', page.text, re.DOTALL)
    assert prefilled
    return {
        "facts": area("facts"),
        "statement": area("statement"),
        "prefilled": html.unescape(prefilled[1]),
        "ground": "community_rules",
        "ground_detail": "",
    }


def hide(client: Any, case: int, **fields: str) -> Any:
    filled = form_of(client.get(f"/moderation/cas/{case}"))
    return client.post(
        f"/moderation/cas/{case}/decision", data={**filled, **GROUNDS, "measure": "hide", **fields}
    )


def test_the_desk_shows_the_case_in_its_context_with_a_statement_ready(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    manon = sign_in(app.test_client(), cast.manon)

    assert manon.get("/moderation").location.endswith(f"/moderation/cas/{case}")
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
    listed = manon.get("/moderation/liste")
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
    assert "Cas 1 sur 1" in page.text
    filled = form_of(page)

    assert manon.post(f"/moderation/cas/{case}/decision", data={"measure": "none"}).status_code == 302
    late = amir.post(f"/moderation/cas/{case}/decision", data={**filled, **GROUNDS, "measure": "hide"})

    assert late.status_code in (404, 409)
    db.session.rollback()
    assert {row.state for row in db.session.execute(select(Report)).scalars()} == {"decided"}
    assert db.session.get_one(Post, prix.id).hidden_at is None
    # The link of an earlier mail shows what was decided.
    assert "/decisions/" in amir.get(f"/moderation/cas/{case}").location


def test_the_ambassador_acts_in_the_region_and_nowhere_else(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    amir, anne = sign_in(app.test_client(), cast.amir), sign_in(app.test_client(), cast.anne)

    assert anne.get("/moderation/liste").status_code == 200
    assert "Qui découpe" not in anne.get("/moderation/liste").text
    assert anne.get("/moderation/attente").json == {"pending": 0}
    for method, path in (
        ("get", ""), ("post", "/prise"), ("post", "/remise"), ("post", "/transmission"), ("post", "/decision"),
    ):  # fmt: skip
        answer = getattr(anne, method)(
            f"/moderation/cas/{case}{path}", **({"data": {"measure": "none"}} if method == "post" else {})
        )
        assert answer.status_code == 404, path

    assert amir.get("/moderation/attente").json == {"pending": 1}
    assert hide(amir, case).status_code == 302


def test_an_advisor_of_the_region_decides_there_and_an_advisor_elsewhere_does_not(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    with transaction():
        here, elsewhere = person("Théo Ici"), person("Zoé Ailleurs")
        communities.give_role(here, "technical_advisor", db.session.get_one(Node, cast.region_loire.id))
        communities.give_role(elsewhere, "technical_advisor", db.session.get_one(Node, cast.region_vitre.id))
    forget_access()

    assert sign_in(app.test_client(), elsewhere).get(f"/moderation/cas/{case}").status_code == 404
    assert hide(sign_in(app.test_client(), here), case).status_code == 302


def test_members_have_no_desk(app: Flask, cast: Cast, case: int, client: Any) -> None:
    ana = sign_in(app.test_client(), cast.ana)

    for path in ("", "/liste", "/attente", "/registre", f"/cas/{case}"):
        assert ana.get(f"/moderation{path}").status_code == 404
        assert client.get(f"/moderation{path}").status_code == 302


def test_nobody_decides_about_their_own_firm(app: Flask, cast: Cast, prix: Post, case: int) -> None:
    manon = sign_in(app.test_client(), cast.manon)
    assert manon.get(f"/moderation/cas/{case}").status_code == 200
    with transaction():
        employ(cast.manon, db.session.get_one(Company, cast.plasturgie.id))
    forget_access()

    assert manon.get(f"/moderation/cas/{case}").status_code == 404
    assert manon.get("/moderation/attente").json == {"pending": 0}
    assert manon.post(f"/moderation/cas/{case}/decision", data={"measure": "none"}).status_code == 404
    assert hide(sign_in(app.test_client(), cast.amir), case).status_code == 302


def test_a_report_about_a_manager_goes_one_level_up(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.manon, cast.usinage_loire, "Une règle à moi")
    first = db.session.execute(select(Post).where(Post.topic_id == topic.id)).scalar_one()
    report(sign_in(app.test_client(), cast.ana), first, "abuse")
    jobs.drain()
    db.session.rollback()
    kept = db.session.execute(select(Report)).scalar_one()

    assert kept.level_node_id == cast.region_loire.id
    assert "report_added" in kinds_told(cast.amir)
    assert "report_added" not in kinds_told(cast.manon)
    assert sign_in(app.test_client(), cast.manon).get(f"/moderation/cas/{kept.id}").status_code == 404
    assert sign_in(app.test_client(), cast.amir).get(f"/moderation/cas/{kept.id}").status_code == 200


def test_a_report_about_the_only_manager_s_firm_goes_one_level_up(app: Flask, cast: Cast) -> None:
    with transaction():
        employ(cast.manon, db.session.get_one(Company, cast.plasturgie.id))
    forget_access()
    topic = open_topic(cast.bruno, cast.usinage_loire, "Sujet")
    post = db.session.execute(select(Post).where(Post.topic_id == topic.id)).scalar_one()
    report(sign_in(app.test_client(), cast.ana), post, "abuse")
    db.session.rollback()

    assert db.session.execute(select(Report.level_node_id)).scalar_one() == cast.region_loire.id


def test_a_report_about_the_national_team_waits_for_another_of_them(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.nadia, cast.annonces_loire, "Annonce", kind="announcement")
    post = db.session.execute(select(Post).where(Post.topic_id == topic.id)).scalar_one()
    report(sign_in(app.test_client(), cast.ana), post, "abuse")
    db.session.rollback()
    kept = db.session.execute(select(Report)).scalar_one()

    assert kept.level_node_id == cast.nation.id
    assert sign_in(app.test_client(), cast.nadia).get(f"/moderation/cas/{kept.id}").status_code == 404
    with transaction():
        other = person("Olga Autre")
        communities.give_role(other, "national_admin", db.session.get_one(Node, cast.nation.id))
    forget_access()
    assert sign_in(app.test_client(), other).get(f"/moderation/cas/{kept.id}").status_code == 200


def test_taking_leaving_and_handing_up(app: Flask, cast: Cast, prix: Post, case: int) -> None:
    manon, amir = sign_in(app.test_client(), cast.manon), sign_in(app.test_client(), cast.amir)

    manon.post(f"/moderation/cas/{case}/prise")
    assert "Manon Petit s’en occupe." in amir.get(f"/moderation/cas/{case}").text
    assert "Laisser aux autres" in manon.get(f"/moderation/cas/{case}").text
    manon.post(f"/moderation/cas/{case}/remise")
    assert "s’en occupe." not in amir.get(f"/moderation/cas/{case}").text

    manon.post(f"/moderation/cas/{case}/transmission")
    jobs.drain()
    assert manon.get(f"/moderation/cas/{case}").status_code == 404
    assert amir.get(f"/moderation/cas/{case}").status_code == 200
    assert "report_added" in kinds_told(cast.amir)
    acts = set(db.session.execute(select(AuditLine.act)).scalars())
    assert {"took_report", "put_back_report", "handed_up_report"} <= acts


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


def test_an_appeal_goes_one_level_up_to_somebody_else_once(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    manon, amir, bruno = (sign_in(app.test_client(), who) for who in (cast.manon, cast.amir, cast.bruno))
    hide(manon, case)
    decision = db.session.execute(select(Decision.id)).scalar_one()

    assert bruno.post(f"/recours/{decision}", data={"text": ""}).status_code == 422
    assert bruno.post(f"/recours/{decision}", data={"text": "C’était un prix public."}).status_code == 302
    assert bruno.post(f"/recours/{decision}", data={"text": "Encore."}).status_code == 422
    jobs.drain()
    made = db.session.execute(select(Appeal)).scalar_one()
    assert made.level_node_id == cast.region_loire.id
    assert "appeal_added" in kinds_told(cast.amir)
    assert "appeal_added" not in kinds_told(cast.manon)
    assert manon.get(f"/moderation/recours/{made.id}").status_code == 404
    assert bruno.get(f"/moderation/recours/{made.id}").status_code == 404
    assert "C’était un prix public." in amir.get(f"/moderation/recours/{made.id}").text
    assert amir.get("/moderation/attente").json == {"pending": 1}

    answer = amir.post(
        f"/moderation/recours/{made.id}/reponse", data={"answer": "Vous avez raison.", "upheld": "1"}
    )
    jobs.drain()

    assert answer.status_code == 302
    db.session.rollback()
    assert db.session.get_one(Post, prix.id).hidden_at is None
    assert "appeal_answered" in kinds_told(cast.bruno)
    page = bruno.get(f"/decisions/{decision}")
    assert "Recours accepté" in page.text
    assert "Vous avez raison." in page.text
    again = amir.post(f"/moderation/recours/{made.id}/reponse", data={"answer": "Non.", "upheld": "0"})
    assert again.status_code == 404


def test_the_ambassador_who_decided_does_not_answer_the_appeal(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    amir, nadia, bruno = (sign_in(app.test_client(), who) for who in (cast.amir, cast.nadia, cast.bruno))
    hide(amir, case)
    decision = db.session.execute(select(Decision.id)).scalar_one()
    bruno.post(f"/recours/{decision}", data={"text": "Je conteste."})
    made = db.session.execute(select(Appeal.id)).scalar_one()

    assert amir.get(f"/moderation/recours/{made}").status_code == 404
    kept = nadia.post(f"/moderation/recours/{made}/reponse", data={"answer": "Maintenu.", "upheld": "0"})
    assert kept.status_code == 302
    assert "Décision maintenue" in bruno.get(f"/decisions/{decision}").text
    db.session.rollback()
    assert db.session.get_one(Post, prix.id).hidden_at is not None


def test_an_appeal_comes_within_six_months(app: Flask, cast: Cast, prix: Post, case: int) -> None:
    hide(sign_in(app.test_client(), cast.manon), case)
    decision = db.session.execute(select(Decision)).scalar_one()
    bruno = sign_in(app.test_client(), cast.bruno)
    with transaction():
        db.session.get_one(Decision, decision.id).at = clock.now() - timedelta(days=190)

    assert "ne peut plus" in bruno.get(f"/recours/{decision.id}").text
    assert bruno.post(f"/recours/{decision.id}", data={"text": "Trop tard."}).status_code == 422


def test_a_moderator_restores_with_a_reason_and_the_author_is_told(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    manon = sign_in(app.test_client(), cast.manon)
    hide(manon, case)
    decision = db.session.execute(select(Decision.id)).scalar_one()

    assert manon.post(f"/decisions/{decision}/retablissement", data={"facts": ""}).status_code == 422
    bruno = sign_in(app.test_client(), cast.bruno)
    assert bruno.post(f"/decisions/{decision}/retablissement", data={"facts": "moi"}).status_code == 403
    assert manon.post(f"/decisions/{decision}/retablissement", data={"facts": "Erreur."}).status_code == 302
    jobs.drain()

    db.session.rollback()
    assert db.session.get_one(Post, prix.id).hidden_at is None
    assert "decision_restored" in kinds_told(cast.bruno)
    assert "Rétabli" in manon.get("/moderation/registre").text


def test_a_decision_is_read_by_its_author_and_the_moderators_of_the_place(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    hide(sign_in(app.test_client(), cast.manon), case)
    path = f"/decisions/{db.session.execute(select(Decision.id)).scalar_one()}"

    for who, status in (
        (cast.bruno, 200),
        (cast.amir, 200),
        (cast.nadia, 200),
        (cast.ana, 404),
        (cast.anne, 404),
    ):
        assert sign_in(app.test_client(), who).get(path).status_code == status, who.given_name


def test_a_notice_about_nothing_of_ours_is_closed_by_the_nation(app: Flask, cast: Cast, client: Any) -> None:
    from app.moderation import operations
    from app.moderation.operations import Notice

    with transaction():
        operations.report_address(
            "https://ailleurs.example/x",
            Notice("illegal", "Injure", "Paul", "paul@public.test", True),
            found=None,
        )
    case = db.session.execute(select(Report.id)).scalar_one()
    nadia, amir = sign_in(app.test_client(), cast.nadia), sign_in(app.test_client(), cast.amir)

    assert amir.get(f"/moderation/cas/{case}").status_code == 404
    page = nadia.get(f"/moderation/cas/{case}")
    assert "https://ailleurs.example/x" in page.text
    assert "Masquer et envoyer" not in page.text
    assert (
        nadia.post(
            f"/moderation/cas/{case}/decision", data={"measure": "hide", **GROUNDS, "statement": "x"}
        ).status_code
        == 422
    )
    done = nadia.post(f"/moderation/cas/{case}/decision", data={"measure": "none", "facts": "Pas chez nous."})
    assert done.status_code == 302


def test_there_is_nobody_above_the_nation(app: Flask, cast: Cast, client: Any) -> None:
    from app.moderation import operations
    from app.moderation.operations import Notice

    with transaction():
        operations.report_address("https://ailleurs.example/x", Notice("illegal", "Injure"), found=None)
    case = db.session.execute(select(Report.id)).scalar_one()

    answer = sign_in(app.test_client(), cast.nadia).post(f"/moderation/cas/{case}/transmission")

    assert answer.status_code == 422
    assert "pas de niveau au-dessus" in answer.text


def test_whoever_reported_without_an_account_is_written_to(
    app: Flask, cast: Cast, prix: Post, case: int, mailbox: Mailbox
) -> None:
    from app.moderation import operations
    from app.moderation.operations import Notice

    notice = Notice("illegal", "Entente", "Paul Public", "paul@public.test", good_faith=True)
    with transaction():
        operations.report_address(f"/messages/{prix.id}", notice, found=("post", prix.id))
    page = sign_in(app.test_client(), cast.manon).get(f"/moderation/cas/{case}")
    assert "Signalé sans compte par Paul Public" in page.text

    # The moderator reads English; whoever reported does not.
    manon = sign_in(app.test_client(), cast.manon)
    manon.set_cookie("locale", "en")
    assert "Reported without an account by Paul Public" in manon.get(f"/moderation/cas/{case}").text
    hide(manon, case)
    jobs.drain()

    subjects = [str(message["Subject"]) for message in mailbox.to("paul@public.test")]
    assert any("décision prise" in subject for subject in subjects)
    assert any("est reçu" in subject for subject in subjects)


def test_two_tabs_make_one_report(
    app: Flask, cast: Cast, prix: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.moderation import queries

    monkeypatch.setattr(queries, "open_report_of", lambda *_given: None)

    answer = report(sign_in(app.test_client(), cast.ana), prix, "abuse")

    assert answer.status_code == 409
    db.session.rollback()
    assert len(db.session.execute(select(Report.id)).all()) == 1


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


def test_only_whom_a_decision_concerns_finds_the_form_of_the_appeal(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    manon = sign_in(app.test_client(), cast.manon)
    hide(manon, case)
    path = f"/recours/{db.session.execute(select(Decision.id)).scalar_one()}"

    assert sign_in(app.test_client(), cast.bruno).get(path).status_code == 200
    assert manon.get(path).status_code == 404
    assert manon.post(path, data={"text": "Moi."}).status_code == 404


def test_the_register_is_read_page_by_page(app: Flask, cast: Cast, prix: Post, case: int) -> None:
    manon = sign_in(app.test_client(), cast.manon)
    hide(manon, case)
    decision = db.session.execute(select(Decision.id)).scalar_one()

    assert f"/decisions/{decision}" in manon.get("/moderation/registre").text
    assert f"/decisions/{decision}" in manon.get(f"/moderation/registre?avant={decision + 1}").text
    assert f"/decisions/{decision}" not in manon.get(f"/moderation/registre?avant={decision}").text
    assert f"/decisions/{decision}" in manon.get("/moderation/registre?avant=hier").text


def test_whoever_reported_sees_that_somebody_looks_after_it(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    receipt = db.session.execute(select(Report.receipt)).scalar_one()
    assert "Attend un modérateur" in app.test_client().get(f"/signalement/{receipt}").text

    sign_in(app.test_client(), cast.manon).post(f"/moderation/cas/{case}/prise")

    page = app.test_client().get(f"/signalement/{receipt}").text
    assert "Un modérateur s’en occupe" in page
    assert "Manon" not in page
