"""What somebody is writing: drafts, and the tags to choose from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import func, select

from app.accounts.models import User
from app.extensions import db
from app.forums.models import Draft, Tag, TopicTag
from app.forums.queries.people import readers_among
from app.forums.queries.rooms import RoomRow


def reply_draft(topic_id: int) -> str:
    """The key under which the answer being written in a topic is kept."""
    return f"topic:{topic_id}:reply"


def draft_of(user: Any, key: str) -> Draft | None:
    """What the person was typing under this key."""
    return db.session.get(Draft, (user.id, key))


def names_to_write(room: RoomRow, ids: Collection[int], known: Collection[int] = ()) -> dict[int, str]:
    """The names of those, among these people, whom a text of the room may name: its readers, and who was named before.

    Nobody else, or a number typed at random would tell a stranger's name.
    """
    allowed = readers_among(room, ids) | (set(ids) & set(known))
    return {user_id: name for user_id, (name, is_gone) in names_now(allowed).items() if not is_gone}


def names_now(ids: Collection[int]) -> dict[int, tuple[str, bool]]:
    """The name each of these people is shown under, and whether the account is closed; without asking who reads."""
    if not ids:
        return {}
    rows = db.session.execute(
        select(User.id, User.given_name, User.family_name, User.state).where(User.id.in_(ids))
    )
    return {row.id: (f"{row.given_name} {row.family_name}".strip(), row.state == "closed") for row in rows}


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
