"""A company in a community: asked for, admitted or refused by a human, waiting for a place, gone.

Locks are always taken in the same order (membership, company, community), so that two acts cannot wait for each other.
"""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.models import User
from app.communities import queries
from app.communities.access import rights_changed
from app.communities.models import Company, CompanyMembership, Node
from app.communities.operations.tree import state_for
from app.communities.permissions import (
    OPEN_STATES,
    can_decide_membership,
    can_leave_community,
    can_request_membership,
)
from app.communities.vocabulary import REFUSAL_REASONS
from app.core import audit, duties, idempotency, indexing, journal
from app.core.database import rows_changed
from app.core.errors import Refusal, require
from app.core.time import clock
from app.extensions import db


def request_membership(
    company: Company, node: Node, *, by: User, message: str = "", request_id: str | None = None
) -> CompanyMembership:
    """Ask that the company enter the community; its managers are told.

    Sent twice with the same request id, it returns the first request. Two open requests of one company for one
    community meet `uq_company_membership_open`.
    """
    require(can_request_membership(by, company, node))
    sender, hashed = idempotency.sender_of(by.id), idempotency.content_hash(company.id, node.id, message)
    if request_id is not None:
        made = idempotency.already_made(sender, request_id, hashed, "membership")
        if made is not None:
            return db.session.get_one(CompanyMembership, made)
    membership = ask_for(company, node, requested_by=by, message=message)
    if request_id is not None:
        idempotency.remember(sender, request_id, hashed, "membership", membership.id)
    return membership


def ask_for(
    company: Company, node: Node, *, requested_by: User | None, message: str = ""
) -> CompanyMembership:
    """Record a request without asking who may: for `request_membership`, confirmed newcomers and commands.

    Two open requests of one company for one community meet `uq_company_membership_open`.
    """
    membership = CompanyMembership(
        company_id=company.id,
        node_id=node.id,
        state="requested",
        message=message,
        requested_by_id=requested_by.id if requested_by else None,
        requested_at=clock.now(),
    )
    _add(membership, company, node)
    audit.record(
        requested_by,
        "requested_membership",
        "membership",
        membership.id,
        node_id=node.id,
        company_id=company.id,
    )
    _journal(membership, node, company, "membership.requested", requested_by)
    _owe("membership_requested", membership, requested_by)
    return membership


def admit(membership: CompanyMembership, *, by: User) -> CompanyMembership:
    """Let a company in, or give it the next waiting place when the community is full; returns the membership.

    Its state tells which. The first admission verifies the company. Two admissions of the last place: each takes it by
    an UPDATE with the capacity in its WHERE clause, and the CHECK `within_capacity` stands behind; the row of the
    membership is held, so two managers cannot decide it twice.
    """
    membership = queries.locked_membership(membership.id)
    require(can_decide_membership(by, membership))
    if membership.state not in ("requested", "waiting"):
        raise Refusal(_("Cette demande a déjà reçu une réponse."), status=409)
    company = queries.locked_company(membership.company_id)
    if company.state not in ("pending", "verified"):
        raise Refusal(_("L’entreprise %(name)s n’est plus active ici.", name=company.name))
    was_waiting = membership.state == "waiting"
    state = "admitted" if _take_place(membership.node_id) else "waiting"
    if state == "waiting" and was_waiting:
        raise Refusal(_("La communauté est toujours complète : aucune place ne s’est libérée."))
    _decide(membership, state, by)
    if company.state == "pending":
        company.state, company.verified_at, company.verified_by_id = "verified", clock.now(), by.id
        company.version += 1
    node = _fresh_node(membership.node_id)
    db.session.flush()
    audit.record(by, "admitted_company" if state == "admitted" else "put_on_waiting_list", "membership",
                 membership.id, node_id=node.id, company_id=company.id)  # fmt: skip
    _journal(membership, node, company, f"membership.{state}", by)
    _owe(f"membership_{state}", membership, by)
    if state == "admitted":
        _people_may_come_or_go(company)
    return membership


def refuse(membership: CompanyMembership, *, by: User, reason_code: str, reason: str) -> None:
    """Say no, with a ground from the list and facts in words; the company is told and may ask again.

    The row is held, so one decision is taken; the CHECK `refusal_has_reason` refuses an unexplained one.
    """
    membership = queries.locked_membership(membership.id)
    require(can_decide_membership(by, membership))
    if membership.state not in ("requested", "waiting"):
        raise Refusal(_("Cette demande a déjà reçu une réponse."), status=409)
    if reason_code not in REFUSAL_REASONS:
        raise Refusal(_("Choisissez un motif de refus."), field="reason_code")
    if not reason.strip():
        raise Refusal(_("Expliquez le refus : l’entreprise lira ce texte."), field="reason")
    _decide(membership, "refused", by, reason_code, reason.strip())
    db.session.flush()
    company, node = db.session.get_one(Company, membership.company_id), _fresh_node(membership.node_id)
    audit.record(by, "refused_company", "membership", membership.id, node_id=node.id, company_id=company.id,
                 reason_code=reason_code)  # fmt: skip
    _journal(membership, node, company, "membership.refused", by)
    _owe("membership_refused", membership, by)


