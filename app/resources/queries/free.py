"""What holds the units of a machine."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import bindparam, func, select

from app.core.database import BigId, read
from app.core.prepared import prepared
from app.resources.models import HOLDS, Occupation, Outage
from app.resources.rules import Taken


def taken(unit_ids: Collection[int], start: int, end: int) -> list[Taken]:
    """What holds these units between two instants, whoever holds them, in order of (unit, start)."""
    if not unit_ids:
        return []
    rows = read(_taken(), unit_ids=sorted(unit_ids), start=start, end=end)
    return [
        Taken(row.unit_id, row.blocked_start, row.blocked_end, row.kind, row.expected_end) for row in rows
    ]


@prepared
def _taken() -> Any:
    """By the index on (unit, end): what ended long ago is never looked at."""
    return (
        select(
            Occupation.unit_id,
            Occupation.blocked_start,
            Occupation.blocked_end,
            func.coalesce(Outage.kind, "booking").label("kind"),
            Outage.expected_end,
        )
        .outerjoin(Outage, Outage.id == Occupation.outage_id)
        .where(
            Occupation.unit_id.in_(bindparam("unit_ids", expanding=True)),
            HOLDS,
            Occupation.blocked_end > bindparam("start", type_=BigId),
            Occupation.blocked_start < bindparam("end", type_=BigId),
        )
        .order_by(Occupation.unit_id, Occupation.blocked_start)
    )
