"""What waits for the people of a lab: bookings to approve, incidents to handle; and the door by which one reports."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import blobs
from app.core.database import transaction
from app.core.doors import permission
from app.core.errors import NotFound
from app.core.idempotency import parse_request_id
from app.core.inputs import checked_id
from app.resources import forms
from app.resources.access import labs_read_by, staffs
from app.resources.addresses import booking_url, machine_url
from app.resources.operations import approval, incidents
from app.resources.operations.changing import lab_of
from app.resources.queries import administration
from app.resources.queries.bookable import bookable
from app.resources.queries.holding import lacking_in_lab
from app.resources.queries.occupations import as_told, booking_for, bookings, requested_in
from app.resources.queries.outages import outages_of_lab
from app.resources.views import now_in_seconds
from app.resources.views.administration import PEOPLE, bp, done, lab_here, me, page, stand_in
from app.resources.vocabulary import SEVERITY_NAMES


@bp.get("/labs/<int:lab_id>/gestion/demandes")
@PEOPLE
def show_waiting(lab_id: int) -> ResponseReturnValue:
    """What was asked for and what was reported, the soonest and the gravest first."""
    lab = lab_here(lab_id)
    return page(
        "waiting",
        lab=lab,
        requests=requested_in(me(), [lab.id]),
        incidents=administration.open_incidents(lab.id),
        doubtful=_doubtful(lab.id),
        booking_url=booking_url,
        decides=staffs(me(), lab.id),
        outages=outages_of_lab(lab.id, now_in_seconds()),
        now=now_in_seconds(),
        severities=SEVERITY_NAMES,
    )


def _doubtful(lab_id: int) -> list[Any]:
    """Bookings to come for which somebody will lack what the machine asks for, the soonest first."""
    lacking = lacking_in_lab(lab_id, now_in_seconds())
    found = bookings(lacking)
    return [(as_told(me(), found[booking_id]), lacks) for booking_id, lacks in lacking.items()]


@bp.post("/reservations/<int:booking_id>/acceptation")
@permission("the people of the lab")
def approve(booking_id: int) -> ResponseReturnValue:
    """Give the slot to whoever asked for it."""
    with transaction():
        booking = approval.approve(booking_for(me(), checked_id(booking_id)), by=me())
    flash(_("La demande est acceptée ; la personne le sait."), "success")
    return redirect(url_for(".show_waiting", lab_id=booking.lab_id))


@bp.post("/reservations/<int:booking_id>/refus")
@permission("the people of the lab")
def refuse(booking_id: int) -> ResponseReturnValue:
    """Refuse what was asked for, with a reason."""
    with transaction():
        booking = booking_for(me(), checked_id(booking_id))
        approval.refuse(booking, by=me(), reason=request.form.get("reason", "")[:1000])
    flash(_("La demande est refusée ; la personne lira votre motif."), "success")
    return redirect(url_for(".show_waiting", lab_id=booking.lab_id))


@bp.post("/incidents/<int:incident_id>/suite")
@permission("the people of the lab")
def handle(incident_id: int) -> ResponseReturnValue:
    """Say what was done about an incident; a danger may be lifted with it."""
    with transaction():
        incident = administration.incident_to_change(me(), checked_id(incident_id))
        lab_id = lab_of(administration.machine_to_change(me(), incident.machine_id)).id
        incidents.handle_incident(
            incident, by=me(), answer=request.form.get("answer", "")[:4000], reopens="reopens" in request.form
        )
    flash(_("C’est noté ; la personne qui l’a signalé le sait."), "success")
    return redirect(url_for(".show_waiting", lab_id=lab_id))


@bp.route("/machines/<int:machine_id>/signalement", methods=["GET", "POST"])
@permission("readers of the lab")
def report(machine_id: int) -> ResponseReturnValue:
    """Say that something is wrong with a machine; a danger stops it at once."""
    machine = bookable(checked_id(machine_id))
    if machine is None or not labs_read_by(me(), [machine.lab_id]):
        raise NotFound
    stand_in(lab_of(machine))
    form = forms.IncidentForm()
    if form.validate_on_submit():
        received, refused = blobs.from_form(request.files.getlist("photos"), me().id)
        form.photos.errors = refused
        if not refused and done(
            form,
            lambda: incidents.report_incident(
                machine,
                by=me(),
                severity=form.severity.data,
                text=form.text.data or "",
                request_id=parse_request_id(form.request_id.data),
                photos=[upload.key for upload in received],
            ),
        ):
            flash(_("Merci : les personnes du lab sont prévenues."), "success")
            return redirect(machine_url(machine.id, machine.slug))
    return page("report", form, machine=machine)
