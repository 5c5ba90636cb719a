"""Accounts nobody uses: two warnings by mail, a month apart, then the same closing as the person's own.

Runs every night, in one small transaction per person, and decides anew inside it: whoever came back in between is left
alone, and running twice does nothing more. People of a demonstration are never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import ColumnElement, func, select

from app.accounts import operations
from app.accounts.models import InactivityWarning, User
from app.core.database import release, transacted
from app.core.demo import is_demo
from app.core.time import clock, months_after
from app.extensions import db

log = structlog.get_logger(__name__)

WARNINGS = 2
BETWEEN = timedelta(days=28)
"""No step follows the one before sooner: an installation that was off for a year still warns twice."""

AT_ONCE = 500
"""People looked after in one night; the others wait for the next."""

_spared: list[Callable[[Any], bool]] = []


def spared_when(predicate: Callable[[Any], bool]) -> None:
    """Register whose account is never closed by itself (the layers above know who keeps the place running)."""
    if predicate not in _spared:
        _spared.append(predicate)


def look_after() -> dict[str, int]:
    """Warn and close whoever's turn has come; how many of each."""
    done = {"warned": 0, "closed": 0, "spared": 0}
    months: int = current_app.config["INACTIVE_MONTHS"]
    if months == 0 or is_demo():
        return done
    due = [user.id for user, given in _unused(months) if _is_due(user, given, months)]
    release()
    for user_id in due[:AT_ONCE]:
        step = transacted(partial(_take_step, user_id, months))
        if step is not None:
            done[step] += 1
    if any(done.values()):
        # Counts alone: who is absent is nobody's business.
        log.info("absences", **done)
    return done


def _take_step(user_id: int, months: int) -> str | None:
    # Decided anew, with the row held: whoever comes back at this very moment is left alone.
    db.session.execute(select(User.id).where(User.id == user_id).with_for_update())
    found = _unused(months, User.id == user_id)
    if not found or not _is_due(*found[0], months):
        return None
    user, given = found[0]
    if any(predicate(user) for predicate in _spared):
        return "spared"
    if len(given) == WARNINGS:
        operations.close_unused_account(user)
        return "closed"
    closes_at = max(months_after(_since(user), months), clock.now() + (WARNINGS - len(given)) * BETWEEN)
    operations.warn_unused(user, number=len(given) + 1, closes_at=closes_at)
    return "warned"


def _is_due(user: User, given: Sequence[datetime], months: int) -> bool:
    due = months_after(_since(user), months - WARNINGS + len(given))
    return clock.now() >= (max(due, given[-1] + BETWEEN) if given else due)


def _unused(months: int, *conditions: ColumnElement[bool]) -> list[tuple[User, list[datetime]]]:
    """People not seen since before the first warning, longest first, with the warnings this absence had."""
    seen = func.coalesce(User.seen_at, User.created_at)
    rows = db.session.execute(
        select(User, InactivityWarning.at)
        .outerjoin(
            InactivityWarning, (InactivityWarning.user_id == User.id) & (InactivityWarning.since == seen)
        )
        .where(User.state == "active", seen <= months_after(clock.now(), WARNINGS - months), *conditions)
        .order_by(seen, User.id, InactivityWarning.number)
        .execution_options(populate_existing=True)
    )
    people: dict[int, tuple[User, list[datetime]]] = {}
    for user, at in rows:
        people.setdefault(user.id, (user, []))[1].extend([at] if at is not None else [])
    return list(people.values())


def _since(user: User) -> datetime:
    return user.seen_at or user.created_at