def leave_community(membership: CompanyMembership, *, by: User) -> None:
    """Withdraw a request or leave: access of the company's people ends at once, what they wrote stays.

    The row is held and the counter goes down by an UPDATE, so leaving twice frees one place.
    """
    membership = queries.locked_membership(membership.id)
    require(can_leave_community(by, membership))
    end_membership(membership, by=by)


def end_membership(membership: CompanyMembership, *, by: User | None) -> None:
    """End an open request or membership without asking who may; the caller holds the row."""
    if membership.state not in ("requested", "waiting", "admitted"):
        raise Refusal(_("Votre entreprise n’est plus dans cette communauté."), status=409)
    was_admitted = membership.state == "admitted"
    company = queries.locked_company(membership.company_id)
    membership.state, membership.left_at = "left", clock.now()
    membership.version += 1
    db.session.flush()
    if was_admitted:
        _free_place(membership.node_id)
    node = _fresh_node(membership.node_id)
    audit.record(by, "left_community", "membership", membership.id, node_id=node.id, company_id=company.id)
    _journal(membership, node, company, "membership.left", by)
    if was_admitted:
        _people_may_come_or_go(company)
        if queries.waiting_count(node.id):
            duties.owe("membership_place_free", "community", node.id, by.id if by else None, node_id=node.id)


def readmit(membership: CompanyMembership, *, by: User) -> CompanyMembership:
    """Take back a company that left or was refused, without a new request; the old row stays as it was decided.

    A second open row meets `uq_company_membership_open`.
    """
    require(can_decide_membership(by, membership))
    if membership.state not in ("refused", "left"):
        raise Refusal(_("Cette entreprise n’a pas quitté la communauté."), status=409)
    company = db.session.get_one(Company, membership.company_id)
    node = db.session.get_one(Node, membership.node_id)
    again = CompanyMembership(
        company_id=company.id,
        node_id=node.id,
        state="requested",
        requested_by_id=membership.requested_by_id,
        requested_at=clock.now(),
    )
    _add(again, company, node)
    return admit(again, by=by)


def _add(membership: CompanyMembership, company: Company, node: Node) -> None:
    """One request or place of a firm in a community: the index says who was first."""
    if node.state not in OPEN_STATES:
        raise Refusal(_("La communauté %(name)s n’accueille pas d’entreprise en ce moment.", name=node.name))
    try:
        with db.session.begin_nested():
            db.session.add(membership)
            db.session.flush()
    except IntegrityError:
        raise Refusal(
            _(
                "%(company)s a déjà une demande ou une place dans %(node)s.",
                company=company.name,
                node=node.name,
            )
        ) from None


def _take_place(node_id: int) -> bool:
    following = Node.member_count + 1
    taken = rows_changed(
        update(Node)
        .where(
            Node.id == node_id,
            Node.kind == "community",
            Node.state.in_(OPEN_STATES),
            Node.member_count < Node.capacity,
        )
        .values(member_count=following, state=state_for(following))
    )
    if taken:
        return True
    state = db.session.execute(select(Node.state).where(Node.id == node_id)).scalar_one()
    if state not in OPEN_STATES:
        raise Refusal(_("Cette communauté n’accueille pas d’entreprise en ce moment."))
    return False


def _free_place(node_id: int) -> None:
    following = Node.member_count - 1
    db.session.execute(
        update(Node)
        .where(Node.id == node_id)
        .values(member_count=following)
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        update(Node)
        .where(Node.id == node_id, Node.state.in_(OPEN_STATES))
        .values(state=state_for(Node.member_count))
        .execution_options(synchronize_session=False)
    )


def _decide(
    membership: CompanyMembership, state: str, by: User, reason_code: str = "", reason: str = ""
) -> None:
    membership.state = state
    membership.decided_by_id, membership.decided_at = by.id, clock.now()
    membership.reason_code, membership.reason = reason_code, reason
    membership.version += 1


def _fresh_node(node_id: int) -> Node:
    return db.session.get_one(Node, node_id, populate_existing=True)


def _journal(membership: CompanyMembership, node: Node, company: Company, kind: str, by: User | None) -> None:
    actor_id = by.id if by else None
    # A manager's page listens to the topmost place they manage only, so each level above is told.
    above = select(Node.moderators_scope_id).where(Node.id.in_(queries.ancestor_ids(node)))
    scopes = [*db.session.execute(above).scalars(), company.scope_id]
    if kind in ("membership.admitted", "membership.left"):
        scopes.append(node.scope_id)
    for scope_id in scopes:
        if scope_id is not None:
            journal.record(
                scope_id, kind, "membership", membership.id, version=membership.version, actor_id=actor_id
            )


def _owe(kind: str, membership: CompanyMembership, by: User | None) -> None:
    duties.owe(
        kind,
        "membership",
        membership.id,
        by.id if by else None,
        node_id=membership.node_id,
        company_id=membership.company_id,
    )


def _people_may_come_or_go(company: Company) -> None:
    people = queries.colleague_ids(company.id)
    rights_changed(people)
    indexing.changed("company", company.id)
    indexing.changed("person", *people)
