"""What a person may reach, as one value computed from the database by one statement.

Everything that decides a right reads an `Access`. It is true for one number of the tree and between two dates of one's
roles, and what changes something computes its own: leaving a company or losing a role ends access with the next question.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from flask import g, has_app_context
from sqlalchemy import String, and_, bindparam, cast, literal, null, or_, select, union_all, update
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.communities.models import (
    Company,
    CompanyMembership,
    Employment,
    Node,
    RoleGrant,
    WritingSuspension,
)
from app.core import journal, versions
from app.core.database import BigId, UTCDateTime, read
from app.core.prepared import prepared
from app.core.time import clock
from app.core.versions import Remembered, Versions
from app.extensions import db

READING_ROLES = ("community_manager", "technical_advisor", "ambassador", "national_admin")
MODERATING_ROLES = READING_ROLES
MANAGING_ROLES = ("community_manager", "technical_advisor", "ambassador", "national_admin")
SUSPENDED = "suspended"
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
    time_zone: str
    scope_id: int
    moderators_scope_id: int
    state: str = "active"

    @property
    def ancestor_ids(self) -> tuple[int, ...]:
        """Ids from the root down to this node's parent."""
        return tuple(int(part) for part in self.path.split(".")[:-2])


@dataclass(frozen=True)
class Access:
    """The rights of one person at one instant.

    `places` are the nodes they may read (by id). `roles_at` gives the roles that count at a node, inherited ones
    included. `companies` are those they work for now, `referent_of` those they act for as referent. `home_ids` are the
    communities reached through their own companies, in the order of joining. `suspended` says where they do not write
    for a time, and until when.
    """

    user_id: int
    places: dict[int, Place] = field(default_factory=dict)
    roles_at: dict[int, frozenset[str]] = field(default_factory=dict)
    companies: dict[int, str] = field(default_factory=dict)
    referent_of: frozenset[int] = frozenset()
    home_ids: tuple[int, ...] = ()
    suspended: dict[int, datetime] = field(default_factory=dict)

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

    @cached_property
    def is_national_admin(self) -> bool:
        return any("national_admin" in roles for roles in self.roles_at.values())

    @cached_property
    def moderated_ids(self) -> frozenset[int]:
        """Every node whose content this person moderates."""
        return frozenset(node_id for node_id, roles in self.roles_at.items() if roles & set(MODERATING_ROLES))

    @cached_property
    def needs_second_factor(self) -> bool:
        """Roles at region level and above are held behind a second factor."""
        return any(
            self.places[node_id].kind != "community" and roles & set(SECOND_FACTOR_ROLES)
            for node_id, roles in self.roles_at.items()
            if node_id in self.places
        )

    @cached_property
    def communities(self) -> list[Place]:
        """The communities the person reaches: their companies' first, then those of their roles, by name."""
        own = [self.places[node_id] for node_id in self.home_ids if node_id in self.places]
        rest = sorted(
            (p for p in self.places.values() if p.kind == "community" and p.id not in set(self.home_ids)),
            key=lambda place: place.name,
        )
        return own + rest

    @cached_property
    def higher_places(self) -> list[Place]:
        """Regions then the nation, as far as the person reaches them."""
        order = {"region": 0, "nation": 1}
        return sorted(
            (p for p in self.places.values() if p.kind in order), key=lambda p: (order[p.kind], p.name)
        )


NOBODY = Access(user_id=0)
EVER = datetime.min.replace(tzinfo=UTC)
FOREVER = datetime.max.replace(tzinfo=UTC)


def access_of(user: Any) -> Access:
    """The access of a person, computed once per request; `NOBODY` for somebody who is not signed in."""
    if user is None or not getattr(user, "is_authenticated", False) or not user.is_active:
        return NOBODY
    if not has_app_context():
        return load_access(user.id)
    cache = g.setdefault("access", {})
    if user.id not in cache:
        cache[user.id] = _access(user.id)
    return cache[user.id]


