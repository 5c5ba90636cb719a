"""What moderation keeps of a person, for their export: what they reported, what was decided about them and told them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from app.accounts import exports
from app.accounts.exports import rows
from app.communities.models import Node, WritingSuspension
from app.moderation.models import Appeal, Report, StatementOfReasons


def register() -> None:
    """Add their files to the export."""
    exports.register("signalements", _reports)
    exports.register("exposes-des-motifs", _statements)
    exports.register("suspensions", _suspensions)
    exports.register("recours", _appeals)


def _reports(user_id: int) -> Iterable[dict[str, Any]]:
    return rows(
        select(Report.receipt, Report.reason, Report.details, Report.state, Report.created_at)
        .where(Report.reporter_id == user_id)
        .order_by(Report.id)
    )


def _statements(user_id: int) -> Iterable[dict[str, Any]]:
    return rows(
        select(StatementOfReasons.decision_id, StatementOfReasons.text, StatementOfReasons.at)
        .where(StatementOfReasons.recipient_id == user_id)
        .order_by(StatementOfReasons.id)
    )


def _suspensions(user_id: int) -> Iterable[dict[str, Any]]:
    # Who decided and who lifted it are not told: the statement of reasons says what its reader may know.
    return rows(
        select(
            WritingSuspension.decision_id,
            Node.name.label("place"),
            WritingSuspension.starts_at,
            WritingSuspension.ends_at,
            WritingSuspension.lifted_at,
        )
        .join(Node, Node.id == WritingSuspension.node_id)
        .where(WritingSuspension.user_id == user_id)
        .order_by(WritingSuspension.id)
    )


def _appeals(user_id: int) -> Iterable[dict[str, Any]]:
    return rows(
        select(Appeal.decision_id, Appeal.text, Appeal.at, Appeal.answer, Appeal.upheld, Appeal.decided_at)
        .where(Appeal.author_id == user_id)
        .order_by(Appeal.id)
    )
