"""Communities, firms, people and requests as lower layers know them: who sees them, what to call them, how to find them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from flask import url_for as absolute_url_for
from flask_babel import gettext as _
from sqlalchemy import and_, or_, select

from app.accounts.models import User
from app.communities import queries
from app.communities.access import access_of
from app.communities.activities import label
from app.communities.audience import NEWS
from app.communities.models import (
    Company,
    CompanyMembership,
    Employment,
    Invitation,
    JoinRequest,
    Node,
    RoleGrant,
)
from app.communities.vocabulary import role_name
from app.core import indexing, news, things
from app.core.indexing import IndexRecord
from app.core.things import Description
from app.core.time import clock
from app.extensions import db

EXCERPT = 220

# Paths: jobs and commands have no request, where Flask would give whole addresses.
url_for = partial(absolute_url_for, _external=False)


def register() -> None:
    """Make every type of this feature known to the lower layers and to the index."""
    things.register("community", visible_ids=queries.visible_node_ids, describe=describe_nodes)
    things.register("company", visible_ids=queries.visible_company_ids, describe=describe_companies)
    things.register("person", visible_ids=queries.visible_person_ids, describe=describe_people)
    things.register("membership", visible_ids=queries.visible_membership_ids, describe=describe_memberships)
    things.register("role_grant", visible_ids=queries.visible_grant_ids, describe=describe_grants)
    things.register("invitation", visible_ids=visible_invitation_ids, describe=describe_invitations)
    things.register("employment", visible_ids=visible_employment_ids, describe=describe_employments)
    things.register("join_request", visible_ids=visible_join_ids, describe=describe_joins)
    news.register(*NEWS)
    indexing.register_source("community", community_records)
    indexing.register_source("company", company_records)
    indexing.register_source("person", person_records)


def node_url(kind: str, slug: str) -> str:
    """The page of a place; the nation has none of its own but the figures."""
    if kind == "community":
        return url_for("communities.show_community", slug=slug)
    if kind == "region":
        return url_for("communities.show_region", slug=slug)
    return "/"


def describe_nodes(ids: Collection[int]) -> dict[int, Description]:
    rows = db.session.execute(
        select(Node.id, Node.name, Node.kind, Node.slug, Node.scope_id, Node.summary).where(Node.id.in_(ids))
    )
    return {
        row.id: Description(
            row.name, node_url(row.kind, row.slug), node_id=row.id, scope_id=row.scope_id, text=row.summary
        )
        for row in rows
    }


def describe_companies(ids: Collection[int]) -> dict[int, Description]:
    rows = db.session.execute(
        select(
            Company.id, Company.name, Company.scope_id, Company.summary, Company.skills, Company.equipment
        ).where(Company.id.in_(ids))
    )
    homes = _homes(ids)
    return {
        row.id: Description(
            row.name,
            url_for("communities.show_company", company_id=row.id),
            node_id=homes.get(row.id),
            scope_id=row.scope_id,
            company_id=row.id,
            text="\n\n".join(part for part in (row.summary, row.skills, row.equipment) if part),
        )
        for row in rows
    }


def describe_people(ids: Collection[int]) -> dict[int, Description]:
    rows = db.session.execute(
        select(User.id, User.given_name, User.family_name, User.trade, User.about).where(User.id.in_(ids))
    )
    homes = _homes_of_people(ids)
    return {
        row.id: Description(
            f"{row.given_name} {row.family_name}".strip(),
            url_for("communities.show_person", person_id=row.id),
            node_id=homes.get(row.id),
            author_id=row.id,
            text="\n\n".join(part for part in (row.trade, row.about) if part),
        )
        for row in rows
    }


def describe_memberships(ids: Collection[int]) -> dict[int, Description]:
    """A firm's request or place; for its managers the desk is one click further, for the firm it is its own page."""
    rows = db.session.execute(
        select(
            CompanyMembership.id,
            CompanyMembership.node_id,
            Company.id,
            Company.name,
            Node.name,
            Node.scope_id,
        )
        .join(Company, Company.id == CompanyMembership.company_id)
        .join(Node, Node.id == CompanyMembership.node_id)
        .where(CompanyMembership.id.in_(ids))
    )
    return {
        membership_id: Description(
            _("%(company)s dans %(node)s", company=company, node=node),
            url_for("communities.show_membership", membership_id=membership_id),
            node_id=node_id,
            scope_id=scope_id,
            company_id=company_id,
        )
        for membership_id, node_id, company_id, company, node, scope_id in rows
    }


