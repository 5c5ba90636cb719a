"""What becomes of a message: changed, taken back, answered with a word, held up, hidden."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from app.core import jobs
from app.core.database import transaction
from app.core.journal import JournalEntry
from app.core.text import RENDERER_VERSION
from app.core.time import clock
from app.extensions import db
from app.forums import operations, queries
from app.forums.models import Post, PostRevision, Reaction, Topic
from tests.support.cast import Cast, open_topic, reply, sign_in


def kinds_of(scope_id: int) -> list[str]:
    return list(
        db.session.execute(
            select(JournalEntry.kind).where(JournalEntry.scope_id == scope_id).order_by(JournalEntry.seq)
        ).scalars()
    )


def edit(client: Any, post: Post, body: str, base: int = 1) -> Any:
    return client.post(f"/messages/{post.id}/modifier", data={"body": body, "base_version": base})


def test_an_edit_is_shown_and_what_was_said_before_stays_readable(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    post = reply(cast.bruno, topic, "Trempées à 58 HRC.\n\nEt rectifiées.")
    bruno, ana = sign_in(app.test_client(), cast.bruno), sign_in(app.test_client(), cast.ana)

    assert "Trempées à 58 HRC." in bruno.get(f"/messages/{post.id}/modifier").text
    assert edit(bruno, post, "Trempées à 60 HRC.\n\nEt rectifiées.").status_code == 302

    page = ana.get(f"/sujets/{topic.id}-x").text
    assert "60 HRC" in page
    assert "58 HRC" not in page
    history = ana.get(f"/messages/{post.id}/historique").text
    assert "58 HRC" in history
    assert "60 HRC" in history
    assert kinds_of(topic.scope_id)[-1] == "post.edited"
    assert "58 HRC" not in ana.get("/recherche?q=58").text.split("<main")[1].replace('value="58"', "")


def test_two_tabs_cannot_overwrite_each_other_unseen(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    post = reply(cast.bruno, topic, "Premier texte")
    bruno = sign_in(app.test_client(), cast.bruno)
    edit(bruno, post, "Texte du premier onglet")

    late = edit(bruno, post, "Texte du second onglet")

    assert late.status_code == 409
    assert "Texte du second onglet" in late.text
    assert edit(bruno, post, "Texte du second onglet", base=2).status_code == 302
    assert db.session.get_one(Post, post.id).source == "Texte du second onglet"


def test_an_unchanged_edit_changes_nothing(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    post = reply(cast.bruno, topic, "Le même texte")

    assert edit(sign_in(app.test_client(), cast.bruno), post, "Le même texte").status_code == 302

    assert db.session.query(PostRevision).count() == 0
    assert "post.edited" not in kinds_of(topic.scope_id)


def test_taking_a_message_back_removes_its_words_everywhere(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    post = reply(cast.bruno, topic, "Parole regrettable")
    bruno, ana = sign_in(app.test_client(), cast.bruno), sign_in(app.test_client(), cast.ana)
    edit(bruno, post, "Parole vraiment regrettable")

    assert "Cela ne se défait pas" in bruno.get(f"/messages/{post.id}/suppression").text
    assert bruno.post(f"/messages/{post.id}/suppression").status_code == 302

    page = ana.get(f"/sujets/{topic.id}-x").text
    assert "Message retiré par son auteur." in page
    assert "regrettable" not in page
    assert ana.get(f"/messages/{post.id}").status_code == 404
    assert ana.get(f"/messages/{post.id}/historique").status_code == 404
    assert db.session.query(PostRevision).count() == 0
    assert "/sujets/" not in ana.get("/recherche?q=regrettable").text.split("<main")[1]


def test_a_reaction_counts_once_and_can_be_taken_back(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    post = reply(cast.bruno, topic, "Trempées.")
    ana = sign_in(app.test_client(), cast.ana)

    for _n in range(2):
        answer = ana.post(f"/messages/{post.id}/reactions", json={"kind": "thanks", "wanted": "1"})
        assert answer.json["counts"]["thanks"] == 1
    back = ana.post(f"/messages/{post.id}/reactions", json={"kind": "thanks", "wanted": "0"})

    assert back.json["counts"]["thanks"] == 0
    assert db.session.query(Reaction).count() == 0
    assert ana.post(f"/messages/{post.id}/reactions", data={"kind": "inconnue"}).status_code == 400


def test_having_the_same_problem_follows_the_topic(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    first = db.session.query(Post).filter_by(topic_id=topic.id, number=1).one()
    rita = sign_in(app.test_client(), cast.rita)

    rita.post(f"/messages/{first.id}/reactions", data={"kind": "same_problem"})

    assert "Ne plus suivre ce sujet" in rita.get(f"/sujets/{topic.id}-x").text


def test_the_answer_that_solved_it_is_held_up_and_can_be_let_go(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    post = reply(cast.bruno, topic, "Trempées.")
    ana, bruno = sign_in(app.test_client(), cast.ana), sign_in(app.test_client(), cast.bruno)

    ana.post(f"/sujets/{topic.id}/reponse-retenue", data={"post_id": post.id})
    assert "Réponse retenue" in bruno.get(f"/sujets/{topic.id}-x").text
    assert "Résolu" in bruno.get(f"/salles/{cast.usinage_loire.id}").text

    ana.post(f"/sujets/{topic.id}/reponse-retenue", data={"post_id": "0"})
    assert db.session.get_one(Topic, topic.id).accepted_post_id is None
    first = db.session.query(Post).filter_by(topic_id=topic.id, number=1).one()
    assert ana.post(f"/sujets/{topic.id}/reponse-retenue", data={"post_id": first.id}).status_code == 422


def test_a_hidden_message_is_shown_to_its_author_and_the_moderators_alone(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    post = reply(cast.bruno, topic, "Paroles à masquer")
    with transaction():
        operations.hide_post(post.id)

    for person, sees in (
        (cast.bruno, True),
        (cast.manon, True),
        (cast.amir, True),
        (cast.ana, False),
        (cast.rita, False),
    ):
        client = sign_in(app.test_client(), person)
        assert ("Paroles à masquer" in client.get(f"/sujets/{topic.id}-x").text) is sees, person.name
        assert (client.get(f"/messages/{post.id}").status_code == 200) is sees, person.name
        fragment = client.get(f"/messages/{post.id}/fragment").json["html"]
        assert ("Paroles à masquer" in fragment) is sees, person.name

    with transaction():
        operations.restore_post(post.id)
    assert "Paroles à masquer" in sign_in(app.test_client(), cast.rita).get(f"/sujets/{topic.id}-x").text


def test_hiding_the_first_message_hides_the_topic(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    first = db.session.query(Post).filter_by(topic_id=topic.id, number=1).one()
    rita, ana = sign_in(app.test_client(), cast.rita), sign_in(app.test_client(), cast.ana)
    assert "Usure des pinces" in rita.get(f"/salles/{cast.usinage_loire.id}").text
    with transaction():
        operations.hide_post(first.id)

    assert rita.get(f"/sujets/{topic.id}-x").status_code == 404
    assert "Usure des pinces" not in rita.get(f"/salles/{cast.usinage_loire.id}").text
    assert ana.get(f"/sujets/{topic.id}-x").status_code == 200


def test_quoting_prefills_the_answer(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    post = reply(cast.bruno, topic, "Trempées à 58 HRC.")
    rita = sign_in(app.test_client(), cast.rita)

    page = rita.get(f"/sujets/{topic.id}?citer={post.id}").text

    assert "&gt; **Bruno Leroy**" in page
    assert "&gt; Trempées à 58 HRC." in page
    other = open_topic(cast.ana, cast.usinage_loire, "Un autre sujet")
    assert rita.get(f"/sujets/{other.id}?citer={post.id}").status_code == 404


def test_a_message_kept_from_last_year_says_its_year(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    written, address = topic.created_at, f"/sujets/{topic.id}"

    def when() -> str:
        page = sign_in(app.test_client(), cast.bruno).get(address).text
        return page.split("<article")[1].split("<time")[1].split("</time>")[0].rpartition(">")[2]

    with clock.frozen(written + timedelta(minutes=1)):
        assert str(written.year) not in when()
    with clock.frozen(written.replace(year=written.year + 1, month=1, day=3)):
        assert str(written.year) in when()


def test_a_topic_is_followed_and_left_by_its_button(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    rita = sign_in(app.test_client(), cast.rita)
    assert cast.rita.id not in queries.followers_of(topic.id)

    answer = rita.get(rita.post(f"/sujets/{topic.id}/suivi", data={"follows": "1"}).location)
    assert "Vous serez prévenu de chaque nouveau message." in answer.text
    assert cast.rita.id in queries.followers_of(topic.id)

    answer = rita.get(rita.post(f"/sujets/{topic.id}/suivi", data={"follows": "0"}).location)
    assert "Ce sujet ne vous préviendra plus." in answer.text
    db.session.rollback()
    assert cast.rita.id not in queries.followers_of(topic.id)
    assert sign_in(app.test_client(), cast.yann).post(f"/sujets/{topic.id}/suivi").status_code == 404


def test_messages_of_an_older_renderer_are_rendered_anew_by_night_and_deleted_ones_left(
    app: Flask, cast: Cast
) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour", "Des **pinces**.")
    gone = reply(cast.bruno, topic, "Rien.")
    with transaction():
        db.session.execute(update(Post).values(html="<p>Ancien</p>", renderer_version=0))
        db.session.get_one(Post, gone.id).deleted_at = clock.now()

    jobs.run("forums.render_again")

    db.session.rollback()
    kept = {
        row.number: (row.html, row.renderer_version) for row in db.session.execute(select(Post)).scalars()
    }
    assert "<strong>pinces</strong>" in kept[1][0]
    assert kept[1][1] == RENDERER_VERSION
    assert kept[2] == ("<p>Ancien</p>", 0)
