"""Single-use proofs sent by mail: made here, looked at without harm, used once.

A link is 256 random bits, of which the database keeps the hash. The six digits that go with a sign-in link are worth
little alone: they are hashed with a secret that only the asking browser holds, and a token takes five tries.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, select, update

from app.accounts.models import SignInToken, User
from app.core.database import current_unit, rows_changed
from app.core.time import clock
from app.extensions import db

LIFETIME = {
    "sign_in": timedelta(minutes=15),
    "password": timedelta(minutes=30),
    "address": timedelta(hours=24),
}
MAX_ALIVE = 5
"""Proofs of one purpose alive at once: beyond it no mail is written, those in the mailbox still serve."""

CODE_TRIES = 5


def make(
    user: User, purpose: str, email: str, *, browser_secret: str | None = None
) -> tuple[str, str] | None:
    """Make a proof, inside `transaction()`: the link's token, and the code when `browser_secret` is given ("" if not).

    None when the person has `MAX_ALIVE` of them already.
    """
    current_unit()
    now = clock.now()
    alive = db.session.execute(
        select(func.count())
        .select_from(SignInToken)
        .where(
            SignInToken.user_id == user.id,
            SignInToken.purpose == purpose,
            SignInToken.used_at.is_(None),
            SignInToken.expires_at > now,
        )
    ).scalar_one()
    if alive >= MAX_ALIVE:
        return None
    token = secrets.token_urlsafe(32)
    code = f"{secrets.randbelow(1_000_000):06d}" if browser_secret else ""
    db.session.add(
        SignInToken(
            token_hash=_hashed(token),
            code_hash=_hashed(f"{browser_secret}:{code}") if browser_secret else None,
            browser_hash=_hashed(browser_secret) if browser_secret else None,
            purpose=purpose,
            user_id=user.id,
            email=email,
            created_at=now,
            expires_at=now + LIFETIME[purpose],
        )
    )
    db.session.flush()
    return token, code


def is_alive(token: str, purpose: str) -> bool:
    """Whether this link would still be taken; changes nothing, so that mail scanners may follow links."""
    return find(token, purpose) is not None


def find(token: str, purpose: str) -> tuple[SignInToken, User] | None:
    """The living proof and its person. A changed address kills it: the proof was for the one it went to."""
    row = db.session.execute(
        select(SignInToken, User)
        .join(User, User.id == SignInToken.user_id)
        .where(SignInToken.token_hash == _hashed(token), *_alive(purpose))
    ).one_or_none()
    return (row[0], row[1]) if row is not None else None


def use(token: str, purpose: str) -> tuple[SignInToken, User] | None:
    """Use a link up, inside `transaction()`; None when it is dead. Two simultaneous uses: the row lets one pass."""
    found = find(token, purpose)
    return found if found is not None and _spend(found[0]) else None


def use_code(browser_secret: str, email: str, code: str) -> tuple[SignInToken, User] | None:
    """Use a sign-in code up in the browser that asked for it, inside `transaction()`.

    Each call costs every proof this browser asked for one of its tries, whether the code is right or not.
    """
    current_unit()
    rows = db.session.execute(
        select(SignInToken, User)
        .join(User, User.id == SignInToken.user_id)
        .where(
            SignInToken.email == email,
            SignInToken.browser_hash == _hashed(browser_secret),
            SignInToken.code_attempts < CODE_TRIES,
            *_alive("sign_in"),
        )
    ).all()
    for token, user in rows:
        tried = rows_changed(
            update(SignInToken)
            .where(SignInToken.id == token.id, SignInToken.code_attempts < CODE_TRIES)
            .values(code_attempts=SignInToken.code_attempts + 1)
        )
        if tried and hmac.compare_digest(token.code_hash or "", _hashed(f"{browser_secret}:{code}")):
            return (token, user) if _spend(token) else None
    return None


def kill_all(user_id: int) -> None:
    """Kill every living proof of a person (changed address or password), inside `transaction()`."""
    current_unit()
    db.session.execute(
        update(SignInToken)
        .where(SignInToken.user_id == user_id, SignInToken.used_at.is_(None))
        .values(used_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def purge() -> int:
    """Delete proofs dead for a day, inside `transaction()`; how many."""
    current_unit()
    return rows_changed(delete(SignInToken).where(SignInToken.expires_at < clock.now() - timedelta(days=1)))


def browser_secret() -> str:
    """A fresh secret for a browser that asks for a code."""
    return secrets.token_urlsafe(16)


def _spend(token: SignInToken) -> bool:
    current_unit()
    now = clock.now()
    spent = rows_changed(
        update(SignInToken)
        .where(SignInToken.id == token.id, SignInToken.used_at.is_(None))
        .values(used_at=now)
    )
    if not spent:
        return False
    # Its siblings have served their purpose too: a mailbox read later by somebody else opens nothing.
    db.session.execute(
        update(SignInToken)
        .where(
            SignInToken.user_id == token.user_id,
            SignInToken.purpose == token.purpose,
            SignInToken.used_at.is_(None),
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    return True


def _alive(purpose: str) -> tuple[ColumnElement[bool], ...]:
    conditions = (
        SignInToken.purpose == purpose,
        SignInToken.used_at.is_(None),
        SignInToken.expires_at > clock.now(),
        User.state == "active",
    )
    # The new address of a change is not the person's yet.
    return conditions if purpose == "address" else (*conditions, SignInToken.email == User.email)


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
