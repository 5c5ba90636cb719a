"""What is owed to people after an act: the outbox between a change and those who must be told of it.

`owe()` writes a row in the acting transaction, so no crash between the commit and the job loses it; after the commit
the fulfiller (the notification job) is asked to serve it, and a sweep serves what was left behind. The row goes away
once everybody has been told.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, insert
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import BigId, UTCDateTime, after_commit, write
from app.core.prepared import Prepared
from app.core.time import clock
from app.extensions import db


class Duty(db.Model):
    """Something committed that people must still be told of; deleted once they were."""

    __tablename__ = "duty"
    __table_args__ = (Index("ix_duty_created", "created_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int] = mapped_column(BigId)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


Fulfiller = Callable[[int], Any]

_fulfillers: list[Fulfiller] = []


def owe(kind: str, object_type: str, object_id: int, actor_id: int | None = None, **detail: Any) -> int:
    """Remember, in the open transaction, that people must be told of `kind` about this thing.

    `detail` holds plain JSON values (identifiers and choices): whom it concerns is computed when the duty is served,
    and rights are asked again then. Returns the id of the duty.
    """
    duty_id = write(
        _OWED,
        kind=kind,
        object_type=object_type,
        object_id=object_id,
        actor_id=actor_id,
        detail=detail,
        created_at=clock.now(),
    ).scalar_one()
    after_commit(_ask_fulfilment, duty_id)
    return int(duty_id)


_OWED = Prepared(insert(Duty.__table__).returning(Duty.id))


def fulfilled_by(fulfiller: Fulfiller) -> Fulfiller:
    """Register who is asked to serve a duty by id after the commit; the last one registered counts."""
    _fulfillers[:] = [fulfiller]
    return fulfiller


def _ask_fulfilment(duty_id: int) -> None:
    for fulfiller in _fulfillers:
        fulfiller(duty_id)
