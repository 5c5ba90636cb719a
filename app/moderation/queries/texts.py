"""Ready wordings of facts: those that serve everywhere, and those of a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select

from app.communities.access import access_of
from app.extensions import db
from app.moderation import permissions
from app.moderation.models import CannedText


def texts_for(user: Any, node_id: int | None = None) -> Sequence[CannedText]:
    """The texts that serve in a place: its own, those of the places above it and those of everywhere.

    Without a place, all that this person may use or change.
    """
    access = access_of(user)
    nodes = set(access.moderated_ids)
    if node_id is not None:
        place = access.places.get(node_id)
        nodes = {node_id, *(place.ancestor_ids if place is not None else ())}
    return list(
        db.session.execute(
            select(CannedText)
            .where(or_(CannedText.node_id.is_(None), CannedText.node_id.in_(nodes)))
            .order_by(CannedText.node_id.is_(None), CannedText.ground, CannedText.title, CannedText.id)
        ).scalars()
    )


def text_for(user: Any, text_id: int) -> CannedText | None:
    """A text that this person may change."""
    found = db.session.get(CannedText, text_id)
    if found is None or not permissions.can_change_texts(access_of(user), found.node_id):
        return None
    return found
