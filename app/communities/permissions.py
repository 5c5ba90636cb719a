"""Who may do what with communities, companies and their people.

The screen hides buttons with the same functions that the operations enforce. `tests/communities/test_rights_table.py`
holds each role against each of these acts.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from app.communities.access import access_of
from app.communities.models import Company, CompanyMembership, Employment, Invitation, Node, RoleGrant

if TYPE_CHECKING:
    from app.communities.queries import Reach

OPEN_STATES = ("forming", "active", "full")
"""States in which a community takes requests."""

GRANTABLE = {
    "community_manager": ("community", ("ambassador", "national_admin")),
    "technical_advisor": ("region", ("national_admin",)),
    "ambassador": ("region", ("national_admin",)),
    "national_admin": ("nation", ("national_admin",)),
}
"""For each role given at a node: the kind of node it is given at, and the roles that give it."""


def can_create_region(user: Any) -> bool:
    return access_of(user).is_national_admin


def can_create_community(user: Any, region: Node) -> bool:
    return region.kind == "region" and access_of(user).has_role(region.id, "ambassador", "national_admin")


def can_govern_community(user: Any, node: Node) -> bool:
    """Open it, put it to sleep, close it."""
    return node.kind == "community" and access_of(user).has_role(node.id, "ambassador", "national_admin")


def can_edit_community(user: Any, node: Node) -> bool:
    return node.kind == "community" and access_of(user).manages(node.id)


def can_see_admissions(user: Any, node: Node) -> bool:
    return node.kind == "community" and access_of(user).manages(node.id)


def can_propose_split(user: Any, node: Node) -> bool:
    return node.kind == "community" and node.state == "full" and access_of(user).manages(node.id)


def can_request_membership(user: Any, company: Company, node: Node) -> bool:
    return (
        node.kind == "community"
        and node.state in OPEN_STATES
        and company.state in ("pending", "verified")
        and company.id in access_of(user).referent_of
    )


def can_decide_membership(user: Any, membership: CompanyMembership) -> bool:
    """Admit or refuse. Nobody decides about their own firm: that goes to somebody else, or one level up."""
    access = access_of(user)
    return access.manages(membership.node_id) and membership.company_id not in access.companies


def can_leave_community(user: Any, membership: CompanyMembership) -> bool:
    return membership.company_id in access_of(user).referent_of


def can_act_for_company(user: Any, company_id: int) -> bool:
    """Invite, revoke an invitation, edit the profile, declare competitors."""
    return company_id in access_of(user).referent_of


def can_see_own_company(user: Any, company_id: int) -> bool:
    return company_id in access_of(user).companies


def can_resend_invitation(user: Any, invitation: Invitation) -> bool:
    return can_act_for_company(user, invitation.company_id) or invitation.invited_by_id == user.id


def can_print_return(user: Any, reach: Reach | None) -> bool:
    """A referent, so that a colleague without a mailbox chooses a new password.

    Whoever holds the sheet holds the account: so only for one that reaches no further than the firm itself.
    """
    return (
        reach is not None
        and reach.user_id != user.id
        and can_act_for_company(user, reach.company_id)
        and not (reach.has_mailbox or reach.holds_a_role_above or reach.is_known_elsewhere)
    )


def can_end_employment(user: Any, employment: Employment) -> bool:
    """A referent for a colleague, anybody for themselves."""
    return employment.user_id == user.id or can_act_for_company(user, employment.company_id)


def can_name_referent(user: Any, company: Company, node_ids: Collection[int]) -> bool:
    """A referent names another; without any, those who manage one of the company's communities (`node_ids`) do."""
    access = access_of(user)
    if company.id in access.referent_of:
        return True
    return company.without_referent_since is not None and any(access.manages(node_id) for node_id in node_ids)


def can_grant(user: Any, role: str, node: Node) -> bool:
    """Give a role at a node of the tree. A firm's referents are named with `can_name_referent`."""
    kind, granters = GRANTABLE.get(role, ("", ()))
    return node.kind == kind and access_of(user).has_role(node.id, *granters)


def can_revoke(user: Any, grant: RoleGrant) -> bool:
    """Take a role back: whoever could give it, and its holder."""
    if grant.user_id == user.id:
        return True
    if grant.company_id is not None:
        return grant.company_id in access_of(user).referent_of
    granters = GRANTABLE.get(grant.role, ("", ()))[1]
    return access_of(user).has_role(grant.node_id, *granters)


def can_see_roles(user: Any, node: Node) -> bool:
    return access_of(user).manages(node.id)


def grantable_roles(user: Any, node: Node) -> list[str]:
    """The roles this person may give at this node, in the order of the tree."""
    return [role for role in GRANTABLE if can_grant(user, role, node)]
