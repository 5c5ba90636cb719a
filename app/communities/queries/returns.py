"""Colleagues who forgot their password and have no mailbox: how far their accounts reach, and the codes printed for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.communities.models import Employment, ReturnCode, RoleGrant
from app.core.time import clock
from app.extensions import db

OTHER = aliased(Employment)


@dataclass(frozen=True)
class Reach:
    """How far the account of somebody who works in a firm reaches. Roles that begin later count already."""

    user_id: int
    company_id: int
    has_mailbox: bool
    holds_a_role_above: bool
    is_known_elsewhere: bool


def reach_of_colleagues(company_id: int, user_id: int | None = None) -> dict[int, Reach]:
    """How far the account of each colleague reaches (or of this one); nobody who left, nor a closed account."""
    held = and_(
        RoleGrant.user_id == User.id,
        RoleGrant.revoked_at.is_(None),
        or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > clock.now()),
    )
    works_elsewhere = exists().where(
        OTHER.user_id == User.id, OTHER.company_id != company_id, OTHER.ended_at.is_(None)
    )
    speaks_elsewhere = exists().where(
        held, RoleGrant.company_id.is_not(None), RoleGrant.company_id != company_id
    )
    statement = (
        select(
            User.id,
            User.email.is_not(None).label("has_mailbox"),
            exists().where(held, RoleGrant.node_id.is_not(None)).label("holds_a_role_above"),
            or_(works_elsewhere, speaks_elsewhere).label("is_known_elsewhere"),
        )
        .join(Employment, Employment.user_id == User.id)
        .where(Employment.company_id == company_id, Employment.ended_at.is_(None), User.state == "active")
    )
    if user_id is not None:
        statement = statement.where(User.id == user_id)
    return {
        row.id: Reach(
            row.id,
            company_id,
            bool(row.has_mailbox),
            bool(row.holds_a_role_above),
            bool(row.is_known_elsewhere),
        )
        for row in db.session.execute(statement)
    }


def return_by_hash(token_hash: str) -> ReturnCode | None:
    """The code of a sheet, whatever its state."""
    return db.session.execute(
        select(ReturnCode).where(ReturnCode.token_hash == token_hash)
    ).scalar_one_or_none()


def returns_printed_since(user_id: int, since: datetime) -> int:
    """How many codes were printed for somebody since then."""
    return db.session.execute(
        select(func.count())
        .select_from(ReturnCode)
        .where(ReturnCode.user_id == user_id, ReturnCode.created_at > since)
    ).scalar_one()
