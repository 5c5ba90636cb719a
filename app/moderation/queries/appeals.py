"""Appeals against decisions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.accounts.models import User
from app.communities.access import access_of
from app.extensions import db
from app.moderation import permissions
from app.moderation.models import Appeal, Decision
from app.moderation.queries.judging import appeal_waits, companies_of, judge


def appeal_of(decision_id: int) -> Appeal | None:
    """The appeal against a decision."""
    return db.session.execute(select(Appeal).where(Appeal.decision_id == decision_id)).scalar_one_or_none()


def appeals_for(user: Any) -> list[tuple[Appeal, Decision]]:
    """The appeals that wait for this person, the oldest first."""
    access = access_of(user)
    if not permissions.can_moderate(access):
        return []
    rows = db.session.execute(
        select(Appeal, Decision)
        .join(Decision, Decision.id == Appeal.decision_id)
        .where(appeal_waits())
        .order_by(Appeal.at)
        .limit(100),
        judge(access),
    )
    return [(appeal, decision) for appeal, decision in rows]


def appeal_for(user: Any, appeal_id: int) -> tuple[Appeal, Decision] | None:
    """An appeal this person may answer."""
    appeal = db.session.get(Appeal, appeal_id)
    if appeal is None:
        return None
    decision = db.session.get_one(Decision, appeal.decision_id)
    companies = companies_of(decision.author_id, decision.author_company_id)
    if not permissions.can_answer_appeal(access_of(user), appeal, decision, companies):
        return None
    return appeal, decision


def people_of(appeal: Appeal, decision: Decision) -> tuple[str, str]:
    """Who contests, and who decided, by name; who decides on an appeal must not be the second."""
    ids = {appeal.author_id, decision.decided_by_id} - {None}
    names = {person.id: person.name for person in db.session.scalars(select(User).where(User.id.in_(ids)))}
    return names.get(appeal.author_id, ""), names.get(decision.decided_by_id or 0, "")
