"""Who may judge what waits, free of conflict, as conditions for lists; `permissions` says the same of one thing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlalchemy.sql.elements import ColumnElement

from app.communities.access import Access
from app.communities.models import Employment
from app.core.database import BigId
from app.extensions import db
from app.moderation.models import Appeal, Decision, Report

JUDGE = bindparam("judge_id", type_=BigId)
JUDGED_NODES = bindparam("judged_nodes", type_=BigId, expanding=True)
JUDGE_COMPANIES = bindparam("judge_companies", type_=BigId, expanding=True)
# One parameter, one operator: an empty list is written otherwise for IN than for NOT IN, once for all its places.
OUTSIDE_COMPANIES = bindparam("judge_companies_outside", type_=BigId, expanding=True)


def judge(access: Access) -> dict[str, Any]:
    """Who decides, as the values of the conditions below."""
    mine = list(access.companies)
    return {
        "judge_id": access.user_id,
        "judged_nodes": list(access.moderated_ids),
        "judge_companies": mine,
        "judge_companies_outside": mine,
    }


def waits() -> ColumnElement[bool]:
    """A report waits for the judge."""
    return and_(
        Report.state != "decided",
        Report.level_node_id.in_(JUDGED_NODES),
        free_of_conflict(Report.author_id, Report.author_company_id),
    )


def appeal_waits() -> ColumnElement[bool]:
    """An appeal waits for the judge, who did not take the decision it contests."""
    return and_(
        Appeal.decided_at.is_(None),
        Appeal.level_node_id.in_(JUDGED_NODES),
        Decision.decided_by_id != JUDGE,
        free_of_conflict(Appeal.author_id, Decision.author_company_id),
    )


def free_of_conflict(author: Any, company: Any) -> ColumnElement[bool]:
    """The predicate `has_conflict`, for lists."""
    return and_(
        or_(author.is_(None), author != JUDGE),
        or_(company.is_(None), company.not_in(OUTSIDE_COMPANIES)),
        ~exists().where(
            Employment.user_id == author,
            Employment.company_id.in_(JUDGE_COMPANIES),
            Employment.ended_at.is_(None),
        ),
    )


def companies_of(author_id: int | None, company_id: int | None) -> set[int]:
    """The firms a case is about: the one spoken for, and those the author works for now."""
    companies = {company_id} if company_id is not None else set()
    if author_id is not None:
        companies |= set(
            db.session.execute(
                select(Employment.company_id).where(
                    Employment.user_id == author_id, Employment.ended_at.is_(None)
                )
            ).scalars()
        )
    return companies
