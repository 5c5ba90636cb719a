"""The communities of a firm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.communities.models import CompanyMembership, Node
from app.extensions import db


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


def community_ids_of(company_id: int) -> list[int]:
    """The communities the firm belongs to."""
    return list(
        db.session.execute(
            select(CompanyMembership.node_id).where(
                CompanyMembership.company_id == company_id, CompanyMembership.state == "admitted"
            )
        ).scalars()
    )
