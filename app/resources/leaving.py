"""What becomes of the bookings of somebody who leaves: the machines are free for others, and the lab knows."""

from __future__ import annotations

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import delete

from app.accounts.models import User
from app.core import duties
from app.core.database import current_unit
from app.extensions import db
from app.resources.models import CalendarFeed
from app.resources.operations.keeping import changed, lock_machines, set_state
from app.resources.queries.occupations import OPEN, booking, coming_of


def forget_person(user_id: int) -> None:
    """Give back what the person booked and take their calendar address, inside the transaction that closes the account."""
    current_unit()
    _release(user_id, None, by_id=user_id)
    db.session.execute(delete(CalendarFeed).where(CalendarFeed.user_id == user_id))


def leave_company(user_id: int, *, company_id: int, by_id: int | None) -> None:
    """Give back what the person booked for a firm that they left; they are told, and so is the lab."""
    current_unit()
    _release(user_id, company_id, by_id=by_id)


def _release(user_id: int, company_id: int | None, *, by_id: int | None) -> None:
    coming = coming_of(user_id, company_id)
    if not coming:
        return
    lock_machines(*(row.machine_id for row in coming))
    by = db.session.get(User, by_id) if by_id is not None else None
    with force_locale("fr"):
        reason = (
            _("La personne a quitté l’entreprise.") if company_id else _("La personne a fermé son compte.")
        )
    for row in coming:
        if not set_state(row.id, "cancelled", of=OPEN, by_id=by_id, reason=reason):
            continue
        news = "booking_cancelled" if company_id is not None else None
        changed(booking(row.id), "released", by, news=news, tells_actor=True, by_id=by_id)
        duties.owe("booking_released", "booking", row.id, by_id)
