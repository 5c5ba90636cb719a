"""« Signaler »: on everything written, with or without an account."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import jobs, journal
from app.core.audit import AuditLine
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from app.forums.models import Post
from app.moderation.models import Decision, Report
from app.notifications.models import Notification
from tests.support.cast import Cast, open_topic, reply, sign_in
from tests.support.mail import Mailbox, text_of


@pytest.fixture
def prix(cast: Cast) -> Post:
    """Bruno's message about a price, in Ana's topic."""
    topic = open_topic(cast.ana, cast.usinage_loire, "Qui découpe du 3 mm dans le 41 ?")
    return reply(cast.bruno, topic, "Nos clients paient 1,10 € du mètre. Et si on s’alignait ?")


def report(client: Any, post: Any, reason: str = "off_topic", **fields: str) -> Any:
    return client.post(f"/signaler/post/{post.id}", data={"reason": reason, **fields})


def the_report() -> Report:
    db.session.rollback()
    return db.session.execute(select(Report)).scalar_one()


def test_a_member_reports_in_two_gestures_and_gets_a_receipt(
    app: Flask, cast: Cast, prix: Post, mailbox: Mailbox
) -> None:
    ana = sign_in(app.test_client(), cast.ana)
    page = ana.get(f"/signaler/post/{prix.id}")
    assert "Échange sensible (concurrence)" in page.text
    assert "1,10 € du mètre" in page.text

    answer = report(ana, prix, details="Il propose un tarif.")

    kept = the_report()
    assert answer.location.endswith(f"/signalement/{kept.receipt}")
    assert kept.object_text.startswith("Nos clients paient")
    assert kept.level_node_id == cast.loire.id
    assert "Votre signalement est reçu" in ana.get(answer.location).text
    jobs.drain()
    (receipt,) = [m for m in mailbox.to(cast.ana.email) if kept.receipt in str(m["Subject"])]
    assert kept.receipt in text_of(receipt)
    assert [
        line.act
        for line in db.session.execute(select(AuditLine).where(AuditLine.act == "reported")).scalars()
    ]


def test_reporting_again_while_it_waits_is_one_report(app: Flask, cast: Cast, prix: Post) -> None:
    ana = sign_in(app.test_client(), cast.ana)
    first = report(ana, prix)
    again = report(ana, prix, "abuse")

    assert first.location == again.location
    assert "Vous l’avez déjà signalé" in ana.get(f"/signaler/post/{prix.id}").text
    assert the_report().reason == "off_topic"


def test_what_is_added_while_it_waits_is_kept_and_the_more_pressing_reason_counts(
    app: Flask, cast: Cast, prix: Post
) -> None:
    ana = sign_in(app.test_client(), cast.ana)
    report(ana, prix, details="Hors de la salle.")
    before = journal.seqs([cast.loire.moderators_scope_id])[cast.loire.moderators_scope_id]
    report(ana, prix, details="Hors de la salle.")
    assert the_report().details == "Hors de la salle."
    report(ana, prix, "abuse", details="Et le ton monte.")
    assert the_report().reason == "off_topic"
    report(ana, prix, "competition", details="Il donne un prix.")
    kept = the_report()
    assert kept.reason == "competition"
    assert "Et le ton monte." in kept.details
    assert "Il donne un prix." in kept.details
    assert db.session.get_one(Post, prix.id).hidden_at is not None
    caught = journal.catch_up({cast.loire.moderators_scope_id: before})[cast.loire.moderators_scope_id]
    assert [entry.kind for entry in caught.entries] == ["report.changed", "report.changed"]


def test_the_same_form_sent_twice_is_one_report_and_with_another_text_it_is_kept_and_asked(
    app: Flask, cast: Cast, prix: Post
) -> None:
    ana = sign_in(app.test_client(), cast.ana)
    page = ana.get(f"/signaler/post/{prix.id}").text
    found = re.search(r'name="request_id" value="([0-9a-f-]{36})"', page)
    assert found
    sent = {"request_id": found[1], "details": "Il donne un prix."}
    first = report(ana, prix, "abuse", **sent)
    assert report(ana, prix, "abuse", **sent).location == first.location
    other = report(ana, prix, "abuse", request_id=found[1], details="Un tout autre texte.")
    assert other.status_code == 409
    assert "Un tout autre texte." in other.text
    again = re.search(r'name="request_id" value="([0-9a-f-]{36})"', other.text)
    assert again and again[1] != found[1]
    assert the_report().details == "Il donne un prix."
    # Sent again knowingly, it goes with the report that waits.
    assert (
        report(ana, prix, "abuse", request_id=again[1], details="Un tout autre texte.").location
        == first.location
    )
    assert "Un tout autre texte." in the_report().details
    # Once decided, the same form still gives its own receipt back.
    with transaction():
        db.session.execute(select(Report)).scalar_one().state = "decided"
    assert report(ana, prix, "abuse", **sent).location == first.location


def test_the_form_by_address_sent_twice_is_one_report_signed_in_or_not(
    app: Flask, cast: Cast, prix: Post, client: Any
) -> None:
    for who in (client, sign_in(app.test_client(), cast.ana)):
        before = db.session.query(Report).count()
        page = who.get("/signaler")
        found = re.search(r'name="request_id" value="([0-9a-f-]{36})"', page.text)
        assert found
        fields = fields_of(page, address="https://ailleurs.example/page", request_id=found[1])
        with clock.frozen(clock.now() + timedelta(seconds=30)):
            first = who.post("/signaler", data=fields)
            assert first.status_code == 302
            assert who.post("/signaler", data=fields).location == first.location
            other = who.post("/signaler", data={**fields, "details": "Autre chose."})
        assert other.status_code == 409
        assert "Autre chose." in other.text
        assert db.session.query(Report).count() == before + 1


def test_what_one_may_not_see_cannot_be_reported_nor_guessed(app: Flask, cast: Cast, prix: Post) -> None:
    yann = sign_in(app.test_client(), cast.yann)

    assert yann.get(f"/signaler/post/{prix.id}").status_code == 404
    assert report(yann, prix).status_code == 404
    assert yann.get("/signaler/nothing/1").status_code == 404
    assert yann.get(f"/signaler/post/{2**62}").status_code == 404
    assert db.session.execute(select(Report)).first() is None


def test_ones_own_message_is_not_reported(app: Flask, cast: Cast, prix: Post) -> None:
    assert report(sign_in(app.test_client(), cast.bruno), prix).status_code == 422


def test_a_reason_is_needed(app: Flask, cast: Cast, prix: Post) -> None:
    answer = report(sign_in(app.test_client(), cast.ana), prix, "")

    assert answer.status_code == 422
    assert "Choisissez ce qui ne va pas" in answer.text


def test_illegal_content_asks_for_name_address_reasons_and_good_faith(
    app: Flask, cast: Cast, prix: Post
) -> None:
    ana = sign_in(app.test_client(), cast.ana)
    step = report(ana, prix, "illegal", details="Injure publique")
    assert step.status_code == 200
    assert "de bonne foi" in step.text
    assert "Injure publique" in step.text
    assert cast.ana.email in step.text
    assert db.session.execute(select(Report)).first() is None

    short = report(ana, prix, "illegal", full="1", details="", name="Ana", email="x")
    assert short.status_code == 422
    full = report(
        ana,
        prix,
        "illegal",
        full="1",
        details="Injure",
        name="Ana Costa",
        email=cast.ana.email,
        good_faith="y",
    )
    assert full.status_code == 302
    assert the_report().good_faith is True
    assert the_report().reason == "illegal"


def test_a_sensitive_exchange_is_hidden_at_once_for_everybody(app: Flask, cast: Cast, prix: Post) -> None:
    ana, rita = sign_in(app.test_client(), cast.ana), sign_in(app.test_client(), cast.rita)
    topic = f"/sujets/{prix.topic_id}-x"
    assert "1,10 €" in rita.get(topic).text
    before = journal.seqs([cast.loire.scope_id])[cast.loire.scope_id]

    report(ana, prix, "competition")

    assert "1,10 €" not in rita.get(topic).text
    caught = journal.catch_up({cast.loire.scope_id: before})[cast.loire.scope_id]
    assert "post.hidden" in {entry.kind for entry in caught.entries}
    decision = db.session.execute(select(Decision)).scalar_one()
    assert decision.provisional
    assert decision.decided_by_id is None
    jobs.drain()
    told = kinds_told(cast.bruno)
    assert "decision_provisional" in told
    line = db.session.execute(
        select(Notification).where(Notification.kind == "decision_provisional")
    ).scalar_one()
    assert line.actor_id is None
    assert "Ana" not in sign_in(app.test_client(), cast.bruno).get("/notifications").text.split("<main")[1]


def test_a_visitor_is_led_to_the_form_by_address(app: Flask, cast: Cast, prix: Post, client: Any) -> None:
    answer = client.get(f"/signaler/post/{prix.id}")
    assert answer.status_code == 302
    page = client.get(answer.location)
    assert f"/signaler/post/{prix.id}" in page.text
    assert "1,10 €" not in page.text


def fields_of(page: Any, **given: str) -> dict[str, str]:
    started = re.search(r'name="started"[^>]*value="([^"]+)"', page.text)
    assert started
    return {
        "started": started[1],
        "reason": "illegal",
        "details": "Propos injurieux au deuxième paragraphe.",
        "name": "Paul Public",
        "email": "paul@public.test",
        "good_faith": "y",
        **given,
    }


@pytest.mark.parametrize(
    "path", ["/sujets/{topic}-x#message-{number}", "/messages/{post}", "/signaler/post/{post}"]
)
def test_without_an_account_an_address_of_ours_becomes_a_case(
    app: Flask, cast: Cast, prix: Post, client: Any, mailbox: Mailbox, path: str
) -> None:
    address = path.format(post=prix.id, topic=prix.topic_id, number=prix.number)
    fields = fields_of(client.get("/signaler"), address=f"{app.config['PUBLIC_URL']}{address}")

    with clock.frozen(clock.now() + timedelta(seconds=30)):
        answer = client.post("/signaler", data=fields)
        jobs.drain()

    kept = the_report()
    assert answer.location.endswith(kept.receipt)
    assert (kept.object_type, kept.object_id) == ("post", prix.id)
    assert kept.level_node_id == cast.loire.id
    page = client.get(answer.location)
    assert kept.receipt in page.text
    assert "1,10 €" not in page.text
    assert mailbox.to("paul@public.test")


@pytest.mark.parametrize(
    "address",
    [
        "https://ailleurs.example/page",
        "http://[::1",
        "n’importe quoi",
        "/sujets/999999-x",
        "/signaler/post/999999",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_leads_to_nothing_of_ours_is_kept_for_the_nation(
    app: Flask, cast: Cast, client: Any, address: str
) -> None:
    fields = fields_of(client.get("/signaler"), address=address)
    with clock.frozen(clock.now() + timedelta(seconds=30)):
        answer = client.post("/signaler", data=fields)

    assert answer.status_code == 302
    assert the_report().object_id is None
    assert the_report().address == address
    assert the_report().level_node_id == cast.nation.id


def test_robots_are_turned_away(app: Flask, cast: Cast, client: Any) -> None:
    fields = fields_of(client.get("/signaler"), address="/x")
    assert client.post("/signaler", data=fields).status_code == 422
    with clock.frozen(clock.now() + timedelta(seconds=30)):
        assert client.post("/signaler", data={**fields, "website": "http://spam"}).status_code == 422
        assert client.post("/signaler", data={**fields, "started": "forged"}).status_code == 422
        assert client.post("/signaler", data={**fields, "good_faith": ""}).status_code == 422
    assert db.session.execute(select(Report)).first() is None


def test_an_unknown_receipt_number_is_a_page_that_does_not_exist(app: Flask, cast: Cast, client: Any) -> None:
    assert client.get("/signalement/ABCDEFGHJK").status_code == 404
    assert client.get("/signalement/%00").status_code in (400, 404)


def kinds_told(user: Any) -> set[str]:
    db.session.rollback()
    return set(db.session.execute(select(Notification.kind).where(Notification.user_id == user.id)).scalars())


def test_a_refused_report_leaves_nothing_behind(app: Flask, cast: Cast, prix: Post) -> None:
    from app.moderation import operations
    from app.moderation.operations import Notice

    with pytest.raises(ZeroDivisionError), transaction():
        _ = operations.report_thing(cast.ana, "post", prix.id, Notice("competition")), 1 / 0
    assert db.session.execute(select(Report)).first() is None
    assert db.session.get_one(Post, prix.id).hidden_at is None
