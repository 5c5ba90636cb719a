"""Who did what to what: append-only lines, refused any change by triggers in the schema."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import BigId, UTCDateTime, current_unit, insert_rows
from app.core.time import clock
from app.extensions import db


class AuditLine(db.Model):
    """One act. `detail` holds identifiers and choices, never the text of a message."""

    __tablename__ = "audit_line"
    __table_args__ = (
        Index("ix_audit_line_object", "object_type", "object_id"),
        Index("ix_audit_line_node_at", "node_id", "at"),
        Index("ix_audit_line_actor_at", "actor_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    act: Mapped[str] = mapped_column(String(60))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int] = mapped_column(BigId)
    node_id: Mapped[int | None] = mapped_column(BigId)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


def record(
    actor: Any, act: str, object_type: str, object_id: int, *, node_id: int | None = None, **detail: Any
) -> None:
    """Remember that `actor` (a person, or None for the system) did `act`; part of the open transaction."""
    current_unit()
    line = {
        "at": clock.now(),
        "actor_id": actor.id if actor is not None else None,
        "act": act,
        "object_type": object_type,
        "object_id": object_id,
        "node_id": node_id,
        "detail": detail,
    }
    insert_rows(AuditLine.__table__, [line])
