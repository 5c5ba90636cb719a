"""What the public may know in numbers: sums over many firms, never one firm's."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import func, select

from app.accounts.models import User
from app.communities.activities import division_label, division_of
from app.communities.models import Company, CompanyMembership, Employment, Node
from app.communities.permissions import OPEN_STATES
from app.communities.queries.places import RegionLine, regions
from app.core.time import clock
from app.extensions import db

FRESH_SECONDS = 60.0
SMALLEST_GROUP = 3
"""An activity practised by fewer firms than this is not named in public."""


@dataclass(frozen=True)
class Figures:
    """The figures of the public pages, all taken at `at`."""

    at: datetime
    communities: int
    companies: int
    people: int
    regions: list[RegionLine]
    activities: list[tuple[str, int]]


def public_figures() -> Figures:
    """The public figures, at most a minute old: a popular page must not count people at every visit."""
    kept = current_app.extensions.get("public_figures")
    if kept is not None and time.monotonic() < kept[0] and not current_app.testing:
        return kept[1]
    figures = count_figures()
    current_app.extensions["public_figures"] = (time.monotonic() + FRESH_SECONDS, figures)
    return figures


def count_figures() -> Figures:
    """Count now: four statements."""
    admitted = (
        select(CompanyMembership.company_id)
        .join(Node, Node.id == CompanyMembership.node_id)
        .where(CompanyMembership.state == "admitted", Node.state.in_(OPEN_STATES))
        .distinct()
        .subquery()
    )
    communities = db.session.execute(
        select(func.count()).select_from(Node).where(Node.kind == "community", Node.state.in_(OPEN_STATES))
    ).scalar_one()
    by_code = db.session.execute(
        select(Company.activity_code, func.count())
        .join(admitted, admitted.c.company_id == Company.id)
        .group_by(Company.activity_code)
    ).all()
    people = db.session.execute(
        select(func.count(func.distinct(Employment.user_id)))
        .join(admitted, admitted.c.company_id == Employment.company_id)
        .join(User, User.id == Employment.user_id)
        .where(Employment.ended_at.is_(None), User.state == "active")
    ).scalar_one()
    divisions: dict[str, int] = {}
    for code, count in by_code:
        division = division_of(code)
        divisions[division] = divisions.get(division, 0) + count
    activities = sorted(
        ((division_label(code), count) for code, count in divisions.items() if count >= SMALLEST_GROUP),
        key=lambda item: (-item[1], item[0]),
    )
    return Figures(
        clock.now(), communities, sum(count for _code, count in by_code), people, regions(), activities
    )
