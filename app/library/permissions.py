"""Who may do what with a sheet, as predicates. A screen hides a button with the predicate the operation enforces.

`practice` and `version` may be rows or models: only the named attributes are read. Those who review a node are those
who moderate it; nobody judges their own sheet, nor one of their own firm: it goes to another, or one level up.
"""

from __future__ import annotations

from typing import Any

from app.communities.access import access_of
from app.moderation.suspensions import is_suspended


def is_public(practice: Any) -> bool:
    """Whether everybody of its place reads it."""
    return practice.state == "published" and practice.hidden_at is None


def can_write_in(user: Any, node_id: int) -> bool:
    """Any reader of a place may draft a sheet for it, unless their writing is suspended there: its reviewers decide."""
    return access_of(user).reads(node_id) and not is_suspended(user, node_id)


def can_read(user: Any, practice: Any) -> bool:
    """Readers of its place; withdrawn or hidden, those who write it and those who moderate the place."""
    access = access_of(user)
    if is_public(practice):
        return access.reads(practice.node_id)
    if can_edit(user, practice):
        return True
    return practice.state != "draft" and access.moderates(practice.node_id)


def can_edit(user: Any, practice: Any) -> bool:
    """Its author; the referents of its firm too, once it was published: a sheet outlives a departure."""
    access = access_of(user)
    if practice.state == "draft":
        return bool(practice.author_id == user.id)
    if not access.reads(practice.node_id):
        return False
    return practice.author_id == user.id or practice.company_id in access.referent_of


def can_review(user: Any, practice: Any, version: Any) -> bool:
    """Publish or return a proposed version: those who moderate the place, never one's own sheet or one's firm's."""
    return version.author_id != user.id and can_judge(user, practice)


def can_judge(user: Any, practice: Any) -> bool:
    """Whether this person may decide about the sheet at all."""
    access = access_of(user)
    if practice.author_id == user.id or not access.moderates(practice.node_id):
        return False
    return practice.company_id is None or practice.company_id not in access.companies


def can_see_version(user: Any, practice: Any, version: Any) -> bool:
    """What was published, readers; a draft, those who write it; proposed or returned, those who moderate as well."""
    if version.state in ("published", "superseded"):
        return can_read(user, practice)
    if can_edit(user, practice):
        return True
    return version.state != "draft" and access_of(user).moderates(practice.node_id)


def can_withdraw(user: Any, practice: Any) -> bool:
    """Whoever writes it, and those who judge it."""
    return practice.state == "published" and (can_edit(user, practice) or can_judge(user, practice))


def can_reinstate(user: Any, practice: Any) -> bool:
    return practice.state == "withdrawn" and can_judge(user, practice)


def can_confirm(user: Any, practice: Any) -> bool:
    """Say that it still holds, for another year."""
    return is_public(practice) and can_judge(user, practice)


def can_apply(user: Any, practice: Any) -> bool:
    """Somebody of another firm than the one that wrote it."""
    if not is_public(practice) or is_suspended(user, practice.node_id):
        return False
    return can_read(user, practice) and bool(applying_companies(user, practice))


def applying_companies(user: Any, practice: Any) -> dict[int, str]:
    """The person's firms that may say that they applied it."""
    companies = access_of(user).companies
    return {key: name for key, name in companies.items() if key != practice.company_id}


def can_verify_application(user: Any, practice: Any, application: Any) -> bool:
    """Those who judge the sheet, never for themselves or their own firm."""
    return (
        application.state == "told"
        and application.person_id != user.id
        and application.company_id not in access_of(user).companies
        and can_judge(user, practice)
    )


def can_remove_application(user: Any, practice: Any, application: Any) -> bool:
    """Whoever told it, until somebody verified it."""
    return bool(application.person_id == user.id and application.state == "told")
