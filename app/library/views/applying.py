"""« Je l'ai appliquée »."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from app.core import blobs
from app.core.database import transaction
from app.core.doors import permission
from app.core.errors import Forbidden, NotFound, Refusal
from app.core.idempotency import parse_request_id
from app.core.inputs import checked_id, new_request_id
from app.core.time import clock, local
from app.library import forms, operations, permissions, queries
from app.library.adapters import sheet_url
from app.library.telling import day_of, told_of
from app.library.views import bp, stand_in

APPLIERS = permission("people of a firm other than the one that wrote the sheet, who read it")


@bp.get("/apprendre/<int:practice_id>/application")
@APPLIERS
def new_application(practice_id: int) -> ResponseReturnValue:
    """The form of « je l'ai appliquée »."""
    practice = _practice(practice_id)
    form = _form(practice)
    form.request_id.data = new_request_id()
    form.applied_on.data = local(clock.now()).date().isoformat()
    form.indicator.data, form.unit.data = practice.indicator, practice.unit
    return _page(form, practice)


@bp.post("/apprendre/<int:practice_id>/application")
@APPLIERS
def create_application(practice_id: int) -> ResponseReturnValue:
    """Say that one's firm did the same; on a refusal the form comes back as typed."""
    practice = _practice(practice_id)
    form = _form(practice)
    received, refused = blobs.from_form(request.files.getlist(form.files.name), current_user.id)
    form.note.data = "\n\n".join(filter(None, [form.note.data, *(upload.markdown for upload in received)]))
    form.files.process_errors = [*form.files.process_errors, *refused]
    request_id = parse_request_id(form.request_id.data)
    if not form.validate() or refused:
        return _page(form, practice, 422)
    try:
        told = told_of({**request.form.to_dict(), "note": form.note.data})
        applied_on = day_of(form.applied_on.data or "")
        with transaction():
            changed = queries.practice_to_change(current_user, practice_id)
            application = operations.apply(
                changed,
                told,
                person=current_user,
                company_id=form.company_id.data or form.company_id.choices[0].value,
                applied_on=applied_on,
                request_id=request_id,
            )
            address = f"{sheet_url(practice.id, practice.slug)}#application-{application.id}"
    except Refusal as refusal:
        if isinstance(refusal, NotFound | Forbidden):
            raise
        field = getattr(form, refusal.field or "", None) or form.note
        field.errors = [*field.errors, refusal.sentence]
        return _page(form, practice, refusal.status)
    flash(_("Merci : votre application est notée. Un correspondant technique la vérifiera."), "success")
    return redirect(address)


@bp.post("/apprendre/applications/<int:application_id>/verification")
@permission("those who review the place of the sheet, never for their own firm")
def verify_application(application_id: int) -> ResponseReturnValue:
    """Vouch for an application."""
    with transaction():
        practice, application = queries.application_to_change(current_user, checked_id(application_id))
        operations.verify_application(practice, application, by=current_user)
        address = f"{sheet_url(practice.id, practice.slug)}#application-{application.id}"
    flash(_("L’application est vérifiée ; la personne est prévenue."), "success")
    return redirect(address)


@bp.post("/apprendre/applications/<int:application_id>/suppression")
@permission("the person who told it, while nobody verified it")
def remove_application(application_id: int) -> ResponseReturnValue:
    """Take back what one told."""
    with transaction():
        practice, application = queries.application_to_change(current_user, checked_id(application_id))
        operations.remove_application(practice, application, person=current_user)
        address = sheet_url(practice.id, practice.slug)
    flash(_("Votre application est retirée."), "success")
    return redirect(address)


def _practice(practice_id: int) -> Any:
    practice = queries.sheet_for(current_user, checked_id(practice_id)).practice
    if not permissions.can_apply(current_user, practice):
        raise NotFound
    stand_in(practice.node_id)
    return practice


def _form(practice: Any) -> forms.ApplicationForm:
    form = forms.ApplicationForm()
    firms = permissions.applying_companies(current_user, practice)
    form.company_id.choices = [SelectChoice(key, name) for key, name in firms.items()]
    return form


def _page(form: forms.ApplicationForm, practice: Any, status: int = 200) -> ResponseReturnValue:
    return render_template("library/apply.html", form=form, practice=practice), status
