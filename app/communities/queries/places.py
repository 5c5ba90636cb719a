"""The tree as pages read it: one place, its neighbours, who runs it, where to find a community."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func, or_, select

from app.accounts.models import User
from app.communities.access import access_of
from app.communities.models import CompanyMembership, Node, RoleGrant
from app.communities.permissions import OPEN_STATES
from app.core import geography
from app.core.errors import NotFound
from app.core.slugs import fold
from app.core.time import clock
from app.extensions import db

RUNNING_ROLES = ("community_manager", "ambassador", "technical_advisor")


@dataclass(frozen=True)
class Runner:
    """Somebody who runs a place, from there or from above."""

    user_id: int
    name: str
    initials: str
    trade: str
    role: str
    title: str
    node_id: int
    node_name: str


@dataclass(frozen=True)
class CommunityLine:
    """A community in a list open to everybody."""

    id: int
    name: str
    slug: str
    summary: str
    town: str
    department: str
    region_code: str | None
    state: str
    member_count: int
    capacity: int


@dataclass(frozen=True)
class RegionLine:
    """A region with what its communities add up to."""

    id: int
    code: str
    name: str
    slug: str
    communities: int
    companies: int


def nation() -> Node | None:
    """The root of the tree, None before `bootstrap_nation`."""
    return db.session.execute(select(Node).where(Node.kind == "nation")).scalar_one_or_none()


def community_for(user: Any, slug: str) -> Node:
    """A community whose face this person may see: everybody's once it left `draft`. Raises NotFound."""
    node = _by_slug("community", slug)
    if node is None or (node.state == "draft" and not access_of(user).reads(node.id)):
        raise NotFound
    return node


def community_read_by(user: Any, slug: str) -> Node:
    """A community whose people and companies this person may see. Raises NotFound."""
    node = _by_slug("community", slug)
    if node is None or not access_of(user).reads(node.id):
        raise NotFound
    return node


def region_by_slug(slug: str) -> Node:
    """A region; its name and figures are public. Raises NotFound."""
    node = _by_slug("region", slug)
    if node is None:
        raise NotFound
    return node


def node_managed_by(user: Any, kind: str, slug: str) -> Node:
    """A place that this person runs. Raises NotFound."""
    node = _by_slug(kind, slug)
    if node is None or not access_of(user).manages(node.id):
        raise NotFound
    return node


def region_of(node: Node) -> Node | None:
    """The region a community stands in."""
    return db.session.get(Node, node.parent_id) if node.parent_id is not None else None


