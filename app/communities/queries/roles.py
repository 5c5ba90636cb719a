"""Roles given at a place, and the people who must hear of what happens there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.communities.access import MANAGING_ROLES, access_of
from app.communities.models import Company, Node, RoleGrant
from app.communities.queries.colleagues import colleague_ids
from app.communities.queries.places import ancestor_ids, current_grant
from app.core.errors import NotFound
from app.core.time import clock
from app.extensions import db


@dataclass(frozen=True)
class GrantLine:
    """A role somebody holds at a place."""

    id: int
    user_id: int
    name: str
    trade: str
    role: str
    node_id: int
    place: str
    starts_at: datetime
    ends_at: datetime | None
    revoked_at: datetime | None
    granted_by: str

    @property
    def is_over(self) -> bool:
        return self.revoked_at is not None or (self.ends_at is not None and self.ends_at <= clock.now())

    @property
    def is_coming(self) -> bool:
        return not self.is_over and self.starts_at > clock.now()


def grants_at(node: Node) -> list[GrantLine]:
    """Every role given at this very place, the current ones first, then the past ones, newest first."""
    giver = aliased(User)
    rows: Any = db.session.execute(
        select(
            RoleGrant.id,
            User.id,
            User.given_name + " " + User.family_name,
            User.trade,
            RoleGrant.role,
            RoleGrant.node_id,
            Node.name,
            RoleGrant.starts_at,
            RoleGrant.ends_at,
            RoleGrant.revoked_at,
            func.coalesce(giver.given_name + " " + giver.family_name, ""),
        )
        .join(User, User.id == RoleGrant.user_id)
        .join(Node, Node.id == RoleGrant.node_id)
        .outerjoin(giver, giver.id == RoleGrant.granted_by_id)
        .where(RoleGrant.node_id == node.id)
        .order_by(RoleGrant.id.desc())
        .limit(200)
    )
    return sorted((GrantLine(*row) for row in rows), key=lambda line: line.is_over)


def grant_line(grant_id: int) -> tuple[str, str, str]:
    """(name of the person, role, name of the place or firm) for the page that asks before revoking."""
    row = db.session.execute(
        select(User.given_name, User.family_name, RoleGrant.role, Node.name, Company.name.label("company"))
        .select_from(RoleGrant)
        .join(User, User.id == RoleGrant.user_id)
        .outerjoin(Node, Node.id == RoleGrant.node_id)
        .outerjoin(Company, Company.id == RoleGrant.company_id)
        .where(RoleGrant.id == grant_id)
    ).one()
    return f"{row.given_name} {row.family_name}".strip(), row.role, row.name or row.company or ""


def grant_for(user: Any, grant_id: int) -> RoleGrant:
    """A grant this person may know of: their own, one at a place they manage, one in a firm they act for."""
    grant = db.session.get(RoleGrant, grant_id)
    access = access_of(user)
    if grant is None or not (
        grant.user_id == user.id
        or (grant.node_id is not None and access.manages(grant.node_id))
        or (grant.company_id is not None and grant.company_id in access.companies)
    ):
        raise NotFound
    return grant


def visible_grant_ids(user: Any, ids: Collection[int]) -> set[int]:
    access = access_of(user)
    rows = db.session.execute(
        select(RoleGrant.id).where(
            RoleGrant.id.in_(ids),
            or_(
                RoleGrant.user_id == access.user_id,
                RoleGrant.node_id.in_(access.places.keys()),
                RoleGrant.company_id.in_(access.companies.keys()),
            ),
        )
    )
    return set(rows.scalars())


def managers_of(node_id: int, *, not_of_company: int | None = None) -> list[User]:
    """Who runs this place, nearest level only: the community's managers, else the region's team, else the nation's.

    With `not_of_company`, people of that firm are left out, as they may not decide about it.
    """
    node = db.session.get_one(Node, node_id)
    excluded = set(colleague_ids(not_of_company)) if not_of_company is not None else set()
    rows = db.session.execute(
        select(User, RoleGrant.node_id)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(
            RoleGrant.node_id.in_(ancestor_ids(node)),
            RoleGrant.role.in_(MANAGING_ROLES),
            User.state == "active",
            *current_grant(clock.now()),
        )
    ).all()
    for level in reversed(ancestor_ids(node)):
        people = {user.id: user for user, at in rows if at == level and user.id not in excluded}
        if people:
            return list(people.values())
    return []


def holders_above(node: Node, *roles: str) -> list[User]:
    """Those who hold one of these roles at this place or above it."""
    return list(
        db.session.execute(
            select(User)
            .join(RoleGrant, RoleGrant.user_id == User.id)
            .where(
                RoleGrant.node_id.in_(ancestor_ids(node)),
                RoleGrant.role.in_(roles),
                User.state == "active",
                *current_grant(clock.now()),
            )
            .distinct()
        ).scalars()
    )


def current_holders(role: str, node_id: int) -> int:
    """How many people hold this role at this very place now."""
    return db.session.execute(
        select(func.count())
        .select_from(RoleGrant)
        .join(User, User.id == RoleGrant.user_id)
        .where(
            RoleGrant.role == role,
            RoleGrant.node_id == node_id,
            User.state == "active",
            *current_grant(clock.now()),
        )
    ).scalar_one()
