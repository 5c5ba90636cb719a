"""What somebody is writing: drafts, and the tags to choose from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select

from app.extensions import db
from app.forums.models import Draft, Tag, TopicTag


def reply_draft(topic_id: int) -> str:
    """The key under which the answer being written in a topic is kept."""
    return f"topic:{topic_id}:reply"


def draft_of(user: Any, key: str) -> Draft | None:
    """What the person was typing under this key."""
    return db.session.get(Draft, (user.id, key))


def tags_named(names: Iterable[str]) -> dict[str, Tag]:
    """Existing tags by slug."""
    return {
        tag.slug: tag for tag in db.session.execute(select(Tag).where(Tag.slug.in_(list(names)))).scalars()
    }


def common_tags(limit: int = 40) -> Sequence[Any]:
    """The tags used most, for choosing one instead of typing it."""
    return db.session.execute(
        select(Tag.slug, Tag.name, func.count().label("n"))
        .join(TopicTag, TopicTag.tag_id == Tag.id)
        .group_by(Tag.id, Tag.slug, Tag.name)
        .order_by(func.count().desc(), Tag.name)
        .limit(limit)
    ).all()
