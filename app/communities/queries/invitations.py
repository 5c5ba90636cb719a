"""Who is on the way into a firm: people invited, and people who asked by themselves."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select

from app.communities.access import access_of
from app.communities.models import Company, Invitation, JoinRequest
from app.communities.queries.memberships import community_ids_of
from app.core.errors import NotFound
from app.extensions import db


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
