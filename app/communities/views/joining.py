"""« Rejoindre »: find one's community, bring one's firm, prove one's address. Public."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.communities import operations, queries
from app.communities.forms import JoinForm
from app.communities.models import JoinRequest, Node
from app.communities.permissions import OPEN_STATES
from app.communities.views import bp, show_on
from app.communities.views.invitations import sign_in_guest
from app.communities.views.places import address_of
from app.communities.views.sheets import kept_out_of_caches
from app.communities.vocabulary import SIZE_HINTS
from app.core import geography
from app.core.database import transaction
from app.core.doors import public
from app.core.errors import NotFound, Refusal
from app.core.idempotency import parse_request_id
from app.core.limits import Rate, client_address
from app.extensions import db

JOINING = Rate("joining", 10, 3600)


@bp.get("/rejoindre")
@public("communities that take requests, with what is public of them")
def find_community() -> ResponseReturnValue:
    words = request.args.get("q", "")[:80]
    region = geography.REGIONS.get(request.args.get("region", ""))
    return render_template(
        "communities/find_community.html",
        words=words,
        region=region,
        regions=queries.regions(),
        lines=queries.find_communities(words, region.code if region else None) if words or region else None,
        address_of=address_of,
    )


@bp.get("/rejoindre/<slug>")
@public("the form by which a firm asks in")
def show_join(slug: str) -> ResponseReturnValue:
    return _join_page(_open_community(slug), JoinForm())


@bp.post("/rejoindre/<slug>")
@public("the form by which a firm asks in")
def join(slug: str) -> ResponseReturnValue:
    node = _open_community(slug)
    form = JoinForm()
    if not form.validate():
        return _join_page(node, form), 422
    JOINING.spend(client_address())
    JOINING.spend("address", form.email.data.strip().lower())
    shape = operations.JoinShape(
        company_name=form.company_name.data,
        siret=form.siret.data,
        size_class=form.size_class.data,
        activity_code=form.activity_code.data,
        postcode=form.postcode.data,
        town=form.town.data,
        given_name=form.given_name.data,
        family_name=form.family_name.data,
        email=form.email.data.strip(),
        trade=form.trade.data,
        message=form.message.data,
    )
    try:
        with transaction():
            operations.ask_to_join(
                _open_community(slug), shape, request_id=parse_request_id(form.request_id.data)
            )
    except Refusal as refusal:
        if refusal.field is None:
            raise
        show_on(form, refusal)
        return _join_page(_open_community(slug), form), refusal.status
    return redirect(url_for(".show_join_sent", slug=slug))


@bp.get("/rejoindre/<slug>/envoye")
@public("says that a mail is on its way")
def show_join_sent(slug: str) -> ResponseReturnValue:
    return render_template("communities/join_sent.html", node=_open_community(slug))


@bp.get("/rejoindre/confirmation/<token>")
@public("the holder of a mailed link confirms a request")
def show_join_confirmation(token: str) -> ResponseReturnValue:
    """Looking changes nothing: mail scanners follow links too."""
    request_made = operations.find_join_request(token)
    operations.check_waiting(request_made)
    page = render_template(
        "communities/join_confirmation.html",
        join=request_made,
        node=db.session.get_one(Node, request_made.node_id),
        token=token,
    )
    return kept_out_of_caches(page)


@bp.post("/rejoindre/confirmation/<token>")
@public("the holder of a mailed link confirms a request")
def confirm_join(token: str) -> ResponseReturnValue:
    join_id = operations.find_join_request(token).id
    with transaction():
        confirmed = operations.confirm_join(db.session.get_one(JoinRequest, join_id))
        is_in = confirmed.user is not None
        if confirmed.user is not None and getattr(current_user, "id", None) != confirmed.user.id:
            sign_in_guest(confirmed.user)
        company_id, company_name = confirmed.company.id, confirmed.company.name
    if is_in:
        flash(_("Votre demande est entre les mains de la personne qui anime la communauté."), "success")
        return redirect(url_for(".show_own_company", company_id=company_id))
    return render_template("communities/join_forwarded.html", company_name=company_name)


def _open_community(slug: str) -> Node:
    node = queries.community_for(current_user, slug)
    if node.state not in OPEN_STATES:
        raise NotFound(_("Cette communauté n’accueille pas d’entreprise en ce moment."))
    return node


def _join_page(node: Node, form: JoinForm) -> str:
    return render_template(
        "communities/join.html",
        node=node,
        form=form,
        hints=SIZE_HINTS,
        neighbours=queries.neighbours_of(node) if node.state == "full" else [],
    )
