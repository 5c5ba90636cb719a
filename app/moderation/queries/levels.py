"""Levels: which node's moderators decide, who they are, and where their pages listen."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import or_, select

from app.accounts.models import User
from app.communities.access import MODERATING_ROLES, Access
from app.communities.models import Employment, Node, RoleGrant
from app.core.time import clock
from app.extensions import db
from app.moderation.queries.judging import companies_of


def level_for(node_id: int | None, author_id: int | None, company_id: int | None) -> int | None:
    """The node whose moderators should decide: the nearest with somebody free of conflict, and above the author.

    An author who moderates at some level is judged above it. The nation is the last resort: another national
    administrator decides there.
    """
    path = _path_up(node_id)
    if not path:
        return None
    holders = _moderators_at(path)
    companies = companies_of(author_id, company_id)
    employed = _employed_by(companies)
    own = [place for place in path if author_id in holders.get(place, set())]
    for place in path[path.index(own[-1]) + 1 if own else 0 :]:
        if holders.get(place, set()) - employed - {author_id}:
            return place
    return path[-1]


def moderates_at(user_id: int | None, node_id: int | None) -> bool:
    """Whether somebody moderates a place, by a role there or above it."""
    path = _path_up(node_id) if user_id is not None else []
    return any(user_id in holders for holders in _moderators_at(path).values())


def level_above(node_id: int | None) -> int | None:
    """The parent of a level; the nation stays the nation."""
    path = _path_up(node_id)
    return path[1] if len(path) > 1 else (path[0] if path else None)


def moderators_to_tell(level_node_id: int | None, author_id: int | None, company_id: int | None) -> list[int]:
    """Who is told of a report: the moderators of its very level, free of conflict."""
    if level_node_id is None:
        return []
    holders = _moderators_at([level_node_id]).get(level_node_id, set())
    return sorted(holders - _employed_by(companies_of(author_id, company_id)) - {author_id})


def scopes_above(node_id: int | None) -> list[int]:
    """The moderators' scopes of a node and of those above it: whoever may decide here listens to one of them."""
    path = _path_up(node_id)
    rows = db.session.execute(select(Node.moderators_scope_id).where(Node.id.in_(path)))
    return sorted(scope_id for scope_id in rows.scalars() if scope_id is not None)


def listening_scopes(access: Access) -> set[int]:
    """The scopes a moderator's pages listen to: those of the topmost places they moderate."""
    moderated = access.moderated_ids
    return {
        place.moderators_scope_id
        for place in access.places.values()
        if place.id in moderated
        and place.moderators_scope_id is not None
        and not (set(place.ancestor_ids) & moderated)
    }


def root_id() -> int | None:
    """The nation's node: where content that belongs to no place is looked at."""
    return db.session.execute(select(Node.id).where(Node.parent_id.is_(None))).scalars().first()


def moderators_above(node_id: int | None) -> set[int]:
    """Everybody who moderates a place, by a role there or above it."""
    return {user_id for holders in _moderators_at(_path_up(node_id)).values() for user_id in holders}


def _path_up(node_id: int | None) -> list[int]:
    """Ids from a node up to the root."""
    if node_id is None:
        return []
    path = db.session.execute(select(Node.path).where(Node.id == node_id)).scalar_one_or_none()
    return [int(part) for part in reversed((path or "").split(".")) if part]


def _moderators_at(node_ids: Sequence[int]) -> dict[int, set[int]]:
    now = clock.now()
    rows = db.session.execute(
        select(RoleGrant.node_id, RoleGrant.user_id)
        .join(User, User.id == RoleGrant.user_id)
        .where(
            RoleGrant.node_id.in_(node_ids),
            RoleGrant.role.in_(MODERATING_ROLES),
            RoleGrant.revoked_at.is_(None),
            RoleGrant.starts_at <= now,
            or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > now),
            User.state == "active",
        )
    )
    holders: dict[int, set[int]] = {}
    for node_id, user_id in rows:
        if node_id is not None:
            holders.setdefault(node_id, set()).add(user_id)
    return holders


def _employed_by(companies: Collection[int]) -> set[int]:
    if not companies:
        return set()
    return set(
        db.session.execute(
            select(Employment.user_id).where(
                Employment.company_id.in_(companies), Employment.ended_at.is_(None)
            )
        ).scalars()
    )
