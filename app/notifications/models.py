"""What a person is told, and the mails that carry it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import BigId, UTCDateTime
from app.extensions import db


class Notification(db.Model):
    """One line for one person about one thing. `mail_state` is what the mail job still owes.

    (user, kind, object, cause) is unique: the job that makes notifications may run twice.
    """

    __tablename__ = "notification"
    __table_args__ = (
        CheckConstraint("mail_state IN ('none', 'due', 'sent', 'skipped')", name="mail_state_known"),
        UniqueConstraint("user_id", "kind", "object_type", "object_id", "cause"),
        Index("ix_notification_user", "user_id", "id"),
        Index(
            "ix_notification_unread",
            "user_id",
            sqlite_where=text("read_at IS NULL"),
            postgresql_where=text("read_at IS NULL"),
        ),
        Index(
            "ix_notification_due",
            "mail_after",
            sqlite_where=text("mail_state = 'due'"),
            postgresql_where=text("mail_state = 'due'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str] = mapped_column(String(40))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int] = mapped_column(BigId)
    cause: Mapped[str] = mapped_column(String(60), default="")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    mail_state: Mapped[str] = mapped_column(String(8), default="none")
    mail_after: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Mail(db.Model):
    """A mail to send, then proof that it was. Bodies are erased some days after sending, except in demo mode."""

    __tablename__ = "mail"
    __table_args__ = (
        CheckConstraint("state IN ('due', 'sending', 'sent', 'failed')", name="state_known"),
        Index(
            "ix_mail_due",
            "next_attempt_at",
            sqlite_where=text("state IN ('due', 'sending')"),
            postgresql_where=text("state IN ('due', 'sending')"),
        ),
        Index("ix_mail_user", "user_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    address: Mapped[str] = mapped_column(String(254))
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(250))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    headers: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    notification_id: Mapped[int | None] = mapped_column(ForeignKey("notification.id"))
    state: Mapped[str] = mapped_column(String(8), default="due")
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_error: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
