"""Who a closed account was: kept apart and sealed for the time the law asks, then erased.

A host must be able to tell a court who wrote something, after that person left too. No page, export or search reads
these rows: the operator opens one by a command that asks for a reason and is written down, and a job erases what is due.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import delete, select

from app.accounts.models import SealedIdentity, User
from app.core import audit, sealing
from app.core.database import current_unit, rows_changed
from app.core.errors import Refusal
from app.core.time import clock, months_after
from app.extensions import db

PURPOSE = "identity"
SHORTEST_REASON = 10

_firms: list[Callable[[int], list[str]]] = []


def firms_named_by(names: Callable[[int], list[str]]) -> None:
    """Register who knows, by the user's id, the firms a person writes for (the layers above know firms)."""
    _firms[:] = [names]


def months_kept() -> int:
    """How long the identity of a closed account is kept; 0 when it is not."""
    months: int = current_app.config["IDENTITY_MONTHS"]
    return months


def keep(user: User) -> None:
    """Seal who this person is, inside the transaction that closes the account and before anything is erased."""
    current_unit()
    if months_kept() == 0:
        return
    now = clock.now()
    known = {
        "name": user.name,
        "email": user.email,
        "sign_in_name": user.sign_in_name,
        "phone": user.phone or None,
        "firms": [firm for names in _firms for firm in names(user.id)],
        "opened_at": user.created_at.isoformat(),
        "closed_at": now.isoformat(),
    }
    text = json.dumps(known, ensure_ascii=False)
    db.session.add(
        SealedIdentity(
            user_id=user.id,
            sealed=sealing.seal(text, PURPOSE, user.id),
            sealed_at=now,
            erase_at=months_after(now, months_kept()),
        )
    )
    db.session.flush()


def open_one(user_id: int, *, reason: str, operator: str) -> tuple[dict[str, Any], datetime]:
    """Who a closed account was, and until when that is kept; for the operator, who says why, which is written down.

    Raises Refusal without a reason, when nothing is kept, or when the key it was sealed with is not at hand.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        raise Refusal(
            _("Écrivez pourquoi vous ouvrez cette identité : la raison est gardée."), field="reason"
        )
    kept = db.session.execute(
        select(SealedIdentity).where(SealedIdentity.user_id == user_id, SealedIdentity.erase_at > clock.now())
    ).scalar_one_or_none()
    if kept is None:
        raise Refusal(
            _("Aucune identité n’est gardée pour ce compte : il est ouvert, ou elle est déjà effacée."),
            status=404,
        )
    try:
        known = json.loads(sealing.unseal(kept.sealed, PURPOSE, user_id))
    except sealing.Unreadable:
        raise Refusal(
            _("Cette identité a été scellée avec une autre clé : remettez-la dans SEALING_KEY."), status=409
        ) from None
    audit.record(
        None, "opened_sealed_identity", "user", user_id, reason=reason.strip()[:500], operator=operator
    )
    return known, kept.erase_at


def erase_due() -> int:
    """Erase the identities whose time is over, inside `transaction()`; how many."""
    return rows_changed(delete(SealedIdentity).where(SealedIdentity.erase_at <= clock.now()))
