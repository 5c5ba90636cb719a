"""What open pages are told of sheets: which one, and that it changed. Each page fetches its own view of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select

from app.core import journal
from app.core.database import read
from app.core.journal import Entry
from app.core.prepared import Prepared
from app.library.models import Practice


@journal.presents(
    "practice.published",
    "practice.changed",
    "practice.applied",
    "practice.withdrawn",
    "practice.hidden",
    "practice.restored",
)
def present_practices(entries: list[Entry]) -> Mapping[int, Mapping[str, Any]]:
    """Sheets by number and version, nothing of what they say."""
    rows = read(_PRACTICES, ids=[entry.object_id for entry in entries])
    return {
        row.id: {
            "scope_now": row.scope_id,
            "practice": row.id,
            "version": row.version,
            "data": {"state": row.state},
        }
        for row in rows
    }


_PRACTICES = Prepared(
    select(Practice.id, Practice.scope_id, Practice.version, Practice.state).where(
        Practice.id.in_(bindparam("ids", expanding=True))
    )
)
