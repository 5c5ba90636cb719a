"""Who is qualified: trained by a lab, allowed by an employer, certified by a body whose paper a lab saw; and no more.

A training is granted by somebody else than who receives it. What must come first has to be held on the first day.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select, update

from app.communities.access import access_of
from app.communities.models import Company
from app.core import audit, duties, idempotency, journal, time
from app.core.database import rows_changed
from app.core.errors import NotFound, Refusal, require
from app.core.slugs import slug_of
from app.core.text import clean_line
from app.core.time import clock
from app.extensions import db
from app.resources import permissions
from app.resources.access import labs_read_by
from app.resources.hours import day_of
from app.resources.models import Lab, Qualification, QualificationPrerequisite, QualificationType
from app.resources.operations.changing import lab_changed
from app.resources.operations.keeping import now_in_seconds

NOTE_LENGTH, REASON_LENGTH = 300, 300
FARTHEST = timedelta(days=3653)
FOR_SINGLE_USE = 30
"""Days that a permit for one booking is proposed to wait for it."""


def grant(
    lab: Lab,
    kind: QualificationType,
    person: Any,
    *,
    by: Any,
    request_id: str,
    valid_from: date | None = None,
    valid_until: date | None = None,
    note: str = "",
) -> Qualification:
    """Say that somebody was trained in this lab, or that one of its people saw the paper of a body.

    Without an end it lasts what its type proposes. Sent twice with the same request id (whose receipt has a primary
    key), it is granted once.
    """
    require(
        permissions.can_qualify(by, lab, person.id),
        _("Une autre personne du lab doit le faire : on ne se qualifie pas soi-même."),
    )
    if kind.issuer == "employer":
        raise Refusal(_("L’employeur délivre « %(name)s », pas le lab.", name=kind.name), field="type_id")
    if kind.lab_id not in (None, lab.id):
        raise NotFound
    if not person.is_active or lab.id not in labs_read_by(person, [lab.id]):
        raise Refusal(_("Cette personne ne lit pas ce lab."), field="person")
    today = day_of(now_in_seconds(), lab.time_zone)
    start = _first_day(valid_from, today)
    values = {
        "user_id": person.id,
        "type_id": kind.id,
        "lab_id": lab.id,
        "valid_from": start,
        "valid_until": valid_until or proposed_end(kind, start),
        "note": clean_line(note, limit=NOTE_LENGTH, field="note"),
    }
    held, is_new = _granted(kind, person, values, by, request_id)
    if is_new:
        lab_changed(
            lab, "qualification_granted", by, qualification_id=held.id, user_id=person.id, type=kind.code
        )
        duties.owe("qualification_granted", "qualification", held.id, by.id)
    return held


def authorise(
    company_id: int,
    kind: QualificationType,
    person: Any,
    *,
    by: Any,
    request_id: str,
    valid_from: date | None = None,
    valid_until: date | None = None,
    note: str = "",
) -> Qualification:
    """Allow a colleague, in the name of the firm and for it alone; no longer than the type may last.

    Sent twice with the same request id (whose receipt has a primary key), it is granted once.
    """
    if company_id not in access_of(by).companies:
        raise NotFound
    require(
        permissions.can_authorise(by, company_id),
        _("Un référent de l’entreprise délivre cette autorisation."),
    )
    if kind.issuer != "employer":
        raise Refusal(_("« %(name)s » n’est pas délivrée par l’employeur.", name=kind.name), field="type_id")
    if not person.is_active or company_id not in access_of(person).companies:
        raise Refusal(_("Cette personne ne travaille pas dans votre entreprise."), field="person")
    start = _first_day(valid_from, time.local(clock.now()).date())
    longest = proposed_end(kind, start)
    end = valid_until or longest
    if longest is not None and end is not None and end > longest:
        raise Refusal(
            _("« %(name)s » vaut au plus jusqu’au %(day)s.", name=kind.name, day=time.day(longest)),
            field="valid_until",
        )
    values = {
        "user_id": person.id,
        "type_id": kind.id,
        "company_id": company_id,
        "valid_from": start,
        "valid_until": end,
        "note": clean_line(note, limit=NOTE_LENGTH, field="note"),
    }
    held, is_new = _granted(kind, person, values, by, request_id)
    if is_new:
        _told(held, "qualification_granted", by, type=kind.code, company_id=company_id)
        duties.owe("qualification_granted", "qualification", held.id, by.id)
    return held


def revoke(qualification: Qualification, *, by: Any, reason: str) -> None:
    """Take a qualification back, with a reason. Twice, it is taken back once: `revoked_at` stands in the WHERE clause.

    Bookings already made stay, marked as lacking it: the people of the lab decide about each.
    """
    lab = db.session.get(Lab, qualification.lab_id) if qualification.lab_id is not None else None
    require(permissions.can_revoke(by, qualification, lab))
    reason = clean_line(reason, limit=REASON_LENGTH, field="reason")
    if not reason:
        raise Refusal(_("Dites pourquoi : la personne concernée lira votre motif."), field="reason")
    met = rows_changed(
        update(Qualification)
        .where(Qualification.id == qualification.id, Qualification.revoked_at.is_(None))
        .values(revoked_at=clock.now(), revoked_by_id=by.id, revoked_reason=reason)
    )
    if not met:
        raise Refusal(_("Cette qualification avait déjà été retirée."), status=409)
    db.session.refresh(qualification)
    if lab is not None:
        lab_changed(
            lab, "qualification_revoked", by, qualification_id=qualification.id, user_id=qualification.user_id
        )
    else:
        _told(qualification, "qualification_revoked", by, company_id=qualification.company_id)
    duties.owe("qualification_revoked", "qualification", qualification.id, by.id)


def create_type(
    lab: Lab,
    name: str,
    *,
    by: Any,
    request_id: str,
    issuer: str = "lab",
    validity_months: int | None = 36,
    is_single_use: bool = False,
    needs: tuple[int, ...] = (),
) -> QualificationType:
    """Add a training of this lab, or the certificate of a body that it asks for.

    Its code holds the lab's number: two of one name in a lab meet the unique index of codes. Sent twice with the same
    request id it stands once.
    """
    require(permissions.can_run_lab(by, lab))
    name = clean_line(name, limit=120, field="name")
    if not name:
        raise Refusal(_("Donnez un nom à cette qualification."), field="name")
    if issuer not in ("lab", "body"):
        raise Refusal(_("Choisissez dans la liste."), field="issuer")
    if validity_months is not None and not 1 <= validity_months <= 120:
        raise Refusal(_("De 1 à 120 mois."), field="validity_months")
    sender = idempotency.sender_of(by.id)
    hashed = idempotency.content_hash(lab.id, name, issuer, validity_months, is_single_use, sorted(needs))
    made = idempotency.already_made(sender, request_id, hashed, "qualification_type")
    if made is not None:
        return db.session.get_one(QualificationType, made)
    code = f"lab{lab.id}_{slug_of(name, limit=30 - len(str(lab.id)))}"
    if db.session.execute(select(QualificationType.id).where(QualificationType.code == code)).first():
        raise Refusal(_("Ce lab a déjà une qualification de ce nom."), field="name")
    kind = QualificationType(
        code=code,
        kind="lab_training" if issuer == "lab" else "certificate",
        name=name,
        issuer=issuer,
        validity_months=None if is_single_use else validity_months,
        is_single_use=is_single_use,
        lab_id=lab.id,
    )
    db.session.add(kind)
    db.session.flush()
    for needed in sorted(set(needs)):
        type_for_lab(lab, needed)
        db.session.add(QualificationPrerequisite(type_id=kind.id, needs_type_id=needed))
    db.session.flush()
    idempotency.remember(sender, request_id, hashed, "qualification_type", kind.id)
    lab_changed(lab, "qualification_type_created", by, type_id=kind.id)
    return kind


def type_for_lab(lab: Lab, type_id: int) -> QualificationType:
    """A type of everywhere or of this lab. Raises NotFound."""
    kind = db.session.get(QualificationType, type_id)
    if kind is None or kind.lab_id not in (None, lab.id):
        raise NotFound
    return kind


def proposed_end(kind: Any, start: date) -> date | None:
    """The last day that a type proposes for what begins on `start`; None: for good."""
    if kind.is_single_use:
        return start + timedelta(days=FOR_SINGLE_USE)
    if kind.validity_months is None:
        return None
    months = start.year * 12 + start.month - 1 + kind.validity_months
    year, month = divmod(months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(start.day, last))


def _first_day(asked: date | None, today: date) -> date:
    """The day something begins to count: today unless told otherwise, within ten years of it."""
    if asked is not None and abs(asked - today) > FARTHEST:
        raise Refusal(_("Choisissez un jour plus proche d’aujourd’hui."), field="valid_from")
    return asked or today


def _granted(
    kind: QualificationType, person: Any, values: dict[str, Any], by: Any, request_id: str
) -> tuple[Qualification, bool]:
    start, end = values["valid_from"], values["valid_until"]
    if end is not None and end < start:
        raise Refusal(_("La fin vient après le début."), field="valid_until")
    sender, hashed = idempotency.sender_of(by.id), idempotency.content_hash(sorted(values.items()))
    made = idempotency.already_made(sender, request_id, hashed, "qualification")
    if made is not None:
        return db.session.get_one(Qualification, made), False
    lacking = _lacking_first(kind.id, person.id, start)
    if lacking:
        raise Refusal(_("Il faut d’abord « %(name)s ».", name=lacking[0]), field="type_id")
    held = Qualification(granted_by_id=by.id, granted_at=clock.now(), **values)
    db.session.add(held)
    db.session.flush()
    idempotency.remember(sender, request_id, hashed, "qualification", held.id)
    return held, True


def _lacking_first(type_id: int, person_id: int, day: date) -> list[str]:
    """What must be held on this day before a type is granted, and is not."""
    holds = (
        select(Qualification.id)
        .where(
            Qualification.type_id == QualificationPrerequisite.needs_type_id,
            Qualification.user_id == person_id,
            Qualification.revoked_at.is_(None),
            Qualification.valid_from <= day,
            or_(Qualification.valid_until.is_(None), Qualification.valid_until >= day),
        )
        .exists()
    )
    return list(
        db.session.execute(
            select(QualificationType.name)
            .join(QualificationPrerequisite, QualificationPrerequisite.needs_type_id == QualificationType.id)
            .where(QualificationPrerequisite.type_id == type_id, ~holds)
            .order_by(QualificationType.id)
        ).scalars()
    )


def _told(held: Qualification, act: str, by: Any, *, company_id: int | None, **detail: Any) -> None:
    """An employer's word is told to the firm, whose scope it is."""
    company = db.session.get(Company, company_id) if company_id is not None else None
    if company is not None and company.scope_id is not None:
        journal.record(company.scope_id, "qualification.changed", "qualification", held.id, actor_id=by.id)
    audit.record(by, act, "qualification", held.id, user_id=held.user_id, company_id=company_id, **detail)
