"""What a person may reach, as one value computed from the database by one statement.

Everything that decides a right reads an `Access`. It is loaded once per request (or job, or socket question) and never
kept longer: leaving a company or losing a role therefore ends access with the next question.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import g, has_app_context
from sqlalchemy import String, and_, cast, literal, null, or_, select, union_all, update
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.communities.models import Company, CompanyMembership, Employment, Node, RoleGrant
from app.core import journal
from app.core.database import BigId
from app.core.time import clock
from app.extensions import db

READING_ROLES = ("community_manager", "technical_advisor", "ambassador", "national_admin")
MODERATING_ROLES = READING_ROLES
MANAGING_ROLES = ("community_manager", "technical_advisor", "ambassador", "national_admin")
SECOND_FACTOR_ROLES = ("technical_advisor", "ambassador", "national_admin")


@dataclass(frozen=True)
class Place:
    """A node a person reaches, with what a page needs to name it."""

    id: int
    path: str
    kind: str
    name: str
    slug: str
    region_code: str | None
    scope_id: int
    moderators_scope_id: int

    @property
    def ancestor_ids(self) -> tuple[int, ...]:
        """Ids from the root down to this node's parent."""
        return tuple(int(part) for part in self.path.split(".")[:-2])


@dataclass(frozen=True)
class Access:
    """The rights of one person at one instant.

    `places` are the nodes they may read (by id). `roles_at` gives the roles that count at a node, inherited ones
    included. `companies` are those they work for now, `referent_of` those they act for as referent. `home_ids` are the
    communities reached through their own companies, in the order of joining.
    """

    user_id: int
    places: dict[int, Place] = field(default_factory=dict)
    roles_at: dict[int, frozenset[str]] = field(default_factory=dict)
    companies: dict[int, str] = field(default_factory=dict)
    referent_of: frozenset[int] = frozenset()
    home_ids: tuple[int, ...] = ()

    def reads(self, node_id: int | None) -> bool:
        """Whether the person may read what everybody of this node may read."""
        return node_id in self.places

    def has_role(self, node_id: int | None, *roles: str) -> bool:
        """Whether one of `roles` is held at this node or above it."""
        return bool(self.roles_at.get(node_id or 0, frozenset()) & set(roles))

    def moderates(self, node_id: int | None) -> bool:
        """Whether reports about this node's content come to this person."""
        return self.has_role(node_id, *MODERATING_ROLES)

    def manages(self, node_id: int | None) -> bool:
        """Whether the person admits companies and runs rooms of this node."""
        return self.has_role(node_id, *MANAGING_ROLES)

    @property
    def is_national_admin(self) -> bool:
        return any("national_admin" in roles for roles in self.roles_at.values())

    @property
    def moderated_ids(self) -> frozenset[int]:
        """Every node whose content this person moderates."""
        return frozenset(
            node_id for node_id, roles in self.roles_at.items() if roles & set(MODERATING_ROLES)
        )

    @property
    def needs_second_factor(self) -> bool:
        """Roles at region level and above are held behind a second factor."""
        return any(
            self.places[node_id].kind != "community" and roles & set(SECOND_FACTOR_ROLES)
            for node_id, roles in self.roles_at.items()
            if node_id in self.places
        )

    @property
    def communities(self) -> list[Place]:
        """The communities the person reaches: their companies' first, then those of their roles, by name."""
        own = [self.places[node_id] for node_id in self.home_ids if node_id in self.places]
        rest = sorted(
            (p for p in self.places.values() if p.kind == "community" and p.id not in set(self.home_ids)),
            key=lambda place: place.name,
        )
        return own + rest

    @property
    def higher_places(self) -> list[Place]:
        """Regions then the nation, as far as the person reaches them."""
        order = {"region": 0, "nation": 1}
        return sorted(
            (p for p in self.places.values() if p.kind in order), key=lambda p: (order[p.kind], p.name)
        )


NOBODY = Access(user_id=0)


def access_of(user: Any) -> Access:
    """The access of a person, computed once per request; `NOBODY` for somebody who is not signed in."""
    if user is None or not getattr(user, "is_authenticated", False) or not user.is_active:
        return NOBODY
    if not has_app_context():
        return load_access(user.id)
    cache = g.setdefault("access", {})
    if user.id not in cache:
        cache[user.id] = load_access(user.id)
    return cache[user.id]


def forget_access(user_ids: Iterable[int] = ()) -> None:
    """Drop what this request computed, after a change of rights inside it."""
    g.pop("access", None)


