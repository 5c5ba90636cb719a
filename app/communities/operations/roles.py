"""Roles at a place of the tree: given with dates by somebody who may, taken back, and never the last one at the top."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.accounts.models import User
from app.communities import queries
from app.communities.access import rights_changed
from app.communities.models import Node, RoleGrant
from app.communities.operations.employment import end_company_grant
from app.communities.permissions import can_grant, can_revoke
from app.core import audit, duties, indexing, journal
from app.core.database import rows_changed
from app.core.errors import Refusal, require
from app.core.time import clock
from app.extensions import db


def grant_role(
    person: User,
    role: str,
    node: Node,
    *,
    by: User,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> RoleGrant:
    """Give a role at a place, inherited below it, from a date to a date; the person is told.

    The same role twice at one place meets `uq_role_grant_node_current`; one whose end has passed makes room first.
    """
    require(can_grant(by, role, node))
    starts_at = starts_at or clock.now()
    if ends_at is not None and ends_at <= max(starts_at, clock.now()):
        raise Refusal(_("La fin doit venir après le début."), field="ends_on")
    grant = give_role(person, role, node, by=by, starts_at=starts_at, ends_at=ends_at)
    if person.id != by.id:
        _owe("role_granted", grant, by)
    return grant


def give_role(
    person: User,
    role: str,
    node: Node,
    *,
    by: User | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    title: str = "",
) -> RoleGrant:
    """`grant_role` without asking who may: for the first administrator and for commands."""
    _clear_past(person.id, role, node.id)
    grant = RoleGrant(
        user_id=person.id,
        role=role,
        node_id=node.id,
        starts_at=starts_at or clock.now(),
        ends_at=ends_at,
        title=title,
        granted_by_id=by.id if by else None,
    )
    try:
        with db.session.begin_nested():
            db.session.add(grant)
            db.session.flush()
    except IntegrityError:
        raise Refusal(_("%(name)s a déjà ce rôle ici.", name=person.name), field="person") from None
    audit.record(by, "granted_role", "role_grant", grant.id, node_id=node.id, user_id=person.id, role=role)
    _journal(node, "role.granted", grant, by)
    rights_changed([person.id])
    indexing.changed("person", person.id)
    return grant


def revoke_role(grant: RoleGrant, *, by: User) -> None:
    """Take a role back, or give one's own up: rights end with the person's next page, open pages within seconds.

    Taken back twice, it ends once (`revoked_at` in the WHERE clause). The nation keeps at least one administrator: its
    row is held while they are counted. A firm's last referent leaves it without one, and its managers are told.
    """
    require(can_revoke(by, grant))
    if grant.company_id is not None:
        company = queries.locked_company(grant.company_id)
        end_company_grant(grant, company, by=by)
        if grant.user_id != by.id:
            _owe("role_revoked", grant, by)
        return
    assert grant.node_id is not None
    node = queries.locked_node(grant.node_id)
    if grant.role == "national_admin" and queries.current_holders("national_admin", node.id) <= 1:
        raise Refusal(_("C’est la dernière administration nationale : nommez d’abord quelqu’un d’autre."))
    ended = rows_changed(
        update(RoleGrant)
        .where(RoleGrant.id == grant.id, RoleGrant.revoked_at.is_(None))
        .values(revoked_at=clock.now(), revoked_by_id=by.id)
    )
    if not ended:
        raise Refusal(_("Ce rôle avait déjà pris fin."), status=409)
    db.session.refresh(grant)
    audit.record(
        by, "revoked_role", "role_grant", grant.id, node_id=node.id, user_id=grant.user_id, role=grant.role
    )
    _journal(node, "role.revoked", grant, by)
    rights_changed([grant.user_id])
    indexing.changed("person", grant.user_id)
    if grant.user_id != by.id:
        _owe("role_revoked", grant, by)


def _clear_past(user_id: int, role: str, node_id: int) -> None:
    db.session.execute(
        update(RoleGrant)
        .where(
            RoleGrant.user_id == user_id,
            RoleGrant.role == role,
            RoleGrant.node_id == node_id,
            RoleGrant.revoked_at.is_(None),
            RoleGrant.ends_at <= clock.now(),
        )
        .values(revoked_at=RoleGrant.ends_at)
        .execution_options(synchronize_session=False)
    )


def _journal(node: Node, kind: str, grant: RoleGrant, by: User | None) -> None:
    if node.scope_id is not None:
        journal.record(node.scope_id, kind, "role_grant", grant.id, actor_id=by.id if by else None)


def _owe(kind: str, grant: RoleGrant, by: User) -> None:
    place = {"node_id": grant.node_id} if grant.node_id is not None else {"company_id": grant.company_id}
    duties.owe(kind, "role_grant", grant.id, by.id, user_id=grant.user_id, role=grant.role, **place)
