"""Whom what happens to bookings and machines concerns, and how it is told in one sentence.

Who acts is told as well where their calendar is: the mail carries the appointment, its change or its end.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.communities.queries import managers_of
from app.core import time
from app.core.duties import Duty
from app.core.news import Attachment, News, Recipient, Told
from app.core.time import clock
from app.extensions import db
from app.resources.access import staff_ids
from app.resources.calendars import attached_to_mail
from app.resources.hours import moment
from app.resources.models import Incident, Qualification
from app.resources.queries.bookable import bookable
from app.resources.queries.holding import lacking_for_person
from app.resources.queries.occupations import booking as booking_row
from app.resources.vocabulary import CHARGES

BOOKING_MAIL = "resources/mail/booking"
INCIDENT_MAIL = "resources/mail/incident"
QUALIFICATION_MAIL = "resources/mail/qualification"


def people_of_lab(lab_id: int, node_id: int) -> list[int]:
    """The lab's people; those who manage its node where nobody is named."""
    return staff_ids(lab_id) or [person.id for person in managers_of(node_id)]


def _person_of_booking(duty: Duty) -> list[Recipient]:
    booking = booking_row(duty.object_id)
    return [_once(booking.user_id, duty)] if booking is not None else []


def _lab_of_booking(duty: Duty) -> list[Recipient]:
    booking = booking_row(duty.object_id)
    if booking is None:
        return []
    return [_once(user_id, duty) for user_id in people_of_lab(booking.lab_id, booking.lab_node_id)]


def _lab_of_machine(duty: Duty) -> list[Recipient]:
    machine = bookable(duty.object_id)
    if machine is None:
        return []
    return [_once(user_id, duty) for user_id in people_of_lab(machine.lab_id, machine.lab_node_id)]


def _lab_of_incident(duty: Duty) -> list[Recipient]:
    incident = db.session.get(Incident, duty.object_id)
    machine = bookable(incident.machine_id) if incident is not None else None
    if machine is None:
        return []
    return [Recipient(user_id) for user_id in people_of_lab(machine.lab_id, machine.lab_node_id)]


def _reporter(duty: Duty) -> list[Recipient]:
    incident = db.session.get(Incident, duty.object_id)
    return [Recipient(incident.reporter_id)] if incident is not None and incident.reporter_id else []


def _once(user_id: int, duty: Duty) -> Recipient:
    # One booking may be suspended and come back several times: the instant tells the lines apart.
    return Recipient(user_id, cause=duty.created_at.isoformat(), detail=_said(duty))


def _said(duty: Duty) -> dict[str, Any]:
    """What the sentence needs, as it stood then."""
    booking = booking_row(duty.object_id) if duty.object_type == "booking" else None
    if booking is None:
        return {}
    return {
        "start": booking.use_start,
        "end": booking.use_end,
        "zone": booking.time_zone,
        "machine": booking.machine_name,
        "person": booking.person,
        "reason": booking.reason,
    }


def _holder(duty: Duty) -> list[Recipient]:
    held = db.session.get(Qualification, duty.object_id)
    if held is None:
        return []
    until = held.valid_until.isoformat() if held.valid_until else ""
    # Recalled several times: the day tells the lines apart.
    return [
        Recipient(
            held.user_id,
            cause=duty.created_at.date().isoformat(),
            detail={
                "until": until,
                "reason": held.revoked_reason,
                "lacking": 0 if duty.kind == "qualification_granted" else _lacking(held.user_id),
            },
        )
    ]


def _charged(duty: Duty) -> list[Recipient]:
    """Whoever was given a charge in a lab, or had one taken back; more than once in a life, so the instant tells them apart."""
    role = duty.detail["role"]
    return [Recipient(duty.detail["user_id"], cause=duty.created_at.isoformat(), detail={"role": role})]


def _charge(told: Told) -> str:
    return str(CHARGES[told.detail["role"]])


def _lacking(user_id: int) -> int:
    """For how many of a person's bookings to come something is missing."""
    return len(lacking_for_person(user_id, int(clock.now().timestamp())))


def _until(told: Told) -> str:
    return time.day(date.fromisoformat(told.detail["until"]), year=True)


def _granted(told: Told) -> str:
    if not told.detail.get("until"):
        return _("%(who)s vous donne « %(title)s ».", who=told.who, title=told.title)
    return _(
        "%(who)s vous donne « %(title)s », jusqu’au %(day)s.",
        who=told.who,
        title=told.title,
        day=_until(told),
    )


def when(told: Told) -> str:
    """The slot of a line about a booking, in the clock of the lab."""
    detail = told.detail
    if "start" not in detail:
        return ""
    return time.span(moment(detail["start"]), moment(detail["end"]), detail["zone"])


def _machine(told: Told) -> str:
    return str(told.detail.get("machine") or told.title)


def _file(told: Told, user: Any) -> Attachment | None:
    booking = booking_row(told.object_id)
    if booking is None or booking.user_id != user.id:
        return None
    return attached_to_mail(booking, user)


def _mine(name: str, label: Any, sentence: Callable[..., str], *, is_chosen: bool = True) -> News:
    """What becomes of one's own booking: told at once, with the appointment."""
    return News(
        name,
        label,
        lambda told: sentence(machine=_machine(told), when=when(told)),
        _person_of_booking,
        mail=BOOKING_MAIL,
        urgent=True,
        is_chosen=is_chosen,
        order=40,
        attachment=_file,
    )