def describe_grants(ids: Collection[int]) -> dict[int, Description]:
    rows = db.session.execute(
        select(
            RoleGrant.id, RoleGrant.role, RoleGrant.user_id, Node.id, Node.name, Node.kind, Node.slug, Company
        )
        .outerjoin(Node, Node.id == RoleGrant.node_id)
        .outerjoin(Company, Company.id == RoleGrant.company_id)
        .where(RoleGrant.id.in_(ids))
    )
    result = {}
    for grant_id, role, user_id, node_id, name, kind, slug, company in rows:
        place = company.name if company is not None else name
        url = url_for("communities.show_own_company") if company is not None else node_url(kind, slug)
        result[grant_id] = Description(
            f"{role_name(role)} · {place}",
            url,
            node_id=node_id,
            author_id=user_id,
            company_id=company.id if company is not None else None,
        )
    return result


def describe_invitations(ids: Collection[int]) -> dict[int, Description]:
    rows = db.session.execute(
        select(Invitation.id, Invitation.email, Invitation.label, Company.id, Company.name, User)
        .join(Company, Company.id == Invitation.company_id)
        .outerjoin(User, User.id == Invitation.accepted_by_id)
        .where(Invitation.id.in_(ids))
    )
    return {
        invitation_id: Description(
            person.name if person is not None else email or text,
            url_for("communities.show_own_company", company_id=company_id),
            company_id=company_id,
        )
        for invitation_id, email, text, company_id, _name, person in rows
    }


def describe_employments(ids: Collection[int]) -> dict[int, Description]:
    rows = db.session.execute(
        select(Employment.id, Employment.user_id, Company.id, Company.name)
        .join(Company, Company.id == Employment.company_id)
        .where(Employment.id.in_(ids))
    )
    return {
        employment_id: Description(
            name,
            url_for("communities.show_person", person_id=user_id),
            author_id=user_id,
            company_id=company_id,
        )
        for employment_id, user_id, company_id, name in rows
    }


def describe_joins(ids: Collection[int]) -> dict[int, Description]:
    rows = db.session.execute(
        select(JoinRequest.id, JoinRequest.given_name, JoinRequest.family_name, JoinRequest.company_id).where(
            JoinRequest.id.in_(ids)
        )
    )
    return {
        row.id: Description(
            f"{row.given_name} {row.family_name}".strip(),
            url_for("communities.show_join_request", join_id=row.id),
            company_id=row.company_id,
        )
        for row in rows
    }


def visible_invitation_ids(user: Any, ids: Collection[int]) -> set[int]:
    access = access_of(user)
    rows = db.session.execute(
        select(Invitation.id).where(
            Invitation.id.in_(ids),
            or_(Invitation.company_id.in_(access.referent_of), Invitation.invited_by_id == access.user_id),
        )
    )
    return set(rows.scalars())


def visible_employment_ids(user: Any, ids: Collection[int]) -> set[int]:
    access = access_of(user)
    rows = db.session.execute(
        select(Employment.id).where(
            Employment.id.in_(ids),
            or_(Employment.company_id.in_(access.companies.keys()), Employment.user_id == access.user_id),
        )
    )
    return set(rows.scalars())


def visible_join_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Newcomers who ask to enter one's firm, or a firm that has nobody left in a community one manages."""
    access = access_of(user)
    rows = db.session.execute(
        select(JoinRequest.id)
        .join(Company, Company.id == JoinRequest.company_id)
        .outerjoin(
            CompanyMembership,
            and_(CompanyMembership.company_id == Company.id, CompanyMembership.state == "admitted"),
        )
        .where(
            JoinRequest.id.in_(ids),
            or_(
                Company.id.in_(access.referent_of),
                and_(
                    Company.without_referent_since.is_not(None),
                    CompanyMembership.node_id.in_(access.moderated_ids),
                ),
            ),
        )
    )
    return set(rows.scalars())


def community_records(ids: Collection[int]) -> Iterator[IndexRecord]:
    """Places that left `draft`, found by everybody of the nation."""
    root = queries.nation()
    if root is None or root.scope_id is None:
        return
    rows = db.session.execute(
        select(Node.id, Node.name, Node.kind, Node.slug, Node.summary, Node.town, Node.created_at).where(
            Node.id.in_(ids), Node.state.not_in(("draft", "closed")), Node.kind.in_(("region", "community"))
        )
    )
    for row in rows:
        yield IndexRecord(
            row.id,
            root.scope_id,
            row.name,
            f"{row.town} {row.summary}",
            node_url(row.kind, row.slug),
            row.summary[:EXCERPT],
            row.created_at,
        )


