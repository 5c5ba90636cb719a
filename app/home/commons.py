"""The public figures of what is shared: machines, the hours they are booked, sheets and their use elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from sqlalchemy import func, select, text

from app.core.time import clock
from app.extensions import db
from app.library.models import Practice
from app.resources.models import Lab, Machine, Occupation

FRESH_SECONDS = 60.0
RECENT = timedelta(days=90)


@dataclass(frozen=True)
class Commons:
    """What may be said in public of machines and sheets."""

    labs: int
    machines: int
    hours: int
    sheets: int
    with_figure: int
    applied: int


def public_commons() -> Commons:
    """The figures, at most a minute old."""
    kept = current_app.extensions.get("public_commons")
    if kept is not None and time.monotonic() < kept[0] and not current_app.testing:
        return kept[1]
    counted = count_commons()
    current_app.extensions["public_commons"] = (time.monotonic() + FRESH_SECONDS, counted)
    return counted


def count_commons() -> Commons:
    """Count now: three statements. What is hidden, withdrawn or not opened yet is not counted."""
    labs, machines = db.session.execute(
        select(func.count(func.distinct(Lab.id)), func.count(Machine.id))
        .join(Machine, Machine.lab_id == Lab.id)
        .where(Lab.state == "open", Machine.state == "bookable")
    ).one()
    now = clock.now()
    since, until = int((now - RECENT).timestamp()), int(now.timestamp())
    # By machine, so that the index holds the answer, however long the past is.
    seconds = db.session.execute(
        select(func.coalesce(func.sum(Occupation.use_end - Occupation.use_start), 0)).where(
            Occupation.machine_id.in_(select(Machine.id)),
            Occupation.use_end > since,
            Occupation.use_end <= until,
            Occupation.kind == "booking",
            Occupation.state == "confirmed",
        )
    ).scalar_one()
    sheets, with_figure, applied = db.session.execute(
        select(
            func.count(),
            func.count().filter(Practice.evidence != "none"),
            func.coalesce(func.sum(Practice.applied_by), 0),
        )
        .select_from(Practice)
        .where(text("practice.state = 'published' AND practice.hidden_at IS NULL"))
    ).one()
    return Commons(labs, machines, int(seconds) // 3600, sheets, with_figure, int(applied))
