"""Mails: late enough to travel together, checked again before they leave, sent until a server takes them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.communities import operations as communities
from app.communities.access import forget_access
from app.communities.models import Company
from app.core import demo, duties, jobs, news, post
from app.core.database import transaction
from app.core.news import News, Recipient
from app.core.time import clock
from app.extensions import db
from app.notifications import letters, mail
from app.notifications.models import Mail, Notification
from tests.notifications.test_being_told import current_employment, lines_of
from tests.support.cast import Cast, open_topic, reply, sign_in
from tests.support.mail import Mailbox, text_of

LATER = timedelta(minutes=3)


@pytest.fixture
def pinces(cast: Cast) -> Any:
    """Ana's question, answered by Bruno; Ana has been told in the page, not yet by mail."""
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    jobs.drain()
    reply(cast.bruno, topic, "Essayez des pinces **trempées**.")
    jobs.drain()
    return topic


def send_what_is_due(after: timedelta = LATER) -> None:
    with clock.frozen(clock.now() + after):
        jobs.run("notifications.prepare_mails")
        jobs.drain()


def test_an_answer_is_mailed_after_two_minutes_with_its_text_and_its_switch(
    app: Flask, cast: Cast, pinces: Any, mailbox: Mailbox
) -> None:
    jobs.run("notifications.prepare_mails")
    jobs.drain()
    assert mailbox.to(cast.ana.email) == []

    send_what_is_due()

    (message,) = mailbox.to(cast.ana.email)
    assert message["Subject"] == "Bruno Leroy a répondu dans « Usure des pinces de tour »"
    assert message["References"] == f"<topic.{pinces.id}@127.0.0.1>"
    assert message["List-Id"].startswith('"Val de Loire mécanique" <')
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    text = text_of(message)
    assert "Essayez des pinces trempées." in text
    assert f"/sujets/{pinces.id}-" in text
    html = message.get_body(("html",)).get_content()
    assert "<strong>trempées</strong>" in html
    assert lines_of(cast.ana)[0].mail_state == "sent"
    assert not [message for message in mailbox.to(cast.bruno.email) if "pinces" in text_of(message)]


def test_several_answers_travel_in_one_mail(app: Flask, cast: Cast, pinces: Any, mailbox: Mailbox) -> None:
    reply(cast.bruno, pinces, "Et vérifiez le serrage.")
    jobs.drain()

    send_what_is_due()

    (message,) = mailbox.to(cast.ana.email)
    assert "trempées" in text_of(message)
    assert "serrage" in text_of(message)
    assert message["Subject"] == "2 nouvelles : Usure des pinces de tour"


def test_what_was_read_meanwhile_is_not_mailed(app: Flask, cast: Cast, pinces: Any, mailbox: Mailbox) -> None:
    sign_in(app.test_client(), cast.ana).get(f"/notifications/{lines_of(cast.ana)[0].id}")

    send_what_is_due()

    assert mailbox.to(cast.ana.email) == []
    assert lines_of(cast.ana)[0].mail_state == "skipped"


def test_who_lost_the_right_meanwhile_is_not_mailed(
    app: Flask, cast: Cast, pinces: Any, mailbox: Mailbox
) -> None:
    with transaction():
        communities.end_employment(current_employment(cast.ana), by=cast.rita)
    forget_access()

    send_what_is_due()

    assert not [message for message in mailbox.to(cast.ana.email) if "pinces" in str(message)]


def test_one_click_in_the_mail_stops_that_kind_of_mail(
    app: Flask, cast: Cast, pinces: Any, mailbox: Mailbox, client: Any
) -> None:
    send_what_is_due()
    (message,) = mailbox.to(cast.ana.email)
    address = re.search(r"<http://[^/]+(/notifications/arret/[^>]+)>", message["List-Unsubscribe"])
    assert address

    asked = client.get(address[1])
    assert "Ne plus recevoir ces courriels" in asked.text
    stopped = client.post(address[1], data={"List-Unsubscribe": "One-Click"}, csrf=False)
    assert stopped.status_code == 200

    reply(cast.bruno, pinces, "Encore.")
    jobs.drain()
    send_what_is_due()
    assert len(mailbox.to(cast.ana.email)) == 1
    assert len(lines_of(cast.ana)) == 2


@pytest.mark.parametrize("token", ["x", "WzEsICJwb3N0X2FkZGVkIl0.forged", "%00", "a" * 3000])
def test_a_switch_we_did_not_sign_does_nothing(app: Flask, cast: Cast, client: Any, token: str) -> None:
    assert client.get(f"/notifications/arret/{token}").status_code in (400, 404)
    assert client.post(f"/notifications/arret/{token}", csrf=False).status_code in (400, 404)