def forget_access(user_ids: Iterable[int] = ()) -> None:
    """Drop what this request computed, after a change of rights inside it."""
    g.pop("access", None)
    g.pop("restricted_rooms", None)
    g.pop("staffed_labs", None)


def _access(user_id: int) -> Access:
    """The person's access: as this process computed it under the tree's present number, else computed."""
    known = versions.known()
    return load_access(user_id) if known is None else _dated_access(user_id, known).access


def _dated_access(user_id: int, known: Versions) -> _Dated:
    now = clock.now()
    kept = _remembered.peek(user_id)
    # A right that begins or ends by its date changes nothing in the tree.
    dated = kept is not None and not kept[1].since <= now < kept[1].until
    version = (known.tree, now) if dated else known.tree
    return _remembered.get(user_id, version, lambda: _dated(user_id, now))


@versions.dated_by
def _last_date(user_id: int) -> datetime | None:
    """The date that changed this person's rights last: what was kept before it shows what they could do then."""
    known = versions.known()
    return None if known is None else _dated_access(user_id, known).since


@dataclass(frozen=True)
class _Dated:
    """An access, and the span of time in which no date changes it: from the last one that came to the next."""

    access: Access
    since: datetime
    until: datetime


_remembered: Remembered[_Dated] = Remembered(1000)


def _dated(user_id: int, now: datetime) -> _Dated:
    rows = read(_rights(), user_id=user_id).all()
    dates = [date for row in rows for date in (row.starts_at, row.ends_at) if date is not None]
    since = max((date for date in dates if date <= now), default=EVER)
    return _Dated(
        _assemble(user_id, rows, now), since, min((date for date in dates if date > now), default=FOREVER)
    )


def load_access(user_id: int) -> Access:
    """Compute the access of one person from the database, in one statement."""
    return _assemble(user_id, read(_rights(), user_id=user_id), clock.now())


