"""What waits for the people of a lab: bookings to approve, incidents to handle; and the door by which one reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import blobs
from app.core.blobs.queries import attached_to
from app.core.database import transaction
from app.core.doors import permission
from app.core.errors import Forbidden, NotFound, Refusal
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


class Failed(NamedTuple):
    """An answer that was refused: to what, why, and what was typed, so that it stands there again."""

    what: str
    id: int
    sentences: list[str]
    words: str = ""
    reopens: bool = False


@bp.get("/labs/<int:lab_id>/gestion/demandes")
@PEOPLE
def show_waiting(lab_id: int) -> ResponseReturnValue:
    """What was asked for and what was reported, the soonest and the gravest first."""
    return _waiting_page(lab_id)


def _waiting_page(lab_id: int, failed: Failed | None = None, status: int = 200) -> ResponseReturnValue:
    lab = lab_here(lab_id)
    requests, incidents = requested_in(me(), [lab.id]), administration.open_incidents(lab.id)
    shown = {("demande", line.id) for line in requests} | {("incident", line.id) for line in incidents}
    return page(
        "waiting",
        status=status,
        lab=lab,
        requests=requests,
        incidents=incidents,
        photos=attached_to("incident", [line.id for line in incidents]),
        doubtful=_doubtful(lab.id),
        booking_url=booking_url,
        decides=staffs(me(), lab.id),
        outages=outages_of_lab(lab.id, now_in_seconds()),
        now=now_in_seconds(),
        severities=SEVERITY_NAMES,
        failed=failed,
        is_gone=failed is not None and (failed.what, failed.id) not in shown,
    )


def _answered(
    what: str, thing_id: int, lab_id: int, act: Callable[[], Any], words: str = "", *, reopens: bool = False
) -> ResponseReturnValue | None:
    """Do it; what is refused is said where the answer was typed, with what was typed."""
    try:
        with transaction():
            act()
    except Refusal as refusal:
        if isinstance(refusal, NotFound | Forbidden):
            raise
        said = refusal.reasons or [refusal.sentence]
        return _waiting_page(lab_id, Failed(what, thing_id, said, words, reopens), refusal.status)
    return None


def _doubtful(lab_id: int) -> list[Any]:
    """Bookings to come for which somebody will lack what the machine asks for, the soonest first."""
    lacking = lacking_in_lab(lab_id, now_in_seconds())
    found = bookings(lacking)
    return [(as_told(me(), found[booking_id]), lacks) for booking_id, lacks in lacking.items()]


@bp.post("/reservations/<int:booking_id>/acceptation")
@permission("the people of the lab")
def approve(booking_id: int) -> ResponseReturnValue:
    """Give the slot to whoever asked for it."""
    booking = booking_for(me(), checked_id(booking_id))
    refused = _answered("demande", booking.id, booking.lab_id, lambda: approval.approve(booking, by=me()))
    if refused is not None:
        return refused
    flash(_("La demande est acceptée ; la personne le sait."), "success")
    return redirect(url_for(".show_waiting", lab_id=booking.lab_id))


@bp.post("/reservations/<int:booking_id>/refus")
@permission("the people of the lab")
def refuse(booking_id: int) -> ResponseReturnValue:
    """Refuse what was asked for, with a reason."""
    booking = booking_for(me(), checked_id(booking_id))
    words = request.form.get("reason", "")[:1000]
    refused = _answered(
        "demande",
        booking.id,
        booking.lab_id,
        lambda: approval.refuse(booking, by=me(), reason=words),
        words,
    )
    if refused is not None:
        return refused
    flash(_("La demande est refusée ; la personne lira votre motif."), "success")
    return redirect(url_for(".show_waiting", lab_id=booking.lab_id))


@bp.post("/incidents/<int:incident_id>/suite")
@permission("the people of the lab")
def handle(incident_id: int) -> ResponseReturnValue:
    """Say what was done about an incident; a danger may be lifted with it."""
    incident = administration.incident_to_change(me(), checked_id(incident_id))
    lab_id = lab_of(administration.machine_to_change(me(), incident.machine_id)).id
    words, reopens = request.form.get("answer", "")[:4000], "reopens" in request.form
    refused = _answered(
        "incident",
        incident_id,
        lab_id,
        lambda: incidents.handle_incident(
            administration.incident_to_change(me(), incident_id), by=me(), answer=words, reopens=reopens
        ),
        words,
        reopens=reopens,
    )
    if refused is not None:
        return refused
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
