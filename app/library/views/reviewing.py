"""Reviewing a proposed sheet, and what becomes of a published one."""

from __future__ import annotations

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts.models import User
from app.communities.access import access_of
from app.core.database import transaction
from app.core.doors import permission
from app.core.errors import Forbidden, NotFound, Refusal
from app.core.inputs import checked_id, form_id
from app.extensions import db
from app.library import forms, operations, permissions, queries
from app.library.adapters import sheet_url
from app.library.differences import differences
from app.library.models import PracticeVersion
from app.library.views import bp, stand_in

REVIEWERS = permission("those who moderate the place of the sheet, but not of their own nor of their firm's")


@bp.get("/apprendre/<int:practice_id>/relecture")
@permission("those who write or review the sheet")
def show_review(practice_id: int) -> ResponseReturnValue:
    """A proposed sheet as it would be read, with what changed, and the decision."""
    return _page(practice_id)


@bp.post("/apprendre/<int:practice_id>/publication")
@REVIEWERS
def publish(practice_id: int) -> ResponseReturnValue:
    """Publish the proposed version."""
    revision = form_id("revision")
    with transaction():
        practice, version = queries.version_to_review(current_user, checked_id(practice_id))
        operations.publish(practice, version, by=current_user, revision=revision)
        address = sheet_url(practice.id, practice.slug)
    flash(_("La fiche est publiée ; son auteur est prévenu."), "success")
    return redirect(address)


@bp.post("/apprendre/<int:practice_id>/renvoi")
@REVIEWERS
def return_for_changes(practice_id: int) -> ResponseReturnValue:
    """Give the sheet back to its author with remarks."""
    form = forms.ReturnForm()
    try:
        with transaction():
            practice, version = queries.version_to_review(current_user, checked_id(practice_id))
            operations.return_for_changes(
                practice,
                version,
                by=current_user,
                revision=form.revision.data or 0,
                remarks=form.remarks.data or "",
            )
    except Refusal as refusal:
        if isinstance(refusal, NotFound | Forbidden) or refusal.status == 409:
            raise
        form.remarks.errors = [refusal.sentence]
        return _page(practice_id, form, refusal.status)
    flash(_("La fiche est renvoyée à son auteur avec vos remarques."), "success")
    return redirect("/apprendre/mes-fiches")


@bp.post("/apprendre/<int:practice_id>/verification")
@REVIEWERS
def confirm(practice_id: int) -> ResponseReturnValue:
    """Say that the sheet still holds, for another year."""
    with transaction():
        practice = queries.practice_to_change(current_user, checked_id(practice_id))
        operations.confirm(practice, by=current_user)
        address = sheet_url(practice.id, practice.slug)
    flash(_("La fiche est vérifiée d’aujourd’hui."), "success")
    return redirect(address)


@bp.route("/apprendre/<int:practice_id>/retrait", methods=["GET", "POST"])
@permission("the author of the sheet, and those who review its place")
def withdraw(practice_id: int) -> ResponseReturnValue:
    """Take a sheet away from its readers, with a reason."""
    practice = queries.sheet_for(current_user, checked_id(practice_id)).practice
    if not permissions.can_withdraw(current_user, practice):
        raise NotFound
    form = forms.WithdrawForm()
    status = 200
    if form.is_submitted():
        try:
            with transaction():
                changed = queries.practice_to_change(current_user, practice_id)
                operations.withdraw(changed, by=current_user, reason=form.reason.data or "")
            flash(
                _("La fiche est retirée. Elle reste lisible pour son auteur et pour l’équipe du lieu."),
                "success",
            )
            return redirect(sheet_url(practice.id, practice.slug))
        except Refusal as refusal:
            if isinstance(refusal, NotFound | Forbidden):
                raise
            form.reason.errors, status = [refusal.sentence], refusal.status
    stand_in(practice.node_id)
    return render_template("library/withdraw.html", form=form, practice=practice), status


@bp.post("/apprendre/<int:practice_id>/retour")
@REVIEWERS
def reinstate(practice_id: int) -> ResponseReturnValue:
    """Give a withdrawn sheet back to its readers."""
    with transaction():
        practice = queries.practice_to_change(current_user, checked_id(practice_id))
        operations.reinstate(practice, by=current_user)
        address = sheet_url(practice.id, practice.slug)
    flash(_("La fiche est de nouveau en ligne."), "success")
    return redirect(address)


def _page(practice_id: int, form: forms.ReturnForm | None = None, status: int = 200) -> ResponseReturnValue:
    found = queries.review_for(current_user, checked_id(practice_id))
    practice, version = found.practice, found.version
    stand_in(practice.node_id)
    if form is None:
        form = forms.ReturnForm(formdata=None)
    form.revision.data = version.revision
    published = (
        db.session.get(PracticeVersion, practice.published_version_id)
        if practice.published_version_id
        else None
    )
    return (
        render_template(
            "library/review.html",
            practice=practice,
            version=version,
            author=db.session.get_one(User, version.author_id),
            contact=db.session.get(User, version.contact_id) if version.contact_id else None,
            credits=queries.credits_of(practice.id),
            place=access_of(current_user).places.get(practice.node_id),
            changes=differences(published, version) if published is not None else None,
            form=form,
            may_review=version.state == "proposed"
            and permissions.can_review(current_user, practice, version),
            may_edit=permissions.can_edit(current_user, practice),
        ),
        status,
    )
