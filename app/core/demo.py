"""The mark of a demonstration, kept inside the database: no setting can make a real installation one.

It is set once, on an empty database, and never taken off: leaving demo mode means a new database. It comes first, for
the known passwords that follow must never stand in what passes for a real installation; the day comes last, so that a
load that was cut short is told from a whole demonstration.
"""

from __future__ import annotations

import time
from datetime import date, datetime

from flask import Flask, current_app
from sqlalchemy import CheckConstraint, Date, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import UTCDateTime, current_unit, in_transaction
from app.core.time import clock
from app.extensions import db

ASK_AGAIN_SECONDS = 5.0
"""A server already running learns within this time that the database became a demonstration."""


class Installation(db.Model):
    """The one row that says what this database is."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    is_demo: Mapped[bool] = mapped_column(default=False)
    demo_today: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


def is_demo() -> bool:
    """Whether this database is a demonstration."""
    return _known()[0]


def demo_today() -> date | None:
    """The day that the demonstration's content was written for; None while it is not whole."""
    return _known()[1]


def is_unfinished() -> bool:
    """Whether the load of a demonstration was cut short here, or still goes on."""
    return is_demo() and demo_today() is None


def mark(*, is_demo: bool, today: date | None = None) -> Installation:
    """Write what this database is, inside the transaction that fills it; the primary key refuses a second time."""
    current_unit()
    row = Installation(id=1, is_demo=is_demo, demo_today=today, created_at=clock.now())
    db.session.add(row)
    db.session.flush()
    forget()
    return row


def complete(today: date) -> None:
    """Say that the demonstration is whole, inside the last transaction of its load."""
    current_unit()
    db.session.get_one(Installation, 1).demo_today = today
    forget()


def forget() -> None:
    """Ask the database again at the next question (tests empty it between two of them)."""
    current_app.extensions.pop("installation", None)


def _known() -> tuple[bool, date | None]:
    kept = current_app.extensions.get("installation")
    if kept is not None and (kept[0] or time.monotonic() < kept[2]):
        return kept[0], kept[1]
    row = db.session.execute(
        select(Installation.is_demo, Installation.demo_today).where(Installation.id == 1)
    ).one_or_none()
    answer = (bool(row.is_demo), row.demo_today) if row is not None else (False, None)
    # A rolled back `mark` must not be remembered.
    if not in_transaction():
        current_app.extensions["installation"] = (*answer, time.monotonic() + ASK_AGAIN_SECONDS)
    return answer


def init_app(app: Flask) -> None:
    app.jinja_env.globals["is_demo"] = is_demo
