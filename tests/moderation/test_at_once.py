"""Two moderators at once: one decides, the other is told."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.models import User
from app.communities import operations as communities
from app.core.database import transaction
from app.core.errors import Refusal
from app.extensions import db
from app.forums.models import Post
from app.moderation import operations, queries, waiting
from app.moderation.models import Appeal, Decision, Report
from tests.moderation.deciding import GROUNDS, hide
from tests.support.cast import Cast, person, sign_in
from tests.support.races import together

GONE = "gone"


def number_of(kind: Any) -> int:
    return int(db.session.execute(select(func.count()).select_from(kind)).scalar_one())


def test_a_case_decided_by_two_at_once_is_decided_once(app: Flask, cast: Cast, prix: Post, case: int) -> None:
    def deciding(moderator_id: int, measure: str) -> Any:
        moderator = db.session.get_one(User, moderator_id)
        found = queries.case_for(moderator, case)
        if found is None:
            return GONE
        return operations.decide(
            moderator, found, measure=measure, statement="Vous donnez un prix.", **GROUNDS
        ).measure

    manon, amir = cast.manon.id, cast.amir.id
    results = together(app, lambda: deciding(manon, "hide"), lambda: deciding(amir, "none"))

    told = [result for result in results if result in ("hide", "none")]
    late = [result for result in results if result not in ("hide", "none")]
    assert len(told) == 1, results
    assert late == [GONE] or (isinstance(late[0], Refusal) and late[0].status == 409), results
    assert number_of(Decision) == 1
    assert db.session.execute(select(Decision.measure)).scalar_one() == told[0]


@pytest.mark.parametrize("act", ["decide", "take_item", "hand_up"])
def test_whoever_comes_after_a_decision_is_told_so(
    app: Flask, cast: Cast, prix: Post, case: int, act: str
) -> None:
    values = {"measure": "none"} if act == "decide" else {}
    with transaction():
        found = queries.case_for(cast.manon, case)
        item = waiting.find(cast.manon, "report", case)
        assert found is not None
        operations.decide(cast.amir, found, measure="none")
        with pytest.raises(Refusal, match="Une autre personne vient de décider de ce cas") as refusal:
            getattr(operations, act)(cast.manon, item if act == "take_item" else found, **values)
    assert refusal.value.status == 409
    assert number_of(Decision) == 1
    assert db.session.execute(select(Report.state)).scalar_one() == "decided"


def test_an_appeal_answered_by_two_at_once_is_answered_once(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    with transaction():
        second = person("Noé Second")
        communities.give_role(second, "ambassador", cast.nodes["region_loire"])
    hide(sign_in(app.test_client(), cast.manon), case)
    decision_id = db.session.execute(select(Decision.id)).scalar_one()
    bruno = sign_in(app.test_client(), cast.bruno)
    bruno.post(f"/recours/{decision_id}", data={"text": "Je conteste."})
    appeal_id = db.session.execute(select(Appeal.id)).scalar_one()

    def answering(moderator_id: int, upheld: bool) -> Any:
        moderator = db.session.get_one(User, moderator_id)
        found = queries.appeal_for(moderator, appeal_id)
        if found is None:
            return GONE
        operations.answer_appeal(moderator, found[0], upheld=upheld, answer="Lu.")
        return upheld

    amir_id, second_id = cast.amir.id, second.id
    results = together(app, lambda: answering(amir_id, True), lambda: answering(second_id, False))

    answers = [result for result in results if isinstance(result, bool)]
    late = [result for result in results if not isinstance(result, bool)]
    assert len(answers) == 1, results
    assert late == [GONE] or (isinstance(late[0], Refusal) and late[0].status == 409), results
    made = db.session.get_one(Appeal, appeal_id)
    assert made.upheld == answers[0]
    assert (db.session.get_one(Post, prix.id).hidden_at is None) == answers[0]
