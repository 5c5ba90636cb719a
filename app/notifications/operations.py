"""What changes in news: lines told, read, chosen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from app.accounts.models import User
from app.core import audit, journal, news
from app.core.demo import is_demo
from app.core.duties import Duty
from app.core.news import Recipient
from app.core.time import clock
from app.extensions import db
from app.notifications import queries
from app.notifications.models import Notification, NotificationChoice

MAIL_WAIT = timedelta(minutes=2)
"""News travels after this wait, together with what comes meanwhile and unless it is read first."""


def tell(duty: Duty, recipients: Sequence[Recipient], people: dict[int, User]) -> list[int]:
    """Write a duty's lines for these people and tell their open pages; returns the ids of the new lines.

    Running it twice adds nothing: (person, kind, thing, cause) is unique, and only new lines are journalled.
    """
    rows = _missing([_row(duty, recipient) for recipient in recipients if recipient.user_id in people])
    if not rows:
        return []
    _apply_choices(rows, people)
    rows = [row for row in rows if row["in_page"] or row["mail_state"] == "due"]
    if not rows:
        return []
    ids = list(db.session.execute(insert(Notification).returning(Notification.id), rows).scalars())
    for notification_id, user_id, in_page in db.session.execute(
        select(Notification.id, Notification.user_id, Notification.in_page).where(Notification.id.in_(ids))
    ):
        scope_id = people[user_id].scope_id
        if in_page and scope_id is not None:
            journal.record(
                scope_id, "notification.added", "notification", notification_id, actor_id=duty.actor_id
            )
    return ids


def read_thread(user_id: int, thread: str) -> int:
    """Settle every line of this thread for the person, on all their screens; returns how many were waiting."""
    return _read(user_id, Notification.thread == thread)


def read_one(user: Any, notification_id: int) -> int:
    """Settle one line, with the others of its thread."""
    thread = db.session.execute(
        select(Notification.thread).where(Notification.id == notification_id, Notification.user_id == user.id)
    ).scalar_one_or_none()
    if thread is None:
        return 0
    return read_thread(user.id, thread) if thread else _read(user.id, Notification.id == notification_id)


def read_all(user: Any, up_to: int) -> int:
    """Settle everything up to the newest line that the person saw: what came meanwhile stays."""
    return _read(user.id, Notification.id <= up_to)


def choose(user: Any, kind: str, *, in_page: bool, by_mail: bool) -> None:
    """Keep how one kind of news reaches a person; only a deviation from the default takes a row."""
    known = news.find(kind)
    if known is None or not known.is_chosen:
        return
    by_mail = by_mail and known.mail is not None
    row = db.session.get(NotificationChoice, (user.id, kind))
    if (in_page, by_mail) == (True, known.default_mail):
        if row is not None:
            db.session.delete(row)
    elif row is None:
        db.session.add(NotificationChoice(user_id=user.id, kind=kind, in_page=in_page, by_mail=by_mail))
    else:
        row.in_page, row.by_mail = in_page, by_mail


def stop_mail(user: User, kind: str) -> None:
    """Switch the mails of one kind off, from the link in one of them; what is due is not sent either."""
    known = news.find(kind)
    if known is None or not known.is_chosen:
        return
    row = db.session.get(NotificationChoice, (user.id, kind))
    choose(user, kind, in_page=row.in_page if row else True, by_mail=False)
    db.session.execute(
        update(Notification)
        .where(Notification.user_id == user.id, Notification.kind == kind, Notification.mail_state == "due")
        .values(mail_state="skipped")
    )
    audit.record(user, "stopped_mail", "notification_choice", user.id, kind=kind)


def _row(duty: Duty, recipient: Recipient) -> dict[str, Any]:
    return {
        "user_id": recipient.user_id,
        "kind": recipient.kind or duty.kind,
        "object_type": duty.object_type,
        "object_id": duty.object_id,
        "cause": recipient.cause,
        "thread": recipient.thread,
        "actor_id": duty.actor_id,
        "detail": {**duty.detail, **recipient.detail},
        "created_at": duty.created_at,
    }


def _missing(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows that are not there yet."""
    if not rows:
        return []
    first = rows[0]
    known = {
        tuple(row)
        for row in db.session.execute(
            select(Notification.user_id, Notification.kind, Notification.cause).where(
                Notification.object_type == first["object_type"],
                Notification.object_id == first["object_id"],
                Notification.user_id.in_([row["user_id"] for row in rows]),
            )
        )
    }
    return [row for row in rows if (row["user_id"], row["kind"], row["cause"]) not in known]


def _apply_choices(rows: list[dict[str, Any]], people: dict[int, User]) -> None:
    kept = queries.choices_of_all([row["user_id"] for row in rows], {row["kind"] for row in rows})
    now = clock.now()
    for row in rows:
        kind = news.find(row["kind"])
        assert kind is not None
        in_page, by_mail = True, kind.default_mail
        if kind.is_chosen:
            in_page, by_mail = kept.get((row["user_id"], kind.name), (in_page, by_mail))
        mails = by_mail and kind.mail is not None and people[row["user_id"]].email is not None
        row["in_page"] = in_page
        row["mail_state"] = "due" if mails else "none"
        row["mail_after"] = _mail_after(now, kind.urgent) if mails else None


def _mail_after(now: datetime, urgent: bool) -> datetime:
    return now if urgent or is_demo() else now + MAIL_WAIT


def _read(user_id: int, condition: Any) -> int:
    ids = list(
        db.session.execute(
            update(Notification)
            .where(Notification.user_id == user_id, Notification.read_at.is_(None), condition)
            .values(read_at=clock.now())
            .returning(Notification.id)
            .execution_options(synchronize_session=False)
        ).scalars()
    )
    if ids:
        scope_id = db.session.execute(select(User.scope_id).where(User.id == user_id)).scalar_one()
        if scope_id is not None:
            journal.record(scope_id, "notification.read", "notification", max(ids), actor_id=user_id)
    return len(ids)
