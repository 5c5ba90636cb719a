"""People: who may see whom, the directory of a community, the page of one person, under which name they write."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flask_babel import force_locale
from sqlalchemy import and_, bindparam, func, or_, select, union

from app.accounts.models import User
from app.communities.access import access_of
from app.communities.models import Company, CompanyMembership, Employment, Node, RoleGrant
from app.communities.queries.places import current_grant
from app.communities.vocabulary import role_name
from app.core.database import BigId, read
from app.core.errors import NotFound
from app.core.prepared import Prepared
from app.core.slugs import fold
from app.core.time import clock
from app.extensions import db

PAGE_SIZE = 50


@dataclass(frozen=True)
class PersonLine:
    """A person in a list. `is_referent` is about the firm named."""

    id: int
    name: str
    initials: str
    trade: str
    company_id: int
    company: str
    town: str
    is_referent: bool = False


@dataclass(frozen=True)
class PeopleDirectory:
    """One page of the people of a community."""

    lines: list[PersonLine]
    total: int
    page: int
    pages: int


@dataclass(frozen=True)
class Firm:
    """Where a person works, for a reader who may know it."""

    company_id: int
    name: str
    town: str
    job_title: str
    is_referent: bool


@dataclass(frozen=True)
class PersonPage:
    """What one may know of somebody: name, trade, firms, roles; never whether they are there."""

    person: User
    firms: list[Firm]
    roles: list[tuple[str, str, str, str]]
    shared: list[tuple[str, str, str | None]]
    shared_id: int | None
    has_left: bool


def visible_person_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Oneself, colleagues, people of firms in the communities one reads (past ones too), those with a role there."""
    if user is None or not getattr(user, "is_authenticated", False) or not ids:
        return set()
    access = access_of(user)
    seen = set(ids) & {user.id}
    through_firms = (
        select(Employment.user_id)
        .outerjoin(
            CompanyMembership,
            and_(
                CompanyMembership.company_id == Employment.company_id, CompanyMembership.state == "admitted"
            ),
        )
        .where(
            Employment.user_id.in_(ids),
            or_(
                CompanyMembership.node_id.in_(access.places.keys()),
                Employment.company_id.in_(access.companies.keys()),
            ),
        )
    )
    through_roles = select(RoleGrant.user_id).where(
        RoleGrant.user_id.in_(ids),
        RoleGrant.node_id.in_(access.places.keys()),
        *current_grant(clock.now()),
    )
    return seen | set(db.session.execute(through_firms.union(through_roles)).scalars())


def person_for(user: Any, person_id: int) -> User:
    """A person this one may see. Raises NotFound."""
    if person_id not in visible_person_ids(user, [person_id]):
        raise NotFound
    person = db.session.get(User, person_id)
    if person is None:
        raise NotFound
    return person


def scopes_reading_person(person_id: int) -> list[int]:
    """Whose open pages may show what somebody says: their own, their firms', and the places where they are met."""
    through_firms = (
        select(Node.scope_id)
        .join(CompanyMembership, CompanyMembership.node_id == Node.id)
        .join(Employment, Employment.company_id == CompanyMembership.company_id)
        .where(
            Employment.user_id == person_id,
            Employment.ended_at.is_(None),
            CompanyMembership.state == "admitted",
        )
    )
    firms = (
        select(Company.scope_id)
        .join(Employment, Employment.company_id == Company.id)
        .where(Employment.user_id == person_id, Employment.ended_at.is_(None), Company.scope_id.is_not(None))
    )
    through_roles = (
        select(Node.scope_id)
        .join(RoleGrant, RoleGrant.node_id == Node.id)
        .where(RoleGrant.user_id == person_id, *current_grant(clock.now()))
    )
    own = select(User.scope_id).where(User.id == person_id, User.scope_id.is_not(None))
    return sorted(db.session.execute(union(through_firms, firms, through_roles, own)).scalars())


