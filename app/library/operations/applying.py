"""« Je l'ai appliquée »: told by a firm, verified by somebody else, taken back while nobody verified it."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.core import audit, duties, idempotency, journal
from app.core.blobs import attach_keys, detach_missing
from app.core.database import rows_changed
from app.core.errors import Refusal, require
from app.core.time import clock
from app.extensions import db
from app.library import permissions
from app.library.models import Practice, PracticeApplication
from app.library.telling import Told


def apply(
    practice: Practice, told: Told, *, person: Any, company_id: int, applied_on: date, request_id: str
) -> PracticeApplication:
    """Say that one's firm did the same. Sent twice with one request id, it is told once.

    A firm tells one application a day of a sheet: the unique constraint is what two colleagues at once meet (409).
    """
    require(permissions.can_apply(person, practice))
    if company_id not in permissions.applying_companies(person, practice):
        raise Refusal(_("Vous ne pouvez pas écrire au nom de cette entreprise."), field="company_id")
    hashed = idempotency.content_hash(practice.id, company_id, applied_on, *told.values.items())
    sender = idempotency.sender_of(person.id)
    made = idempotency.already_made(sender, request_id, hashed, "application")
    if made is not None:
        return db.session.get_one(PracticeApplication, made)
    application = PracticeApplication(
        practice_id=practice.id,
        company_id=company_id,
        person_id=person.id,
        applied_on=applied_on,
        created_at=clock.now(),
        **told.values,
    )
    try:
        with db.session.begin_nested():
            db.session.add(application)
            db.session.flush()
    except IntegrityError:
        raise Refusal(
            _("Votre entreprise a déjà dit l’avoir appliquée ce jour-là."), status=409, field="applied_on"
        ) from None
    attach_keys(person.id, "application", application.id, told.images)
    idempotency.remember(sender, request_id, hashed, "application", application.id)
    _recount(practice, person)
    audit.record(
        person, "practice_applied", "practice", practice.id,
        node_id=practice.node_id, application=application.id,
    )  # fmt: skip
    duties.owe("practice_applied", "application", application.id, person.id, author=practice.author_id)
    return application


def verify_application(practice: Practice, application: PracticeApplication, *, by: Any) -> None:
    """Vouch for what a firm told; twice changes nothing (the UPDATE names the state)."""
    require(permissions.can_verify_application(by, practice, application))
    changed = rows_changed(
        update(PracticeApplication)
        .where(PracticeApplication.id == application.id, PracticeApplication.state == "told")
        .values(state="verified", verified_by_id=by.id, verified_at=clock.now())
    )
    if not changed:
        raise Refusal(_("Cette application est déjà vérifiée."), status=409)
    practice.version += 1
    journal.record(
        practice.scope_id, "practice.applied", "practice", practice.id,
        version=practice.version, actor_id=by.id,
    )  # fmt: skip
    audit.record(
        by, "application_verified", "practice", practice.id,
        node_id=practice.node_id, application=application.id,
    )  # fmt: skip
    duties.owe("application_verified", "application", application.id, by.id, person=application.person_id)


def remove_application(practice: Practice, application: PracticeApplication, *, person: Any) -> None:
    """Take back what one told, while nobody verified it."""
    require(permissions.can_remove_application(person, practice, application))
    detach_missing("application", application.id)
    audit.record(
        person, "application_removed", "practice", practice.id,
        node_id=practice.node_id, application=application.id,
    )  # fmt: skip
    db.session.delete(application)
    db.session.flush()
    _recount(practice, person)


def _recount(practice: Practice, person: Any) -> None:
    firms = (
        select(func.count(PracticeApplication.company_id.distinct()))
        .where(PracticeApplication.practice_id == practice.id)
        .scalar_subquery()
    )
    db.session.flush()
    db.session.execute(
        update(Practice)
        .where(Practice.id == practice.id)
        .values(applied_by=firms, version=Practice.version + 1)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(practice)
    journal.record(
        practice.scope_id, "practice.applied", "practice", practice.id,
        version=practice.version, actor_id=person.id,
    )  # fmt: skip
