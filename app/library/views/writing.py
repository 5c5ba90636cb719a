"""Writing a sheet: one calm form, kept as a draft, proposed when it is ready."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from app.communities.access import access_of
from app.communities.queries import colleagues_of
from app.core import blobs
from app.core.database import transaction
from app.core.doors import permission, signed_in
from app.core.errors import NotFound, Refusal
from app.core.idempotency import parse_request_id
from app.core.inputs import checked_id, new_request_id, sent_values, whole
from app.extensions import db
from app.library import forms, operations, prefills, queries
from app.library.adapters import sheet_url
from app.library.models import PracticeVersion
from app.library.sheets import DATES, FIGURES, LINES, TEXTS, faults_of, sheet_of
from app.library.views import bp, stand_in
from app.library.vocabulary import number_in_words

MOST_CONTACTS = 60
WRITERS = permission("the author of the sheet; the referents of its firm once it was published")


class Kept(NamedTuple):
    """A draft as it was just saved."""

    id: int
    revision: int
    faults: dict[str, str]


@bp.get("/apprendre/nouvelle")
@signed_in
def new_sheet() -> ResponseReturnValue:
    """An empty form; `?depuis=topic:12` begins with what a solved topic says, and credits its authors."""
    if not access_of(current_user).places:
        return render_template("library/write.html", form=None)
    form = _form()
    form.request_id.data, form.revision.data = new_request_id(), 0
    form.contact_id.data = str(current_user.id)
    form.node_id.data = form.node_id.choices[0].value
    named = request.args.get("depuis", "")
    drawn = prefills.prefill_for(current_user, named) if named else None
    if drawn is not None:
        form.origin.data = named
        form.title.data = drawn.title
        form.node_id.data = drawn.node_id
        for name, text in drawn.values.items():
            form[name].data = text
    return _page(form, drawn=drawn)


@bp.post("/apprendre/nouvelle")
@signed_in
def create_sheet() -> ResponseReturnValue:
    """Keep a new sheet as a draft, or keep and propose it; a refusal loses nothing of what was typed."""
    form = _form()
    return _received(form, None)


@bp.get("/apprendre/<int:practice_id>/ecrire")
@WRITERS
def edit_sheet(practice_id: int) -> ResponseReturnValue:
    """Go on with the open version."""
    found = queries.draft_for(current_user, checked_id(practice_id))
    if found.version.state == "proposed":
        return redirect(f"/apprendre/{practice_id}/relecture")
    form = _filled(found)
    return _page(form, found=found)


@bp.post("/apprendre/<int:practice_id>/ecrire")
@WRITERS
def save_sheet(practice_id: int) -> ResponseReturnValue:
    """Keep the open version, or keep and propose it."""
    queries.draft_for(current_user, checked_id(practice_id))
    return _received(_form(practice_id), practice_id)


@bp.put("/apprendre/brouillons")
@signed_in
def keep_draft() -> ResponseReturnValue:
    """What the form's script saves while one types: makes the draft the first time, then keeps it."""
    sent = sent_values()
    practice_id = whole(sent.get("id")) or None
    kept = _keep(sent, practice_id)
    return jsonify(
        id=kept.id,
        revision=kept.revision,
        url=f"/apprendre/{kept.id}/ecrire",
        faults=kept.faults,
    )


@bp.post("/apprendre/<int:practice_id>/version")
@WRITERS
def write_anew(practice_id: int) -> ResponseReturnValue:
    """Open another version of a published sheet; readers keep the present one meanwhile."""
    with transaction():
        practice = queries.practice_to_change(current_user, checked_id(practice_id))
        operations.write_anew(practice, author=current_user)
    return redirect(f"/apprendre/{practice_id}/ecrire")


@bp.post("/apprendre/<int:practice_id>/reprise")
@WRITERS
def take_back(practice_id: int) -> ResponseReturnValue:
    """Take a proposed version back to write on."""
    with transaction():
        practice, version = queries.draft_to_change(current_user, checked_id(practice_id))
        operations.take_back(practice, version, author=current_user)
    flash(_("La fiche est de nouveau à vous : elle n’est plus en relecture."), "success")
    return redirect(f"/apprendre/{practice_id}/ecrire")


@bp.route("/apprendre/<int:practice_id>/suppression", methods=["GET", "POST"])
@WRITERS
def discard_sheet(practice_id: int) -> ResponseReturnValue:
    """Throw the open version away, after a page that says what it means."""
    found = queries.draft_for(current_user, checked_id(practice_id))
    if request.method == "GET":
        return render_template("library/discard.html", practice=found.practice, version=found.version)
    with transaction():
        practice, version = queries.draft_to_change(current_user, practice_id)
        was_published = practice.state != "draft"
        address = sheet_url(practice.id, practice.slug) if was_published else "/apprendre/mes-fiches"
        operations.discard(practice, version, author=current_user)
    flash(_("Le brouillon est supprimé."), "success")
    return redirect(address)


def _received(form: forms.SheetForm, practice_id: int | None) -> ResponseReturnValue:
    """Keep what a plain form sent; propose it when that was asked and nothing is missing."""
    received, refused = blobs.from_form(request.files.getlist(form.files.name), current_user.id)
    form.solution.data = "\n\n".join(
        filter(None, [form.solution.data, *(upload.markdown for upload in received)])
    )
    form.files.process_errors = [*form.files.process_errors, *refused]
    sent = {**request.form.to_dict(), "solution": form.solution.data, "technologies": form.technologies.data}
    try:
        kept = _keep(sent, practice_id)
    except Refusal as refusal:
        return _refused(form, refusal, practice_id)
    form.revision.data = kept.revision
    if "propose" not in request.form:
        if kept.faults or refused:
            return _faulty(form, kept.id, kept.faults)
        flash(_("La fiche est enregistrée. Vous seul la voyez."), "success")
        return redirect(f"/apprendre/{kept.id}/ecrire")
    return _propose(form, kept)


