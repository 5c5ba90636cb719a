"""What a report hides before anybody has decided: little at a time, never a whole topic, nothing of those who moderate."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import User
from app.core import jobs, journal, things
from app.core.database import transaction
from app.extensions import db
from app.forums.models import Post, Topic
from app.moderation import operations, queries
from app.moderation.models import Decision, ProvisionalHiding, Report
from app.moderation.operations import Notice
from tests.support.cast import Cast, open_topic, reply, sign_in
from tests.support.races import together

WAITING = "Message masqué en attendant qu’un modérateur le lise."
DECIDED = "Message masqué par la modération. Son auteur a reçu les motifs et peut les contester."
STAYS = "il reste visible"


@pytest.fixture
def topic(cast: Cast) -> Topic:
    return open_topic(cast.ana, cast.usinage_loire, "Qui découpe du 3 mm ?", "Le mètre est à 1,10 €.")


def report(client: Any, post_id: int, reason: str = "competition") -> Any:
    answer = client.post(f"/signaler/post/{post_id}", data={"reason": reason})
    db.session.rollback()
    return answer


def first_of(topic: Topic) -> int:
    return db.session.execute(select(Post.id).where(Post.topic_id == topic.id, Post.number == 1)).scalar_one()


def hidden() -> int:
    return db.session.execute(
        select(func.count()).select_from(Post).where(Post.hidden_at.is_not(None))
    ).scalar_one()


def decide(client: Any, post_id: int, measure: str) -> None:
    report_id = db.session.execute(select(Report.id).where(Report.object_id == post_id)).scalars().first()
    answer = client.post(
        f"/moderation/cas/{report_id}/decision",
        data={
            "measure": measure,
            "ground": "competition_charter",
            "facts": "Il donne un prix.",
            "statement": "Vous donnez un prix.",
        },
    )
    assert answer.status_code == 302, answer.text
    db.session.rollback()


def test_the_fourth_thing_somebody_reports_waits_in_sight_and_a_decision_frees_a_place(
    app: Flask, cast: Cast, topic: Topic
) -> None:
    bruno, manon = sign_in(app.test_client(), cast.bruno), sign_in(app.test_client(), cast.manon)
    posts = [reply(cast.rita, topic, f"Prix {number}").id for number in range(5)]

    answers = [report(bruno, post_id) for post_id in posts[:4]]

    assert hidden() == 3
    assert STAYS not in bruno.get(answers[2].location).text
    page = bruno.get(answers[3].location).text
    assert "Ce contenu est à lire en urgence" in page and STAYS in page
    assert db.session.query(Report).count() == 4
    case = queries.queue(cast.manon)[-1]
    assert (case.reason, case.first.object_id) == ("competition", posts[3])

    decide(manon, posts[0], "none")
    assert hidden() == 2
    report(bruno, posts[4])
    assert hidden() == 3
    # Somebody else has places of their own.
    report(sign_in(app.test_client(), cast.ana), posts[3])
    assert hidden() == 4


def test_a_restoring_and_a_confirmation_free_their_places_too(app: Flask, cast: Cast, topic: Topic) -> None:
    bruno, manon = sign_in(app.test_client(), cast.bruno), sign_in(app.test_client(), cast.manon)
    posts = [reply(cast.rita, topic, f"Prix {number}").id for number in range(2)]
    for post_id in posts:
        report(bruno, post_id)
    assert db.session.query(ProvisionalHiding).count() == 2

    decision_id = db.session.execute(select(Decision.id).where(Decision.object_id == posts[0])).scalar_one()
    assert (
        manon.post(
            f"/decisions/{decision_id}/retablissement", data={"facts": "Rien de sensible."}
        ).status_code
        == 302
    )
    decide(manon, posts[1], "hide")

    assert db.session.query(ProvisionalHiding).count() == 0
    assert hidden() == 1


def test_reports_at_once_by_one_person_keep_the_limit(app: Flask, cast: Cast, topic: Topic) -> None:
    reporter_id = cast.bruno.id
    posts = [reply(cast.rita, topic, f"Prix {number}").id for number in range(6)]

    def act(post_id: int) -> str:
        reporter = db.session.get_one(User, reporter_id)
        return operations.report_thing(reporter, "post", post_id, Notice("competition")).receipt

    results = together(app, *(lambda post_id=post_id: act(post_id) for post_id in posts))

    assert all(isinstance(result, str) for result in results), results
    assert db.session.query(Report).count() == 6
    assert hidden() == 3
    assert db.session.query(Decision).filter_by(provisional=True).count() == 3


def test_what_those_who_moderate_write_is_not_hidden_by_a_report(app: Flask, cast: Cast) -> None:
    bruno = sign_in(app.test_client(), cast.bruno)
    for author in (cast.manon, cast.amir):
        topic = open_topic(author, cast.usinage_loire, "Réunion", "Ordre du jour.")
        answer = report(bruno, first_of(topic))
        assert STAYS in bruno.get(answer.location).text
    assert hidden() == 0
    assert db.session.query(ProvisionalHiding).count() == 0
    assert db.session.query(Report).count() == 2


def test_a_first_message_waits_alone_and_a_decision_takes_the_topic(
    app: Flask, cast: Cast, topic: Topic
) -> None:
    bruno, rita, manon = (
        sign_in(app.test_client(), person) for person in (cast.bruno, cast.rita, cast.manon)
    )
    reply(cast.rita, topic, "Nous, avec un laser fibre.")
    post_id, address = first_of(topic), f"/sujets/{topic.id}-x"
    jobs.drain()
    assert "1,10" in rita.get("/recherche?q=mètre").text
    before = journal.seqs([cast.loire.scope_id])[cast.loire.scope_id]

    report(bruno, post_id)
    jobs.drain()

    page = rita.get(address).text
    assert WAITING in page and DECIDED not in page
    assert "1,10" not in page
    assert "laser fibre" in page
    assert reply(cast.rita, topic, "On en reparle.").number == 3
    assert "1,10" in sign_in(app.test_client(), cast.ana).get(address).text
    assert "1,10" not in rita.get("/recherche?q=mètre").text
    described = things.describe_one("topic", topic.id)
    assert described is not None and (described.text, described.html) == ("", "")
    kinds = [
        entry.kind for entry in journal.catch_up({cast.loire.scope_id: before})[cast.loire.scope_id].entries
    ]
    assert "post.hidden" in kinds and "topic.hidden" not in kinds

    decide(manon, post_id, "hide")
    assert rita.get(address).status_code == 404
    decision_id = db.session.execute(select(func.max(Decision.id))).scalar_one()
    with transaction():
        operations.restore(
            db.session.get_one(User, cast.manon.id),
            db.session.get_one(Decision, decision_id),
            facts="Rien de sensible.",
        )
    assert "1,10" in rita.get(address).text


def test_no_measure_gives_the_first_message_back(app: Flask, cast: Cast, topic: Topic) -> None:
    bruno, manon = sign_in(app.test_client(), cast.bruno), sign_in(app.test_client(), cast.manon)
    report(bruno, first_of(topic))
    decide(manon, first_of(topic), "none")
    jobs.drain()
    assert "1,10" in bruno.get(f"/sujets/{topic.id}-x").text
    assert "1,10" in bruno.get("/recherche?q=mètre").text


def test_readers_are_told_that_nobody_decided_yet_then_that_somebody_did(
    app: Flask, cast: Cast, topic: Topic
) -> None:
    bruno, rita, manon = (
        sign_in(app.test_client(), person) for person in (cast.bruno, cast.rita, cast.manon)
    )
    post_id = reply(cast.ana, topic, "Alignons-nous à 1,20 €.").id
    report(bruno, post_id)
    fragment = rita.get(f"/messages/{post_id}/fragment").json["html"]
    for html in (rita.get(f"/sujets/{topic.id}-x").text, fragment):
        assert WAITING in html
        assert DECIDED not in html
        assert "1,20" not in html
    for reader in (sign_in(app.test_client(), cast.ana), manon):
        known = reader.get(f"/messages/{post_id}/fragment").json["html"]
        assert "1,20" in known and "seuls son auteur et les modérateurs le voient" in known
        assert "data-react" not in known and "data-quote" not in known, "nobody answers what is hidden"
        acts = reader.get(f"/messages/{post_id}").text
        assert "Retenir cette réponse" not in acts and "Citer et répondre" not in acts
    version = db.session.get_one(Post, post_id).version

    decide(manon, post_id, "hide")

    assert DECIDED in rita.get(f"/sujets/{topic.id}-x").text
    assert WAITING not in rita.get(f"/sujets/{topic.id}-x").text
    # Open pages take it for news.
    assert db.session.get_one(Post, post_id).version == version + 1
