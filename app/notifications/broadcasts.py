"""What open pages are told of a person's news: the number on the bell, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.accounts.models import User
from app.core import journal, shell
from app.core.journal import Entry
from app.core.shell import Shell
from app.extensions import db
from app.notifications import queries
from app.notifications.models import Notification


@journal.presents("notification.added", "notification.read")
def with_unread_count(entries: list[Entry]) -> Mapping[int, Mapping[str, Any]]:
    """How many lines wait for the person whose scope it is; a value, so that applying it twice does no harm."""
    ids = {entry.object_id for entry in entries}
    rows = db.session.execute(
        select(Notification.id, Notification.user_id, User.scope_id)
        .join(User, User.id == Notification.user_id)
        .where(Notification.id.in_(ids))
    ).all()
    counts = queries.unread_counts({row.user_id for row in rows})
    return {row.id: {"scope_now": row.scope_id, "unread": counts.get(row.user_id, 0)} for row in rows}


@shell.provides
def ring_the_bell(frame: Shell, user: Any) -> None:
    """The number on the bell, and the scope that keeps it true."""
    frame.counts["notifications_unread"] = queries.unread(user.id)
    if user.scope_id is not None:
        frame.scopes.add(user.scope_id)
