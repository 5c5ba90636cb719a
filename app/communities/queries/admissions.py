"""The admission desk: who asks, what is known of them, who waits for a place, what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, or_, select

from app.accounts.models import User
from app.communities.access import access_of
from app.communities.activities import label
from app.communities.models import Company, CompanyMembership, Employment, JoinRequest, Node
from app.communities.queries.companies import CompanyLine, sites_of
from app.core.errors import NotFound
from app.extensions import db


@dataclass(frozen=True)
class Asking:
    """A company before its admission, with everything the installation knows of it."""

    membership: CompanyMembership
    company: Company
    sites: list[Any]
    people: list[tuple[int, str, str]]
    asked_by: User | None
    elsewhere: list[tuple[str, str]]
    also_asked: int
    is_own_firm: bool

    @property
    def activity(self) -> str:
        return label(self.company.activity_code)


@dataclass(frozen=True)
class DeskLine:
    """A request in a list of the desk."""

    membership_id: int
    company_id: int
    company: str
    town: str
    size_class: str
    state: str
    requested_at: datetime
    decided_at: datetime | None
    decided_by: str
    reason_code: str
    reason: str


@dataclass(frozen=True)
class Desk:
    """Everything that waits in a community, the oldest first."""

    requests: list[DeskLine]
    waiting: list[DeskLine]
    decided: list[DeskLine]
    without_referent: list[CompanyLine]


def membership_managed_by(user: Any, membership_id: int) -> CompanyMembership:
    """A request or membership in a community this person manages. Raises NotFound."""
    membership = db.session.get(CompanyMembership, membership_id)
    if membership is None or not access_of(user).manages(membership.node_id):
        raise NotFound
    return membership


def membership_of_own_firm(user: Any, membership_id: int) -> CompanyMembership:
    """A membership of a firm this person acts for. Raises NotFound."""
    membership = db.session.get(CompanyMembership, membership_id)
    if membership is None or membership.company_id not in access_of(user).referent_of:
        raise NotFound
    return membership


def membership_address(user: Any, membership_id: int) -> tuple[str | None, int]:
    """(slug of the community for its managers, else None; id of the firm). Raises NotFound."""
    if membership_id not in visible_membership_ids(user, [membership_id]):
        raise NotFound
    row = db.session.execute(
        select(Node.id, Node.slug, CompanyMembership.company_id)
        .join(Node, Node.id == CompanyMembership.node_id)
        .where(CompanyMembership.id == membership_id)
    ).one()
    access = access_of(user)
    is_desk = access.manages(row.id) and row.company_id not in access.companies
    return row.slug if is_desk else None, row.company_id


def membership_line(membership_id: int) -> tuple[str, str, int]:
    """(name of the firm, name of the community, colleagues who lose it) for the page that asks before leaving."""
    row = db.session.execute(
        select(Company.id, Company.name, Node.name.label("node"))
        .select_from(CompanyMembership)
        .join(Company, Company.id == CompanyMembership.company_id)
        .join(Node, Node.id == CompanyMembership.node_id)
        .where(CompanyMembership.id == membership_id)
    ).one()
    staff = db.session.execute(
        select(func.count())
        .select_from(Employment)
        .where(Employment.company_id == row.id, Employment.ended_at.is_(None))
    ).scalar_one()
    return row.name, row.node, staff


def visible_membership_ids(user: Any, ids: Any) -> set[int]:
    """Requests of one's own firms, and those that reach a community one manages."""
    access = access_of(user)
    rows = db.session.execute(
        select(CompanyMembership.id).where(
            CompanyMembership.id.in_(ids),
            or_(
                CompanyMembership.company_id.in_(access.companies.keys()),
                CompanyMembership.node_id.in_(access.moderated_ids),
            ),
        )
    )
    return set(rows.scalars())