def locked_node(node_id: int) -> Node:
    """The row held until the transaction ends (on SQLite the whole database is)."""
    return db.session.execute(
        select(Node).where(Node.id == node_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()


def ancestor_ids(node: Node) -> list[int]:
    """From the root down to the node itself."""
    return [int(part) for part in node.path.split(".") if part]


def visible_node_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Which of these places somebody signed in may see the face of."""
    if user is None or not getattr(user, "is_authenticated", False):
        return set()
    known = db.session.execute(select(Node.id, Node.state).where(Node.id.in_(ids))).all()
    access = access_of(user)
    return {row.id for row in known if row.state != "draft" or access.reads(row.id)}


def runners_of(node: Node) -> list[Runner]:
    """Who runs this place: its own managers first, then those of its region; the national team is not listed."""
    now = clock.now()
    rows = db.session.execute(
        select(
            User.id,
            User.given_name,
            User.family_name,
            User.trade,
            RoleGrant.role,
            RoleGrant.title,
            Node.id.label("node_id"),
            Node.name.label("node_name"),
        )
        .join(User, User.id == RoleGrant.user_id)
        .join(Node, Node.id == RoleGrant.node_id)
        .where(
            RoleGrant.node_id.in_(ancestor_ids(node)),
            RoleGrant.role.in_(RUNNING_ROLES),
            User.state == "active",
            *current_grant(now),
        )
        .order_by(func.length(Node.path).desc(), RoleGrant.starts_at, RoleGrant.id)
    ).all()
    ranked = sorted(rows, key=lambda row: RUNNING_ROLES.index(row.role))
    return [
        Runner(
            row.id,
            f"{row.given_name} {row.family_name}".strip(),
            (row.given_name[:1] + row.family_name[:1]).upper(),
            row.trade,
            row.role,
            row.title,
            row.node_id,
            row.node_name,
        )
        for row in ranked
    ]


def current_grant(now: Any) -> tuple[Any, ...]:
    """Conditions under which a role counts at this instant."""
    return (
        RoleGrant.revoked_at.is_(None),
        RoleGrant.starts_at <= now,
        or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > now),
    )


def neighbours_of(node: Node, limit: int = 4) -> list[CommunityLine]:
    """Communities with a free place in the same region, those of the same department first, the emptiest before."""
    rows = db.session.execute(
        _lines()
        .where(
            Node.parent_id == node.parent_id,
            Node.id != node.id,
            Node.state.in_(("forming", "active")),
            Node.member_count < Node.capacity,
        )
        .order_by(case((Node.department == node.department, 0), else_=1), Node.member_count, Node.name)
        .limit(limit)
    )
    return [CommunityLine(*row) for row in rows]


def communities_of(region: Node, user: Any = None) -> list[CommunityLine]:
    """The communities of a region, by name; drafts only for those who manage them."""
    rows = db.session.execute(_lines().where(Node.parent_id == region.id).order_by(Node.name))
    access = access_of(user)
    return [
        line
        for line in (CommunityLine(*row) for row in rows)
        if line.state != "draft" or access.manages(line.id)
    ]


def find_communities(words: str = "", region_code: str | None = None) -> list[CommunityLine]:
    """Communities that take requests, near what was typed: a town, a department (name or number), a region, a name.

    A hundred rows at most are read: comparing them here ignores accents on either database.
    """
    statement = _lines().where(Node.state.in_(OPEN_STATES)).order_by(Node.name)
    if region_code:
        statement = statement.where(Node.region_code == region_code)
    lines = [CommunityLine(*row) for row in db.session.execute(statement)]
    wanted = _plain(words)
    if not wanted:
        return lines
    department = geography.department_of_postcode(wanted) if wanted.isdigit() and len(wanted) == 5 else None
    if department is not None:
        wanted = fold(department)
    exact = [line for line in lines if fold(line.department) == wanted]
    named = [
        line
        for line in lines
        if line not in exact and all(word in _place_words(line) for word in wanted.split())
    ]
    return exact + named


def regions() -> list[RegionLine]:
    """Every region with its number of open communities and of admitted companies, by name; one statement."""
    child = Node.__table__.alias("child")
    rows = db.session.execute(
        select(
            Node.id,
            Node.code,
            Node.name,
            Node.slug,
            func.count(child.c.id),
            func.coalesce(func.sum(child.c.member_count), 0),
        )
        .outerjoin(child, and_(child.c.parent_id == Node.id, child.c.state.in_(OPEN_STATES)))
        .where(Node.kind == "region")
        .group_by(Node.id, Node.code, Node.name, Node.slug)
    )
    return sorted((RegionLine(*row) for row in rows), key=lambda line: fold(line.name))


def waiting_count(node_id: int) -> int:
    """How many companies wait for a place."""
    return db.session.execute(
        select(func.count())
        .select_from(CompanyMembership)
        .where(CompanyMembership.node_id == node_id, CompanyMembership.state == "waiting")
    ).scalar_one()


def _by_slug(kind: str, slug: str) -> Node | None:
    return db.session.execute(select(Node).where(Node.slug == slug, Node.kind == kind)).scalar_one_or_none()


def _lines() -> Any:
    return select(
        Node.id,
        Node.name,
        Node.slug,
        Node.summary,
        Node.town,
        Node.department,
        Node.region_code,
        Node.state,
        Node.member_count,
        Node.capacity,
    ).where(Node.kind == "community")


def _place_words(line: CommunityLine) -> str:
    department = geography.DEPARTMENTS.get(line.department)
    region = geography.REGIONS.get(line.region_code or "")
    parts = [
        line.name,
        line.town,
        line.department,
        getattr(department, "name", ""),
        getattr(region, "name", ""),
    ]
    return _plain(" ".join(parts))


def _plain(text: str) -> str:
    return " ".join(fold(text).replace("-", " ").replace("’", " ").split())
