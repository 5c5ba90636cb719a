"""A machine: added, described, its rules, conditions, units, checks, photo and papers."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import blobs
from app.core.database import transaction
from app.core.errors import NotFound
from app.core.idempotency import parse_request_id
from app.core.inputs import checked_id, whole
from app.resources import forms, permissions
from app.resources.access import can_stop_machine
from app.resources.models import Lab, Machine
from app.resources.operations import machines as operations
from app.resources.operations import papers
from app.resources.queries import administration
from app.resources.queries.outages import outages_of_machine
from app.resources.rules import length
from app.resources.shapes import MachineRules
from app.resources.views import now_in_seconds
from app.resources.views.administration import (
    DESCRIBERS,
    PEOPLE,
    RUNNERS,
    bp,
    done,
    lab_here,
    machine_here,
    me,
    page,
)


@bp.route("/labs/<int:lab_id>/gestion/machines/nouvelle", methods=["GET", "POST"])
@RUNNERS
def new_machine(lab_id: int) -> ResponseReturnValue:
    """Add a machine; its rules are those of most until they are changed."""
    lab = lab_here(lab_id, runs=True)
    form = _machine_form(lab, None)
    made = []

    def add() -> None:
        count = form.units.data or 1
        machine = operations.add_machine(
            administration.lab_to_change(me(), lab_id),
            form.shape(),
            MachineRules(),
            by=me(),
            request_id=parse_request_id(form.request_id.data),
            units=[f"n° {number}" for number in range(1, count + 1)] if count > 1 else [""],
            opened=False,
        )
        made.append(machine.id)

    if form.validate_on_submit() and done(form, add):
        flash(_("La machine est ajoutée. Relisez ses règles, puis ouvrez-la à la réservation."), "success")
        return redirect(url_for(".show_machine_settings", machine_id=made[0]))
    return page("machine", form, lab=lab, machine=None)


@bp.get("/machines/<int:machine_id>/gestion")
@DESCRIBERS
def show_machine_settings(machine_id: int) -> ResponseReturnValue:
    """Everything of a machine that somebody looks after."""
    lab, machine = machine_here(machine_id)
    return _machine_page(lab, machine)


@bp.route("/machines/<int:machine_id>/gestion/fiche", methods=["GET", "POST"])
@DESCRIBERS
def edit_machine(machine_id: int) -> ResponseReturnValue:
    """What a machine's page says."""
    lab, machine = _described(machine_id)
    form = _machine_form(lab, machine)
    if form.validate_on_submit() and done(
        form,
        lambda: operations.edit_machine(
            administration.machine_to_change(me(), machine_id),
            form.shape(machine.code),
            by=me(),
            base_version=whole(form.version.data) or None,
        ),
    ):
        return _saved(machine_id)
    return page("machine", form, lab=lab, machine=machine)


@bp.route("/machines/<int:machine_id>/gestion/regles", methods=["GET", "POST"])
@RUNNERS
def edit_rules(machine_id: int) -> ResponseReturnValue:
    """How a machine is booked."""
    lab, machine = machine_here(machine_id, runs=True)
    form = forms.RulesForm()
    if not form.is_submitted():
        form.show(machine)
    if form.validate_on_submit():
        rules = form.rules()
        if rules is not None and done(
            form,
            lambda: operations.set_rules(administration.machine_to_change(me(), machine_id), rules, by=me()),
        ):
            return _saved(machine_id)
    return page("rules", form, lab=lab, machine=machine)


@bp.route("/machines/<int:machine_id>/gestion/conditions", methods=["GET", "POST"])
@RUNNERS
def edit_conditions(machine_id: int) -> ResponseReturnValue:
    """Which qualifications a machine asks for, and whom it is narrowed to."""
    lab, machine = machine_here(machine_id, runs=True)
    parts = administration.machine_parts(machine.id)
    form = forms.ConditionsForm(data={"types": list(parts["types"]), "nodes": list(parts["nodes"])})
    form.types.choices = forms.choices((row.id, row.name) for row in administration.types(lab.id))
    form.nodes.choices = forms.choices((row.id, row.name) for row in administration.narrower(lab.id))

    def change() -> None:
        held = administration.machine_to_change(me(), machine_id)
        operations.require_types(held, form.types.data or [], by=me())
        operations.narrow_to_nodes(held, form.nodes.data or [], by=me())

    if form.validate_on_submit() and done(form, change):
        return _saved(machine_id)
    return page("conditions", form, lab=lab, machine=machine)


@bp.post("/machines/<int:machine_id>/gestion/exemplaires")
@RUNNERS
def add_unit(machine_id: int) -> ResponseReturnValue:
    """One more like machine."""
    lab, machine = machine_here(machine_id, runs=True)
    form = forms.UnitForm()
    if form.validate_on_submit() and done(
        form,
        lambda: operations.add_unit(
            administration.machine_to_change(me(), machine_id),
            form.name.data or "",
            by=me(),
            serial_number=form.serial_number.data or "",
        ),
    ):
        return _saved(machine_id, "exemplaires")
    return _machine_page(lab, machine, unit_form=form, status=422)


@bp.post("/machines/<int:machine_id>/gestion/exemplaires/<int:unit_id>/retrait")
@RUNNERS
def retire_unit(machine_id: int, unit_id: int) -> ResponseReturnValue:
    """Take a unit out of use."""
    with transaction():
        machine = administration.machine_to_change(me(), checked_id(machine_id))
        operations.retire_unit(machine, checked_id(unit_id), by=me())
    return _saved(machine_id, "exemplaires")


