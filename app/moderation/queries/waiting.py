"""Reports and appeals that wait for a moderator, for the desk and the number on its badge."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import case, func, select

from app.communities.access import Access, access_of
from app.core.shell import Count
from app.extensions import db
from app.moderation import permissions
from app.moderation.models import Appeal, Decision, Report
from app.moderation.queries.cases import Case, cases_of
from app.moderation.queries.judging import appeal_waits, judge, waits
from app.moderation.vocabulary import URGENT_REASONS
from app.moderation.waiting import MOST


def cases_pending(access: Access) -> Count:
    """How many cases wait for somebody who moderates."""
    return Count(_cases_number(), judge(access))


def appeals_pending(access: Access) -> Count:
    """How many appeals wait for somebody who moderates."""
    return Count(_appeals_number(), judge(access))


@cache
def _cases_number() -> Any:
    things_waiting = (
        select(
            Report.object_type, Report.object_id, case((Report.object_id.is_(None), Report.id)).label("alone")
        )
        .where(waits())
        .distinct()
        .subquery()
    )
    return select(func.count()).select_from(things_waiting)


@cache
def _appeals_number() -> Any:
    appeals = select(func.count()).select_from(Appeal).join(Decision, Decision.id == Appeal.decision_id)
    return appeals.where(appeal_waits())


def queue(user: Any) -> list[Case]:
    """The cases that wait for this person, those that press first, then the oldest."""
    access = access_of(user)
    if not permissions.can_moderate(access):
        return []
    reports = (
        db.session.execute(
            select(Report).where(waits()).order_by(Report.created_at, Report.id).limit(MOST),
            judge(access),
        )
        .scalars()
        .all()
    )
    cases = cases_of(access, reports)
    return sorted(cases, key=lambda found: (found.reason not in URGENT_REASONS, found.first.created_at))
