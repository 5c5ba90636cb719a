"""Companies: who may see one, the directory of a community, the page of one, and the firm as its own people see it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.communities.access import access_of
from app.communities.activities import division_label, division_of, label
from app.communities.models import (
    Company,
    CompanyMembership,
    Competitor,
    Employment,
    Invitation,
    JoinRequest,
    Node,
    RoleGrant,
    Site,
)
from app.communities.queries.places import current_grant
from app.core.errors import NotFound
from app.core.slugs import fold
from app.core.time import clock
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
class Colleague:
    """Somebody who works in a firm now."""

    user_id: int
    employment_id: int
    name: str
    initials: str
    trade: str
    email: str | None
    starts_on: Any
    grant_id: int | None

    @property
    def is_referent(self) -> bool:
        return self.grant_id is not None


@dataclass(frozen=True)
class MembershipLine:
    """A firm in a community, as the firm's own people or the community's managers read it."""

    id: int
    node_id: int
    node_name: str
    node_slug: str
    region_code: str | None
    state: str
    requested_at: datetime
    decided_at: datetime | None
    reason_code: str
    reason: str


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


def memberships_of(company_id: int) -> list[MembershipLine]:
    """Every community a firm asked for, belongs to or left; the newest row of each community, open ones first."""
    rows: Any = db.session.execute(
        select(
            CompanyMembership.id,
            Node.id,
            Node.name,
            Node.slug,
            Node.region_code,
            CompanyMembership.state,
            CompanyMembership.requested_at,
            CompanyMembership.decided_at,
            CompanyMembership.reason_code,
            CompanyMembership.reason,
        )
        .join(Node, Node.id == CompanyMembership.node_id)
        .where(CompanyMembership.company_id == company_id)
        .order_by(CompanyMembership.id.desc())
    )
    newest: dict[int, MembershipLine] = {}
    for row in rows:
        newest.setdefault(row[1], MembershipLine(*row))
    order = ("admitted", "requested", "waiting", "refused", "left")
    return sorted(newest.values(), key=lambda line: (order.index(line.state), line.node_name))


def colleagues_of(company_id: int) -> list[Colleague]:
    """Who works there now, referents first, then by name."""
    grant = aliased(RoleGrant)
    rows = db.session.execute(
        select(
            User.id,
            Employment.id,
            User.given_name,
            User.family_name,
            Employment.job_title,
            User.trade,
            User.email,
            Employment.starts_on,
            grant.id,
        )
        .join(User, User.id == Employment.user_id)
        .outerjoin(
            grant,
            and_(
                grant.user_id == User.id,
                grant.company_id == company_id,
                grant.role == "company_admin",
                grant.revoked_at.is_(None),
                or_(grant.ends_at.is_(None), grant.ends_at > clock.now()),
            ),
        )
        .where(Employment.company_id == company_id, Employment.ended_at.is_(None), User.state == "active")
        .order_by(User.family_name, User.given_name, User.id)
    )
    people = [
        Colleague(
            user_id,
            employment_id,
            f"{given} {family}".strip(),
            (given[:1] + family[:1]).upper(),
            job or trade,
            email,
            starts_on,
            grant_id,
        )
        for user_id, employment_id, given, family, job, trade, email, starts_on, grant_id in rows
    ]
    return sorted(people, key=lambda person: not person.is_referent)


def colleague(company_id: int, user_id: int) -> User:
    """Somebody who works there now. Raises NotFound."""
    person = db.session.execute(
        select(User)
        .join(Employment, Employment.user_id == User.id)
        .where(
            User.id == user_id,
            User.state == "active",
            Employment.company_id == company_id,
            Employment.ended_at.is_(None),
        )
    ).scalar_one_or_none()
    if person is None:
        raise NotFound
    return person


def colleague_ids(company_id: int) -> list[int]:
    """Everybody who works there now."""
    return list(
        db.session.execute(
            select(Employment.user_id).where(
                Employment.company_id == company_id, Employment.ended_at.is_(None)
            )
        ).scalars()
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


def firms_of_person(user_id: int) -> list[str]:
    """The firms somebody works for, named and numbered, as an identity is kept."""
    rows = db.session.execute(
        select(Company.name, Company.siren)
        .join(Employment, Employment.company_id == Company.id)
        .where(Employment.user_id == user_id, Employment.ended_at.is_(None))
        .order_by(Employment.id)
    )
    return [f"{row.name} ({row.siren})" for row in rows]


def referents_of(company_id: int) -> list[User]:
    """Those who act for the firm now: a current grant and a current employment."""
    return list(
        db.session.execute(
            select(User)
            .join(RoleGrant, RoleGrant.user_id == User.id)
            .where(
                RoleGrant.company_id == company_id,
                RoleGrant.role == "company_admin",
                *current_grant(clock.now()),
                User.state == "active",
                exists().where(
                    Employment.user_id == User.id,
                    Employment.company_id == company_id,
                    Employment.ended_at.is_(None),
                ),
            )
            .order_by(RoleGrant.starts_at)
        ).scalars()
    )


def community_ids_of(company_id: int) -> list[int]:
    """The communities the firm belongs to."""
    return list(
        db.session.execute(
            select(CompanyMembership.node_id).where(
                CompanyMembership.company_id == company_id, CompanyMembership.state == "admitted"
            )
        ).scalars()
    )


def invitations_of(company_id: int, limit: int = 60) -> list[Invitation]:
    """The firm's invitations, those still open first, then the newest."""
    rows = db.session.execute(
        select(Invitation)
        .where(Invitation.company_id == company_id)
        .order_by(
            or_(Invitation.accepted_at.is_not(None), Invitation.revoked_at.is_not(None)), Invitation.id.desc()
        )
        .limit(limit)
    )
    return list(rows.scalars())


