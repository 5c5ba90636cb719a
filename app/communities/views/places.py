"""Communities, regions and the nation: their faces, what their managers change."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.communities import operations, permissions, queries, slots
from app.communities.access import access_of
from app.communities.forms import CommunityForm, NewCommunityForm, choices
from app.communities.models import Node
from app.communities.views import bp, me, show_on, stand_in
from app.core import geography
from app.core.database import transaction
from app.core.doors import permission, public, signed_in
from app.core.errors import NotFound, Refusal, require
from app.core.idempotency import parse_request_id

SHOWN_COMPANIES = 8


@bp.get("/communautes/<slug>")
@public("the face of a community: what it is and how far it is; its people and firms only for its members")
def show_community(slug: str) -> ResponseReturnValue:
    node = queries.community_for(current_user, slug)
    access = access_of(current_user)
    if not access.reads(node.id):
        region = queries.region_of(node)
        return render_template(
            "communities/community_face.html",
            node=node,
            region=region,
            own_firm=next(iter(sorted(access.referent_of)), None),
        )
    stand_in(node)
    return render_template(
        "communities/community.html",
        node=node,
        region=queries.region_of(node),
        runners=queries.runners_of(node),
        directory=queries.company_directory(node),
        people=queries.people_count(node.id),
        sections=slots.sections_for(current_user, node),
        act=slots.first_act_for(current_user, node),
        shown=SHOWN_COMPANIES,
        waits=queries.pending_count([node.id])
        if permissions.can_see_admissions(current_user, node)
        else None,
        can_edit=permissions.can_edit_community(current_user, node),
        can_see_roles=permissions.can_see_roles(current_user, node),
    )


@bp.get("/communautes/<slug>/bienvenue")
@signed_in
def welcome(slug: str) -> ResponseReturnValue:
    """Where somebody who just came in lands: who welcomes them, and where to write at once."""
    node = queries.community_read_by(current_user, slug)
    stand_in(node)
    return render_template(
        "communities/welcome.html",
        node=node,
        runners=queries.runners_of(node)[:3],
        act=slots.first_act_for(current_user, node),
        sections=slots.sections_for(current_user, node),
    )


@bp.get("/regions/<slug>")
@public("a region's communities and figures; more for those who read it")
def show_region(slug: str) -> ResponseReturnValue:
    node = queries.region_by_slug(slug)
    access = access_of(current_user)
    is_reader = access.reads(node.id)
    if is_reader:
        stand_in(node)
    return render_template(
        "communities/region.html",
        node=node,
        is_reader=is_reader,
        lines=queries.communities_of(node, current_user),
        address_of=address_of,
        runners=queries.runners_of(node) if is_reader else [],
        sections=slots.sections_for(current_user, node) if is_reader else [],
        can_create=permissions.can_create_community(current_user, node),
        can_see_roles=permissions.can_see_roles(current_user, node),
    )


@bp.get("/national")
@permission("members of any community", check=lambda user: bool(access_of(user).places))
def show_nation() -> ResponseReturnValue:
    """What concerns every region."""
    node = queries.nation()
    if node is None or not access_of(current_user).reads(node.id):
        raise NotFound
    stand_in(node)
    return render_template(
        "communities/nation.html",
        node=node,
        regions=queries.regions(),
        sections=slots.sections_for(current_user, node),
        can_see_roles=permissions.can_see_roles(current_user, node),
    )


@bp.get("/regions/<slug>/communautes/nouvelle")
@permission("ambassador of the region, national team")
def new_community(slug: str) -> ResponseReturnValue:
    region = _region_to_plant(slug)
    return _new_community_page(region, _new_community_form(region))


@bp.post("/regions/<slug>/communautes")
@permission("ambassador of the region, national team")
def create_community(slug: str) -> ResponseReturnValue:
    form = _new_community_form(_region_to_plant(slug))
    if not form.validate():
        return _new_community_page(_region_to_plant(slug), form), 422
    try:
        with transaction():
            node = operations.create_community(
                _region_to_plant(slug),
                by=me(),
                name=form.name.data,
                town=form.town.data,
                department=form.department.data,
                summary=form.summary.data,
                request_id=parse_request_id(form.request_id.data),
            )
    except Refusal as refusal:
        show_on(form, refusal)
        return _new_community_page(_region_to_plant(slug), form), refusal.status
    flash(
        _("Communauté préparée. Relisez-la, puis ouvrez-la quand quelqu’un est prêt à accueillir."), "success"
    )
    return redirect(url_for(".edit_community", slug=node.slug))


@bp.get("/communautes/<slug>/reglages")
@permission("managers of the community")
def edit_community(slug: str) -> ResponseReturnValue:
    node = queries.node_managed_by(current_user, "community", slug)
    return _settings_page(node, CommunityForm(obj=node))


@bp.post("/communautes/<slug>/reglages")
@permission("managers of the community")
def change_community(slug: str) -> ResponseReturnValue:
    form = CommunityForm()
    if not form.validate():
        return _settings_page(queries.node_managed_by(current_user, "community", slug), form), 422
    with transaction():
        node = queries.node_managed_by(current_user, "community", slug)
        operations.edit_community(
            node, by=me(), name=form.name.data, town=form.town.data, summary=form.summary.data
        )
    flash(_("C’est enregistré."), "success")
    return redirect(url_for(".show_community", slug=slug))


@bp.post("/communautes/<slug>/ouverture")
@permission("ambassador of the region, national team")
def open_community(slug: str) -> ResponseReturnValue:
    with transaction():
        operations.open_community(queries.node_managed_by(current_user, "community", slug), by=me())
    flash(_("La communauté est ouverte : les entreprises peuvent demander à y entrer."), "success")
    return redirect(url_for(".show_community", slug=slug))


@bp.post("/communautes/<slug>/sommeil")
@permission("ambassador of the region, national team")
def put_to_sleep(slug: str) -> ResponseReturnValue:
    with transaction():
        operations.put_to_sleep(queries.node_managed_by(current_user, "community", slug), by=me())
    flash(_("La communauté est en sommeil : on y lit et on y écrit, personne n’y entre."), "success")
    return redirect(url_for(".edit_community", slug=slug))


@bp.get("/communautes/<slug>/fermeture")
@permission("ambassador of the region, national team")
def confirm_closure(slug: str) -> ResponseReturnValue:
    node = queries.node_managed_by(current_user, "community", slug)
    require(permissions.can_govern_community(current_user, node))
    return render_template("communities/confirm_closure.html", node=node)


@bp.post("/communautes/<slug>/fermeture")
@permission("ambassador of the region, national team")
def close_community(slug: str) -> ResponseReturnValue:
    with transaction():
        operations.close_community(queries.node_managed_by(current_user, "community", slug), by=me())
    flash(_("La communauté est fermée. Ce qui s’y est écrit reste lisible."), "success")
    return redirect(url_for(".edit_community", slug=slug))


def address_of(line: queries.CommunityLine) -> str:
    """The page of a community in a list."""
    return url_for(".show_community", slug=line.slug)


def _region_to_plant(slug: str) -> Node:
    region = queries.region_by_slug(slug)
    require(permissions.can_create_community(current_user, region))
    return region


def _new_community_form(region: Node) -> NewCommunityForm:
    form = NewCommunityForm()
    codes = geography.REGIONS[region.code].departments if region.code in geography.REGIONS else ()
    form.department.choices = choices(
        (code, f"{code} · {geography.DEPARTMENTS[code].name}") for code in codes
    )
    return form


def _new_community_page(region: Node, form: NewCommunityForm) -> str:
    return render_template("communities/new_community.html", node=region, form=form)


def _settings_page(node: Node, form: CommunityForm) -> str:
    stand_in(node)
    return render_template(
        "communities/community_settings.html",
        node=node,
        region=queries.region_of(node),
        form=form,
        can_govern=permissions.can_govern_community(current_user, node),
    )
