"""Who works in a firm now, and who acts for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.communities.access import access_of
from app.communities.models import Company, Employment, RoleGrant
from app.communities.queries.places import current_grant
from app.core.errors import NotFound
from app.core.time import clock
from app.extensions import db


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
