"""Work on machines done by the clock: outages end at their announced time, bookings and ends of qualifications are recalled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import Select, and_, or_, select, update
from sqlalchemy.orm import aliased

from app.core import duties, jobs
from app.core.database import release, transaction
from app.core.time import clock, local
from app.extensions import db
from app.resources import leaving
from app.resources.models import Occupation, Outage, Qualification, QualificationType
from app.resources.operations import outages
from app.resources.queries.qualified import PLACE_KNOWLEDGE

AHEAD = timedelta(hours=24)
LATE_ENOUGH = timedelta(hours=6)
"""A booking made so shortly before needs no reminder: its confirmation just came."""

BATCH = 200

ENDING = (7, 30, 60)
"""Days before a qualification ends at which its holder is told."""


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


@jobs.every(3600)
@jobs.job("resources.release_left_behind")
def release_left_behind() -> int:
    """Give back what people who left booked at the very moment of leaving; of how many."""
    ids = sorted({user_id for user_id, _company in leaving.left_behind()})
    release()
    for user_id in ids:
        with transaction():
            leaving.release_left_behind(user_id)
    return len(ids)


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


@jobs.every("20 6 * * *")
@jobs.job("resources.recall_qualifications")
def recall_qualifications() -> int:
    """Tell those whose qualification ends sixty, thirty and seven days before, each once; how many.

    Who holds a later one of the same kind is not told, nor who was given it for less than that.
    """
    today, count = local(clock.now()).date(), 0
    for days in ENDING:
        with transaction():
            for qualification_id in _ending(today, days):
                duties.owe("qualification_ending", "qualification", qualification_id)
                count += 1
    return count


def _ending(today: date, days: int) -> Iterator[int]:
    """What reached this stage and no later one, marked as told in the same statement."""
    met = db.session.execute(
        update(Qualification)
        .where(
            Qualification.revoked_at.is_(None),
            Qualification.valid_until.between(today, today + timedelta(days=days)),
            or_(Qualification.recalled_days.is_(None), Qualification.recalled_days > days),
        )
        .values(recalled_days=days)
        .returning(Qualification.id, Qualification.valid_from, Qualification.valid_until)
        .execution_options(synchronize_session=False)
    ).all()
    lasting = [row.id for row in met if row.valid_until - row.valid_from > timedelta(days=days)]
    renewed = set(db.session.execute(_renewed(lasting)).scalars())
    return (qualification_id for qualification_id in lasting if qualification_id not in renewed)


def _renewed(ids: list[int]) -> Select[int]:
    """Which of these are followed by one that counts for the same."""
    later = aliased(Qualification)
    return (
        select(Qualification.id)
        .join(QualificationType, QualificationType.id == Qualification.type_id)
        .join(
            later,
            and_(
                later.user_id == Qualification.user_id,
                later.type_id == Qualification.type_id,
                later.company_id.is_not_distinct_from(Qualification.company_id),
                later.revoked_at.is_(None),
                or_(later.valid_until.is_(None), later.valid_until > Qualification.valid_until),
            ),
        )
        .where(
            Qualification.id.in_(ids),
            or_(QualificationType.code != PLACE_KNOWLEDGE, later.lab_id == Qualification.lab_id),
        )
    )