def load_access(user_id: int) -> Access:
    """Compute the access of one person from the database, in one statement."""
    now = clock.now()
    own = aliased(Node)
    granted = aliased(Node)
    members = (
        select(
            literal("member").label("role"),
            cast(null(), BigId).label("grant_node_id"),
            Company.id.label("company_id"),
            Company.name.label("company_name"),
            own.id.label("node_id"),
            own.path.label("path"),
            CompanyMembership.decided_at.label("since"),
        )
        .select_from(Employment)
        .join(Company, Company.id == Employment.company_id)
        .outerjoin(
            CompanyMembership,
            and_(
                CompanyMembership.company_id == Company.id,
                CompanyMembership.state == "admitted",
                Company.state == "verified",
            ),
        )
        .outerjoin(own, and_(own.id == CompanyMembership.node_id, own.state != "draft"))
        .where(Employment.user_id == user_id, Employment.ended_at.is_(None))
    )
    grants = (
        select(
            cast(RoleGrant.role, String).label("role"),
            RoleGrant.node_id.label("grant_node_id"),
            RoleGrant.company_id.label("company_id"),
            cast(null(), String).label("company_name"),
            granted.id.label("node_id"),
            granted.path.label("path"),
            RoleGrant.starts_at.label("since"),
        )
        .outerjoin(granted, granted.id == RoleGrant.node_id)
        .where(
            RoleGrant.user_id == user_id,
            RoleGrant.revoked_at.is_(None),
            RoleGrant.starts_at <= now,
            or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > now),
        )
    )
    rows = db.session.execute(union_all(members, grants)).all()
    return _assemble(user_id, rows)


def _assemble(user_id: int, rows: Iterable[Any]) -> Access:
    companies: dict[int, str] = {}
    referent_of: set[int] = set()
    home: list[tuple[datetime | None, int]] = []
    readable: set[int] = set()
    granted: list[tuple[str, str]] = []
    for role, _grant_node, company_id, company_name, node_id, path, since in rows:
        if role == "member":
            companies[company_id] = company_name
            if node_id is not None:
                home.append((since, node_id))
                readable.update(_ids(path))
        elif role == "company_admin":
            referent_of.add(company_id)
        else:
            granted.append((path, role))
            if role in READING_ROLES:
                readable.update(_ids(path))
    tree = _tree(readable, [path for path, role in granted])
    roles_at: dict[int, frozenset[str]] = {}
    for path, role in granted:
        for place in tree.values():
            if place.path.startswith(path):
                roles_at[place.id] = roles_at.get(place.id, frozenset()) | {role}
    places = {
        place.id: place
        for place in tree.values()
        if place.id in readable or roles_at.get(place.id, frozenset()) & set(READING_ROLES)
    }
    return Access(
        user_id=user_id,
        places=places,
        roles_at=roles_at,
        companies=companies,
        # A referent who no longer works there acts for the firm no more.
        referent_of=frozenset(referent_of & companies.keys()),
        home_ids=tuple(dict.fromkeys(node_id for _since, node_id in sorted(home, key=_by_date))),
    )


def _by_date(pair: tuple[datetime | None, int]) -> tuple[str, int]:
    return (pair[0].isoformat() if pair[0] else "", pair[1])


def _ids(path: str) -> list[int]:
    return [int(part) for part in path.split(".") if part]


def _tree(ids: set[int], paths: list[str]) -> dict[int, Place]:
    if not ids and not paths:
        return {}
    conditions: list[Any] = [Node.path.startswith(path, autoescape=True) for path in paths]
    if ids:
        conditions.append(Node.id.in_(ids))
    rows = db.session.execute(
        select(
            Node.id,
            Node.path,
            Node.kind,
            Node.name,
            Node.slug,
            Node.region_code,
            Node.scope_id,
            Node.moderators_scope_id,
        ).where(or_(*conditions))
    )
    return {row.id: Place(*row) for row in rows}


def rights_changed(user_ids: Iterable[int]) -> None:
    """Tell every open socket of these people to ask for their rights again (within seconds); in a transaction."""
    ids = sorted(set(user_ids))
    if ids:
        db.session.execute(
            update(User)
            .where(User.id.in_(ids))
            .values(access_version=User.access_version + 1)
            .execution_options(synchronize_session=False)
        )
    forget_access()


@journal.resolves("nation", "region", "community")
def _reads_nodes(user: Any, refs: Iterable[int]) -> set[int]:
    access = access_of(user)
    return {ref for ref in refs if access.reads(ref)}


@journal.resolves("moderators")
def _moderates_nodes(user: Any, refs: Iterable[int]) -> set[int]:
    access = access_of(user)
    return {ref for ref in refs if access.moderates(ref)}


@journal.resolves("company")
def _works_for(user: Any, refs: Iterable[int]) -> set[int]:
    access = access_of(user)
    return {ref for ref in refs if ref in access.companies}


@journal.resolves("person")
def _is_person(user: Any, refs: Iterable[int]) -> set[int]:
    return {user.id} & set(refs) if getattr(user, "is_authenticated", False) else set()
