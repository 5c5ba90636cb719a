"""The people of a lab, found among its readers or by the address of their account."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.queries import by_email, by_id
from app.core.database import transacted
from app.core.doors import permission
from app.core.errors import Refusal
from app.core.inputs import checked_id
from app.resources import forms, permissions
from app.resources.models import Lab
from app.resources.operations import staff as operations
from app.resources.queries import administration
from app.resources.views.administration import PEOPLE, bp, done, lab_here, me, page
from app.resources.vocabulary import CHARGE_DUTIES, CHARGES


@bp.route("/labs/<int:lab_id>/gestion/equipe", methods=["GET", "POST"])
@PEOPLE
def edit_staff(lab_id: int) -> ResponseReturnValue:
    """Who looks after the lab; whoever may name somebody does it here."""
    lab = lab_here(lab_id)
    form = forms.StaffForm()
    roles = [role for role in CHARGES if permissions.can_name_staff(me(), lab, role)]
    form.role.choices = forms.choices((role, CHARGES[role]) for role in roles)
    words = request.values.get("q", "")[:80]
    found = administration.readers_matching(lab, words) if roles else []
    form.person_id.choices = forms.choices((line.id, line.name) for line in found)
    if form.validate_on_submit() and done(form, lambda: _name(lab_id, form)):
        flash(_("C’est fait : la personne voit maintenant les pages du lab."), "success")
        return redirect(url_for(".edit_staff", lab_id=lab_id))
    staff = administration.staff(lab.id)
    return page(
        "staff",
        form,
        lab=lab,
        staff=staff,
        endable={line.id for line in staff if permissions.can_end_staff(me(), lab, line)},
        words=words,
        found=found,
        hints={line.id: ", ".join(filter(None, (line.trade, line.company, line.town))) for line in found},
        duties=CHARGE_DUTIES,
    )


@bp.post("/labs/<int:lab_id>/gestion/equipe/<int:charge_id>/fin")
@permission("whoever could name them, and the person")
def end_charge(lab_id: int, charge_id: int) -> ResponseReturnValue:
    """Take a charge back, or give one's own up."""

    def end() -> Lab:
        lab = administration.lab_to_change(me(), checked_id(lab_id))
        operations.end_staff(lab, administration.charge_to_change(lab, checked_id(charge_id)), by=me())
        return lab

    lab = transacted(end)
    flash(_("Cette charge a pris fin."), "success")
    if permissions.can_see_administration(me(), lab):
        return redirect(url_for(".edit_staff", lab_id=lab_id))
    return redirect("/")


def _name(lab_id: int, form: forms.StaffForm) -> None:
    lab = administration.lab_to_change(me(), lab_id)
    operations.name_staff(lab, _person(lab, form), form.role.data, by=me())


def _person(lab: Lab, form: forms.StaffForm) -> Any:
    """The person chosen among readers, else the one whose address was typed; the same sentence for any other."""
    offered = {choice.value for choice in form.person_id.choices or []}
    person = (
        by_id(form.person_id.data) if form.person_id.data in offered else by_email(form.person.data or "")
    )
    if person is None or not person.is_active:
        raise Refusal(_("Aucun compte n’a cette adresse. Cherchez plutôt par le nom."), field="person")
    return person