@prepared
def _rights() -> Any:
    """The statement behind `load_access`, built once: building it costs more than running it.

    Each employment and each grant is one row per node it reaches: the node itself, those above it, and for a grant
    those below it. A grant comes whatever its dates say, since they change nothing in the tree when they come.
    """
    user_id = bindparam("user_id", type_=BigId)
    home = aliased(Node)
    members = (
        select(
            literal("member").label("role"),
            Company.id.label("company_id"),
            Company.name.label("company_name"),
            home.id.label("at_id"),
            home.path.label("at_path"),
            CompanyMembership.decided_at.label("since"),
            cast(null(), UTCDateTime).label("starts_at"),
            cast(null(), UTCDateTime).label("ends_at"),
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
        .outerjoin(home, and_(home.id == CompanyMembership.node_id, home.state != "draft"))
        .where(Employment.user_id == user_id, Employment.ended_at.is_(None))
    )
    granted = aliased(Node)
    grants = (
        select(
            cast(RoleGrant.role, String).label("role"),
            RoleGrant.company_id.label("company_id"),
            cast(null(), String).label("company_name"),
            granted.id.label("at_id"),
            granted.path.label("at_path"),
            RoleGrant.starts_at.label("since"),
            RoleGrant.starts_at.label("starts_at"),
            RoleGrant.ends_at.label("ends_at"),
        )
        .outerjoin(granted, granted.id == RoleGrant.node_id)
        .where(RoleGrant.user_id == user_id, RoleGrant.revoked_at.is_(None))
    )
    barred = aliased(Node)
    suspensions = (
        select(
            literal(SUSPENDED).label("role"),
            cast(null(), BigId).label("company_id"),
            cast(null(), String).label("company_name"),
            barred.id.label("at_id"),
            barred.path.label("at_path"),
            WritingSuspension.starts_at.label("since"),
            WritingSuspension.starts_at.label("starts_at"),
            WritingSuspension.ends_at.label("ends_at"),
        )
        .join(barred, barred.id == WritingSuspension.node_id)
        .where(WritingSuspension.user_id == user_id, WritingSuspension.lifted_at.is_(None))
    )
    rights = union_all(members, grants, suspensions).subquery("rights")
    above = rights.c.at_path.like(Node.path + "%")
    below = and_(rights.c.role != "member", Node.path.like(rights.c.at_path + "%"))
    return select(
        rights.c.role,
        rights.c.company_id,
        rights.c.company_name,
        rights.c.at_id,
        rights.c.at_path,
        rights.c.since,
        rights.c.starts_at,
        rights.c.ends_at,
        Node.id,
        Node.path,
        Node.kind,
        Node.name,
        Node.slug,
        Node.region_code,
        Node.time_zone,
        Node.scope_id,
        Node.moderators_scope_id,
        Node.state,
    ).select_from(rights.outerjoin(Node, or_(above, below)))


def _assemble(user_id: int, rows: Iterable[Any], now: datetime) -> Access:
    companies: dict[int, str] = {}
    referent_of: set[int] = set()
    home: dict[int, str] = {}
    places: dict[int, Place] = {}
    roles_at: dict[int, frozenset[str]] = {}
    suspended: dict[int, datetime] = {}
    for role, company_id, company_name, at_id, at_path, since, starts_at, ends_at, *node in rows:
        if (starts_at is not None and starts_at > now) or (ends_at is not None and ends_at <= now):
            continue
        place = Place(*node) if node[0] is not None else None
        if role == "member":
            companies[company_id] = company_name
            if at_id is not None:
                home.setdefault(at_id, since.isoformat() if since else "")
        elif role == "company_admin":
            referent_of.add(company_id)
        elif role == SUSPENDED:
            if place is not None and place.path.startswith(at_path):
                suspended[place.id] = max(ends_at, suspended.get(place.id, ends_at))
        elif place is not None and place.path.startswith(at_path):
            roles_at[place.id] = roles_at.get(place.id, frozenset()) | {role}
        if place is not None and (role == "member" or role in READING_ROLES):
            places[place.id] = place
    return Access(
        user_id=user_id,
        places=places,
        roles_at=roles_at,
        companies=companies,
        # A referent who no longer works there acts for the firm no more.
        referent_of=frozenset(referent_of & companies.keys()),
        home_ids=tuple(sorted(home, key=lambda node_id: (home[node_id], node_id))),
        suspended=suspended,
    )


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


def rights_changed_in(node_ids: Collection[int]) -> None:
    """The same for everybody who reads one of these nodes: something is open to these places no more."""
    place, home, granted = aliased(Node), aliased(Node), aliased(Node)
    members = (
        select(Employment.user_id)
        .join(CompanyMembership, CompanyMembership.company_id == Employment.company_id)
        .join(home, home.id == CompanyMembership.node_id)
        .join(place, home.path.like(place.path + "%"))
        .where(
            Employment.ended_at.is_(None), CompanyMembership.state == "admitted", place.id.in_(set(node_ids))
        )
    )
    grants = (
        select(RoleGrant.user_id)
        .join(granted, granted.id == RoleGrant.node_id)
        .join(place, or_(granted.path.like(place.path + "%"), place.path.like(granted.path + "%")))
        .where(RoleGrant.revoked_at.is_(None), place.id.in_(set(node_ids)))
    )
    db.session.execute(
        update(User)
        .where(User.id.in_(members.union(grants).subquery().select()))
        .values(access_version=User.access_version + 1)
        .execution_options(synchronize_session=False)
    )
    forget_access()


def lapsed_between(after: datetime, until: datetime) -> set[int]:
    """People one of whose roles ended by its own date in this span: nobody's act tells their sockets."""
    rows = db.session.execute(
        select(RoleGrant.user_id).where(
            RoleGrant.revoked_at.is_(None), RoleGrant.ends_at > after, RoleGrant.ends_at <= until
        )
    )
    return set(rows.scalars())


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
