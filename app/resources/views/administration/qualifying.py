"""Who is qualified: by a lab, and by an employer."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.queries import by_id
from app.communities.access import access_of
from app.communities.queries import colleagues_of
from app.core.database import transaction
from app.core.doors import permission
from app.core.errors import NotFound, Refusal
from app.core.idempotency import parse_request_id
from app.core.inputs import checked_id, whole
from app.core.time import clock, local
from app.extensions import db
from app.resources import forms
from app.resources.access import staffs
from app.resources.models import QualificationType
from app.resources.operations import qualifications as operations
from app.resources.permissions import can_run_lab
from app.resources.queries import administration
from app.resources.queries.holding import SOON
from app.resources.views.administration import PEOPLE, RUNNERS, bp, done, lab_here, me, page
from app.resources.vocabulary import ISSUER_NAMES

SHOWN_AFTER = timedelta(days=90)
"""How long after its end a qualification is still listed, so that it is renewed rather than forgotten."""


@bp.route("/labs/<int:lab_id>/gestion/qualifications", methods=["GET", "POST"])
@PEOPLE
def edit_qualifications(lab_id: int) -> ResponseReturnValue:
    """Who is qualified until when; the people of the lab grant here."""
    lab = lab_here(lab_id)
    today = local(clock.now()).date()
    grants = staffs(me(), lab.id)
    words = request.values.get("q", "")[:80]
    found = administration.readers_matching(lab, words, leaving_out=[me().id]) if grants else []
    form = forms.QualifyForm()
    types = administration.types(lab.id)
    form.person_id.choices = forms.choices((line.id, line.name) for line in found)
    form.type_id.choices = forms.choices((row.id, row.name) for row in types if row.issuer != "employer")

    def grant() -> None:
        changed = administration.lab_to_change(me(), lab_id)
        person = by_id(form.person_id.data or 0)
        if person is None:
            raise Refusal(_("Cette personne ne lit pas ce lab."), field="person_id")
        operations.grant(
            changed,
            operations.type_for_lab(changed, form.type_id.data or 0),
            person,
            by=me(),
            request_id=parse_request_id(form.request_id.data),
            valid_from=form.valid_from.data,
            valid_until=form.valid_until.data,
            note=form.note.data or "",
        )

    if form.validate_on_submit() and done(form, grant):
        flash(_("C’est noté : la personne réserve les machines qui le demandaient."), "success")
        return redirect(url_for(".edit_qualifications", lab_id=lab_id))
    return page(
        "qualifications",
        form,
        lab=lab,
        held=administration.qualified(lab.id, today - SHOWN_AFTER),
        types=types,
        required=administration.required(lab.id),
        issuers=ISSUER_NAMES,
        today=today,
        soon=today + SOON,
        grants=grants,
        runs=can_run_lab(me(), lab),
        words=words,
        found=found,
        hints={line.id: ", ".join(filter(None, (line.trade, line.company, line.town))) for line in found},
    )


@bp.route("/labs/<int:lab_id>/gestion/qualifications/nouvelle", methods=["GET", "POST"])
@RUNNERS
def new_type(lab_id: int) -> ResponseReturnValue:
    """A training of the lab's own."""
    lab = lab_here(lab_id, runs=True)
    form = forms.TypeForm()
    form.needs.choices = forms.choices((row.id, row.name) for row in administration.types(lab.id))
    if form.validate_on_submit() and done(
        form,
        lambda: operations.create_type(
            administration.lab_to_change(me(), lab_id),
            form.name.data or "",
            by=me(),
            request_id=parse_request_id(form.request_id.data),
            issuer=form.issuer.data,
            validity_months=form.validity_months.data,
            is_single_use=form.is_single_use.data,
            needs=tuple(form.needs.data or ()),
        ),
    ):
        flash(_("Elle peut maintenant être demandée par une machine."), "success")
        return redirect(url_for(".edit_qualifications", lab_id=lab_id))
    return page("new_type", form, lab=lab)


@bp.post("/qualifications/<int:qualification_id>/retrait")
@permission("the people of the lab that granted it, those who run it, referents of the firm that did")
def revoke(qualification_id: int) -> ResponseReturnValue:
    """Take a qualification back, with a reason."""
    with transaction():
        held = administration.qualification_to_change(me(), checked_id(qualification_id))
        operations.revoke(held, by=me(), reason=request.form.get("reason", "")[:1000])
        lab_id, company_id = held.lab_id, held.company_id
    flash(_("Elle est retirée ; les réservations déjà prises restent à décider une à une."), "success")
    if lab_id is not None:
        return redirect(url_for(".edit_qualifications", lab_id=lab_id))
    return redirect(url_for(".edit_authorisations", entreprise=company_id))


@bp.route("/mon-entreprise/autorisations", methods=["GET", "POST"])
@permission("referents of a firm")
def edit_authorisations() -> ResponseReturnValue:
    """Colleagues, and what the firm allows them on shared machines."""
    company_id = _company()
    people = colleagues_of(company_id)
    types = administration.employer_types()
    form = forms.QualifyForm()
    form.person_id.choices = forms.choices((person.user_id, person.name) for person in people)
    form.type_id.choices = forms.choices((row.id, row.name) for row in types)

    def allow() -> None:
        person = by_id(form.person_id.data or 0)
        kind = db.session.get(QualificationType, form.type_id.data or 0)
        if person is None or kind is None:
            raise NotFound
        operations.authorise(
            company_id,
            kind,
            person,
            by=me(),
            request_id=parse_request_id(form.request_id.data),
            valid_from=form.valid_from.data,
            valid_until=form.valid_until.data,
            note=form.note.data or "",
        )

    if form.validate_on_submit() and done(form, allow):
        flash(
            _("L’autorisation est donnée : elle compte pour votre entreprise, dans tous les labs."), "success"
        )
        return redirect(url_for(".edit_authorisations", entreprise=company_id))
    firms = {
        key: name for key, name in access_of(me()).companies.items() if key in access_of(me()).referent_of
    }
    return page(
        "authorisations",
        form,
        company_id=company_id,
        company=firms[company_id],
        firms=firms,
        held=administration.authorised(company_id),
        people=people,
        today=local(clock.now()).date(),
        soon=local(clock.now()).date() + SOON,
    )


def _company() -> int:
    """The firm the page speaks for: the one asked for, else the first that the person is a referent of."""
    access = access_of(me())
    own = [key for key in access.companies if key in access.referent_of]
    asked = whole(request.values.get("entreprise"))
    if not own or (asked and asked not in own):
        raise NotFound
    return asked or own[0]
