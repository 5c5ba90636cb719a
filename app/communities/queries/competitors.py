"""Declared competitors, known to the firm that declared them."""

from __future__ import annotations

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import aliased

from app.communities.models import Company, CompanyMembership, Competitor
from app.extensions import db


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
