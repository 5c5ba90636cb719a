"""What sheets forget of somebody who closes their account; what was published stays, and names nobody to call."""

from __future__ import annotations

from sqlalchemy import select, update

from app.core.database import current_unit
from app.extensions import db
from app.library.models import OPEN_STATES, Practice, PracticeVersion
from app.library.operations.writing import forget_practice, forget_version


def forget_person(user_id: int) -> None:
    """Delete the drafts of a person and name them nowhere as who to call, inside the transaction of the closing."""
    current_unit()
    db.session.execute(
        update(PracticeVersion).where(PracticeVersion.contact_id == user_id).values(contact_id=None)
    )
    rows = db.session.execute(
        select(PracticeVersion.id, PracticeVersion.practice_id, Practice.state)
        .join(Practice, Practice.id == PracticeVersion.practice_id)
        .where(Practice.author_id == user_id, PracticeVersion.state.in_(OPEN_STATES))
    ).all()
    for row in rows:
        forget_version(row.id)
        if row.state == "draft":
            forget_practice(row.practice_id)
