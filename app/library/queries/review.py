"""Sheets that wait for somebody who judges them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from app.accounts.models import User
from app.communities.access import Access, access_of
from app.core.database import BigId, read
from app.core.prepared import prepared
from app.library.models import Practice, PracticeVersion
from app.moderation.queries.judging import JUDGE, JUDGED_NODES, OUTSIDE_COMPANIES, judge


def waiting_for(user: Any, most: int = 100) -> Sequence[Any]:
    """Proposed versions this person may judge, the oldest first: node, title, author, since when."""
    values = judging(access_of(user))
    return read(_waiting(), **values, most=most).all() if values["judged_nodes"] else []


def judging(access: Access) -> dict[str, Any]:
    """Who judges, as the values of `_waits`."""
    return {name: value for name, value in judge(access).items() if name != "judge_companies"}


def _waits() -> Any:
    """The condition on `Practice` and its proposed version that this person may judge it (`can_review`)."""
    return (
        (PracticeVersion.state == "proposed")
        & Practice.node_id.in_(JUDGED_NODES)
        & (Practice.author_id != JUDGE)
        & (PracticeVersion.author_id != JUDGE)
        & or_(Practice.company_id.is_(None), Practice.company_id.not_in(OUTSIDE_COMPANIES))
    )


@prepared
def _waiting() -> Any:
    return (
        select(
            Practice.id,
            Practice.node_id,
            Practice.state,
            Practice.byline,
            PracticeVersion.title,
            PracticeVersion.number,
            PracticeVersion.proposed_at,
            User.given_name,
            User.family_name,
        )
        .join(PracticeVersion, PracticeVersion.practice_id == Practice.id)
        .join(User, User.id == PracticeVersion.author_id)
        .where(_waits())
        .order_by(PracticeVersion.proposed_at, Practice.id)
        .limit(bindparam("most", type_=BigId))
    )


@cache
def waiting_number() -> Any:
    """How many of them, as a statement that the frame asks with others; its values are those of `judging`."""
    return (
        select(func.count())
        .select_from(Practice)
        .join(PracticeVersion, PracticeVersion.practice_id == Practice.id)
        .where(_waits())
    )