def people_directory(node: Node, *, words: str = "", page: int = 1) -> PeopleDirectory:
    """The people of a community by name, fifty a page.

    Without words the database pages. With words, the names of the community (a thousand or so) are compared here:
    neither database ignores accents by itself.
    """
    statement = (
        select(
            User.id,
            User.given_name,
            User.family_name,
            Employment.job_title,
            User.trade,
            Company.id.label("company_id"),
            Company.name.label("company"),
            Company.town,
            RoleGrant.id.is_not(None).label("is_referent"),
        )
        .select_from(CompanyMembership)
        .join(Company, Company.id == CompanyMembership.company_id)
        .join(Employment, and_(Employment.company_id == Company.id, Employment.ended_at.is_(None)))
        .join(User, and_(User.id == Employment.user_id, User.state == "active"))
        .outerjoin(
            RoleGrant,
            and_(
                RoleGrant.user_id == User.id,
                RoleGrant.company_id == Company.id,
                RoleGrant.role == "company_admin",
                *current_grant(clock.now()),
            ),
        )
        .where(CompanyMembership.node_id == node.id, CompanyMembership.state == "admitted")
        .order_by(User.family_name, User.given_name, User.id, Company.id)
    )
    wanted = fold(words).split()
    page = max(page, 1)
    if wanted:
        matching = [row for row in db.session.execute(statement) if _has_words(row, wanted)]
        total = len(matching)
        rows = matching[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    else:
        total = people_count(node.id)
        rows = list(db.session.execute(statement.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)))
    return PeopleDirectory([_line(row) for row in rows], total, page, max(1, -(-total // PAGE_SIZE)))


def people_count(node_id: int) -> int:
    """How many employments the firms of a community have now (a person of two firms is listed twice)."""
    return db.session.execute(
        select(func.count())
        .select_from(CompanyMembership)
        .join(
            Employment,
            and_(Employment.company_id == CompanyMembership.company_id, Employment.ended_at.is_(None)),
        )
        .join(User, and_(User.id == Employment.user_id, User.state == "active"))
        .where(CompanyMembership.node_id == node_id, CompanyMembership.state == "admitted")
    ).scalar_one()


def person_page(user: Any, person: User) -> PersonPage:
    """What this reader may know of the person; three statements however many firms and roles."""
    access = access_of(user)
    rows = db.session.execute(
        select(
            Company.id,
            Company.name,
            Company.town,
            Employment.job_title,
            Employment.ended_at,
            RoleGrant.id.label("grant_id"),
            Node.id.label("node_id"),
            Node.name.label("node_name"),
            Node.slug,
            Node.region_code,
        )
        .select_from(Employment)
        .join(Company, Company.id == Employment.company_id)
        .outerjoin(
            CompanyMembership,
            and_(CompanyMembership.company_id == Company.id, CompanyMembership.state == "admitted"),
        )
        .outerjoin(Node, Node.id == CompanyMembership.node_id)
        .outerjoin(
            RoleGrant,
            and_(
                RoleGrant.user_id == Employment.user_id,
                RoleGrant.company_id == Company.id,
                *current_grant(clock.now()),
            ),
        )
        .where(Employment.user_id == person.id)
        .order_by(Employment.id)
    ).all()
    firms: dict[int, Firm] = {}
    shared: dict[int, tuple[str, str, str | None]] = {}
    for row in rows:
        is_known = row.id in access.companies or access.reads(row.node_id) or person.id == access.user_id
        if row.ended_at is not None or not is_known:
            continue
        firms.setdefault(row.id, Firm(row.id, row.name, row.town, row.job_title, row.grant_id is not None))
        if row.node_id is not None and access.reads(row.node_id):
            shared.setdefault(row.node_id, (row.node_name, row.slug, row.region_code))
    roles = _roles_of(person.id, access.places.keys() if person.id != access.user_id else None)
    return PersonPage(
        person,
        list(firms.values()),
        roles,
        list(shared.values()),
        next(iter(shared), None),
        not firms and not roles,
    )


_FIRM = Prepared(select(Company.name, Company.town).where(Company.id == bindparam("company_id", type_=BigId)))


def byline(user_id: int, company_id: int | None) -> str:
    """How an author stands beside the name: « Atelier Brenne, Blois », or by their role for somebody without a firm.

    It is kept with what was written, so it is French whoever writes.
    """
    if company_id is not None:
        firm = read(_FIRM, company_id=company_id).one_or_none()
        if firm is not None:
            return f"{firm.name}, {firm.town}" if firm.town else firm.name
    held = db.session.execute(
        select(RoleGrant.role, RoleGrant.title, Node.town, Node.name)
        .join(Node, Node.id == RoleGrant.node_id)
        .where(RoleGrant.user_id == user_id, *current_grant(clock.now()))
        .order_by(func.length(Node.path).desc(), RoleGrant.id)
        .limit(1)
    ).one_or_none()
    if held is None:
        return ""
    with force_locale("fr"):
        return f"{held.title or role_name(held.role)}, {held.town or held.name}"


def people_matching(node: Node, words: str, limit: int = 20) -> list[PersonLine]:
    """People below a place whom its managers may give a role, by a part of their name or firm."""
    wanted = fold(words).split()
    if not wanted:
        return []
    rows = db.session.execute(
        select(
            User.id,
            User.given_name,
            User.family_name,
            Employment.job_title,
            User.trade,
            Company.id.label("company_id"),
            Company.name.label("company"),
            Company.town,
        )
        .join(Employment, and_(Employment.user_id == User.id, Employment.ended_at.is_(None)))
        .join(Company, Company.id == Employment.company_id)
        .join(
            CompanyMembership,
            and_(CompanyMembership.company_id == Company.id, CompanyMembership.state == "admitted"),
        )
        .join(Node, Node.id == CompanyMembership.node_id)
        .where(
            Node.path.startswith(node.path, autoescape=True),
            User.state == "active",
            *(_likely(word) for word in wanted),
        )
        .order_by(User.family_name, User.given_name, User.id)
        .limit(400)
    )
    lines: dict[int, PersonLine] = {}
    for row in rows:
        if _has_words(row, wanted):
            lines.setdefault(row.id, _line(row))
    return list(lines.values())[:limit]


def _likely(word: str) -> Any:
    # Letters that may carry an accent become « any letter », since neither database compares without accents; what
    # comes back is compared exactly afterwards.
    pattern = "".join("_" if letter in "aceinouy%_" or not letter.isalnum() else letter for letter in word)
    return or_(
        *(
            func.lower(column).like(f"%{pattern}%")
            for column in (User.family_name, User.given_name, Company.name, Employment.job_title, User.trade)
        )
    )


def _roles_of(person_id: int, node_ids: Collection[int] | None) -> list[tuple[str, str, str, str]]:
    statement = (
        select(RoleGrant.role, Node.name, Node.kind, Node.slug)
        .join(Node, Node.id == RoleGrant.node_id)
        .where(RoleGrant.user_id == person_id, *current_grant(clock.now()))
        .order_by(func.length(Node.path), RoleGrant.id)
    )
    if node_ids is not None:
        statement = statement.where(RoleGrant.node_id.in_(node_ids))
    return [(row.role, row.name, row.kind, row.slug) for row in db.session.execute(statement)]


def _line(row: Any) -> PersonLine:
    return PersonLine(
        row.id,
        f"{row.given_name} {row.family_name}".strip(),
        (row.given_name[:1] + row.family_name[:1]).upper(),
        row.job_title or row.trade,
        row.company_id,
        row.company,
        row.town,
        bool(getattr(row, "is_referent", False)),
    )


def _has_words(row: Any, wanted: list[str]) -> bool:
    text = fold(f"{row.given_name} {row.family_name} {row.job_title} {row.trade} {row.company} {row.town}")
    return all(word in text for word in wanted)
