"""Companies: who may see one, the directory of a community, the page of one, and the firm as its own people see it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, or_, select

from app.communities.access import access_of
from app.communities.activities import division_label, division_of, label
from app.communities.models import Company, CompanyMembership, Invitation, JoinRequest, Node, Site
from app.communities.queries.colleagues import Colleague, colleagues_of
from app.communities.queries.competitors import competitors_of
from app.communities.queries.invitations import asking_colleagues, invitations_of
from app.communities.queries.memberships import MembershipLine, memberships_of
from app.core.errors import NotFound
from app.core.slugs import fold
from app.extensions import db


@dataclass(frozen=True)
class CompanyLine:
    """A firm in a list."""

    id: int
    name: str
    town: str
    department: str
    size_class: str
    activity_code: str
    kind: str
    summary: str
    skills: str

    @property
    def activity(self) -> str:
        return label(self.activity_code)

    @property
    def about(self) -> str:
        """What the firm is known for, on one line: people write their skills one below the other."""
        return ", ".join(
            line.strip(" ,;.") for line in (self.skills or self.summary).splitlines() if line.strip()
        )


@dataclass(frozen=True)
class CompanyDirectory:
    """The companies of a community that match, and what one may still narrow by."""

    lines: list[CompanyLine]
    total: int
    activities: list[tuple[str, str, int]]
    sizes: dict[str, int]


@dataclass(frozen=True)
class CompanyPage:
    """Everything the page of a firm shows to somebody who may see it."""

    company: Company
    sites: list[Site]
    communities: list[MembershipLine]
    people: list[Colleague]


@dataclass(frozen=True)
class OwnCompanyPage:
    """Everything « Mon entreprise » shows."""

    company: Company
    sites: list[Site]
    memberships: list[MembershipLine]
    colleagues: list[Colleague]
    invitations: list[Invitation] = field(default_factory=list)
    asking: list[JoinRequest] = field(default_factory=list)
    competitors: list[tuple[int, str]] = field(default_factory=list)


def visible_company_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Firms of the communities one reads, one's own, and those that ask to enter a community one manages."""
    access = access_of(user)
    seen = set(ids) & access.companies.keys()
    rows = db.session.execute(
        select(CompanyMembership.company_id)
        .where(
            CompanyMembership.company_id.in_(ids),
            or_(
                and_(
                    CompanyMembership.state == "admitted", CompanyMembership.node_id.in_(access.places.keys())
                ),
                and_(
                    CompanyMembership.state.in_(("requested", "waiting", "refused", "left")),
                    CompanyMembership.node_id.in_(access.moderated_ids),
                ),
            ),
        )
        .distinct()
    ).scalars()
    return seen | set(rows)


def company_for(user: Any, company_id: int) -> Company:
    """A firm this person may see. Raises NotFound."""
    company = db.session.get(Company, company_id)
    if company is None or company_id not in visible_company_ids(user, [company_id]):
        raise NotFound
    return company


def own_company(user: Any, company_id: int | None = None) -> Company:
    """The firm a person works for: the asked one, else the one they act for, else their first. Raises NotFound."""
    access = access_of(user)
    if company_id is None:
        candidates = sorted(access.referent_of) or sorted(access.companies)
        company_id = candidates[0] if candidates else None
    if company_id is None or company_id not in access.companies:
        raise NotFound
    company = db.session.get(Company, company_id)
    if company is None:
        raise NotFound
    return company


def locked_company(company_id: int) -> Company:
    """The row held until the transaction ends: what counts referents or invitations counts one at a time."""
    company = db.session.execute(
        select(Company)
        .where(Company.id == company_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if company is None:
        raise NotFound
    return company


def company_by_siren(siren: str) -> Company | None:
    return db.session.execute(select(Company).where(Company.siren == siren)).scalar_one_or_none()


def company_directory(node: Node, *, words: str = "", division: str = "", size: str = "") -> CompanyDirectory:
    """The companies admitted to a community, by name.

    A community never has more than its capacity (a hundred or so): all are read in one statement and compared here,
    so that accents never hide a firm on either database.
    """
    rows: Any = db.session.execute(
        select(
            Company.id,
            Company.name,
            Company.town,
            Company.department,
            Company.size_class,
            Company.activity_code,
            Company.kind,
            Company.summary,
            Company.skills,
            Company.equipment,
        )
        .join(CompanyMembership, CompanyMembership.company_id == Company.id)
        .where(CompanyMembership.node_id == node.id, CompanyMembership.state == "admitted")
    ).all()
    wanted = fold(words).split()
    matching = [row for row in rows if _has_words(row, wanted)]
    lines = [
        CompanyLine(*row[:-1])
        for row in matching
        if (not division or division_of(row.activity_code) == division)
        and (not size or row.size_class == size)
    ]
    counts: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for row in rows:
        code = division_of(row.activity_code)
        counts[code] = counts.get(code, 0) + 1
        sizes[row.size_class] = sizes.get(row.size_class, 0) + 1
    activities = sorted(
        ((code, division_label(code), count) for code, count in counts.items()),
        key=lambda item: fold(item[1]),
    )
    return CompanyDirectory(sorted(lines, key=lambda line: fold(line.name)), len(rows), activities, sizes)


def company_page(user: Any, company: Company) -> CompanyPage:
    """The page of a firm; of its communities only those that the reader reads are named."""
    access = access_of(user)
    is_own = company.id in access.companies
    communities = [
        line
        for line in memberships_of(company.id)
        if line.state == "admitted" and (is_own or access.reads(line.node_id))
    ]
    return CompanyPage(company, sites_of(company.id), communities, colleagues_of(company.id))


def own_company_page(user: Any, company: Company) -> OwnCompanyPage:
    """What a referent acts on; for another colleague invitations, requests and competitors stay empty."""
    page = OwnCompanyPage(
        company, sites_of(company.id), memberships_of(company.id), colleagues_of(company.id)
    )
    if company.id not in access_of(user).referent_of:
        return page
    return OwnCompanyPage(
        page.company,
        page.sites,
        page.memberships,
        page.colleagues,
        invitations_of(company.id),
        asking_colleagues(company),
        competitors_of(company.id),
    )


def sites_of(company_id: int) -> list[Site]:
    return list(
        db.session.execute(select(Site).where(Site.company_id == company_id).order_by(Site.siret)).scalars()
    )


def scopes_reading_company(company_id: int) -> list[int]:
    """Whose open pages may show what a firm says: its own, and those of the communities it is in or asks to enter."""
    rows = db.session.execute(
        select(Node.scope_id)
        .join(CompanyMembership, CompanyMembership.node_id == Node.id)
        .where(
            CompanyMembership.company_id == company_id,
            CompanyMembership.state.in_(("requested", "waiting", "admitted")),
        )
        .union(select(Company.scope_id).where(Company.id == company_id, Company.scope_id.is_not(None)))
    )
    return sorted(rows.scalars())


def _has_words(row: Any, wanted: list[str]) -> bool:
    if not wanted:
        return True
    text = fold(
        " ".join(
            (
                row.name,
                row.town,
                row.summary,
                row.skills,
                row.equipment,
                row.activity_code,
                label(row.activity_code),
            )
        )
    )
    return all(word in text for word in wanted)