def test_what_cannot_be_switched_off_has_no_switch(app: Flask, cast: Cast, client: Any) -> None:
    token = letters.stop_token(cast.ana.id, "decision_hidden")
    assert client.post(f"/notifications/arret/{token}", csrf=False).status_code == 404


def test_a_refused_mail_is_sent_again_later_and_once(app: Flask, cast: Cast, mailbox: Mailbox) -> None:
    mailbox.refusal = "451 Later"
    queue()
    jobs.drain()
    kept = only_mail()
    assert kept.state == "due"
    assert kept.attempts == 1
    assert kept.last_error
    assert kept.text

    mailbox.refusal = None
    mail.send(kept.id)
    assert only_mail().attempts == 1

    with clock.frozen(clock.now() + LATER):
        jobs.run("notifications.sweep_mails")
        jobs.drain()
        jobs.run("notifications.sweep_mails")
        jobs.drain()
    assert only_mail().state == "sent"
    assert len(mailbox.to("lea@atelier.test")) == 1


def test_a_mail_refused_for_good_is_not_tried_for_ever(app: Flask, cast: Cast, mailbox: Mailbox) -> None:
    mailbox.refusal = "550 No such person"
    queue()
    jobs.drain()

    assert only_mail().state == "failed"
    assert only_mail().text == ""


def test_the_body_of_a_sensitive_mail_is_erased_once_sent(app: Flask, cast: Cast, mailbox: Mailbox) -> None:
    queue()
    assert "Bonjour" in only_mail().text
    jobs.drain()

    assert only_mail().text == ""
    assert only_mail().html == ""
    assert "Bonjour" in text_of(mailbox.to("lea@atelier.test")[0])


def test_a_mail_abandoned_by_a_killed_process_is_taken_up(app: Flask, cast: Cast, mailbox: Mailbox) -> None:
    queue()
    app.extensions["jobs"].flush()
    with transaction():
        kept = db.session.execute(select(Mail)).scalar_one()
        kept.state, kept.send_after = "sending", clock.now() + mail.LEASE

    jobs.run("notifications.sweep_mails")
    jobs.drain()
    assert mailbox.to("lea@atelier.test") == []
    with clock.frozen(clock.now() + mail.LEASE * 2):
        jobs.run("notifications.sweep_mails")
        jobs.drain()
    assert len(mailbox.to("lea@atelier.test")) == 1


def test_a_refused_act_mails_nobody(app: Flask, cast: Cast, mailbox: Mailbox) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        _ = queue_in_transaction(), 1 / 0
    jobs.drain()

    assert mailbox.to("lea@atelier.test") == []


def test_a_subject_cannot_start_a_header_of_its_own(app: Flask, cast: Cast, mailbox: Mailbox) -> None:
    with transaction():
        queue_in_transaction(subject="Bonjour\r\nBcc: tout@le.monde")
    jobs.drain()

    (message,) = mailbox.to("lea@atelier.test")
    assert message["Bcc"] is None
    assert message["Subject"] == "Bonjour Bcc: tout@le.monde"


def test_old_bodies_are_erased(app: Flask, cast: Cast, pinces: Any, mailbox: Mailbox) -> None:
    send_what_is_due()
    kept = db.session.execute(select(Mail).where(Mail.kind == "post_added")).scalar_one()
    assert kept.text
    with clock.frozen(clock.now() + timedelta(days=8)):
        jobs.run("notifications.forget_old")
    db.session.rollback()
    assert db.session.get_one(Mail, kept.id).text == ""


def test_a_demonstration_sends_nothing_and_shows_everything(
    app: Flask, cast: Cast, mailbox: Mailbox, client: Any
) -> None:
    assert client.get("/demo/courrier").status_code == 404
    with transaction():
        demo.mark(is_demo=True)
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces")
    reply(cast.bruno, topic, "Essayez **ceci** <script>alert(1)</script>.")
    jobs.drain()

    listed = client.get("/demo/courrier")
    assert "Bruno Leroy a répondu dans « Usure des pinces »" in listed.text
    kept = db.session.execute(select(Mail).where(Mail.kind == "post_added")).scalar_one()
    shown = client.get(f"/demo/courrier/{kept.id}")
    assert "<strong>ceci</strong>" in shown.text
    assert "style=" not in shown.text
    assert "<script>alert" not in shown.text
    assert "/notifications/arret/" in shown.text
    assert mailbox.to(cast.ana.email) == []
    assert kept.state == "sent"
    other = client.get("/demo/courrier", query_string={"a": cast.bruno.email})
    assert "Usure des pinces" not in other.text


