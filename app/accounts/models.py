"""People, their sessions and the single-use tokens that prove an address."""

from __future__ import annotations

from datetime import datetime

from flask_login import UserMixin
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import BigId, UTCDateTime
from app.extensions import db


class User(UserMixin, db.Model):
    """A person. `email` is None for somebody without a mailbox, who signs in by `sign_in_name` and a password.

    `access_version` rises with every change of the person's rights; sockets compare it to know they must ask again.
    `scope_id` is the scope that only this person reads. `seen_at` is the last visit, `previous_visit_at` the one
    before it (a visit ends after thirty minutes of silence): home tells what happened since. `totp_secret` is sealed.
    """

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("sign_in_name = lower(sign_in_name)", name="sign_in_name_lower"),
        CheckConstraint("state IN ('active', 'closed', 'suspended')", name="state_known"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    sign_in_name: Mapped[str | None] = mapped_column(String(40), unique=True)
    given_name: Mapped[str] = mapped_column(String(80))
    family_name: Mapped[str] = mapped_column(String(80))
    trade: Mapped[str] = mapped_column(String(120), default="")
    about: Mapped[str] = mapped_column(Text, default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    totp_secret: Mapped[str | None] = mapped_column(String(255))
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    totp_last_step: Mapped[int | None] = mapped_column(BigId)
    locale: Mapped[str] = mapped_column(String(5), default="fr")
    state: Mapped[str] = mapped_column(String(12), default="active")
    scope_id: Mapped[int | None] = mapped_column(ForeignKey("scope.id"))
    access_version: Mapped[int] = mapped_column(BigId, default=1)
    charter_version: Mapped[str | None] = mapped_column(String(20))
    charter_accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    mail_choices: Mapped[str] = mapped_column(String(200), default="")
    seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    previous_visit_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def initials(self) -> str:
        return (self.given_name[:1] + self.family_name[:1]).upper()

    @property
    def is_active(self) -> bool:
        return self.state == "active"


class UserSession(db.Model):
    """One signed-in browser. The cookie holds a random token, the row only its hash.

    A `is_lasting` session belongs to a device of the person's own and is kept while it is used; another one, on a
    shared machine, ends with the browser or after some hours.
    """

    __tablename__ = "user_session"
    __table_args__ = (Index("ix_user_session_user", "user_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    second_factor_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    device: Mapped[str] = mapped_column(String(200), default="")
    is_lasting: Mapped[bool] = mapped_column(default=True)


class SignInToken(db.Model):
    """A single-use proof sent by mail: magic link, password reset, changed address.

    Dies with use (its own or another one's of the same purpose), expiry, a changed address or a changed password.
    `code_hash` covers the six digits and a secret of the browser that asked (`browser_hash`): they serve there alone. A newer
    link leaves the older ones alive: otherwise anybody could spoil a person's link by asking for another.
    """

    __tablename__ = "sign_in_token"
    __table_args__ = (
        Index("ix_sign_in_token_user", "user_id", "purpose"),
        CheckConstraint("purpose IN ('sign_in', 'password', 'address')", name="purpose_known"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    code_hash: Mapped[str | None] = mapped_column(String(64))
    browser_hash: Mapped[str | None] = mapped_column(String(64))
    code_attempts: Mapped[int] = mapped_column(default=0)
    purpose: Mapped[str] = mapped_column(String(12))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    email: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class RecoveryCode(db.Model):
    """A spare second factor, shown once, used once."""

    __tablename__ = "recovery_code"
    __table_args__ = (Index("ix_recovery_code_user", "user_id", unique=False),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class CharterAcceptance(db.Model):
    """A person accepted one version of the charter at an instant; the last one is repeated on the person's row."""

    __tablename__ = "charter_acceptance"
    __table_args__ = (Index("ix_charter_acceptance_user", "user_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    version: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class SealedIdentity(db.Model):
    """Who the holder of a closed account was, encrypted; erased from `erase_at` on. See `app.accounts.identities`."""

    __tablename__ = "sealed_identity"
    __table_args__ = (
        Index("ix_sealed_identity_erase", "erase_at"),
        CheckConstraint("erase_at > sealed_at", name="kept_for_a_while"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), unique=True)
    sealed: Mapped[str] = mapped_column(Text)
    sealed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    erase_at: Mapped[datetime] = mapped_column(UTCDateTime)


class InactivityWarning(db.Model):
    """A person not seen since `since` was told that the account will close. A visit moves `since`: it counts no more."""

    __tablename__ = "inactivity_warning"
    __table_args__ = (
        UniqueConstraint("user_id", "since", "number", name="uq_inactivity_warning_once"),
        CheckConstraint("number IN (1, 2)", name="number_known"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    number: Mapped[int] = mapped_column()
    at: Mapped[datetime] = mapped_column(UTCDateTime)


Index("ix_user_account_name", User.family_name, User.given_name)
Index("ix_user_session_open", UserSession.ended_at, postgresql_where=text("ended_at IS NOT NULL"))
