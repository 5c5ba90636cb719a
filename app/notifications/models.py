"""What a person is told, what they chose to be told, and the mails that carry it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core.database import BigId, UTCDateTime
from app.extensions import db


class Notification(db.Model):
    """One line for one person about one thing.

    (user, kind, object, cause) is unique: the job that makes notifications may run twice. `thread` names what belongs
    together (`topic:12`): one mail carries what is due in it, reading it settles all of its lines. `in_page` is false
    for somebody who wants the mail and not the line. `mail_state` is what the mail job still owes.
    """

    __tablename__ = "notification"
    __table_args__ = (
        CheckConstraint("mail_state IN ('none', 'due', 'sent', 'skipped')", name="mail_state_known"),
        UniqueConstraint("user_id", "kind", "object_type", "object_id", "cause"),
        Index("ix_notification_user", "user_id", "id"),
        Index(
            "ix_notification_unread",
            "user_id",
            "thread",
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
    thread: Mapped[str] = mapped_column(String(60), default="")
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    in_page: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    mail_state: Mapped[str] = mapped_column(String(8), default="none")
    mail_after: Mapped[datetime | None] = mapped_column(UTCDateTime)

    actor: Mapped[User | None] = relationship(foreign_keys=[actor_id], lazy="raise", viewonly=True)


class NotificationChoice(db.Model):
    """A deviation from how a kind of news reaches people by default; no row means the default."""

    __tablename__ = "notification_choice"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    in_page: Mapped[bool] = mapped_column()
    by_mail: Mapped[bool] = mapped_column()


class Mail(db.Model):
    """A mail to send, then proof that it was.

    The bodies of sensitive mails (they hold a proof of address) are erased as soon as they are sent, the others some
    days later; a demonstration keeps them all. `send_after` of a mail being sent is when another process may take it
    for abandoned. `files` are name, media type and text of what it carries; they are erased with the bodies.
    """

    __tablename__ = "mail"
    __table_args__ = (
        CheckConstraint("state IN ('due', 'sending', 'sent', 'failed')", name="state_known"),
        Index(
            "ix_mail_due",
            "send_after",
            sqlite_where=text("state IN ('due', 'sending')"),
            postgresql_where=text("state IN ('due', 'sending')"),
        ),
        Index("ix_mail_user", "user_id"),
        Index("ix_mail_sent_at", "sent_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    message_id: Mapped[str] = mapped_column(String(160), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    address: Mapped[str] = mapped_column(String(254))
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(250))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    headers: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    files: Mapped[list[list[str]]] = mapped_column(JSON, default=list, server_default="[]")
    is_sensitive: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(8), default="due")
    attempts: Mapped[int] = mapped_column(default=0)
    send_after: Mapped[datetime] = mapped_column(UTCDateTime)
    last_error: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
