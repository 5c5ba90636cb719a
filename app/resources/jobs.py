"""Work on machines done by the clock: outages end at their announced time, bookings are recalled the day before."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from app.core import duties, jobs
from app.core.database import release, transaction
from app.core.time import clock
from app.extensions import db
from app.resources.models import Occupation, Outage
from app.resources.operations import outages

AHEAD = timedelta(hours=24)
LATE_ENOUGH = timedelta(hours=6)
"""A booking made so shortly before needs no reminder: its confirmation just came."""

BATCH = 200


@jobs.every(60)
@jobs.job("resources.end_outages")
def end_outages() -> int:
    """End the outages whose announced end has come; how many."""
    now = int(clock.now().timestamp())
    ids = list(
        db.session.execute(
            select(Outage.id).where(Outage.ended_at.is_(None), Outage.expected_end <= now).order_by(Outage.id)
        ).scalars()
    )
    release()
    count = 0
    for outage_id in ids:
        with transaction():
            count += outages.end_what_is_over(outage_id)
    return count


@jobs.every(300)
@jobs.job("resources.remind")
def remind() -> int:
    """Recall the bookings that start within a day, each once; how many."""
    now = clock.now()
    with transaction():
        ids = list(
            db.session.execute(
                update(Occupation)
                .where(
                    Occupation.id.in_(
                        select(Occupation.id)
                        .where(
                            Occupation.kind == "booking",
                            Occupation.state == "confirmed",
                            Occupation.reminded_at.is_(None),
                            Occupation.use_start > int(now.timestamp()),
                            Occupation.use_start <= int((now + AHEAD).timestamp()),
                            Occupation.created_at <= now - LATE_ENOUGH,
                        )
                        .order_by(Occupation.use_start)
                        .limit(BATCH)
                    ),
                    Occupation.reminded_at.is_(None),
                )
                .values(reminded_at=now)
                .returning(Occupation.id)
                .execution_options(synchronize_session=False)
            ).scalars()
        )
        for booking_id in ids:
            duties.owe("booking_reminder", "booking", booking_id)
    return len(ids)
