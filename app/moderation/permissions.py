"""The charter of moderation as predicates: who may report, see a case, decide it, contest it.

Nobody decides about themselves, nor about their own firm. Roles are those of the tree, inherited downwards; nowhere does
acting reach outside the subtree in which the role was given.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from app.communities.access import Access

APPEAL_WITHIN = timedelta(days=183)


def has_conflict(access: Access, author_id: int | None, company_ids: Collection[int]) -> bool:
    """Whether the case is about this person or about a firm they work for."""
    return author_id == access.user_id or bool(access.companies.keys() & set(company_ids))


def can_moderate(access: Access) -> bool:
    """Whether a queue exists for this person at all."""
    return bool(access.moderated_ids)


def can_decide(
    access: Access, level_node_id: int | None, author_id: int | None, company_ids: Collection[int]
) -> bool:
    """Moderators of the level or above it, free of conflict."""
    return access.moderates(level_node_id) and not has_conflict(access, author_id, company_ids)


def can_see_report(
    access: Access,
    *,
    level_node_id: int | None,
    author_id: int | None,
    company_ids: Collection[int],
    reporter_id: int | None,
) -> bool:
    """Who made it, and who may decide it: a moderator in conflict does not learn who reported their firm."""
    return reporter_id == access.user_id or can_decide(access, level_node_id, author_id, company_ids)


def can_see_decision(access: Access, decision: Any, company_ids: Collection[int]) -> bool:
    """Whoever answers for what it concerns, and the moderators of the place free of conflict."""
    return answers_for(access, decision) or can_decide(
        access, decision.node_id or decision.level_node_id, decision.author_id, company_ids
    )


def has_effect(decision: Any) -> bool:
    """Whether a decision took something away, from the thing or from its author."""
    return decision.measure in ("hide", "delete", "move") or bool(decision.sanction)


def is_reversible(decision: Any) -> bool:
    """What is deleted, and an account that is closed, do not come back."""
    return decision.measure in ("hide", "move") or decision.sanction in (
        "warn",
        "suspend",
        "remove_from_room",
    )


def can_close_account(access: Access, level_node_id: int | None) -> bool:
    """Ambassadors of the region and the national team, never a manager alone."""
    return access.has_role(level_node_id, "ambassador", "national_admin")


def can_restore(access: Access, decision: Any, company_ids: Collection[int]) -> bool:
    """Moderators who could have decided, about a measure that can be undone."""
    return is_reversible(decision) and can_decide(
        access, decision.level_node_id, decision.author_id, company_ids
    )


def answers_for(access: Access, decision: Any) -> bool:
    """The author of what a decision is about; for what a firm says of itself, its referents."""
    if decision.author_id is None:
        return decision.author_company_id in access.referent_of
    return bool(decision.author_id == access.user_id)


def can_appeal(access: Access, decision: Any, *, has_appealed: bool, now: datetime) -> bool:
    """Whoever answers for it, once, within six months, against a measure that somebody decided."""
    return (
        answers_for(access, decision)
        and has_effect(decision)
        and not decision.provisional
        and not has_appealed
        and now - decision.at <= APPEAL_WITHIN
    )


def can_answer_appeal(access: Access, appeal: Any, decision: Any, company_ids: Collection[int]) -> bool:
    """Moderators of the appeal's level other than the one who decided, free of conflict."""
    return (
        appeal.decided_at is None
        and decision.decided_by_id != access.user_id
        and can_decide(access, appeal.level_node_id, appeal.author_id, company_ids)
    )


def can_change_texts(access: Access, node_id: int | None) -> bool:
    """Moderators of the place; a text that serves everywhere is the national team's."""
    return access.is_national_admin if node_id is None else access.moderates(node_id)