NEWS = (
    _mine(
        "booking_confirmed",
        _l("Ma réservation d’une machine est faite"),
        lambda **said: _("%(machine)s est réservée : %(when)s.", **said),
    ),
    _mine(
        "booking_moved",
        _l("Ma réservation d’une machine change"),
        lambda **said: _("Votre réservation de %(machine)s change : %(when)s.", **said),
    ),
    _mine(
        "booking_approved",
        _l("Ma demande de machine est acceptée"),
        lambda **said: _("Votre demande pour %(machine)s est acceptée : %(when)s.", **said),
    ),
    _mine(
        "booking_refused",
        _l("Ma demande de machine n’est pas acceptée"),
        lambda **said: _("Votre demande pour %(machine)s n’est pas acceptée (%(when)s).", **said),
        is_chosen=False,
    ),
    _mine(
        "booking_cancelled",
        _l("Ma réservation d’une machine est annulée"),
        lambda **said: _("Votre réservation de %(machine)s est annulée (%(when)s).", **said),
        is_chosen=False,
    ),
    _mine(
        "booking_suspended",
        _l("Ma réservation est suspendue : la machine est à l’arrêt"),
        lambda **said: _("%(machine)s est à l’arrêt : votre réservation est suspendue (%(when)s).", **said),
        is_chosen=False,
    ),
    _mine(
        "booking_restored",
        _l("Ma réservation suspendue est rétablie"),
        lambda **said: _("%(machine)s est de retour : votre réservation tient (%(when)s).", **said),
        is_chosen=False,
    ),
    _mine(
        "booking_lost",
        _l("Ma réservation suspendue ne peut pas être rétablie"),
        lambda **said: _(
            "%(machine)s n’est pas revenue à temps : votre réservation est annulée (%(when)s).", **said
        ),
        is_chosen=False,
    ),
    _mine(
        "booking_reminder",
        _l("Un rappel de ma réservation, la veille"),
        lambda **said: _("Rappel : %(machine)s vous attend, %(when)s.", **said),
    ),
    News(
        "booking_requested",
        _l("Une demande de machine attend dans mon lab"),
        lambda told: _(
            "%(person)s demande %(machine)s : %(when)s.",
            person=told.detail.get("person") or told.who,
            machine=_machine(told),
            when=when(told),
        ),
        _lab_of_booking,
        mail=BOOKING_MAIL,
        urgent=True,
        order=41,
    ),
    News(
        "booking_released",
        _l("Une réservation est rendue dans mon lab"),
        lambda told: _(
            "La réservation de %(machine)s est rendue : %(when)s.", machine=_machine(told), when=when(told)
        ),
        _lab_of_booking,
        mail=None,
        order=42,
    ),
    News(
        "incident_reported",
        _l("Quelque chose est signalé sur une machine de mon lab"),
        lambda told: _("%(who)s signale quelque chose sur %(title)s.", who=told.who, title=told.title),
        _lab_of_incident,
        mail=INCIDENT_MAIL,
        order=43,
    ),
    News(
        "danger_reported",
        _l("Un danger est signalé sur une machine de mon lab"),
        lambda told: _(
            "%(who)s signale un danger sur %(title)s : la machine est verrouillée.",
            who=told.who,
            title=told.title,
        ),
        _lab_of_incident,
        mail=INCIDENT_MAIL,
        urgent=True,
        is_chosen=False,
        order=43,
    ),
    News(
        "incident_handled",
        _l("Le lab s’est occupé de ce que j’ai signalé"),
        lambda told: _(
            "%(who)s s’est occupé de ce que vous avez signalé sur %(title)s.", who=told.who, title=told.title
        ),
        _reporter,
        mail=INCIDENT_MAIL,
        order=43,
    ),
    News(
        "lab_charge_given",
        _l("Une charge m’est confiée dans un lab"),
        lambda told: _(
            "%(who)s vous confie une charge dans %(title)s : %(charge)s.",
            who=told.who,
            title=told.title,
            charge=_charge(told),
        ),
        _charged,
        mail=None,
        is_chosen=False,
        order=45,
    ),
    News(
        "lab_charge_ended",
        _l("Ma charge dans un lab prend fin"),
        lambda told: _(
            "Votre charge dans %(title)s a pris fin : %(charge)s.", title=told.title, charge=_charge(told)
        ),
        _charged,
        mail=None,
        checks_rights=False,
        is_chosen=False,
        order=45,
    ),
    News(
        "qualification_granted",
        _l("Une habilitation m’est donnée"),
        _granted,
        _holder,
        mail=QUALIFICATION_MAIL,
        order=45,
    ),
    News(
        "qualification_ending",
        _l("Une de mes habilitations va expirer"),
        lambda told: _("« %(title)s » expire le %(day)s.", title=told.title, day=_until(told)),
        _holder,
        mail=QUALIFICATION_MAIL,
        order=45,
    ),
    News(
        "qualification_revoked",
        _l("Une de mes habilitations est retirée"),
        lambda told: _(
            "%(who)s vous retire « %(title)s » : %(reason)s",
            who=told.who,
            title=told.title,
            reason=told.detail.get("reason", ""),
        ),
        _holder,
        mail=QUALIFICATION_MAIL,
        urgent=True,
        is_chosen=False,
        order=45,
    ),
    News(
        "machine_stopped",
        _l("Une machine de mon lab est à l’arrêt"),
        lambda told: _("%(title)s est à l’arrêt.", title=told.title),
        _lab_of_machine,
        mail=None,
        order=44,
    ),
    News(
        "machine_back",
        _l("Une machine de mon lab est de retour"),
        lambda told: _("%(title)s est de retour.", title=told.title),
        _lab_of_machine,
        mail=None,
        order=44,
    ),
)
