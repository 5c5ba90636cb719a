"""What a demonstration shows of best practices, and of what waits on the desks: one example of each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.extensions import db
from app.library.adapters import sheet_url
from app.library.models import Practice, PracticeApplication, PracticeVersion
from app.moderation.models import Appeal


def describe() -> dict[str, Any]:
    """A sheet that firms applied, one that waits for its reviewers, an appeal that nobody decided."""
    return {"practice": _applied(), "practice_to_review": _proposed(), "appeal": _appeal()}


def _applied() -> dict[str, Any] | None:
    row = db.session.execute(
        select(Practice.id, Practice.slug, Practice.title)
        .join(PracticeApplication, PracticeApplication.practice_id == Practice.id)
        .where(Practice.state == "published", Practice.hidden_at.is_(None))
        .order_by(Practice.id)
        .limit(1)
    ).first()
    return {"title": row.title, "path": sheet_url(row.id, row.slug)} if row else None


def _proposed() -> dict[str, Any] | None:
    row = db.session.execute(
        select(PracticeVersion.practice_id, PracticeVersion.title)
        .where(PracticeVersion.state == "proposed")
        .order_by(PracticeVersion.id)
        .limit(1)
    ).first()
    return {"title": row.title, "path": f"/apprendre/{row.practice_id}/relecture"} if row else None


def _appeal() -> dict[str, Any] | None:
    row = db.session.execute(
        select(Appeal.id).where(Appeal.decided_at.is_(None)).order_by(Appeal.id).limit(1)
    ).first()
    return {"path": f"/moderation/recours/{row.id}"} if row else None
