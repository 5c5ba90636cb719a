"""What waits for a moderator: the queue, and the number on its badge."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import case, func, select

from app.communities.access import Access, access_of
from app.core.database import read
from app.core.shell import Count
from app.extensions import db
from app.moderation import permissions
from app.moderation.models import Appeal, Decision, Report
from app.moderation.queries.cases import Case, cases_of
from app.moderation.queries.judging import appeal_waits, judge, waits
from app.moderation.vocabulary import URGENT_REASONS

QUEUE_LIMIT = 500
"""Reports looked at for one queue; the oldest come first, so nothing is forgotten behind them."""


def pending_count(user: Any) -> int:
    """How many cases and appeals wait for this person."""
    access = access_of(user)
    if not permissions.can_moderate(access):
        return 0
    asked = pending(access)
    return int(read(asked.statement, **asked.values).scalar_one())


def pending(access: Access) -> Count:
    """The same number for somebody who moderates, for the frame to ask together with others."""
    return Count(_pending(), judge(access))


@cache
def _pending() -> Any:
    things_waiting = (
        select(
            Report.object_type, Report.object_id, case((Report.object_id.is_(None), Report.id)).label("alone")
        )
        .where(waits())
        .distinct()
        .subquery()
    )
    cases = select(func.count()).select_from(things_waiting).scalar_subquery()
    appeals = select(func.count()).select_from(Appeal).join(Decision, Decision.id == Appeal.decision_id)
    return select(cases + appeals.where(appeal_waits()).scalar_subquery())


def queue(user: Any) -> list[Case]:
    """The cases that wait for this person, those that press first, then the oldest."""
    access = access_of(user)
    if not permissions.can_moderate(access):
        return []
    reports = (
        db.session.execute(
            select(Report).where(waits()).order_by(Report.created_at, Report.id).limit(QUEUE_LIMIT),
            judge(access),
        )
        .scalars()
        .all()
    )
    cases = cases_of(access, reports)
    return sorted(cases, key=lambda found: (found.reason not in URGENT_REASONS, found.first.created_at))
