"""What becomes of the bookings of somebody who leaves: the machines are free for others, and the lab knows."""

from __future__ import annotations

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import and_, delete, exists, or_, select

from app.accounts.models import User
from app.communities.models import Employment
from app.core import duties
from app.core.database import current_unit
from app.extensions import db
from app.resources.models import CalendarFeed, Occupation
from app.resources.operations.keeping import changed, lock_machines, now_in_seconds, set_state
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


def left_behind(user_id: int | None = None) -> list[tuple[int, int | None]]:
    """Whose bookings are still to come although they left: the person, and the firm unless the account is closed.

    Somebody who books at the very moment of leaving does so beside the act that gives everything back.
    """
    works_there = exists().where(
        Employment.user_id == Occupation.user_id,
        Employment.company_id == Occupation.company_id,
        Employment.ended_at.is_(None),
    )
    rows = db.session.execute(
        select(Occupation.user_id, Occupation.company_id, User.state)
        .join(User, User.id == Occupation.user_id)
        .where(
            Occupation.kind == "booking",
            Occupation.state.in_(OPEN),
            Occupation.use_start > now_in_seconds(),
            or_(User.state == "closed", and_(Occupation.company_id.is_not(None), ~works_there)),
            *([] if user_id is None else [Occupation.user_id == user_id]),
        )
        .distinct()
        .order_by(Occupation.user_id, Occupation.company_id)
    )
    return [(row.user_id, None if row.state == "closed" else row.company_id) for row in rows]


def release_left_behind(user_id: int) -> None:
    """Give back what somebody who left booked meanwhile; decided anew inside the transaction."""
    current_unit()
    for person_id, company_id in dict.fromkeys(left_behind(user_id)):
        _release(person_id, company_id, by_id=None)


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
