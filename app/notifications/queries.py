"""What is read of news: a person's lines, their number, what they chose."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import joinedload

from app.accounts.models import User
from app.communities.access import access_of
from app.core import news, things
from app.core.database import BigId, read
from app.core.news import News, Told
from app.core.phrases import printed
from app.core.shell import Count
from app.core.things import Description
from app.extensions import db
from app.notifications.models import Notification, NotificationChoice

PER_PAGE = 30


@dataclass(frozen=True)
class Line:
    """One line of the page: the sentence, where it leads, when, and whether it was read.

    `more` counts the further lines of the same thread that it stands for; it leads to the oldest of them.
    """

    id: int
    kind: str
    sentence: str
    url: str
    at: datetime
    is_read: bool
    actor: User | None
    title: str = ""
    place: str = ""
    hue: str | None = None
    place_kind: str = "community"
    thread: str = ""
    more: int = 0


@dataclass(frozen=True)
class Choice:
    """How one kind of news reaches a person."""

    kind: News
    in_page: bool
    by_mail: bool


def unread_count(user_id: int) -> int:
    """How many lines wait for this person."""
    asked = unread(user_id)
    return read(asked.statement, **asked.values).scalar_one()


def unread(user_id: int) -> Count:
    """The same number, for the frame to ask together with others."""
    return Count(_unread_count(), {"owner_id": user_id})


@cache
def _unread_count() -> Select[Any]:
    return select(func.count()).where(
        Notification.user_id == bindparam("owner_id", type_=BigId),
        Notification.read_at.is_(None),
        Notification.in_page,
    )


def unread_counts(user_ids: Collection[int]) -> dict[int, int]:
    """How many lines wait for each of these people; nobody is listed with none."""
    rows = db.session.execute(
        select(Notification.user_id, func.count())
        .where(Notification.user_id.in_(user_ids), Notification.read_at.is_(None), Notification.in_page)
        .group_by(Notification.user_id)
    )
    return {row[0]: row[1] for row in rows}


def lines_for(
    user: Any, *, before: int | None = None, limit: int = PER_PAGE
) -> tuple[list[Line], int | None]:
    """A person's lines, newest first, and the id to go on from. What they may not see any more is left out."""
    statement = (
        select(Notification)
        .options(joinedload(Notification.actor))
        .where(Notification.user_id == user.id, Notification.in_page)
        .order_by(Notification.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        statement = statement.where(Notification.id < before)
    rows = list(db.session.execute(statement).scalars())
    following = rows[limit - 1].id if len(rows) > limit else None
    return _gathered(_told(user, rows[:limit])), following


def newest_id(user_id: int) -> int:
    """The id of the person's newest line, 0 without any: what « all » means on the page they are shown."""
    newest = select(func.max(Notification.id)).where(Notification.user_id == user_id)
    return db.session.execute(newest).scalar_one() or 0


def notification_for(user: Any, notification_id: int) -> Notification | None:
    """One of the person's own lines."""
    return db.session.execute(
        select(Notification)
        .options(joinedload(Notification.actor))
        .where(Notification.id == notification_id, Notification.user_id == user.id)
    ).scalar_one_or_none()


def line_of(user: Any, notification: Notification) -> Line | None:
    """A line in words, or None when the person may not see its thing any more."""
    return next(iter(_told(user, [notification])), None)


def visible_to(user: Any, notifications: Iterable[Notification]) -> dict[int, Description]:
    """Descriptions, by notification id, of what the person may still see."""
    by_type: dict[str, list[Notification]] = {}
    for notification in notifications:
        if news.find(notification.kind) is not None:
            by_type.setdefault(notification.object_type, []).append(notification)
    result = {}
    for object_type, group in by_type.items():
        ids = {notification.object_id for notification in group}
        seen = things.visible_ids(user, object_type, ids)
        described = things.describe(object_type, ids)
        for notification in group:
            kind = news.find(notification.kind)
            assert kind is not None
            description = described.get(notification.object_id)
            if description is not None and (notification.object_id in seen or not kind.checks_rights):
                result[notification.id] = description
    return result


def choices_of(user: Any) -> list[Choice]:
    """Every kind that can reach this person and can be chosen, as they have it."""
    kept = choices_of_all([user.id], [kind.name for kind in news.known()])
    return [
        Choice(kind, *kept.get((user.id, kind.name), (True, kind.default_mail)))
        for kind in news.known()
        if kind.is_chosen and (kind.concerns is None or kind.concerns(user))
    ]


def choices_of_all(
    user_ids: Collection[int], kinds: Collection[str]
) -> dict[tuple[int, str], tuple[bool, bool]]:
    """Deviations from the defaults: (person, kind) → (in the page, by mail)."""
    rows = db.session.execute(
        select(
            NotificationChoice.user_id,
            NotificationChoice.kind,
            NotificationChoice.in_page,
            NotificationChoice.by_mail,
        ).where(NotificationChoice.user_id.in_(user_ids), NotificationChoice.kind.in_(kinds))
    )
    return {(user_id, kind): (in_page, by_mail) for user_id, kind, in_page, by_mail in rows}


def told(notification: Notification, description: Description) -> Told:
    """A line as its sentence speaks of it; its actor must be loaded with it."""
    who = notification.actor.name if notification.actor is not None else _("Quelqu’un")
    return Told(who, description, notification.object_id, notification.detail)


def _told(user: Any, rows: Sequence[Notification]) -> list[Line]:
    described = visible_to(user, rows)
    places = access_of(user).places
    lines = []
    for row in rows:
        description = described.get(row.id)
        kind = news.find(row.kind)
        if description is None or kind is None:
            continue
        place = places.get(description.node_id or 0)
        lines.append(
            Line(
                id=row.id,
                kind=row.kind,
                sentence=printed(kind.sentence(told(row, description))),
                url=kind.url(told(row, description)) if kind.url else description.url,
                at=row.created_at,
                is_read=row.read_at is not None,
                actor=row.actor,
                title=description.title,
                place=place.name if place else "",
                hue=place.region_code if place else None,
                place_kind=place.kind if place else "community",
                thread=row.thread,
            )
        )
    return lines


def _gathered(lines: Sequence[Line]) -> list[Line]:
    """Lines of one kind and thread as one: the newest's words and date, the oldest's address."""
    groups: dict[Any, list[Line]] = {}
    for line in lines:
        key = (line.kind, line.thread, line.is_read) if line.thread else line.id
        groups.setdefault(key, []).append(line)
    return [
        replace(group[0], id=group[-1].id, url=group[-1].url, more=len(group) - 1)
        for group in groups.values()
    ]
