"""Roles at a place: who holds them, since when, given by whom; given and taken back."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from app.communities import operations, permissions, queries
from app.communities.forms import GrantForm, choices
from app.communities.models import Node
from app.communities.views import bp, me, show_on, stand_in
from app.communities.vocabulary import ROLE_DUTIES, ROLE_NAMES
from app.core.database import transacted, transaction
from app.core.doors import permission
from app.core.errors import NotFound, Refusal, require
from app.core.redirects import safe_next
from app.extensions import db


@bp.get("/communautes/<slug>/roles")
@permission("managers of the community")
def show_community_roles(slug: str) -> ResponseReturnValue:
    return _roles_page(queries.node_managed_by(current_user, "community", slug), _grant_form())


@bp.get("/regions/<slug>/roles")
@permission("managers of the region")
def show_region_roles(slug: str) -> ResponseReturnValue:
    return _roles_page(queries.node_managed_by(current_user, "region", slug), _grant_form())


@bp.get("/national/roles")
@permission("national team")
def show_nation_roles() -> ResponseReturnValue:
    return _roles_page(_nation(), _grant_form())


@bp.post("/communautes/<slug>/roles")
@permission("ambassador of the region, national team")
def grant_community_role(slug: str) -> ResponseReturnValue:
    return _grant(queries.node_managed_by(current_user, "community", slug))


@bp.post("/regions/<slug>/roles")
@permission("national team")
def grant_region_role(slug: str) -> ResponseReturnValue:
    return _grant(queries.node_managed_by(current_user, "region", slug))


@bp.post("/national/roles")
@permission("national team")
def grant_nation_role() -> ResponseReturnValue:
    return _grant(_nation())


@bp.get("/roles/<int:grant_id>/fin")
@permission("whoever could give the role, and its holder")
def confirm_revocation(grant_id: int) -> ResponseReturnValue:
    grant = queries.grant_for(current_user, grant_id)
    require(permissions.can_revoke(current_user, grant))
    return render_template(
        "communities/confirm_revocation.html",
        grant=grant,
        line=queries.grant_line(grant.id),
        is_own=grant.user_id == current_user.id,
        back=safe_next("/"),
    )


@bp.post("/roles/<int:grant_id>/fin")
@permission("whoever could give the role, and its holder")
def revoke_role(grant_id: int) -> ResponseReturnValue:
    transacted(lambda: operations.revoke_role(queries.grant_for(current_user, grant_id), by=me()))
    flash(_("Ce rôle a pris fin."), "success")
    return redirect(safe_next("/"))


def _nation() -> Node:
    node = queries.nation()
    if node is None or not permissions.can_see_roles(current_user, node):
        raise NotFound
    return node


def _grant(node: Node) -> ResponseReturnValue:
    form = _grant_form()
    form.role.choices = _role_choices(node)
    if not form.validate():
        return _roles_page(node, form), 422
    node_id = node.id
    try:
        with transaction():
            place = db.session.get_one(Node, node_id)
            operations.grant_role(
                queries.person_for(current_user, form.person_id.data),
                form.role.data,
                place,
                by=me(),
                starts_at=_start_of(form.starts_on.data, place.time_zone),
                ends_at=_end_of(form.ends_on.data, place.time_zone),
            )
    except Refusal as refusal:
        show_on(form, refusal)
        return _roles_page(db.session.get_one(Node, node_id), form), refusal.status
    flash(_("Le rôle est confié ; la personne le sait."), "success")
    return redirect(_address(node))


def _grant_form() -> GrantForm:
    form = GrantForm()
    form.person_id.choices = []
    form.role.choices = []
    return form


def _roles_page(node: Node, form: GrantForm) -> str:
    stand_in(node)
    words = request.values.get("q", "")[:80]
    offered = _role_choices(node)
    form.role.choices = offered
    if len(offered) == 1 and not form.role.data:
        form.role.data = offered[0].value
    found = queries.people_matching(node, words) if offered and words else []
    form.person_id.choices = choices((line.id, line.name) for line in found)
    return render_template(
        "communities/roles.html",
        node=node,
        lines=queries.grants_at(node),
        form=form,
        words=words,
        found=found,
        hints={
            line.id: ", ".join(part for part in (line.trade, line.company, line.town) if part)
            for line in found
        },
        role_names=ROLE_NAMES,
        duties=ROLE_DUTIES,
        address=_address(node),
        revocable=_may_revoke(node),
    )


def _role_choices(node: Node) -> list[SelectChoice]:
    return choices((role, ROLE_NAMES[role]) for role in permissions.grantable_roles(current_user, node))


def _may_revoke(node: Node) -> set[str]:
    return set(permissions.grantable_roles(current_user, node))


def _address(node: Node) -> str:
    if node.kind == "community":
        return url_for(".show_community_roles", slug=node.slug)
    if node.kind == "region":
        return url_for(".show_region_roles", slug=node.slug)
    return url_for(".show_nation_roles")


def _start_of(day: date | None, zone: str) -> datetime | None:
    return datetime.combine(day, time.min, ZoneInfo(zone)) if day is not None else None


def _end_of(day: date | None, zone: str) -> datetime | None:
    """The last day is included: the role ends at its midnight, in the time of the place."""
    return datetime.combine(day, time.max, ZoneInfo(zone)).replace(microsecond=0) if day is not None else None
