"""What news forget of somebody who closes their account."""

from __future__ import annotations

from sqlalchemy import delete

from app.core.database import current_unit
from app.extensions import db
from app.notifications.models import Mail, Notification


def forget_person(user_id: int) -> None:
    """Delete the lines and the mails of a person, sent or waiting, inside the transaction that closes the account."""
    current_unit()
    for table in (Mail, Notification):
        db.session.execute(delete(table).where(table.user_id == user_id))
