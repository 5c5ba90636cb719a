"""The charter: what one may and may not say where competitors meet, accepted before a first word and every year.

A version is a template `accounts/charter/<version>.html`. A change of substance is a new version: nobody writes before
having accepted it, and the page says what is new.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.accounts.models import CharterAcceptance, User
from app.core import audit
from app.core.database import current_unit
from app.core.time import clock
from app.extensions import db

ACCEPTED_FOR = timedelta(days=365)


@dataclass(frozen=True)
class Version:
    """One text of the charter; `changes` says in a sentence each what is new since the one before."""

    name: str
    since: date
    changes: tuple[LazyString, ...] = ()


VERSIONS = (Version("2026-11", date(2026, 11, 1), (_l("Première version de la charte."),)),)
CURRENT = VERSIONS[-1]


def needs_charter(user: Any) -> bool:
    """Whether the person must read and accept the charter before writing (never did, new version, a year ago)."""
    if user.charter_version != CURRENT.name or user.charter_accepted_at is None:
        return True
    return user.charter_accepted_at < clock.now() - ACCEPTED_FOR


def accept(user: User) -> None:
    """Record that `user` (a row of this session) accepts the current version, inside `transaction()`."""
    current_unit()
    now = clock.now()
    user.charter_version = CURRENT.name
    user.charter_accepted_at = now
    db.session.add(CharterAcceptance(user_id=user.id, version=CURRENT.name, at=now))
    audit.record(user, "accepted_charter", "user", user.id, version=CURRENT.name)


def changes_since(version: str | None) -> list[LazyString]:
    """What is new for somebody who accepted `version`; nothing for somebody who never did."""
    names = [known.name for known in VERSIONS]
    if version not in names:
        return []
    return [change for known in VERSIONS[names.index(version) + 1 :] for change in known.changes]
