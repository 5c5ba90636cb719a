"""« Mon entreprise »: colleagues, invitations, communities; what referents do for their firm."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from app.accounts.models import User
from app.communities import operations, permissions, queries
from app.communities.access import access_of
from app.communities.forms import (
    CompanyForm,
    CompetitorForm,
    InviteForm,
    PersonForm,
    PrintForm,
    RequestForm,
    SiteForm,
    choices,
)
from app.communities.models import Company
from app.communities.views import bp, me, show_on
from app.core.database import transacted, transaction
from app.core.doors import permission
from app.core.errors import Refusal, require
from app.core.idempotency import parse_request_id
from app.core.limits import Rate
from app.core.time import clock

INVITING = Rate("inviting", 100, 86_400)


@bp.get("/mon-entreprise")
@bp.get("/mon-entreprise/<int:company_id>")
@permission("staff of a firm", check=lambda user: bool(access_of(user).companies))
def show_own_company(company_id: int | None = None) -> ResponseReturnValue:
    return _page(queries.own_company(current_user, company_id))


@bp.post("/mon-entreprise/<int:company_id>/invitations")
@permission("referents of the firm")
def invite(company_id: int) -> ResponseReturnValue:
    form = InviteForm()
    if not form.validate():
        return _page(queries.own_company(current_user, company_id), invite_form=form), 422
    addresses = operations.addresses_in(form.addresses.data)
    for _address in addresses[:20]:
        INVITING.spend(current_user.id)
    try:
        with transaction():
            outcomes = operations.invite(queries.own_company(current_user, company_id), addresses, by=me())
    except Refusal as refusal:
        show_on(form, refusal)
        return _page(queries.own_company(current_user, company_id), invite_form=form), refusal.status
    sent = sum(outcome.kind == "invited" for outcome in outcomes)
    kept = "\n".join(outcome.address for outcome in outcomes if outcome.kind == "invalid")
    if sent == len(outcomes):
        flash(ngettext("Une invitation est partie.", "%(num)d invitations sont parties.", sent), "success")
        return redirect(url_for(".show_own_company", company_id=company_id, _anchor="invitations"))
    again = InviteForm(formdata=None, data={"addresses": kept})
    return _page(queries.own_company(current_user, company_id), invite_form=again, outcomes=outcomes)


@bp.post("/mon-entreprise/<int:company_id>/codes")
@permission("referents of the firm")
def print_code(company_id: int) -> ResponseReturnValue:
    form = PrintForm()
    if not form.validate():
        return _page(queries.own_company(current_user, company_id), print_form=form), 422
    with transaction():
        invitation = operations.print_code(
            queries.own_company(current_user, company_id),
            form.label.data,
            by=me(),
            request_id=parse_request_id(form.request_id.data),
        )
        invitation_id = invitation.id
    return redirect(url_for(".show_sheet", invitation_id=invitation_id))


@bp.get("/mon-entreprise/<int:company_id>/fiche")
@permission("referents of the firm")
def edit_company(company_id: int) -> ResponseReturnValue:
    company = _acting_for(company_id)
    return _profile_page(company, CompanyForm(obj=company), SiteForm(formdata=None))


@bp.post("/mon-entreprise/<int:company_id>/fiche")
@permission("referents of the firm")
def change_company(company_id: int) -> ResponseReturnValue:
    form = CompanyForm()
    if not form.validate():
        return _profile_page(_acting_for(company_id), form, SiteForm(formdata=None)), 422
    profile = operations.CompanyProfile(
        name=form.name.data,
        size_class=form.size_class.data,
        headcount=form.headcount.data,
        activity_code=form.activity_code.data,
        town=form.town.data,
        summary=form.summary.data,
        skills=form.skills.data,
        equipment=form.equipment.data,
    )
    try:
        with transaction():
            operations.edit_company(
                queries.own_company(current_user, company_id),
                profile,
                by=me(),
                version=_number(form.version.data),
            )
    except Refusal as refusal:
        company = _acting_for(company_id)
        # What was typed stays; sending again is a decision taken knowing that somebody else wrote.
        form.version.data = str(company.version)
        show_on(form, refusal)
        return _profile_page(company, form, SiteForm(formdata=None)), refusal.status
    flash(_("La fiche est à jour."), "success")
    return redirect(url_for(".show_company", company_id=company_id))


@bp.post("/mon-entreprise/<int:company_id>/etablissements")
@permission("referents of the firm")
def add_site(company_id: int) -> ResponseReturnValue:
    form = SiteForm()
    company = _acting_for(company_id)
    if not form.validate():
        return _profile_page(company, CompanyForm(formdata=None, obj=company), form), 422
    try:
        with transaction():
            operations.add_site(
                queries.own_company(current_user, company_id),
                by=me(),
                siret=form.siret.data,
                postcode=form.postcode.data,
                town=form.town.data,
                name=form.site_name.data,
            )
    except Refusal as refusal:
        show_on(form, refusal)
        company = _acting_for(company_id)
        return _profile_page(company, CompanyForm(formdata=None, obj=company), form), refusal.status
    flash(_("L’établissement est ajouté."), "success")
    return redirect(url_for(".edit_company", company_id=company_id))


@bp.get("/emplois/<int:employment_id>/fin")
@permission("referents of the firm, and the person")
def confirm_departure(employment_id: int) -> ResponseReturnValue:
    employment = queries.employment_for(current_user, employment_id)
    require(permissions.can_end_employment(current_user, employment))
    company = queries.own_company(current_user, employment.company_id)
    person = queries.colleague(company.id, employment.user_id)
    referents = queries.referents_of(company.id)
    return render_template(
        "communities/confirm_departure.html",
        employment=employment,
        company=company,
        person=person,
        is_me=person.id == current_user.id,
        is_last_referent=[referent.id for referent in referents] == [person.id],
    )


@bp.post("/emplois/<int:employment_id>/fin")
@permission("referents of the firm, and the person")
def end_employment(employment_id: int) -> ResponseReturnValue:

    def end() -> tuple[int, bool]:
        employment = queries.employment_for(current_user, employment_id)
        operations.end_employment(employment, by=me())
        return employment.company_id, employment.user_id == current_user.id

    company_id, is_me = transacted(end)
    if is_me:
        flash(_("Vous avez quitté l’entreprise. Ce que vous avez écrit reste."), "success")
        return redirect("/")
    flash(_("L’accès est fermé. Ce que la personne a écrit reste."), "success")
    return redirect(url_for(".show_own_company", company_id=company_id))


@bp.post("/mon-entreprise/<int:company_id>/referents")
@permission("referents of the firm")
def name_own_referent(company_id: int) -> ResponseReturnValue:
    return _with_colleague(
        company_id,
        lambda company, person: operations.name_referent(company, person, by=me()),
        _("C’est fait : cette personne peut maintenant inviter, et tenir la fiche."),
    )


@bp.post("/mon-entreprise/<int:company_id>/passation")
@permission("referents of the firm")
def hand_over(company_id: int) -> ResponseReturnValue:
    return _with_colleague(
        company_id,
        lambda company, person: operations.hand_over(company, person, by=me()),
        _("La charge est transmise. Merci de l’avoir portée."),
    )


@bp.get("/mon-entreprise/<int:company_id>/communautes")
@permission("referents of the firm")
def choose_community(company_id: int) -> ResponseReturnValue:
    company = _acting_for(company_id)
    words = request.args.get("q", "")[:100]
    taken = {
        line.node_id
        for line in queries.memberships_of(company.id)
        if line.state in ("requested", "waiting", "admitted")
    }
    lines = [line for line in queries.find_communities(words or company.department) if line.id not in taken]
    if not lines and not words:
        lines = [line for line in queries.find_communities() if line.id not in taken]
    return render_template(
        "communities/choose_community.html",
        company=company,
        lines=lines[:30],
        words=words,
        address_for=lambda line: url_for(".ask_membership", company_id=company_id, slug=line.slug),
    )


@bp.get("/mon-entreprise/<int:company_id>/communautes/<slug>")
@permission("referents of the firm")
def ask_membership(company_id: int, slug: str) -> ResponseReturnValue:
    return _request_page(_acting_for(company_id), slug, RequestForm())


@bp.post("/mon-entreprise/<int:company_id>/communautes/<slug>")
@permission("referents of the firm")
def request_membership(company_id: int, slug: str) -> ResponseReturnValue:
    form = RequestForm()
    if not form.validate():
        return _request_page(_acting_for(company_id), slug, form), 422
    try:
        with transaction():
            operations.request_membership(
                queries.own_company(current_user, company_id),
                queries.community_for(current_user, slug),
                by=me(),
                message=form.message.data,
                request_id=parse_request_id(form.request_id.data),
            )
    except Refusal as refusal:
        show_on(form, refusal)
        return _request_page(_acting_for(company_id), slug, form), refusal.status
    flash(
        _("Votre demande est partie. La personne qui anime la communauté vous répondra ici et par courriel."),
        "success",
    )
    return redirect(url_for(".show_own_company", company_id=company_id, _anchor="communautes"))


@bp.get("/adhesions/<int:membership_id>/depart")
@permission("referents of the firm")
def confirm_leaving(membership_id: int) -> ResponseReturnValue:
    membership = queries.membership_of_own_firm(current_user, membership_id)
    return render_template(
        "communities/confirm_leaving.html", line=queries.membership_line(membership.id), membership=membership
    )


@bp.post("/adhesions/<int:membership_id>/depart")
@permission("referents of the firm")
def leave_community(membership_id: int) -> ResponseReturnValue:
    with transaction():
        membership = queries.membership_of_own_firm(current_user, membership_id)
        operations.leave_community(membership, by=me())
        company_id = membership.company_id
    flash(_("C’est fait. Ce que vos collègues ont écrit reste dans la communauté."), "success")
    return redirect(url_for(".show_own_company", company_id=company_id, _anchor="communautes"))


@bp.post("/mon-entreprise/<int:company_id>/concurrents")
@permission("referents of the firm")
def declare_competitor(company_id: int) -> ResponseReturnValue:
    form = CompetitorForm()
    company = _acting_for(company_id)
    form.competitor_id.choices = choices(queries.possible_competitors(company))
    if not form.validate():
        return _page(company, competitor_form=form), 422
    with transaction():
        competitor = queries.company_for(current_user, form.competitor_id.data)
        operations.declare_competitor(queries.own_company(current_user, company_id), competitor, by=me())
    flash(_("C’est noté, pour votre entreprise seule."), "success")
    return redirect(url_for(".show_own_company", company_id=company_id, _anchor="concurrents"))


@bp.post("/mon-entreprise/<int:company_id>/concurrents/<int:competitor_id>/retrait")
@permission("referents of the firm")
def withdraw_competitor(company_id: int, competitor_id: int) -> ResponseReturnValue:
    with transaction():
        operations.withdraw_competitor(queries.own_company(current_user, company_id), competitor_id, by=me())
    return redirect(url_for(".show_own_company", company_id=company_id, _anchor="concurrents"))


@bp.get("/demandes-de-collegues/<int:join_id>")
@permission("referents of the firm, or managers when it has none")
def show_join_request(join_id: int) -> ResponseReturnValue:
    join = queries.join_request_for(current_user, join_id)
    return render_template("communities/join_request.html", join=join)


@bp.post("/demandes-de-collegues/<int:join_id>/invitation")
@permission("referents of the firm, or managers when it has none")
def welcome_colleague(join_id: int) -> ResponseReturnValue:
    return _answer(join_id, is_welcome=True, words=_("Une invitation est partie à cette adresse."))


@bp.post("/demandes-de-collegues/<int:join_id>/ecart")
@permission("referents of the firm, or managers when it has none")
def drop_colleague(join_id: int) -> ResponseReturnValue:
    return _answer(join_id, is_welcome=False, words=_("La demande est écartée."))


def _answer(join_id: int, *, is_welcome: bool, words: str) -> ResponseReturnValue:
    with transaction():
        join = queries.join_request_for(current_user, join_id)
        operations.answer_colleague(join, by=me(), is_welcome=is_welcome)
        company_id = join.company_id
    flash(words, "success")
    if company_id in access_of(current_user).companies:
        return redirect(url_for(".show_own_company", company_id=company_id, _anchor="invitations"))
    return redirect("/")


def _acting_for(company_id: int) -> Company:
    company = queries.own_company(current_user, company_id)
    require(permissions.can_act_for_company(current_user, company.id))
    return company


def _helpable(company_id: int) -> set[int]:
    """Colleagues for whom this referent may print a code to choose a new password."""
    reaches = queries.reach_of_colleagues(company_id)
    return {person_id for person_id, reach in reaches.items() if permissions.can_print_return(me(), reach)}


def _page(
    company: Company,
    *,
    invite_form: InviteForm | None = None,
    print_form: PrintForm | None = None,
    competitor_form: CompetitorForm | None = None,
    outcomes: list[operations.Outcome] | None = None,
) -> str:
    page = queries.own_company_page(current_user, company)
    can_act = permissions.can_act_for_company(current_user, company.id)
    competitor_form = competitor_form or CompetitorForm(formdata=None)
    competitor_form.competitor_id.choices = choices(queries.possible_competitors(company) if can_act else [])
    person_form = PersonForm(formdata=None)
    person_form.person_id.choices = choices(
        (person.user_id, person.name) for person in page.colleagues if not person.is_referent
    )
    return render_template(
        "communities/own_company.html",
        page=page,
        company=company,
        can_act=can_act,
        helpable=_helpable(company.id) if can_act else (),
        others=[(key, name) for key, name in access_of(current_user).companies.items() if key != company.id],
        invite_form=invite_form or InviteForm(formdata=None),
        print_form=print_form or PrintForm(formdata=None),
        competitor_form=competitor_form,
        person_form=person_form,
        outcomes=outcomes or [],
        now=clock.now(),
    )


def _profile_page(company: Company, form: CompanyForm, site_form: SiteForm) -> str:
    # Two forms on one page ask for a town: each field keeps an id of its own.
    for field in site_form:
        field.id = f"site-{field.id}"
    return render_template(
        "communities/company_profile.html",
        company=company,
        form=form,
        site_form=site_form,
        sites=queries.sites_of(company.id),
    )


def _request_page(company: Company, slug: str, form: RequestForm) -> str:
    return render_template(
        "communities/request_membership.html",
        company=company,
        node=queries.community_for(current_user, slug),
        form=form,
    )


def _with_colleague(
    company_id: int, act: Callable[[Company, User], object], words: str
) -> ResponseReturnValue:
    form = PersonForm()
    company = _acting_for(company_id)
    form.person_id.choices = choices(
        (person.user_id, person.name) for person in queries.colleagues_of(company.id)
    )
    if not form.validate():
        return _page(company), 422

    def change() -> None:
        own = queries.own_company(current_user, company_id)
        act(own, queries.colleague(own.id, form.person_id.data))

    transacted(change)
    flash(words, "success")
    return redirect(url_for(".show_own_company", company_id=company_id))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0
