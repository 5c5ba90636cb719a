"""Decisions with their statements of reasons, and the register of a subtree."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.communities.access import access_of
from app.communities.queries import referents_of
from app.core.time import clock
from app.extensions import db
from app.moderation import permissions
from app.moderation.models import Decision, Report, StatementOfReasons
from app.moderation.queries.judging import companies_of, free_of_conflict, judge

SIMILAR_WITHIN = timedelta(days=365)


def decision_for(user: Any, decision_id: int) -> Decision | None:
    """A decision, for its author and for the moderators of the place."""
    decision = db.session.get(Decision, decision_id)
    if decision is None:
        return None
    companies = companies_of(decision.author_id, decision.author_company_id)
    return decision if permissions.can_see_decision(access_of(user), decision, companies) else None


def provisional_hiding_of(report: Report) -> Decision | None:
    """The last decision about the thing, when it is a hiding that nobody has confirmed."""
    last = (
        db.session.execute(
            select(Decision)
            .where(Decision.object_type == report.object_type, Decision.object_id == report.object_id)
            .order_by(Decision.id.desc())
            .limit(1)
        )
        .scalars()
        .first()
    )
    return last if last is not None and last.provisional else None


def statement_of(decision_id: int) -> StatementOfReasons | None:
    """The statement of reasons sent with a decision."""
    return db.session.execute(
        select(StatementOfReasons).where(StatementOfReasons.decision_id == decision_id)
    ).scalar_one_or_none()


def register_for(user: Any, *, before: int | None = None, limit: int = 40) -> tuple[list[Any], int | None]:
    """The decisions of the person's subtree, newest first, with who decided; those in conflict are left out."""
    access = access_of(user)
    statement = (
        select(Decision, User)
        .outerjoin(User, User.id == Decision.decided_by_id)
        .where(
            or_(Decision.node_id.in_(access.moderated_ids), Decision.level_node_id.in_(access.moderated_ids)),
            free_of_conflict(Decision.author_id, Decision.author_company_id),
        )
        .order_by(Decision.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        statement = statement.where(Decision.id < before)
    rows = list(db.session.execute(statement, judge(access)).all())
    return rows[:limit], rows[limit - 1][0].id if len(rows) > limit else None


def is_undone(decision: Decision) -> bool:
    """Whether a later decision took this one back."""
    return db.session.execute(select(_undone_by(decision))).scalar_one()


def undone_by(restored: Decision) -> Decision | None:
    """The decision with an effect that this one took back: the last before it."""
    return (
        db.session.execute(
            select(Decision)
            .where(
                Decision.id < restored.id,
                Decision.object_type == restored.object_type,
                Decision.object_id == restored.object_id,
                or_(Decision.measure.in_(("hide", "delete", "move")), Decision.sanction != ""),
            )
            .order_by(Decision.id.desc())
            .limit(1)
        )
        .scalars()
        .first()
    )


def _undone_by(decision: Any) -> Any:
    later = aliased(Decision)
    return exists().where(
        later.measure == "restore",
        later.id > decision.id,
        later.object_type == decision.object_type,
        later.object_id == decision.object_id,
    )


def measures_against(author_id: int) -> int:
    """How many decisions stand that took something from this person or from what they wrote."""
    statement = select(func.count()).select_from(Decision)
    return int(
        db.session.execute(
            statement.where(
                Decision.author_id == author_id,
                ~Decision.provisional,
                or_(Decision.measure.in_(("hide", "delete", "move")), Decision.sanction != ""),
                ~_undone_by(Decision),
            )
        ).scalar_one()
    )


def near_decisions(user: Any, reason: str, *, limit: int = 3) -> tuple[list[Decision], int]:
    """What was decided for the same reason in a year, where this person moderates: the last ones, and how many."""
    access = access_of(user)
    near = (
        Decision.reason == reason,
        Decision.measure != "restore",
        Decision.at > clock.now() - SIMILAR_WITHIN,
        ~Decision.provisional,
        Decision.node_id.in_(access.moderated_ids),
        free_of_conflict(Decision.author_id, Decision.author_company_id),
    )
    judged = judge(access)
    number = db.session.execute(select(func.count()).select_from(Decision).where(*near), judged).scalar_one()
    last = db.session.execute(
        select(Decision).where(*near).order_by(Decision.id.desc()).limit(limit), judged
    ).scalars()
    return list(last), int(number)


def language_of(about: Decision | Report) -> str:
    """The language in which its author reads mails; of a firm's referents, the first counts for what is kept."""
    if about.author_id is not None:
        return db.session.get_one(User, about.author_id).locale
    people = referents_of(about.author_company_id) if about.author_company_id is not None else []
    return people[0].locale if people else "fr"


def who_answers_for(decision: Decision) -> list[int]:
    """Who is told of a decision: the author, or the referents of a firm for what it says of itself."""
    if decision.author_id is not None:
        return [decision.author_id]
    if decision.author_company_id is None:
        return []
    return [person.id for person in referents_of(decision.author_company_id)]