def invitation_for(user: Any, invitation_id: int) -> Invitation:
    """An invitation of a firm this person acts for, or that they sent. Raises NotFound."""
    invitation = db.session.get(Invitation, invitation_id)
    access = access_of(user)
    if invitation is None or not (
        invitation.company_id in access.referent_of or invitation.invited_by_id == user.id
    ):
        raise NotFound
    return invitation


def asking_colleagues(company: Company) -> list[JoinRequest]:
    """People who proved their address and wait for a referent of this firm."""
    rows = db.session.execute(
        select(JoinRequest)
        .where(
            JoinRequest.company_id == company.id,
            JoinRequest.state == "confirmed",
            JoinRequest.user_id.is_(None),
        )
        .order_by(JoinRequest.confirmed_at)
    )
    return list(rows.scalars())


def join_request_for(user: Any, join_id: int) -> JoinRequest:
    """A colleague's request that this person may answer. Raises NotFound."""
    join = db.session.get(JoinRequest, join_id)
    if join is None or join.company_id is None or join.state != "confirmed":
        raise NotFound
    access = access_of(user)
    if join.company_id in access.referent_of:
        return join
    company = db.session.get(Company, join.company_id)
    has_nobody = company is not None and company.without_referent_since is not None
    if has_nobody and any(access.manages(node_id) for node_id in community_ids_of(join.company_id)):
        return join
    raise NotFound


def employment_for(user: Any, employment_id: int) -> Employment:
    """A current employment in one of the person's own firms. Raises NotFound."""
    employment = db.session.get(Employment, employment_id)
    if (
        employment is None
        or employment.ended_at is not None
        or employment.company_id not in access_of(user).companies
    ):
        raise NotFound
    return employment


def competitors_of(company_id: int) -> list[tuple[int, str]]:
    """The firms this one declared, by name; for its own referents only."""
    rows = db.session.execute(
        select(Company.id, Company.name)
        .join(Competitor, Competitor.competitor_id == Company.id)
        .where(Competitor.company_id == company_id)
        .order_by(Company.name)
    )
    return [(row.id, row.name) for row in rows]


def possible_competitors(company: Company) -> list[tuple[int, str]]:
    """The firms met in the company's own communities, not yet declared."""
    own, other = aliased(CompanyMembership), aliased(CompanyMembership)
    rows = db.session.execute(
        select(Company.id, Company.name)
        .join(other, and_(other.company_id == Company.id, other.state == "admitted"))
        .join(own, and_(own.node_id == other.node_id, own.company_id == company.id, own.state == "admitted"))
        .where(
            Company.id != company.id,
            ~exists().where(Competitor.company_id == company.id, Competitor.competitor_id == Company.id),
        )
        .distinct()
        .order_by(Company.name)
    )
    return [(row.id, row.name) for row in rows]


def rivals_meet_in(node_id: int) -> bool:
    """Whether two firms of a community declared one another: its rooms then carry the reminder on prices."""
    one, two = aliased(CompanyMembership), aliased(CompanyMembership)
    found = db.session.execute(
        select(Competitor.id)
        .join(
            one,
            and_(one.company_id == Competitor.company_id, one.state == "admitted", one.node_id == node_id),
        )
        .join(
            two,
            and_(two.company_id == Competitor.competitor_id, two.state == "admitted", two.node_id == node_id),
        )
        .limit(1)
    ).first()
    return found is not None


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