def test_the_mailbox_is_not_there_in_a_real_installation(app: Flask, cast: Cast, client: Any) -> None:
    queue()
    assert client.get("/demo/courrier").status_code == 404
    assert client.get(f"/demo/courrier/{only_mail().id}").status_code == 404


def test_a_mail_that_cannot_be_written_keeps_nobody_elses(
    app: Flask, cast: Cast, pinces: Any, mailbox: Mailbox
) -> None:
    news.register(
        News(
            "test_broken",
            label="test",
            recipients=lambda duty: [Recipient(cast.rita.id)],
            sentence=lambda t: "cassé",
            mail="notifications/mail/absent",
            urgent=True,
        )
    )
    with transaction():
        duties.owe("test_broken", "topic", pinces.id)
    jobs.drain()

    send_what_is_due()

    assert mailbox.to(cast.ana.email)
    (line,) = [line for line in lines_of(cast.rita) if line.kind == "test_broken"]
    assert line.mail_state == "due"


def test_somebody_without_a_mailbox_is_told_in_the_page_alone(app: Flask, cast: Cast, pinces: Any) -> None:
    with transaction():
        db.session.get_one(User, cast.ana.id).email = None
    reply(cast.bruno, pinces, "Une autre.")
    jobs.drain()

    assert lines_of(cast.ana)[-1].mail_state == "none"
    send_what_is_due()
    assert lines_of(cast.ana)[0].mail_state == "skipped"


def test_pictures_in_a_mail_are_their_descriptions_and_links_lead_here(app: Flask) -> None:
    html = letters.for_mail(
        '<p><img src="/fichiers/1" alt="Pince"> <a href="/sujets/1">là</a> <img src="/x"></p>'
    )
    assert html == f'<p>[Pince] <a href="{app.config["PUBLIC_URL"]}/sujets/1">là</a> </p>'


def queue() -> None:
    with transaction():
        queue_in_transaction()


def queue_in_transaction(subject: str = "Votre signalement") -> None:
    post.send(
        address="lea@atelier.test",
        kind="report_receipt",
        subject=subject,
        template="moderation/mail/receipt",
        context={"receipt": "Bonjour", "reason": "x", "url": "http://127.0.0.1/x", "at": clock.now()},
    )


def only_mail() -> Mail:
    db.session.rollback()
    return db.session.execute(select(Mail)).scalar_one()


def count_lines() -> int:
    return len(db.session.execute(select(Notification.id)).all())


def test_the_text_of_a_mail_holds_names_as_they_are_and_its_html_escapes_them(app: Flask) -> None:
    text, html = mail.render(
        "communities/mail/join_request",
        "Confirmez",
        {"given_name": "Léo", "company": "Dupont & <Fils>", "community": "L'Aigle", "url": "/x", "days": 7},
    )
    assert "Dupont & <Fils> dans L'Aigle" in text
    assert "&amp;" not in text
    assert "Dupont &amp; &lt;Fils&gt;" in html
    assert "<Fils>" not in html


def test_french_mails_keep_signs_with_their_words_and_english_ones_have_none_before_a_colon(
    app: Flask, cast: Cast, mailbox: Mailbox
) -> None:
    with transaction():
        db.session.get_one(User, cast.bruno.id).locale = "en"
    for reader in (cast.rita, cast.bruno):
        topic = open_topic(reader, cast.usinage_loire, "Buse bouchée : que faire ?")
        reply(cast.ana, topic, "Nettoyez-la.")
    jobs.drain()
    send_what_is_due()
    nbsp = "\N{NO-BREAK SPACE}"
    french, english = (text_of(mailbox.to(reader.email)[-1]) for reader in (cast.rita, cast.bruno))
    assert f"«{nbsp}Buse bouchée{nbsp}: que faire{nbsp}?{nbsp}»" in french
    assert f"Lire et répondre{nbsp}:" in french
    assert "Read and reply:" in english
    assert "\N{NARROW NO-BREAK SPACE}" not in french + english


def test_a_mail_about_a_place_does_not_quote_what_the_place_says_of_itself(
    app: Flask, cast: Cast, mailbox: Mailbox
) -> None:
    with transaction():
        firm = db.session.get_one(Company, cast.atelier.id)
        firm.summary = "Tournage de petites séries."
        firm.without_referent_since = clock.now()
        duties.owe("company_without_referent", "company", firm.id, None, company_id=firm.id)
    forget_access()
    jobs.drain()
    send_what_is_due()
    written = text_of(mailbox.to(cast.ana.email)[-1])
    assert "n’a plus de référent" in written
    assert "petites séries" not in written
