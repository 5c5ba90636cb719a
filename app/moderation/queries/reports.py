"""One report, for whoever made it."""

from __future__ import annotations

from sqlalchemy import select

from app.extensions import db
from app.moderation.models import Decision, Report
from app.moderation.registry import adapter_of


def report_by_receipt(receipt: str) -> Report | None:
    """A report by the number given back to whoever made it."""
    return db.session.execute(select(Report).where(Report.receipt == receipt)).scalar_one_or_none()


def open_report_of(user_id: int, object_type: str, object_id: int) -> Report | None:
    """The report this person already made about the thing and that waits."""
    return db.session.execute(
        select(Report).where(
            Report.object_type == object_type,
            Report.object_id == object_id,
            Report.reporter_id == user_id,
            Report.state != "decided",
        )
    ).scalar_one_or_none()


def stays_in_sight(report: Report) -> bool:
    """Whether a reported sensitive exchange waits without being hidden."""
    if report.reason != "competition" or report.state == "decided":
        return False
    if report.reporter_id is None or report.object_id is None:
        return False
    is_hidden = adapter_of(report.object_type).is_hidden
    return is_hidden is not None and bool(report.object_text.strip()) and not is_hidden(report.object_id)


def outcome_of(report: Report) -> Decision | None:
    """The decision that closed a report."""
    return db.session.get(Decision, report.decision_id) if report.decision_id is not None else None


def decision_of_report(report_id: int) -> int | None:
    """The id of the decision that closed a report."""
    return db.session.execute(select(Report.decision_id).where(Report.id == report_id)).scalar_one_or_none()
