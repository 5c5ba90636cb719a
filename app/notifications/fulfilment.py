"""Duties served: whom an act concerns is computed once, rights are asked again, lines are written in batches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import structlog
from flask import g
from sqlalchemy import delete, select, update

from app.accounts.models import User
from app.core import jobs, news, things
from app.core.database import after_commit, release, transaction
from app.core.duties import Duty
from app.core.news import News, Recipient
from app.core.time import clock
from app.extensions import db
from app.notifications import operations

log = structlog.get_logger(__name__)

BATCH = 200
"""People told in one transaction: journal entries lock one counter a person, nobody may wait long for them."""

LEFT_BEHIND = timedelta(seconds=30)
"""A duty older than this was forgotten by the job store, or its job failed."""

ATTEMPTS = 12
"""A duty that fails so often waits for a release that mends it; it is never thrown away."""


def fulfil(duty_id: int, *, told: list[int] | None = None) -> None:
    """Tell everybody whom one duty concerns, then remove it. Running it twice, or at once, tells nobody twice."""
    _count_attempt(duty_id)
    duty = db.session.get(Duty, duty_id)
    if duty is None:
        return
    kind = news.find(duty.kind)
    if kind is None or kind.recipients is None:
        log.error("duty_unknown", kind=duty.kind, duty=duty_id)
        return
    recipients, people = _allowed(duty, kind)
    release()
    for start in range(0, len(recipients), BATCH):
        batch = recipients[start : start + BATCH]
        with transaction():
            kept = _locked(duty_id)
            if kept is None:
                return
            present = _people([recipient.user_id for recipient in batch])
            ids = operations.tell(kept, batch, {key: present[key] for key in present if key in people})
            if told is not None:
                told.extend(ids)
            after_commit(_ask_mails)
    with transaction():
        db.session.execute(delete(Duty).where(Duty.id == duty_id))


def left_behind() -> list[int]:
    """Duties that nobody served in time, the oldest first, each waiting longer after every failure."""
    now = clock.now()
    rows = db.session.execute(
        select(Duty.id, Duty.attempts, Duty.created_at)
        .where(Duty.created_at < now - LEFT_BEHIND, Duty.attempts < ATTEMPTS)
        .order_by(Duty.created_at)
        .limit(500)
    )
    return [
        row.id for row in rows if row.created_at < now - LEFT_BEHIND * 2**row.attempts or row.attempts <= 1
    ]


def _count_attempt(duty_id: int) -> None:
    with transaction():
        db.session.execute(
            update(Duty)
            .where(Duty.id == duty_id)
            .values(attempts=Duty.attempts + 1)
            .execution_options(synchronize_session=False)
        )


def _locked(duty_id: int) -> Duty | None:
    # The lock keeps two processes serving one duty from both finding a line missing.
    return db.session.execute(select(Duty).where(Duty.id == duty_id).with_for_update()).scalar_one_or_none()


def _allowed(duty: Duty, kind: News) -> tuple[list[Recipient], dict[int, User]]:
    """Each person once, never the actor, only those who may see the thing now."""
    assert kind.recipients is not None
    g.pop("access", None)
    first: dict[int, Recipient] = {}
    for recipient in kind.recipients(duty):
        if recipient.user_id != duty.actor_id and recipient.user_id not in first:
            first[recipient.user_id] = recipient
    people = _people(list(first))
    recipients = [
        recipient
        for user_id, recipient in first.items()
        if user_id in people and _may_know(people[user_id], duty, recipient, kind)
    ]
    return recipients, people


def _may_know(user: User, duty: Duty, recipient: Recipient, kind: News) -> bool:
    line = news.find(recipient.kind or kind.name)
    if line is None:
        log.error("news_unknown", kind=recipient.kind, duty=duty.id)
        return False
    return not line.checks_rights or things.is_visible(user, duty.object_type, duty.object_id)


def _people(ids: Sequence[int]) -> dict[int, User]:
    people = db.session.execute(select(User).where(User.id.in_(ids), User.state == "active")).scalars()
    return {user.id: user for user in people}


def _ask_mails() -> None:
    jobs.enqueue("notifications.prepare_mails")
    jobs.enqueue("notifications.prepare_mails", delay=operations.MAIL_WAIT.total_seconds() + 1)
