"""Data of earlier versions after their migrations: reports that waited, statements that were sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from app.core import schema
from app.core.database import transaction
from app.extensions import db
from app.forums.models import Post, Topic
from app.moderation.models import Decision, ProvisionalHiding, Report, StatementOfReasons
from tests.moderation.test_provisional import STAYS, WAITING, decide, first_of, hidden
from tests.moderation.test_provisional import report as reported
from tests.support.cast import Cast, open_topic, reply, sign_in


@pytest.fixture
def newest_again(app: Flask) -> Iterator[None]:
    """The newest schema at the end, whatever happened to a test that goes back."""
    yield
    db.session.remove()
    schema.upgrade()


def hide_as_before(reporter_id: int, post_id: int) -> None:
    """What a report of a sensitive exchange did: hide at once, without end, a first message with its topic."""
    values = {"reporter": reporter_id, "post": post_id}
    with db.engine.begin() as connection:
        report_id = connection.execute(
            text("SELECT id FROM report WHERE reporter_id = :reporter AND object_id = :post"), values
        ).scalar_one()
        connection.execute(
            text(
                "INSERT INTO decision (object_type, object_id, node_id, level_node_id, measure, provisional, reason,"
                " ground, ground_detail, facts, author_id, author_company_id, report_id, at)"
                " SELECT object_type, object_id, node_id, level_node_id, 'hide', true, reason, '', '', '',"
                " author_id, author_company_id, id, created_at FROM report WHERE id = :report"
            ),
            {"report": report_id},
        )
        connection.execute(text("UPDATE post SET hidden_at = created_at WHERE id = :post"), values)
        connection.execute(
            text(
                "UPDATE topic SET hidden_at = created_at WHERE id IN"
                " (SELECT topic_id FROM post WHERE id = :post AND number = 1)"
            ),
            values,
        )


def test_reports_that_waited_keep_what_they_hid_and_take_three_places_at_most(
    app: Flask, cast: Cast, newest_again: None
) -> None:
    ana, bruno, manon = (sign_in(app.test_client(), who) for who in (cast.ana, cast.bruno, cast.manon))
    topic = open_topic(cast.ana, cast.usinage_loire, "Qui découpe du 3 mm ?")
    first = first_of(open_topic(cast.rita, cast.usinage_loire, "Nos prix", "1,10 € du mètre."))
    answers = [reply(cast.rita, topic, f"Prix {number}").id for number in range(7)]
    waiting, decided, given_back, in_sight = [first, *answers[:3]], answers[3], answers[4], answers[5]
    for post_id in (decided, given_back):
        reported(bruno, post_id)
    decide(manon, decided, "hide")
    decide(manon, given_back, "none")
    for post_id in (*waiting, in_sight):
        reported(bruno, post_id, "abuse")
    with transaction():
        db.session.execute(update(Report).where(Report.object_id.in_(waiting)).values(reason="competition"))
    bruno_id, address = cast.bruno.id, f"/sujets/{topic.id}-x"
    db.session.remove()
    schema.downgrade("0006")
    for post_id in waiting:
        hide_as_before(bruno_id, post_id)

    schema.upgrade()

    provisional = set(db.session.execute(select(Post.id).where(Post.hidden_provisionally)).scalars())
    assert provisional == set(waiting)
    assert hidden() == len(waiting) + 1
    places = db.session.execute(
        select(ProvisionalHiding.reporter_id, ProvisionalHiding.place, Report.object_id)
        .join(Report, Report.id == ProvisionalHiding.report_id)
        .order_by(ProvisionalHiding.place)
    ).all()
    assert [tuple(row) for row in places] == [
        (bruno_id, place, post_id) for place, post_id in enumerate(waiting[:3], start=1)
    ]

    # And the product goes on from there: all places are taken, words are said to wait, each case can be decided.
    page = ana.get(address).text
    assert page.count(WAITING) == 3
    assert "Prix 5" in page and "Prix 0" not in page
    assert STAYS in bruno.get(reported(bruno, answers[6]).location).text
    for post_id in (first, answers[0]):
        decide(manon, post_id, "none")
    decide(manon, answers[1], "hide")
    assert hidden() == 3
    assert db.session.get_one(Topic, db.session.get_one(Post, first).topic_id).hidden_at is None
    assert db.session.query(ProvisionalHiding).count() == 0


def test_statements_sent_before_they_had_a_language_are_shown_as_sent(
    app: Flask, cast: Cast, newest_again: None
) -> None:
    bruno, manon = sign_in(app.test_client(), cast.bruno), sign_in(app.test_client(), cast.manon)
    post = reply(cast.bruno, open_topic(cast.ana, cast.usinage_loire, "Qui découpe ?"), "1,10 € du mètre.")
    reported(sign_in(app.test_client(), cast.ana), post.id, "abuse")
    decide(manon, post.id, "hide")
    decision_id = db.session.execute(select(Decision.id)).scalar_one()
    db.session.remove()
    schema.downgrade("0007")

    schema.upgrade()

    kept = db.session.execute(select(StatementOfReasons)).scalar_one()
    assert (kept.locale, kept.outline) == ("fr", None)
    bruno.set_cookie("locale", "en")
    page = bruno.get(f"/decisions/{decision_id}").text
    assert "Your message is hidden" in page
    assert "Vous donnez un prix." in page