def locked_membership(membership_id: int) -> CompanyMembership:
    """The row held until the transaction ends, so that one decision is taken about it."""
    membership = db.session.execute(
        select(CompanyMembership)
        .where(CompanyMembership.id == membership_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if membership is None:
        raise NotFound
    return membership


def desk_of(node: Node, decided: int = 12) -> Desk:
    """The desk of a community in two statements, whatever its length."""
    open_rows = db.session.execute(
        _desk_lines().where(
            CompanyMembership.node_id == node.id, CompanyMembership.state.in_(("requested", "waiting"))
        )
    )
    lines = [DeskLine(*row) for row in open_rows]
    done = db.session.execute(
        _desk_lines()
        .where(
            CompanyMembership.node_id == node.id,
            CompanyMembership.state.in_(("admitted", "refused", "left")),
            CompanyMembership.decided_at.is_not(None),
        )
        .order_by(None)
        .order_by(func.coalesce(CompanyMembership.left_at, CompanyMembership.decided_at).desc())
        .limit(decided)
    )
    return Desk(
        [line for line in lines if line.state == "requested"],
        [line for line in lines if line.state == "waiting"],
        [DeskLine(*row) for row in done],
        companies_without_referent(node),
    )


def pending_count(node_ids: Any) -> int:
    """How many requests wait for a decision in these communities (for the frame of the page)."""
    if not node_ids:
        return 0
    return db.session.execute(
        select(func.count())
        .select_from(CompanyMembership)
        .where(CompanyMembership.node_id.in_(node_ids), CompanyMembership.state == "requested")
    ).scalar_one()


def asking(user: Any, membership: CompanyMembership) -> Asking:
    """One request with what is known: firm, sites, who asks, its other communities, other people of the firm."""
    company = db.session.get_one(Company, membership.company_id)
    people = db.session.execute(
        select(User.id, User.given_name, User.family_name, Employment.job_title, User.trade, User.email)
        .join(Employment, Employment.user_id == User.id)
        .where(Employment.company_id == company.id, Employment.ended_at.is_(None))
        .order_by(Employment.id)
        .limit(12)
    ).all()
    elsewhere = db.session.execute(
        select(Node.name, CompanyMembership.state)
        .join(Node, Node.id == CompanyMembership.node_id)
        .where(
            CompanyMembership.company_id == company.id,
            CompanyMembership.id != membership.id,
            CompanyMembership.state.in_(("admitted", "requested", "waiting")),
        )
        .order_by(Node.name)
    ).all()
    also = db.session.execute(
        select(func.count())
        .select_from(JoinRequest)
        .where(
            JoinRequest.siren == company.siren,
            JoinRequest.state == "confirmed",
            JoinRequest.user_id.is_(None),
        )
    ).scalar_one()
    return Asking(
        membership,
        company,
        sites_of(company.id),
        [
            (row.id, f"{row.given_name} {row.family_name}".strip(), row.job_title or row.trade)
            for row in people
        ],
        db.session.get(User, membership.requested_by_id) if membership.requested_by_id else None,
        [(row.name, row.state) for row in elsewhere],
        also,
        company.id in access_of(user).companies,
    )


def companies_without_referent(node: Node) -> list[CompanyLine]:
    """Members of this community whose last referent left."""
    rows = db.session.execute(
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
        )
        .join(
            CompanyMembership,
            and_(
                CompanyMembership.company_id == Company.id,
                CompanyMembership.node_id == node.id,
                CompanyMembership.state == "admitted",
            ),
        )
        .where(Company.without_referent_since.is_not(None))
        .order_by(Company.name)
    )
    return [CompanyLine(*row) for row in rows]


def _desk_lines() -> Any:
    return (
        select(
            CompanyMembership.id,
            Company.id,
            Company.name,
            Company.town,
            Company.size_class,
            CompanyMembership.state,
            CompanyMembership.requested_at,
            case(
                (CompanyMembership.state == "left", CompanyMembership.left_at),
                else_=CompanyMembership.decided_at,
            ),
            func.coalesce(User.given_name + " " + User.family_name, ""),
            CompanyMembership.reason_code,
            CompanyMembership.reason,
        )
        .join(Company, Company.id == CompanyMembership.company_id)
        .outerjoin(User, User.id == CompanyMembership.decided_by_id)
        .order_by(CompanyMembership.requested_at, CompanyMembership.id)
    )
