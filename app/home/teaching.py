"""From a solved topic to a sheet: the form begins with the question and the answer held, and credits who wrote them."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import or_, select

from app.accounts.models import User
from app.core.errors import NotFound
from app.core.text import with_current_names
from app.extensions import db
from app.forums import queries as forum_queries
from app.forums import slots
from app.forums.adapters import topic_url
from app.forums.models import Post
from app.library import permissions, prefills
from app.library.operations import Origin
from app.library.prefills import Prefill

# Pictures and files keep the rights of their message: a sheet has other readers.
_OWN_FILES = re.compile(r"!?\[[^\]\n]*\]\(/blobs/[^)\s]*\)")
_EMPTY_LINES = re.compile(r"\n{3,}")


def register() -> None:
    """Offer solved topics as the beginning of a sheet."""
    slots.topic_act(_offer)
    prefills.register("topic", prefill_of)


def _offer(user: Any, topic: Any, room: Any) -> slots.Offer | None:
    if not _is_source(topic, room) or not permissions.can_write_in(user, topic.node_id):
        return None
    return _("En faire une fiche"), f"/apprendre/nouvelle?depuis=topic:{topic.id}", "learn"


def _is_source(topic: Any, room: Any) -> bool:
    """A solved topic that its whole place reads: what a restricted room says stays there."""
    return topic.accepted_post_id is not None and topic.hidden_at is None and room.kind != "restricted"


def prefill_of(user: Any, topic_id: int) -> Prefill | None:
    """What this person may draw from a topic; None when they do not read it, or it holds no answer."""
    try:
        found = forum_queries.topic_for(user, topic_id)
    except NotFound:
        return None
    topic = found.topic
    if not _is_source(topic, found.room) or not permissions.can_write_in(user, topic.node_id):
        return None
    rows = db.session.execute(
        select(Post.id, Post.number, Post.source, Post.author_id, User.given_name, User.family_name)
        .join(User, User.id == Post.author_id)
        .where(
            Post.topic_id == topic.id,
            or_(Post.number == 1, Post.id == topic.accepted_post_id),
            Post.deleted_at.is_(None),
            Post.hidden_at.is_(None),
        )
        .order_by(Post.number)
    ).all()
    words = {row.id == topic.accepted_post_id: _words(row.source) for row in rows}
    others = {
        row.author_id: f"{row.given_name} {row.family_name}" for row in rows if row.author_id != user.id
    }
    return Prefill(
        origin=Origin("topic", topic.id, tuple(others)),
        title=topic.title,
        url=topic_url(topic.id, topic.slug),
        node_id=topic.node_id,
        names=tuple(others.values()),
        values={"situation": words.get(False, ""), "solution": words.get(True, "")},
    )


def _words(source: str) -> str:
    """A message without its pictures, its mentions as plain names."""
    return _EMPTY_LINES.sub("\n\n", _OWN_FILES.sub("", with_current_names(source, {}))).strip()
