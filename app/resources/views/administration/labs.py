"""A lab: created, described, its week and days, whom it serves, opened and closed."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.communities.access import access_of
from app.core.database import transaction
from app.core.doors import permission
from app.core.errors import NotFound, Refusal
from app.core.idempotency import parse_request_id
from app.core.inputs import checked_id, whole
from app.core.time import clock, local, short_day
from app.resources import forms, permissions, spoken
from app.resources.operations import labs as operations
from app.resources.queries import administration
from app.resources.queries.hours import timetable
from app.resources.views.administration import PEOPLE, RUNNERS, bp, done, lab_here, me, page
from app.resources.vocabulary import DAY_KINDS, LABELS, WEEKDAYS


@bp.route("/lieux/<int:node_id>/labs/nouveau", methods=["GET", "POST"])
@permission("the ambassador of the region, the national team")
def new_lab(node_id: int) -> ResponseReturnValue:
    """Prepare a lab in a place."""
    place = access_of(me()).places.get(checked_id(node_id))
    if place is None or not permissions.can_create_lab_in(me(), node_id):
        raise NotFound
    form = forms.LabForm()
    made = []
    if form.validate_on_submit() and done(
        form,
        lambda: made.append(
            operations.create_lab(
                node_id, form.shape(), by=me(), request_id=parse_request_id(form.request_id.data)
            ).id
        ),
    ):
        flash(_("Le lab est préparé : donnez-lui ses horaires et ses machines, puis ouvrez-le."), "success")
        return redirect(url_for(".show_settings", lab_id=made[0]))
    return page("new_lab", form, place=place)


@bp.get("/labs/<int:lab_id>/gestion")
@PEOPLE
def show_settings(lab_id: int) -> ResponseReturnValue:
    """Everything there is to look after, each with what it is now."""
    lab = lab_here(lab_id)
    today = local(clock.now()).date()
    week = timetable(lab.id).week
    own = [line for line in administration.coming_days(lab, today) if line.is_own]
    staff = administration.staff(lab.id)
    return page(
        "settings",
        lab=lab,
        today=today,
        week_line=", ".join(str(name) for day, name in enumerate(WEEKDAYS) if week.get(day)),
        own_days=", ".join(short_day(line.day) for line in own[:6]),
        team=", ".join(f"{line.given_name} {line.family_name}" for line in staff),
        served=administration.served(lab.id),
        machines=administration.machines(lab.id),
        waiting=administration.answers_owed(lab.id),
        held=administration.qualified(lab.id, today),
        runs=permissions.can_run_lab(me(), lab),
        labels=permissions.can_label_lab(me()),
    )


@bp.route("/labs/<int:lab_id>/gestion/fiche", methods=["GET", "POST"])
@RUNNERS
def edit_lab(lab_id: int) -> ResponseReturnValue:
    """What a lab says of itself."""
    lab = lab_here(lab_id, runs=True)
    form = forms.LabForm(obj=lab)
    if form.validate_on_submit() and done(
        form,
        lambda: operations.edit_lab(
            administration.lab_to_change(me(), lab_id),
            form.shape(),
            by=me(),
            base_version=whole(form.version.data) or None,
        ),
    ):
        flash(_("C’est enregistré."), "success")
        return redirect(url_for(".show_settings", lab_id=lab_id))
    return page("lab", form, lab=lab)


@bp.route("/labs/<int:lab_id>/gestion/horaires", methods=["GET", "POST"])
@RUNNERS
def edit_hours(lab_id: int) -> ResponseReturnValue:
    """The week of a lab."""
    lab = lab_here(lab_id, runs=True)
    week = timetable(lab.id).week
    form = forms.HoursForm(data={f"day{day}": spoken.day_in_words(week.get(day, ())) for day in range(7)})
    if form.validate_on_submit():
        typed = form.read()
        if typed is not None and done(
            form, lambda: operations.set_hours(administration.lab_to_change(me(), lab_id), typed, by=me())
        ):
            flash(_("Les horaires valent dès maintenant ; les réservations déjà prises restent."), "success")
            return redirect(url_for(".show_settings", lab_id=lab_id))
    return page("hours", form, lab=lab)


@bp.route("/labs/<int:lab_id>/gestion/jours", methods=["GET", "POST"])
@RUNNERS
def edit_days(lab_id: int) -> ResponseReturnValue:
    """The days that depart from the week; a day is closed with the form."""
    lab = lab_here(lab_id, runs=True)
    form = forms.DayForm()
    touched = []
    if form.validate_on_submit() and done(
        form,
        lambda: touched.append(
            operations.set_day(
                administration.lab_to_change(me(), lab_id),
                form.day.data or date.min,
                is_open=False,
                by=me(),
                label=form.label.data
                or (str(DAY_KINDS["customary"]) if form.origin.data == "customary" else ""),
                origin=form.origin.data,
                despite_bookings=form.despite_bookings.data,
            )
        ),
    ):
        flash(_("Ce jour est fermé."), "success")
        if touched[0]:
            flash(
                ngettext(
                    "%(num)d réservation y reste : prévenez la personne, ou annulez avec un motif.",
                    "%(num)d réservations y restent : prévenez les personnes, ou annulez avec un motif.",
                    touched[0],
                ),
                "warning",
            )
        return redirect(url_for(".edit_days", lab_id=lab_id))
    return page("days", form, lab=lab, days=administration.coming_days(lab, local(clock.now()).date()))


@bp.post("/labs/<int:lab_id>/gestion/jours/ouvert")
@RUNNERS
def open_day(lab_id: int) -> ResponseReturnValue:
    """Open on a legal day."""
    with transaction():
        lab = administration.lab_to_change(me(), checked_id(lab_id))
        operations.set_day(lab, _day(), is_open=True, by=me())
    flash(_("Le lab ouvre ce jour-là, aux horaires de la semaine."), "success")
    return redirect(url_for(".edit_days", lab_id=lab_id))


@bp.post("/labs/<int:lab_id>/gestion/jours/usuel")
@RUNNERS
def forget_day(lab_id: int) -> ResponseReturnValue:
    """Let a day be what the week and the law say."""
    with transaction():
        operations.forget_day(administration.lab_to_change(me(), checked_id(lab_id)), _day(), by=me())
    flash(_("Ce jour redevient un jour comme les autres."), "success")
    return redirect(url_for(".edit_days", lab_id=lab_id))


@bp.route("/labs/<int:lab_id>/gestion/lieux", methods=["GET", "POST"])
@RUNNERS
def edit_places(lab_id: int) -> ResponseReturnValue:
    """Whom a lab serves: what it serves now, and what the person reads."""
    lab = lab_here(lab_id, runs=True)
    now = administration.served(lab.id)
    form = forms.PlacesForm(data={"nodes": [row.id for row in now]})
    places = access_of(me()).places.values()
    known = {row.id: row.name for row in now} | {place.id: place.name for place in places}
    form.nodes.choices = forms.choices(sorted(known.items(), key=lambda pair: pair[1]))
    if form.validate_on_submit() and done(
        form,
        lambda: operations.serve_nodes(
            administration.lab_to_change(me(), lab_id), form.nodes.data or [], by=me()
        ),
    ):
        flash(_("C’est enregistré : ces lieux voient le lab et y réservent."), "success")
        return redirect(url_for(".show_settings", lab_id=lab_id))
    return page("places", form, lab=lab)


@bp.post("/labs/<int:lab_id>/gestion/etat")
@RUNNERS
def set_state(lab_id: int) -> ResponseReturnValue:
    """Open or close a lab."""
    opens = request.form.get("state") == "open"
    with transaction():
        lab = administration.lab_to_change(me(), checked_id(lab_id))
        (operations.open_lab if opens else operations.close_lab)(lab, by=me())
    flash(
        _("Le lab est ouvert : les lieux qu’il sert le voient et y réservent.")
        if opens
        else _("Le lab est fermé : il ne prend plus de réservation."),
        "success",
    )
    return redirect(url_for(".show_settings", lab_id=lab_id))


@bp.post("/labs/<int:lab_id>/gestion/label")
@permission("the national team")
def set_label(lab_id: int) -> ResponseReturnValue:
    """How far the label is."""
    state = request.form.get("label_state", "")
    with transaction():
        lab = administration.lab_to_change(me(), checked_id(lab_id))
        operations.set_label_state(lab, state, by=me())
    flash(_("C’est noté : %(state)s.", state=str(LABELS[state]).lower()), "success")
    return redirect(url_for(".show_settings", lab_id=lab_id))


def _day() -> date:
    try:
        return date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        raise Refusal(
            _("Ce formulaire est incomplet. Rechargez la page, puis envoyez de nouveau."), status=400
        ) from None
