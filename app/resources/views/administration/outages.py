"""A machine stands still: declared with the bookings it touches in sight, its end changed, started again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.core.database import transaction
from app.core.doors import permission
from app.core.errors import NotFound, Refusal
from app.core.idempotency import parse_request_id
from app.core.inputs import checked_id, whole
from app.resources import forms
from app.resources.access import can_stop_machine
from app.resources.addresses import booking_url
from app.resources.models import Lab, Machine
from app.resources.operations import outages as operations
from app.resources.operations.changing import lab_of
from app.resources.queries import administration
from app.resources.queries.bookable import unit_names
from app.resources.queries.occupations import bookings, suspended_by
from app.resources.queries.outages import outage_for
from app.resources.views import now_in_seconds
from app.resources.views.administration import bp, machine_here, me, page, show_on, stand_in

PEOPLE_OF_THE_LAB = permission("the people of the lab")


class Read(NamedTuple):
    """What the page sent back had shown: which bookings, and what becomes of each. First, it had shown none."""

    is_first: bool
    shown: tuple[int, ...]
    treatments: dict[int, str]


@bp.route("/machines/<int:machine_id>/gestion/arrets/nouveau", methods=["GET", "POST"])
@PEOPLE_OF_THE_LAB
def declare_outage(machine_id: int) -> ResponseReturnValue:
    """Stop a machine; nothing is stopped while it touches bookings that were not read."""
    lab, machine = _stoppable(machine_id)
    form = forms.OutageForm()
    units = unit_names(machine.id)
    form.unit_id.choices = forms.choices([(0, _("Toute la machine")), *units.items()])
    values: dict[str, Any] = {"lab": lab, "machine": machine, "units": units}
    if not form.validate_on_submit():
        return page("outage_new", form, **values)
    before = _read()
    try:
        with transaction():
            outage = operations.declare_outage(
                administration.machine_to_change(me(), machine.id),
                by=me(),
                kind=form.kind.data,
                reason=form.reason.data or "",
                start=form.seconds("starts_at", lab.time_zone, fold=0) or 0,
                end=form.seconds("expected_end", lab.time_zone, fold=1),
                unit_id=form.unit_id.data or None,
                treatment=form.treatment.data,
                treatments=before.treatments,
                shown=before.shown,
                request_id=parse_request_id(form.request_id.data),
            )
            outage_id = outage.id
    except operations.Unseen as unseen:
        return _to_read("outage_new", form, before, unseen.bookings, **values)
    except Refusal as refusal:
        _show(form, refusal)
        return page("outage_new", form, **values)
    _say_declared(before.shown)
    return redirect(url_for(".show_outage", outage_id=outage_id))


@bp.get("/arrets/<int:outage_id>")
@PEOPLE_OF_THE_LAB
def show_outage(outage_id: int) -> ResponseReturnValue:
    """An outage: since when, until when, what waits for it, and how it ends."""
    lab, machine, outage = _outage(outage_id)
    return page(
        "outage",
        form=forms.OutageEndForm(formdata=None),
        lab=lab,
        machine=machine,
        outage=outage,
        waiting=suspended_by(outage.id),
        now=now_in_seconds(),
        booking_url=booking_url,
    )


@bp.route("/arrets/<int:outage_id>/echeance", methods=["GET", "POST"])
@PEOPLE_OF_THE_LAB
def change_end(outage_id: int) -> ResponseReturnValue:
    """Another end: what it newly touches and what it gives back are read first."""
    lab, machine, outage = _outage(outage_id)
    form = forms.EndForm()
    values: dict[str, Any] = {"lab": lab, "machine": machine, "outage": outage}
    if not form.validate_on_submit():
        return page("outage_end", form, **values)
    before = _read()
    try:
        end = form.seconds("expected_end", lab.time_zone, fold=1)
        touched, freed = operations.preview_end(outage, end)
        if before.is_first and (touched or freed):
            return _to_read("outage_end", form, before, touched, freed=freed, **values)
        with transaction():
            operations.change_end(
                outage,
                end,
                by=me(),
                treatment=form.treatment.data,
                treatments=before.treatments,
                shown=before.shown,
            )
    except operations.Unseen as unseen:
        return _to_read("outage_end", form, before, unseen.bookings, freed=freed, **values)
    except Refusal as refusal:
        _show(form, refusal)
        return page("outage_end", form, **values)
    flash(_("Le retour prévu est changé ; les personnes concernées le savent."), "success")
    return redirect(url_for(".show_outage", outage_id=outage_id))


@bp.post("/arrets/<int:outage_id>/reprise")
@PEOPLE_OF_THE_LAB
def end_outage(outage_id: int) -> ResponseReturnValue:
    """The machine runs again."""
    _lab, _machine, outage = _outage(outage_id)
    waiting = [booking.id for booking in suspended_by(outage.id)]
    with transaction():
        operations.end_outage(outage, by=me(), note=request.form.get("note", "")[:1000])
    _say_ended(waiting)
    return redirect(url_for(".show_machine_settings", machine_id=outage.machine_id))


def _stoppable(machine_id: int) -> tuple[Lab, Machine]:
    lab, machine = machine_here(machine_id)
    if not can_stop_machine(me(), lab.id):
        raise NotFound
    return lab, machine


def _outage(outage_id: int) -> tuple[Lab, Machine, Any]:
    outage = outage_for(me(), checked_id(outage_id))
    machine = administration.machine_to_change(me(), outage.machine_id)
    lab = lab_of(machine)
    stand_in(lab)
    return lab, machine, outage


def _show(form: Any, refusal: Refusal) -> None:
    if isinstance(refusal, NotFound):
        raise refusal
    show_on(form, refusal)


def _read() -> Read:
    shown = tuple(dict.fromkeys(number for value in request.form.getlist("vue") if (number := whole(value))))
    chosen = {booking_id: request.form.get(f"sort-{booking_id}") for booking_id in shown}
    return Read(
        "lue" not in request.form,
        shown,
        {booking_id: sort for booking_id, sort in chosen.items() if sort in operations.TREATMENTS},
    )


def _to_read(
    name: str, form: Any, before: Read, touched: Sequence[Any], *, freed: Collection[Any] = (), **values: Any
) -> ResponseReturnValue:
    """The page again with what is touched; those that the page before did not show are marked."""
    return page(
        name,
        form,
        status=200 if before.is_first else 409,
        touched=touched,
        freed=freed,
        treatments=before.treatments,
        newcomers=set() if before.is_first else {row.id for row in touched} - set(before.shown),
        is_stale=not before.is_first,
        booking_url=booking_url,
        now=now_in_seconds(),
        **values,
    )


def _say_declared(shown: Sequence[int]) -> None:
    states = [booking.state for booking in bookings(shown).values()]
    said = [_("L’arrêt est déclaré.")]
    if count := states.count("suspended"):
        said.append(
            ngettext(
                "%(num)d réservation attend la machine.", "%(num)d réservations attendent la machine.", count
            )
        )
    if count := states.count("cancelled"):
        said.append(
            ngettext("%(num)d réservation est annulée.", "%(num)d réservations sont annulées.", count)
        )
    if len(said) > 1:
        said.append(_("Les personnes sont prévenues."))
    flash(" ".join(said), "success")


def _say_ended(waiting: Sequence[int]) -> None:
    states = [booking.state for booking in bookings(waiting).values()]
    said = [_("La machine est de nouveau en service.")]
    if count := states.count("confirmed"):
        said.append(ngettext("%(num)d réservation revient.", "%(num)d réservations reviennent.", count))
    if count := states.count("cancelled"):
        said.append(
            ngettext(
                "%(num)d réservation n’a pas pu revenir.", "%(num)d réservations n’ont pas pu revenir.", count
            )
        )
    if count := states.count("suspended"):
        said.append(
            ngettext(
                "%(num)d réservation attend encore un autre arrêt.",
                "%(num)d réservations attendent encore un autre arrêt.",
                count,
            )
        )
    flash(" ".join(said), "success")