def company_records(ids: Collection[int]) -> Iterator[IndexRecord]:
    """Firms, found by everybody of the communities that admitted them."""
    rows = db.session.execute(
        select(Company, Node.scope_id, CompanyMembership.decided_at)
        .join(CompanyMembership, CompanyMembership.company_id == Company.id)
        .join(Node, Node.id == CompanyMembership.node_id)
        .where(Company.id.in_(ids), CompanyMembership.state == "admitted", Company.state == "verified")
    )
    for company, scope_id, since in rows:
        words = (
            label(company.activity_code),
            company.town,
            company.skills,
            company.equipment,
            company.summary,
        )
        yield IndexRecord(
            company.id,
            scope_id,
            company.name,
            " ".join(words),
            url_for("communities.show_company", company_id=company.id),
            (company.summary or label(company.activity_code))[:EXCERPT],
            since or company.created_at,
        )


def person_records(ids: Collection[int]) -> Iterator[IndexRecord]:
    """People, found by everybody of their firms' communities and of the places where they hold a role."""
    through_firms = db.session.execute(
        select(User, Employment.job_title, Company.name, Company.town, Node.scope_id)
        .join(Employment, and_(Employment.user_id == User.id, Employment.ended_at.is_(None)))
        .join(Company, Company.id == Employment.company_id)
        .join(
            CompanyMembership,
            and_(CompanyMembership.company_id == Company.id, CompanyMembership.state == "admitted"),
        )
        .join(Node, Node.id == CompanyMembership.node_id)
        .where(User.id.in_(ids), User.state == "active")
        .order_by(Employment.id)
    ).all()
    through_roles = db.session.execute(
        select(User, RoleGrant.role, Node.name, Node.town, Node.scope_id)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .join(Node, Node.id == RoleGrant.node_id)
        .where(User.id.in_(ids), User.state == "active", *queries.current_grant(clock.now()))
        .order_by(RoleGrant.id)
    ).all()
    people: dict[int, User] = {}
    lines: dict[int, list[str]] = {}
    scopes: dict[int, set[int]] = {}
    named = [(row[0], row[1] or row[0].trade, row[2], row[3], row[4]) for row in through_firms]
    named += [(row[0], role_name(row[1]), row[2], row[3], row[4]) for row in through_roles]
    for user, what, where, town, scope_id in named:
        people[user.id] = user
        lines.setdefault(user.id, []).append(", ".join(part for part in (what, where, town) if part))
        scopes.setdefault(user.id, set()).add(scope_id)
    for user_id, user in people.items():
        # Readers of one place may not know the person's other firms: whoever is met in several is found by their trade.
        is_one = len(scopes[user_id]) == 1 or len(set(lines[user_id])) == 1
        line = lines[user_id][0] if is_one else user.trade
        for scope_id in scopes[user_id]:
            yield IndexRecord(
                user_id,
                scope_id,
                user.name,
                f"{line} {user.trade} {user.about}",
                url_for("communities.show_person", person_id=user_id),
                line[:EXCERPT],
                user.created_at,
            )


def _homes_of_people(user_ids: Collection[int]) -> dict[int, int]:
    """The community where somebody is met first: that of their firm."""
    rows = db.session.execute(
        select(Employment.user_id, CompanyMembership.node_id)
        .join(CompanyMembership, CompanyMembership.company_id == Employment.company_id)
        .where(
            Employment.user_id.in_(user_ids),
            Employment.ended_at.is_(None),
            CompanyMembership.state == "admitted",
        )
        .order_by(Employment.id.desc(), CompanyMembership.id.desc())
    )
    return {row.user_id: row.node_id for row in rows}


def _homes(company_ids: Collection[int]) -> dict[int, int]:
    rows = db.session.execute(
        select(CompanyMembership.company_id, CompanyMembership.node_id)
        .where(CompanyMembership.company_id.in_(company_ids), CompanyMembership.state == "admitted")
        .order_by(CompanyMembership.id.desc())
    )
    return {row.company_id: row.node_id for row in rows}
