"""Who asks to come in and waits for those who manage a place: firms, and newcomers of a firm that has nobody left."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, select

from app.communities.access import Access, access_of
from app.communities.models import Company, CompanyMembership, JoinRequest, Node
from app.core.database import BigId, read

MANAGED = bindparam("asked_nodes", type_=BigId, expanding=True)
NOT_OWN = bindparam("asked_outside", type_=BigId, expanding=True)


def asked(access: Access) -> dict[str, Any]:
    """Who manages which places, as the values of the conditions below; one's own firm is somebody else's to judge."""
    managed = sorted(node_id for node_id in access.roles_at if access.manages(node_id))
    return {"asked_nodes": managed, "asked_outside": list(access.companies)}


@cache
def firms_number() -> Any:
    """How many firms ask in."""
    return select(func.count()).select_from(CompanyMembership).where(*_firm_asks())


@cache
def newcomers_number() -> Any:
    """How many newcomers wait for a firm without a referent."""
    return (
        select(func.count(JoinRequest.id.distinct()))
        .join(Company, Company.id == JoinRequest.company_id)
        .join(CompanyMembership, CompanyMembership.company_id == Company.id)
        .where(*_newcomer_asks())
    )


def firms_asking(user: Any, most: int) -> list[Any]:
    """The firms that ask in where this person manages, the oldest first."""
    return list(read(_firms(most), **asked(access_of(user))).all())


def newcomers_asking(user: Any, most: int) -> list[Any]:
    """The newcomers whom nobody of their firm can answer, the oldest first."""
    return list(read(_newcomers(most), **asked(access_of(user))).all())


@cache
def _firms(most: int) -> Any:
    return (
        select(
            CompanyMembership.id,
            CompanyMembership.node_id,
            CompanyMembership.requested_at,
            CompanyMembership.message,
            Company.name,
            Company.town,
            Node.slug,
        )
        .join(Company, Company.id == CompanyMembership.company_id)
        .join(Node, Node.id == CompanyMembership.node_id)
        .where(*_firm_asks())
        .order_by(CompanyMembership.requested_at, CompanyMembership.id)
        .limit(most)
    )


@cache
def _newcomers(most: int) -> Any:
    return (
        select(
            JoinRequest.id,
            JoinRequest.given_name,
            JoinRequest.family_name,
            func.coalesce(JoinRequest.confirmed_at, JoinRequest.created_at).label("asked_at"),
            Company.name,
            func.min(CompanyMembership.node_id).label("node_id"),
        )
        .join(Company, Company.id == JoinRequest.company_id)
        .join(CompanyMembership, CompanyMembership.company_id == Company.id)
        .where(*_newcomer_asks())
        .group_by(JoinRequest.id, Company.name)
        .order_by(JoinRequest.created_at, JoinRequest.id)
        .limit(most)
    )


def _firm_asks() -> tuple[Any, ...]:
    return (
        CompanyMembership.state == "requested",
        CompanyMembership.node_id.in_(MANAGED),
        CompanyMembership.company_id.not_in(NOT_OWN),
    )


def _newcomer_asks() -> tuple[Any, ...]:
    return (
        JoinRequest.state == "confirmed",
        JoinRequest.user_id.is_(None),
        Company.without_referent_since.is_not(None),
        CompanyMembership.state == "admitted",
        CompanyMembership.node_id.in_(MANAGED),
        CompanyMembership.company_id.not_in(NOT_OWN),
    )
