"""Hidden at once by a report, until somebody decides; each reporter has a few places for it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select

from app.core import audit
from app.core.database import upsert
from app.core.duties import owe
from app.core.time import clock
from app.extensions import db
from app.moderation import queries
from app.moderation.models import HIDDEN_AT_ONCE, Decision, ProvisionalHiding, Report, subject_of
from app.moderation.registry import adapter_of, is_hidden


def hide_at_once(report: Report) -> None:
    """Hide what a report of a sensitive exchange is about, if the reporter has a place left for it."""
    adapter = adapter_of(report.object_type)
    if adapter.hide is None or report.object_id is None or is_hidden(report.object_type, report.object_id):
        return
    if not report.object_text.strip():
        # A person or a firm that says nothing of itself: the report stands, there is nothing to hide.
        return
    if queries.moderates_at(report.author_id, report.node_id) or not _take_place(report):
        return
    decision = Decision(
        **subject_of(report),
        measure="hide",
        provisional=True,
        reason=report.reason,
        report_id=report.id,
        at=clock.now(),
    )
    db.session.add(decision)
    db.session.flush()
    adapter.hide(report.object_id, decision)
    owe("decision_provisional", "decision", decision.id)
    audit.record(
        None, "hid_provisionally", report.object_type or "", report.object_id, node_id=report.node_id
    )


def free_places(report_ids: Collection[int]) -> None:
    """Give reporters back the places that these reports held: somebody has decided."""
    db.session.execute(
        delete(ProvisionalHiding)
        .where(ProvisionalHiding.report_id.in_(report_ids))
        .execution_options(synchronize_session=False)
    )


def _take_place(report: Report) -> bool:
    """Keep one of the reporter's places for this hiding; whether one was free."""
    if report.reporter_id is None:
        return False
    held = select(ProvisionalHiding.place).where(ProvisionalHiding.report_id == report.id)
    if db.session.execute(held).first() is not None:
        return True
    return any(
        upsert(
            ProvisionalHiding,
            {"reporter_id": report.reporter_id, "place": place},
            {"report_id": report.id},
            keep=True,
        )
        for place in range(1, HIDDEN_AT_ONCE + 1)
    )
