"""Reports, decisions and appeals as lower layers know them: who sees them, how they are described."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from app.communities.access import access_of
from app.core import news, things
from app.core.things import Description
from app.extensions import db
from app.moderation import permissions, queries
from app.moderation.audience import NEWS
from app.moderation.models import Appeal, Decision, Report
from app.moderation.registry import adapter_of


def register() -> None:
    """Make reports, decisions and appeals known to the lower layers."""
    things.register("report", visible_ids=visible_report_ids, describe=describe_reports)
    things.register("decision", visible_ids=visible_decision_ids, describe=describe_decisions)
    things.register("appeal", visible_ids=visible_appeal_ids, describe=describe_appeals)
    news.register(*NEWS)


def visible_report_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Reports that the person made or may decide."""
    access = access_of(user)
    rows = db.session.execute(select(Report).where(Report.id.in_(ids))).scalars()
    return {
        report.id
        for report in rows
        if permissions.can_see_report(
            access,
            level_node_id=report.level_node_id,
            author_id=report.author_id,
            company_ids=queries.companies_of(report.author_id, report.author_company_id),
            reporter_id=report.reporter_id,
        )
    }


def visible_decision_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Decisions about what the person wrote, or in a place they moderate."""
    access = access_of(user)
    rows = db.session.execute(select(Decision).where(Decision.id.in_(ids))).scalars()
    return {
        decision.id
        for decision in rows
        if permissions.can_see_decision(
            access, decision, queries.companies_of(decision.author_id, decision.author_company_id)
        )
    }


def visible_appeal_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Appeals that the person made or may answer."""
    access = access_of(user)
    rows = db.session.execute(
        select(Appeal, Decision).join(Decision, Decision.id == Appeal.decision_id).where(Appeal.id.in_(ids))
    )
    return {
        appeal.id
        for appeal, decision in rows
        if appeal.author_id == user.id
        or permissions.can_answer_appeal(
            access,
            appeal,
            decision,
            queries.companies_of(decision.author_id, decision.author_company_id),
        )
    }


def describe_reports(ids: Collection[int]) -> dict[int, Description]:
    """Reports, named by what they are about."""
    rows = list(db.session.execute(select(Report).where(Report.id.in_(ids))).scalars())
    about = queries.descriptions_of([(row.object_type, row.object_id) for row in rows])
    return {
        row.id: Description(
            title=_title(about, row.object_type, row.object_id) or row.address,
            url=f"/moderation/cas/{row.id}",
            node_id=row.node_id,
            text=row.details,
        )
        for row in rows
    }


def describe_decisions(ids: Collection[int]) -> dict[int, Description]:
    """Decisions, named by what they are about, with their statement."""
    rows = list(db.session.execute(select(Decision).where(Decision.id.in_(ids))).scalars())
    about = queries.descriptions_of([(row.object_type, row.object_id) for row in rows])
    return {
        row.id: Description(
            title=_title(about, row.object_type, row.object_id),
            url=f"/decisions/{row.id}",
            node_id=row.node_id,
            author_id=row.author_id,
            text=row.facts,
        )
        for row in rows
    }


def describe_appeals(ids: Collection[int]) -> dict[int, Description]:
    """Appeals, named by what the decision was about."""
    rows = list(
        db.session.execute(
            select(Appeal, Decision)
            .join(Decision, Decision.id == Appeal.decision_id)
            .where(Appeal.id.in_(ids))
        )
    )
    about = queries.descriptions_of([(decision.object_type, decision.object_id) for _a, decision in rows])
    return {
        appeal.id: Description(
            title=_title(about, decision.object_type, decision.object_id),
            url=f"/moderation/recours/{appeal.id}",
            node_id=decision.node_id,
            text=appeal.text,
        )
        for appeal, decision in rows
    }


def _title(about: dict[tuple[str, int], Description], object_type: str | None, object_id: int | None) -> str:
    description = about.get((object_type or "", object_id or 0))
    if description is not None:
        return description.title
    return str(adapter_of(object_type).noun)
