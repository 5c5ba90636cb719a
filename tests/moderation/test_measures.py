"""Measures besides hiding: delete, move, warn, suspend writing, take off a room, close the account; and their undoing."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.accounts.models import User
from app.communities.models import WritingSuspension
from app.core import jobs
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from app.forums.models import Post, RoomMember, Topic
from app.moderation.models import Decision, Report, StatementOfReasons
from tests.moderation.deciding import hide
from tests.moderation.test_reporting import kinds_told, report
from tests.support.cast import Cast, open_topic, sign_in
from tests.support.mail import Mailbox, text_of


def decide(client: Any, case: int, **fields: str) -> Any:
    """What a moderator sends, the statement left as composed."""
    return hide(client, case, **{"measure": "none", **fields})


def last() -> Decision:
    db.session.rollback()
    return db.session.execute(select(Decision).order_by(Decision.id.desc()).limit(1)).scalar_one()


def statement() -> str:
    return db.session.execute(select(StatementOfReasons.text)).scalar_one()


def answers(client: Any, topic_id: int, body: str = "Une réponse.") -> Any:
    return client.post(f"/sujets/{topic_id}/messages", data={"body": body, "request_id": uuid.uuid4()})


def test_what_is_deleted_leaves_for_good_and_its_author_is_told_so(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    manon, bruno = sign_in(app.test_client(), cast.manon), sign_in(app.test_client(), cast.bruno)

    assert decide(manon, case, measure="delete").status_code == 302

    db.session.rollback()
    assert db.session.get_one(Post, prix.id).source == ""
    for reader in (bruno, manon, sign_in(app.test_client(), cast.rita)):
        page = reader.get(f"/sujets/{prix.topic_id}-x").text
        assert "1,10 €" not in page
        assert "Message masqué par la modération" in page
    assert "est supprimé depuis" in statement()
    jobs.drain()
    assert "decision_taken" in kinds_told(cast.bruno)
    decision = last()
    # What was deleted does not come back.
    assert manon.post(f"/decisions/{decision.id}/retablissement", data={"facts": "Non."}).status_code == 403
    assert "Contester cette décision" in bruno.get(f"/decisions/{decision.id}").text


def test_a_topic_is_moved_to_a_room_of_the_moderator_and_comes_back(app: Flask, cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Nos portes ouvertes", "Venez nous voir.")
    first = db.session.execute(select(Post).where(Post.topic_id == topic.id)).scalar_one()
    report(sign_in(app.test_client(), cast.bruno), first, "off_topic")
    case = db.session.execute(select(Report.id)).scalar_one()
    manon = sign_in(app.test_client(), cast.manon)

    refused = decide(manon, case, measure="move", target_id=str(cast.usinage_vitre.id))
    assert refused.status_code == 422
    assert "Choisissez la salle où il va." in refused.text
    assert decide(manon, case, measure="move", target_id=str(cast.annonces_loire.id)).status_code == 302

    assert db.session.get_one(Topic, topic.id).room_id == cast.annonces_loire.id
    assert "est déplacé" in statement()
    decision = last()
    manon.post(f"/decisions/{decision.id}/retablissement", data={"facts": "Il était à sa place."})
    db.session.rollback()
    assert db.session.get_one(Topic, topic.id).room_id == cast.usinage_loire.id


def test_an_answer_stays_in_its_topic(app: Flask, cast: Cast, prix: Post, case: int) -> None:
    manon = sign_in(app.test_client(), cast.manon)
    assert 'value="move"' not in manon.get(f"/moderation/cas/{case}").text
    assert decide(manon, case, measure="move", target_id=str(cast.annonces_loire.id)).status_code == 422


def test_a_warning_is_told_and_counted(app: Flask, cast: Cast, prix: Post, case: int) -> None:
    manon = sign_in(app.test_client(), cast.manon)
    assert "aucune mesure." in manon.get(f"/moderation/cas/{case}").text

    assert decide(manon, case, sanction="warn").status_code == 302

    assert "Ceci est un avertissement" in statement()
    assert "1,10 €" in sign_in(app.test_client(), cast.rita).get(f"/sujets/{prix.topic_id}-x").text
    jobs.drain()
    assert "decision_taken" in kinds_told(cast.bruno)
    report(sign_in(app.test_client(), cast.rita), prix, "abuse")
    again = db.session.execute(select(Report.id).where(Report.state == "open")).scalar_one()
    assert "1 mesure déjà prise." in manon.get(f"/moderation/cas/{again}").text


def test_suspended_writing_is_refused_with_its_date_and_ends_by_itself(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    manon, bruno = sign_in(app.test_client(), cast.manon), sign_in(app.test_client(), cast.bruno)
    topic = f"/sujets/{prix.topic_id}-x"
    assert "Publier" in bruno.get(topic).text

    assert decide(manon, case, measure="hide", sanction="suspend", duration="7").status_code == 302

    page = bruno.get(topic).text
    assert "Votre écriture est suspendue ici jusqu’au" in page
    assert "data-reply" not in page
    refused = answers(bruno, prix.topic_id)
    assert refused.status_code in (403, 422)
    assert "Votre écriture est suspendue ici jusqu’au" in refused.text
    new = {"room_id": cast.usinage_loire.id, "kind": "question", "title": "Une question", "body": "Bonjour",
           "request_id": uuid.uuid4()}  # fmt: skip
    assert bruno.post("/sujets", data=new).status_code in (403, 422)
    assert bruno.get(f"/messages/{prix.id}/modifier").status_code == 403
    assert "Vous n’écrivez pas pour l’instant" in bruno.get("/sujets/nouveau").text
    kept = bruno.post("/sujets", data={**new, "body": "Trois heures de travail."})
    assert kept.status_code in (403, 422)
    assert "Trois heures de travail." in kept.text
    assert answers(sign_in(app.test_client(), cast.rita), prix.topic_id).status_code == 302
    with clock.frozen(clock.now() + timedelta(days=7, minutes=1)):
        later = sign_in(app.test_client(), cast.bruno)
        assert "data-reply" in later.get(topic).text
        assert answers(later, prix.topic_id).status_code == 302


def test_a_suspension_holds_in_its_place_and_nowhere_else(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    from app.moderation.suspensions import is_suspended

    decide(sign_in(app.test_client(), cast.manon), case, sanction="suspend", duration="1")
    db.session.rollback()
    with app.test_request_context():
        bruno = db.session.get_one(User, cast.bruno.id)
        assert is_suspended(bruno, cast.loire.id)
        assert not is_suspended(bruno, cast.region_loire.id)
        assert not is_suspended(bruno, cast.nation.id)
        assert not is_suspended(db.session.get_one(User, cast.rita.id), cast.loire.id)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"duration": "date", "until": ""}, "Dites jusqu’à quand"),
        ({"duration": "date", "until": "2020-01-01"}, "Dites jusqu’à quand"),
        ({"duration": "date", "until": "2999-01-01"}, "Un an au plus."),
        ({"duration": "x"}, "Dites jusqu’à quand"),
    ],
)
def test_a_suspension_needs_an_end_that_is_to_come(
    app: Flask, cast: Cast, prix: Post, case: int, fields: dict[str, str], words: str
) -> None:
    answer = decide(sign_in(app.test_client(), cast.manon), case, sanction="suspend", **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Il donne un prix de vente" in answer.text


def test_an_appeal_that_is_upheld_lifts_the_suspension(app: Flask, cast: Cast, prix: Post, case: int) -> None:
    bruno = sign_in(app.test_client(), cast.bruno)
    decide(sign_in(app.test_client(), cast.manon), case, measure="hide", sanction="suspend", duration="30")
    decision = last().id
    assert bruno.post(f"/recours/{decision}", data={"text": "Ce prix est public."}).status_code == 302
    amir = sign_in(app.test_client(), cast.amir)
    assert "Recours" in amir.get("/moderation").text
    assert "Qui découpe" not in sign_in(app.test_client(), cast.manon).get("/moderation").text

    amir.post("/moderation/recours/1/reponse", data={"answer": "Oui, il est public.", "upheld": "1"})

    db.session.rollback()
    assert db.session.execute(select(WritingSuspension.lifted_by_id)).scalar_one() == cast.amir.id
    assert answers(bruno, prix.topic_id).status_code == 302
    assert db.session.get_one(Post, prix.id).hidden_at is None


def test_somebody_is_taken_off_a_restricted_room_and_given_it_back(app: Flask, cast: Cast) -> None:
    from app.forums import operations as forums
    from app.forums import queries as forum_queries

    with transaction():
        room = forum_queries.find_room(cast.secrete.id)
        forums.admit_to_room(room, person_id=cast.bruno.id, manager=cast.manon)
        forums.admit_to_room(room, person_id=cast.ana.id, manager=cast.manon)
    topic = open_topic(cast.bruno, cast.secrete, "Nos contrats", "Voici les chiffres du voisin.")
    first = db.session.execute(select(Post).where(Post.topic_id == topic.id)).scalar_one()
    report(sign_in(app.test_client(), cast.ana), first, "trade_secret")
    case = db.session.execute(select(Report.id)).scalar_one()
    manon, bruno = sign_in(app.test_client(), cast.manon), sign_in(app.test_client(), cast.bruno)

    assert decide(manon, case, sanction="remove_from_room").status_code == 302

    assert db.session.get(RoomMember, (cast.secrete.id, cast.bruno.id)) is None
    assert bruno.get(f"/sujets/{topic.id}-x").status_code == 404
    assert "Vous ne lisez plus la salle" in statement()
    manon.post(f"/decisions/{last().id}/retablissement", data={"facts": "Malentendu."})
    assert bruno.get(f"/sujets/{topic.id}-x").status_code == 200


def test_an_account_is_closed_by_the_region_and_never_by_a_manager(
    app: Flask, cast: Cast, prix: Post, case: int, mailbox: Mailbox
) -> None:
    manon, amir = sign_in(app.test_client(), cast.manon), sign_in(app.test_client(), cast.amir)
    address = cast.bruno.email or ""
    assert "Fermer le compte" not in manon.get(f"/moderation/cas/{case}").text
    assert decide(manon, case, sanction="close_account").status_code == 422

    assert decide(amir, case, measure="hide", sanction="close_account").status_code == 302

    db.session.rollback()
    closed = db.session.get_one(User, cast.bruno.id)
    assert (closed.state, closed.email) == ("closed", None)
    jobs.drain()
    (mail,) = [text_of(m) for m in mailbox.to(address) if "décision de modération" in str(m["Subject"])]
    assert "Il donne un prix de vente" in mail
    assert last().author_id == cast.bruno.id
    assert closed.name == "Membre parti"


@pytest.mark.parametrize("statement", ["UPDATE decision SET facts = 'x'", "DELETE FROM decision"])
def test_the_database_refuses_to_change_a_decision(
    app: Flask, cast: Cast, prix: Post, case: int, statement: str
) -> None:
    hide(sign_in(app.test_client(), cast.manon), case)
    with pytest.raises(DBAPIError, match="decisions are never"), transaction():
        db.session.execute(text(statement))
    db.session.rollback()
    assert last().facts.startswith("Il donne")


@pytest.mark.parametrize("statement", ["UPDATE audit_line SET act = 'x'", "DELETE FROM audit_line"])
def test_the_database_refuses_to_change_an_act(
    app: Flask, cast: Cast, prix: Post, case: int, statement: str
) -> None:
    with pytest.raises(DBAPIError, match="audit lines are never"), transaction():
        db.session.execute(text(statement))
    db.session.rollback()


def test_the_reporter_learns_what_became_of_it(app: Flask, cast: Cast, prix: Post, case: int) -> None:
    decide(sign_in(app.test_client(), cast.manon), case, sanction="warn")
    db.session.rollback()
    receipt = db.session.execute(select(Report.receipt)).scalar_one()
    assert "Une mesure est prise ; le contenu reste lisible." in (
        sign_in(app.test_client(), cast.ana).get(f"/signalement/{receipt}").text.replace("\xa0", " ")
    )
