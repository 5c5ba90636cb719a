"""Who asks, as bound parameters: statements are built once and asked by anybody.

Conditions on rooms and topics name these parameters; `reader(user)` gives their values. Building a statement anew for
each request costs more than running it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam

from app.communities.access import access_of
from app.core.database import BigId, UTCDateTime

READER = bindparam("reader_id", type_=BigId)
READER_SINCE = bindparam("reader_since", type_=UTCDateTime)
READER_PLACES = bindparam("reader_places", type_=BigId, expanding=True)
READER_MODERATES = bindparam("reader_moderates", type_=BigId, expanding=True)


def reader(user: Any) -> dict[str, Any]:
    """The person's values: who they are, since when, the nodes they read and those they moderate."""
    access = access_of(user)
    return {
        "reader_id": user.id,
        "reader_since": user.created_at,
        "reader_places": list(access.places),
        "reader_moderates": list(access.moderated_ids),
    }