def _propose(form: forms.SheetForm, kept: Kept) -> ResponseReturnValue:
    version = queries.draft_for(current_user, kept.id).version
    faults = {**faults_of(version), **kept.faults}
    if faults:
        return _faulty(form, kept.id, faults)
    try:
        with transaction():
            practice, version = queries.draft_to_change(current_user, kept.id)
            operations.propose(practice, version, author=current_user)
    except Refusal as refusal:
        return _refused(form, refusal, kept.id)
    flash(_("La fiche est proposée. Vous serez prévenu dès qu’elle sera relue."), "success")
    return redirect(f"/apprendre/{kept.id}/relecture")


def _keep(sent: dict[str, Any], practice_id: int | None) -> Kept:
    """Save what was sent as the draft that it belongs to, made now if it is the first time."""
    user = current_user._get_current_object()
    request_id = parse_request_id(sent.get("request_id"))
    company_id = whole(sent.get("company_id")) or None
    sheet = sheet_of(sent, _contact_ids(user, practice_id))
    node_id, base = whole(sent.get("node_id")), whole(sent.get("revision"))
    drawn = prefills.prefill_for(user, str(sent.get("origin") or "")) if practice_id is None else None
    with transaction():
        if practice_id is not None:
            practice, version = queries.draft_to_change(user, checked_id(practice_id))
        else:
            practice, version, is_new = operations.begin(
                node_id or _first_place(user),
                sheet,
                author=user,
                request_id=request_id,
                company_id=company_id,
                origin=drawn.origin if drawn is not None else None,
            )
            if is_new:
                return Kept(practice.id, version.revision, sheet.faults)
        revision = operations.save(
            practice,
            version,
            sheet,
            author=user,
            base_revision=base or version.revision,
            node_id=node_id if practice.state == "draft" and node_id else None,
        )
        return Kept(practice.id, revision, sheet.faults)


def _faulty(form: forms.SheetForm, practice_id: int, faults: dict[str, str]) -> ResponseReturnValue:
    for name, sentence in faults.items():
        form[name].errors = [*form[name].errors, sentence]
    return _page(form, found=queries.draft_for(current_user, practice_id), status=422)


def _refused(form: forms.SheetForm, refusal: Refusal, practice_id: int | None) -> ResponseReturnValue:
    """The form as it was typed. Sent again after a conflict was told, the new wording wins over the one it was shown."""
    if isinstance(refusal, NotFound):
        raise refusal
    found = queries.draft_for(current_user, practice_id) if practice_id is not None else None
    if refusal.status == 409 and found is not None:
        form.revision.data = found.version.revision
    field = getattr(form, refusal.field or "", None) or form.title
    field.errors = [*field.errors, refusal.sentence, *refusal.reasons]
    return _page(form, found=found, status=refusal.status)


def _page(
    form: forms.SheetForm,
    *,
    found: queries.DraftPage | None = None,
    drawn: prefills.Prefill | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    if found is not None:
        stand_in(found.practice.node_id)
    elif form.origin.data and drawn is None:
        drawn = prefills.prefill_for(current_user, form.origin.data)
    return (
        render_template(
            "library/write.html",
            form=form,
            practice=found.practice if found is not None else None,
            version=found.version if found is not None else None,
            drawn=drawn,
        ),
        status,
    )


def _form(practice_id: int | None = None) -> forms.SheetForm:
    """The form with the places, firms and people this person may name."""
    form = forms.SheetForm()
    user = current_user._get_current_object()
    access = access_of(user)
    places = [*access.communities, *access.higher_places]
    form.node_id.choices = [SelectChoice(place.id, place.name) for place in places]
    form.company_id.choices = [SelectChoice(key, name) for key, name in access.companies.items()]
    form.contact_id.choices = [SelectChoice(str(key), name) for key, name in _contacts(user, practice_id)]
    return form


def _filled(found: queries.DraftPage) -> forms.SheetForm:
    """The form as the draft stands."""
    version, practice = found.version, found.practice
    form = _form(practice.id)
    form.request_id.data, form.revision.data = practice.request_id, version.revision
    for name in (*LINES, *TEXTS, "facet", "dimension", "evidence", "technologies"):
        form[name].data = getattr(version, name)
    for name in FIGURES:
        value = getattr(version, name)
        form[name].data = number_in_words(value) if value is not None else ""
    for name in DATES:
        day = getattr(version, name)
        form[name].data = day.isoformat() if day is not None else ""
    form.contact_id.data = str(version.contact_id or "")
    form.node_id.data, form.company_id.data = practice.node_id, practice.company_id
    return form


def _first_place(user: Any) -> int:
    access = access_of(user)
    for place in (*access.communities, *access.higher_places):
        return place.id
    raise NotFound


def _contacts(user: Any, practice_id: int | None) -> list[tuple[int, str]]:
    """Who may be named as the person to call: oneself, one's colleagues, whoever the draft names already."""
    people = {user.id: user.name}
    for company_id in access_of(user).companies:
        for colleague in colleagues_of(company_id)[:MOST_CONTACTS]:
            people.setdefault(colleague.user_id, colleague.name)
    if practice_id is not None:
        version = queries.open_version(practice_id)
        if version is not None and version.contact_id is not None:
            people.setdefault(version.contact_id, _name_of(version))
    return list(people.items())


def _contact_ids(user: Any, practice_id: int | None) -> set[int]:
    return {person_id for person_id, _name in _contacts(user, practice_id)}


def _name_of(version: PracticeVersion) -> str:
    from app.accounts.models import User

    return db.session.get_one(User, version.contact_id).name
