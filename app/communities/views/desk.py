"""The admission desk: one request at a time, what is known beside it, a decision with its reason."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.communities import operations, permissions, queries
from app.communities.forms import AddressForm, PersonForm, RefusalForm, choices
from app.communities.models import Company, CompanyMembership, Node
from app.communities.views import bp, me, show_on, stand_in
from app.core.database import transaction
from app.core.doors import permission
from app.core.errors import NotFound, Refusal
from app.extensions import db


@bp.get("/communautes/<slug>/admissions")
@permission("managers of the community")
def show_desk(slug: str) -> ResponseReturnValue:
    node = queries.node_managed_by(current_user, "community", slug)
    return _desk_page(node, _chosen(node, request.args.get("demande", type=int)))


@bp.post("/adhesions/<int:membership_id>/admission")
@permission("managers of the community, not of the firm itself")
def admit(membership_id: int) -> ResponseReturnValue:
    with transaction():
        membership = operations.admit(queries.membership_managed_by(current_user, membership_id), by=me())
        company = db.session.get_one(Company, membership.company_id)
        node = db.session.get_one(Node, membership.node_id)
        slug, name, state = node.slug, company.name, membership.state
    if state == "admitted":
        flash(_("%(name)s est admise ; ses référents le savent déjà.", name=name), "success")
    else:
        flash(
            _("La communauté est complète : %(name)s a une place d’attente et le sait.", name=name), "warning"
        )
    return redirect(url_for(".show_desk", slug=slug))


@bp.post("/adhesions/<int:membership_id>/refus")
@permission("managers of the community, not of the firm itself")
def refuse(membership_id: int) -> ResponseReturnValue:
    form = RefusalForm()
    membership = queries.membership_managed_by(current_user, membership_id)
    node = db.session.get_one(Node, membership.node_id)
    if not form.validate():
        return _desk_page(node, membership, form), 422
    try:
        with transaction():
            operations.refuse(
                queries.membership_managed_by(current_user, membership_id),
                by=me(),
                reason_code=form.reason_code.data,
                reason=form.reason.data,
            )
    except Refusal as refusal:
        if refusal.field is None:
            raise
        show_on(form, refusal)
        return _desk_page(
            node, queries.membership_managed_by(current_user, membership_id), form
        ), refusal.status
    flash(_("La demande est refusée. L’entreprise lira votre explication."), "success")
    return redirect(url_for(".show_desk", slug=node.slug))


@bp.post("/adhesions/<int:membership_id>/readmission")
@permission("managers of the community, not of the firm itself")
def readmit(membership_id: int) -> ResponseReturnValue:
    with transaction():
        old = queries.membership_managed_by(current_user, membership_id)
        again = operations.readmit(old, by=me())
        node, state = db.session.get_one(Node, again.node_id), again.state
        slug = node.slug
    flash(
        _("L’entreprise est de retour.") if state == "admitted" else _("L’entreprise a une place d’attente."),
        "success",
    )
    return redirect(url_for(".show_desk", slug=slug))


@bp.post("/communautes/<slug>/dedoublement")
@permission("managers of a full community")
def propose_split(slug: str) -> ResponseReturnValue:
    with transaction():
        operations.propose_split(queries.node_managed_by(current_user, "community", slug), by=me())
    flash(_("L’équipe régionale est prévenue de votre proposition."), "success")
    return redirect(url_for(".show_desk", slug=slug))


@bp.get("/communautes/<slug>/entreprises/<int:company_id>/referent")
@permission("managers of a community of a firm without referent")
def choose_referent(slug: str, company_id: int) -> ResponseReturnValue:
    node, company = _orphan(slug, company_id)
    return _referent_page(node, company, PersonForm(), AddressForm())


@bp.post("/communautes/<slug>/entreprises/<int:company_id>/referent")
@permission("managers of a community of a firm without referent")
def name_referent(slug: str, company_id: int) -> ResponseReturnValue:
    form = PersonForm()
    node, company = _orphan(slug, company_id)
    form.person_id.choices = choices(
        (person.user_id, person.name) for person in queries.colleagues_of(company.id)
    )
    if not form.validate():
        return _referent_page(node, company, form, AddressForm(formdata=None)), 422
    with transaction():
        node, company = _orphan(slug, company_id)
        operations.name_referent(company, queries.colleague(company.id, form.person_id.data), by=me())
    flash(_("C’est fait : la personne nommée peut inviter ses collègues."), "success")
    return redirect(url_for(".show_desk", slug=slug))


@bp.post("/communautes/<slug>/entreprises/<int:company_id>/referent/invitation")
@permission("managers of a community of a firm without referent")
def invite_referent(slug: str, company_id: int) -> ResponseReturnValue:
    form = AddressForm()
    node, company = _orphan(slug, company_id)
    if not form.validate():
        return _referent_page(node, company, PersonForm(formdata=None), form), 422
    try:
        with transaction():
            node, company = _orphan(slug, company_id)
            operations.invite_referent(company, form.email.data.strip(), by=me())
    except Refusal as refusal:
        show_on(form, refusal)
        return _referent_page(*_orphan(slug, company_id), PersonForm(formdata=None), form), refusal.status
    flash(_("Invitation envoyée : la personne sera référente en l’acceptant."), "success")
    return redirect(url_for(".show_desk", slug=slug))


def _chosen(node: Node, membership_id: int | None) -> CompanyMembership | None:
    if membership_id is None:
        return None
    membership = queries.membership_managed_by(current_user, membership_id)
    if membership.node_id != node.id:
        raise NotFound
    return membership


def _desk_page(node: Node, chosen: CompanyMembership | None, form: RefusalForm | None = None) -> str:
    stand_in(node)
    desk = queries.desk_of(node)
    if chosen is None and desk.requests:
        chosen = queries.membership_managed_by(current_user, desk.requests[0].membership_id)
    return render_template(
        "communities/desk.html",
        node=node,
        desk=desk,
        case=queries.asking(current_user, chosen) if chosen is not None else None,
        can_decide=chosen is not None and permissions.can_decide_membership(current_user, chosen),
        form=form or RefusalForm(formdata=None),
        is_refusing=form is not None,
        neighbours=queries.neighbours_of(node) if desk.waiting or node.state == "full" else [],
        can_propose_split=permissions.can_propose_split(current_user, node),
    )


def _orphan(slug: str, company_id: int) -> tuple[Node, Company]:
    node = queries.node_managed_by(current_user, "community", slug)
    company = queries.company_for(current_user, company_id)
    if company.without_referent_since is None or node.id not in queries.community_ids_of(company.id):
        raise NotFound
    return node, company


def _referent_page(node: Node, company: Company, person_form: PersonForm, address_form: AddressForm) -> str:
    stand_in(node)
    colleagues = queries.colleagues_of(company.id)
    person_form.person_id.choices = choices((person.user_id, person.name) for person in colleagues)
    return render_template(
        "communities/name_referent.html",
        node=node,
        company=company,
        colleagues=colleagues,
        asking=queries.asking_colleagues(company),
        person_form=person_form,
        address_form=address_form,
    )