@bp.post("/machines/<int:machine_id>/gestion/controle")
@PEOPLE
def record_check(machine_id: int) -> ResponseReturnValue:
    """When a machine was checked, and is to be again."""
    lab, machine = machine_here(machine_id)
    form = forms.CheckForm()
    if form.validate_on_submit() and done(
        form,
        lambda: operations.record_check(
            administration.machine_to_change(me(), machine_id),
            last_on=form.last_on.data,
            next_on=form.next_on.data,
            by=me(),
        ),
    ):
        return _saved(machine_id, "controle")
    return _machine_page(lab, machine, check_form=form, status=422)


@bp.post("/machines/<int:machine_id>/gestion/photo")
@DESCRIBERS
def set_photo(machine_id: int) -> ResponseReturnValue:
    """Show another photo, or none."""
    lab, machine = _described(machine_id)
    form = forms.PhotoForm()
    key = None
    if "remove" not in request.form:
        received, refused = blobs.from_form(request.files.getlist("photo"), me().id)
        if not received:
            form.photo.errors = refused or [_("Choisissez une photo.")]
            return _machine_page(lab, machine, photo_form=form, status=422)
        key = received[0].key
    if done(
        form,
        lambda: papers.set_photo(
            administration.machine_to_change(me(), machine_id), key, by=me(), alt=form.alt.data or ""
        ),
    ):
        return _saved(machine_id, "photo")
    return _machine_page(lab, machine, photo_form=form, status=422)


@bp.post("/machines/<int:machine_id>/gestion/documents")
@DESCRIBERS
def add_document(machine_id: int) -> ResponseReturnValue:
    """Add a paper."""
    lab, machine = _described(machine_id)
    form = forms.PaperForm()
    received, refused = blobs.from_form(request.files.getlist("file"), me().id)
    if not received:
        form.file.errors = refused or [_("Choisissez un fichier.")]
    elif form.validate() and done(
        form,
        lambda: papers.add_document(
            administration.machine_to_change(me(), machine_id),
            received[0].key,
            kind=form.kind.data,
            title=form.title.data or "",
            by=me(),
            request_id=parse_request_id(form.request_id.data),
        ),
    ):
        return _saved(machine_id, "documents")
    return _machine_page(lab, machine, paper_form=form, status=422)


@bp.post("/machines/<int:machine_id>/gestion/documents/<int:document_id>/retrait")
@DESCRIBERS
def remove_document(machine_id: int, document_id: int) -> ResponseReturnValue:
    """Take a paper away."""
    with transaction():
        machine = administration.machine_to_change(me(), checked_id(machine_id))
        papers.remove_document(machine, checked_id(document_id), by=me())
    return _saved(machine_id, "documents")


@bp.post("/machines/<int:machine_id>/gestion/etat")
@RUNNERS
def set_machine_state(machine_id: int) -> ResponseReturnValue:
    """Open a machine to booking, hold it back, or retire it."""
    state = request.form.get("state")
    with transaction():
        machine = administration.machine_to_change(me(), checked_id(machine_id))
        if state == "retired":
            operations.retire_machine(machine, by=me())
        else:
            operations.set_bookable(machine, state == "bookable", by=me())
    return _saved(machine_id, "etat")


def _described(machine_id: int) -> tuple[Lab, Machine]:
    lab, machine = machine_here(machine_id)
    if not permissions.can_describe_machine(me(), lab, machine):
        raise NotFound
    return lab, machine


def _saved(machine_id: int, part: str = "") -> ResponseReturnValue:
    flash(_("C’est enregistré."), "success")
    return redirect(url_for(".show_machine_settings", machine_id=machine_id, _anchor=part or None))


def _machine_form(lab: Lab, machine: Machine | None) -> forms.MachineForm:
    form = forms.MachineForm(obj=machine)
    if machine is not None and not form.is_submitted():
        form.specification.data = "\n".join(f"{name} : {value}" for name, value in machine.specification)
        form.to_know.data = "\n".join(machine.to_know)
        form.owner_company_id.data = machine.owner_company_id or 0
    if machine is not None:
        del form.units
    form.owner_company_id.choices = forms.choices(
        [(0, _("Le lab")), *((row.id, row.name) for row in administration.lenders(lab.id))]
    )
    return form


def _machine_page(
    lab: Lab,
    machine: Machine,
    *,
    unit_form: Any = None,
    check_form: Any = None,
    photo_form: Any = None,
    paper_form: Any = None,
    status: int = 200,
) -> ResponseReturnValue:
    parts = administration.machine_parts(machine.id)
    names = {row.id: row.name for row in administration.types(lab.id)}
    places = {row.id: row.name for row in administration.narrower(lab.id)} if parts["nodes"] else {}
    drawn = page(
        "machine_settings",
        lab=lab,
        machine=machine,
        parts=parts,
        needs=sorted(names[type_id] for type_id in parts["types"] if type_id in names),
        places=sorted(places[node_id] for node_id in parts["nodes"] if node_id in places),
        slot=(length(machine.step_minutes), length(machine.default_minutes), length(machine.max_minutes)),
        unit_form=unit_form or forms.UnitForm(formdata=None),
        check_form=check_form
        or forms.CheckForm(
            formdata=None, data={"last_on": machine.last_check_on, "next_on": machine.next_check_on}
        ),
        photo_form=photo_form or forms.PhotoForm(formdata=None),
        paper_form=paper_form or forms.PaperForm(formdata=None),
        runs=permissions.can_run_lab(me(), lab),
        describes=permissions.can_describe_machine(me(), lab, machine),
        checks=permissions.can_check_machine(me(), lab),
        outages=outages_of_machine(machine.id, now_in_seconds()),
        stops=can_stop_machine(me(), lab.id),
        now=now_in_seconds(),
    )
    return (drawn[0], status) if isinstance(drawn, tuple) else drawn
