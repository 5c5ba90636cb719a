"""Who is told of what: in the page, live, once, and only while they may see it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.communities import operations as communities
from app.communities.access import forget_access
from app.communities.models import CompanyMembership
from app.core import duties, jobs, journal, news
from app.core.database import transaction
from app.core.duties import Duty
from app.core.news import News, Recipient
from app.core.time import clock
from app.extensions import db
from app.forums import operations as forums
from app.notifications import fulfilment, queries
from app.notifications.models import Notification
from tests.support.cast import Cast, open_topic, reply, sign_in


def lines_of(user: Any) -> list[Notification]:
    db.session.rollback()
    return list(
        db.session.execute(
            select(Notification).where(Notification.user_id == user.id).order_by(Notification.id)
        ).scalars()
    )


@pytest.fixture
def pinces(cast: Cast) -> Any:
    """Ana's question, and Bruno's answer that nobody has been told of yet."""
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    jobs.drain()
    reply(cast.bruno, topic, "Essayez des pinces trempées.")
    return topic


def test_an_answer_reaches_whoever_asked_and_not_whoever_answered(
    app: Flask, cast: Cast, pinces: Any
) -> None:
    assert lines_of(cast.ana) == []
    jobs.drain()

    told = lines_of(cast.ana)
    assert [line.kind for line in told] == ["post_added"]
    assert told[0].actor_id == cast.bruno.id
    for other in (cast.bruno, cast.manon, cast.yann):
        assert "post_added" not in {line.kind for line in lines_of(other)}
    page = sign_in(app.test_client(), cast.ana).get("/notifications")
    assert "Bruno Leroy a répondu dans « Usure des pinces de tour »." in plain(page)
    assert "Val de Loire mécanique" in page.text


def test_a_duty_served_twice_tells_once(app: Flask, cast: Cast, pinces: Any) -> None:
    duty = db.session.execute(select(Duty).where(Duty.kind == "post_added")).scalar_one()
    kept = {"kind": duty.kind, "object_type": duty.object_type, "object_id": duty.object_id}
    actor_id = duty.actor_id
    jobs.drain()
    before = scope_seq(cast.ana)

    with transaction():
        again_id = duties.owe(**kept, actor_id=actor_id, mentions=[])
    fulfilment.fulfil(again_id)

    assert len(lines_of(cast.ana)) == 1
    assert scope_seq(cast.ana) == before
    assert db.session.get(Duty, again_id) is None


def test_a_crash_between_commit_and_job_loses_nothing(app: Flask, cast: Cast, pinces: Any) -> None:
    app.extensions["jobs"].flush()
    jobs.drain()
    assert lines_of(cast.ana) == []

    with clock.frozen(clock.now() + timedelta(minutes=5)):
        jobs.run("notifications.sweep_duties")
        jobs.drain()
    assert len(lines_of(cast.ana)) == 1
    assert db.session.execute(select(Duty).where(Duty.kind == "post_added")).scalars().all() == []


def test_somebody_who_lost_the_right_meanwhile_is_not_told(app: Flask, cast: Cast, pinces: Any) -> None:
    with transaction():
        communities.end_employment(current_employment(cast.ana), by=cast.rita)
    forget_access()
    jobs.drain()

    assert "post_added" not in {line.kind for line in lines_of(cast.ana)}


def test_a_line_whose_thing_is_hidden_or_closed_to_the_reader_is_not_shown(
    app: Flask, cast: Cast, pinces: Any
) -> None:
    jobs.drain()
    ana = sign_in(app.test_client(), cast.ana)
    assert "Bruno Leroy a répondu" in ana.get("/notifications").text

    hidden = lines_of(cast.ana)[0].object_id
    with transaction():
        forums.hide_post(hidden)
    assert "Bruno Leroy a répondu" not in ana.get("/notifications").text
    assert ana.get(f"/notifications/{lines_of(cast.ana)[0].id}").status_code == 404


def test_following_a_line_reads_it_and_its_thread_on_every_screen(
    app: Flask, cast: Cast, pinces: Any
) -> None:
    reply(cast.bruno, pinces, "Et vérifiez le serrage.")
    jobs.drain()
    ana = sign_in(app.test_client(), cast.ana)
    first, second = lines_of(cast.ana)
    before = scope_seq(cast.ana)

    answer = ana.get(f"/notifications/{second.id}")

    assert answer.status_code == 302
    assert f"/sujets/{pinces.id}-" in answer.location
    assert all(line.read_at is not None for line in lines_of(cast.ana))
    assert scope_seq(cast.ana) == before + 1
    assert first.id


def test_nobody_opens_somebody_elses_line(app: Flask, cast: Cast, pinces: Any) -> None:
    jobs.drain()
    line = lines_of(cast.ana)[0]

    assert sign_in(app.test_client(), cast.bruno).get(f"/notifications/{line.id}").status_code == 404
    assert lines_of(cast.ana)[0].read_at is None


def test_marking_all_read_leaves_what_came_meanwhile(app: Flask, cast: Cast, pinces: Any) -> None:
    jobs.drain()
    ana = sign_in(app.test_client(), cast.ana)
    seen = lines_of(cast.ana)[0].id
    assert "Tout marquer comme lu" in ana.get("/notifications").text
    reply(cast.bruno, pinces, "Encore une chose.")
    jobs.drain()

    ana.post("/notifications/lecture", data={"up_to": str(seen)})

    assert [line.read_at is not None for line in lines_of(cast.ana)] == [True, False]
    assert queries.unread_count(cast.ana.id) == 1


def test_open_pages_are_told_the_number_on_the_bell(app: Flask, cast: Cast, pinces: Any) -> None:
    after = scope_seq(cast.ana)
    jobs.drain()
    db.session.rollback()

    caught = journal.catch_up({cast.ana.scope_id: after})[cast.ana.scope_id]
    messages = journal.messages(caught.entries)

    assert [(message["kind"], message["unread"]) for message in messages] == [("notification.added", 1)]
    assert journal.allowed(cast.ana, [cast.ana.scope_id]) == {cast.ana.scope_id}
    assert journal.allowed(cast.bruno, [cast.ana.scope_id]) == set()


def test_of_two_reasons_to_be_told_the_more_personal_counts(app: Flask, cast: Cast) -> None:
    news.register(
        News(
            "test_news",
            label="test",
            recipients=lambda duty: [Recipient(cast.ana.id, kind="test_named"), Recipient(cast.ana.id)],
            sentence=lambda t: "suivi",
        ),
        News("test_named", label="test", sentence=lambda t: "nommée"),
    )
    topic = open_topic(cast.bruno, cast.usinage_loire, "Sujet")
    with transaction():
        duties.owe("test_news", "topic", topic.id, cast.bruno.id)
    jobs.drain()

    assert [line.kind for line in lines_of(cast.ana)] == ["test_named"]


def test_choices_decide_what_arrives(app: Flask, cast: Cast, pinces: Any) -> None:
    ana = sign_in(app.test_client(), cast.ana)
    page = ana.get("/notifications/reglages")
    assert 'name="mail-post_added"' in page.text
    assert "decision_hidden" not in page.text

    ana.post("/notifications/reglages", data={"mail-post_added": "on"})
    jobs.drain()

    (line,) = lines_of(cast.ana)
    assert line.in_page is False
    assert line.mail_state == "due"
    assert "Bruno Leroy a répondu" not in ana.get("/notifications").text
    assert queries.unread_count(cast.ana.id) == 0

    ana.post("/notifications/reglages", data={})
    reply(cast.bruno, pinces, "Encore.")
    jobs.drain()
    assert len(lines_of(cast.ana)) == 1


def test_an_unknown_kind_waits_for_the_version_that_knows_it(app: Flask, cast: Cast) -> None:
    with transaction():
        duty_id = duties.owe("of_the_future", "topic", 1)
    jobs.drain()

    assert db.session.get(Duty, duty_id) is not None


def test_the_page_of_news_asks_few_questions_whatever_it_holds(app: Flask, cast: Cast, pinces: Any) -> None:
    for number in range(12):
        reply(cast.bruno, pinces, f"Réponse {number}.")
    jobs.drain()
    ana = sign_in(app.test_client(), cast.ana)

    page = ana.get("/notifications")

    assert "et 12 autres dans ce sujet" in page.text
    assert len(page.data) < 60_000


def test_a_firm_is_told_that_it_is_admitted_and_choices_fit_each_role(app: Flask, cast: Cast) -> None:
    membership = db.session.execute(
        select(CompanyMembership.id).where(CompanyMembership.company_id == cast.plasturgie.id)
    ).scalar_one()
    with transaction():
        duties.owe("membership_admitted", "membership", membership, cast.nadia.id)
    jobs.drain()

    rita, manon = sign_in(app.test_client(), cast.rita), sign_in(app.test_client(), cast.manon)
    assert "membership_admitted" in {line.kind for line in lines_of(cast.bruno)}
    assert "membership_admitted" not in {line.kind for line in lines_of(cast.rita)}
    assert "vous êtes admis" in plain(sign_in(app.test_client(), cast.bruno).get("/notifications"))
    assert "Une entreprise demande à entrer" in manon.get("/notifications/reglages").text
    assert "Une entreprise demande à entrer" not in rita.get("/notifications/reglages").text
    assert "Quelqu’un demande à rejoindre mon entreprise" in rita.get("/notifications/reglages").text


def plain(page: Any) -> str:
    """The page with ordinary spaces."""
    return str(page.text.replace("\xa0", " "))


def scope_seq(user: Any) -> int:
    db.session.rollback()
    return journal.seqs([user.scope_id])[user.scope_id]


def current_employment(user: Any) -> Any:
    from app.communities.models import Employment

    return db.session.execute(
        select(Employment).where(Employment.user_id == user.id, Employment.ended_at.is_(None))
    ).scalar_one()
