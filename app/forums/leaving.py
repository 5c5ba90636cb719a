"""What discussions forget of somebody who closes their account; messages and reactions stay."""

from __future__ import annotations

from sqlalchemy import delete

from app.core.database import current_unit
from app.extensions import db
from app.forums.models import Draft, RoomReading, TopicFollow, TopicReading


def forget_person(user_id: int) -> None:
    """Delete drafts, and what was read and followed, inside the transaction that closes the account."""
    current_unit()
    for table in (Draft, TopicReading, RoomReading, TopicFollow):
        db.session.execute(delete(table).where(table.user_id == user_id))
