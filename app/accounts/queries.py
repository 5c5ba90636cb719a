"""Everything read about people by the pages of accounts."""

from __future__ import annotations

from sqlalchemy import or_, select

from app.accounts.models import CharterAcceptance, User
from app.extensions import db


def by_identifier(identifier: str) -> User | None:
    """The person who signs in under this address or sign-in name, whatever their state."""
    key = normal_identifier(identifier)
    if not key:
        return None
    return db.session.execute(
        select(User).where(or_(User.email == key, User.sign_in_name == key))
    ).scalar_one_or_none()


def by_email(email: str) -> User | None:
    """The person whose address this is, whatever their state."""
    return db.session.execute(select(User).where(User.email == normal_identifier(email))).scalar_one_or_none()


def by_id(user_id: int) -> User | None:
    """A person by id, as a row of this session."""
    return db.session.get(User, user_id)


def acceptances_of(user_id: int) -> list[CharterAcceptance]:
    """What a person accepted and when, newest first."""
    return list(
        db.session.execute(
            select(CharterAcceptance)
            .where(CharterAcceptance.user_id == user_id)
            .order_by(CharterAcceptance.at.desc())
        ).scalars()
    )


def normal_identifier(text: str) -> str:
    """An address or sign-in name as stored."""
    return text.strip().lower()[:254]
