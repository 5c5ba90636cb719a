"""The second factor: six digits of an application, or a recovery code; required from roles at region level upwards."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Any

import pyotp
import segno
import structlog
from markupsafe import Markup
from sqlalchemy import delete, func, or_, select, update

from app.accounts.models import RecoveryCode, User, UserSession
from app.core import audit, sealing
from app.core.database import current_unit, rows_changed
from app.core.demo import is_demo
from app.core.time import clock
from app.extensions import db

log = structlog.get_logger(__name__)

STEP_SECONDS = 30
RECOVERY_CODES = 10
PURPOSE = "totp"
# No letter or digit that is read for another.
RECOVERY_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"

_requirements: list[Callable[[Any], bool]] = []


def required_when(predicate: Callable[[Any], bool]) -> None:
    """Register who must have a second factor (the layers above know roles)."""
    if predicate not in _requirements:
        _requirements.append(predicate)


def is_required(user: Any) -> bool:
    """Whether this person's roles are held behind a second factor."""
    return any(predicate(user) for predicate in _requirements)


def is_missing(user: Any, session_row: UserSession | None) -> bool:
    """Whether the person may not go on before proving a second factor in this session.

    In a demonstration it counts as proved, and the pages say so. Pages and sockets ask the same question.
    """
    if session_row is not None and session_row.second_factor_at is not None:
        return False
    if user.totp_confirmed_at is None and not is_required(user):
        return False
    return not is_demo()


def new_secret() -> str:
    """A secret for an authenticator application."""
    return pyotp.random_base32()


def begin(user: User, secret: str) -> None:
    """Keep a secret that is not in force until a first code proves it was copied; inside `transaction()`."""
    current_unit()
    user.totp_secret = sealing.seal(secret, PURPOSE, user.id)
    user.totp_confirmed_at = None
    user.totp_last_step = None


def secret_of(user: User) -> str | None:
    """The secret in clear; None without one, or when the key it was sealed with is not at hand.

    Then codes are wrong, recovery codes go on serving, and the operator can have the second factor set up anew.
    """
    kept = user.totp_secret
    if kept is None or not sealing.is_sealed(kept):
        return kept
    try:
        return sealing.unseal(kept, PURPOSE, user.id)
    except sealing.Unreadable:
        log.error("second_factor_unreadable", user=user.id)
        return None


def seal_clear_secrets() -> int:
    """Seal the secrets that an earlier version kept in clear, inside `transaction()`; how many."""
    current_unit()
    people = list(
        db.session.execute(
            select(User).where(User.totp_secret.is_not(None), User.totp_secret.not_like(f"{sealing.MARK}%"))
        ).scalars()
    )
    for user in people:
        assert user.totp_secret is not None
        user.totp_secret = sealing.seal(user.totp_secret, PURPOSE, user.id)
    return len(people)


def confirm(user: User, code: str) -> list[str] | None:
    """Put the secret in force when the code is right, inside `transaction()`; returns the recovery codes, shown once."""
    if user.totp_confirmed_at is not None or not check_code(user, code):
        return None
    user.totp_confirmed_at = clock.now()
    audit.record(user, "second_factor_added", "user", user.id)
    return renew_recovery_codes(user)


def remove(user: User) -> None:
    """Take the second factor off, inside `transaction()`; who may is the caller's question."""
    current_unit()
    user.totp_secret = None
    user.totp_confirmed_at = None
    user.totp_last_step = None
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    audit.record(user, "second_factor_removed", "user", user.id)


def renew_recovery_codes(user: User) -> list[str]:
    """Replace the recovery codes, inside `transaction()`; they are given once and kept as hashes."""
    current_unit()
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = ["-".join(_draw(4) for _part in range(3)) for _code in range(RECOVERY_CODES)]
    db.session.add_all(RecoveryCode(user_id=user.id, code_hash=_hashed(user.id, code)) for code in codes)
    return codes


def recovery_codes_left(user_id: int) -> int:
    """How many recovery codes a person has not used."""
    return db.session.execute(
        select(func.count())
        .select_from(RecoveryCode)
        .where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    ).scalar_one()


def check(user: User, text: str) -> bool:
    """Whether `text` is a code of the application or an unused recovery code, inside `transaction()`; uses it up."""
    plain = "".join(text.split()).lower()
    return check_code(user, plain) if plain.isdigit() else _use_recovery_code(user, plain)


def check_code(user: User, code: str) -> bool:
    """Whether this is the application's code of now or its neighbours; each step is accepted once, ever."""
    current_unit()
    code = "".join(code.split())
    secret = secret_of(user)
    if secret is None or len(code) != 6 or not (code.isascii() and code.isdigit()):
        return False
    totp = pyotp.TOTP(secret)
    now = int(clock.now().timestamp()) // STEP_SECONDS
    step = next((s for s in (now - 1, now, now + 1) if hmac.compare_digest(totp.generate_otp(s), code)), None)
    if step is None:
        return False
    taken = rows_changed(
        update(User)
        .where(User.id == user.id, or_(User.totp_last_step.is_(None), User.totp_last_step < step))
        .values(totp_last_step=step)
    )
    return taken == 1


def picture(user: User, secret: str, issuer: str) -> Markup:
    """The secret as a QR code: SVG in the page, drawn with attributes only."""
    account = user.email or user.sign_in_name or user.name
    address = pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=issuer)
    code = segno.make(address, error="m", micro=False)
    return Markup(
        code.svg_inline(border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True)
    )


def spelled(secret: str) -> str:
    """The secret in groups of four, to be typed by hand."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def _use_recovery_code(user: User, code: str) -> bool:
    current_unit()
    letters = code.replace("-", "")
    if len(letters) != 12:
        return False
    written = "-".join(letters[start : start + 4] for start in (0, 4, 8))
    used = rows_changed(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == _hashed(user.id, written),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
    )
    if used == 1:
        audit.record(user, "recovery_code_used", "user", user.id)
        return True
    return False


def _draw(length: int) -> str:
    return "".join(secrets.choice(RECOVERY_ALPHABET) for _letter in range(length))


def _hashed(user_id: int, code: str) -> str:
    return hashlib.sha256(f"{user_id}:{code}".encode()).hexdigest()
