"""Topics: the one somebody opens, and the lists in which it is found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.communities.access import access_of
from app.communities.models import Node
from app.core.errors import NotFound
from app.extensions import db
from app.forums import permissions
from app.forums.models import Draft, Post, Room, RoomReading, Tag, Topic, TopicFollow, TopicReading, TopicTag
from app.forums.queries.composing import reply_draft
from app.forums.queries.reading import is_unread
from app.forums.queries.rooms import ROOM_COLUMNS, RoomRow, find_room, readable_rooms

TOPICS_PER_PAGE = 25


TOPIC_COLUMNS = (
    Topic.id,
    Topic.room_id,
    Topic.node_id,
    Topic.scope_id,
    Topic.author_id,
    Topic.kind,
    Topic.title,
    Topic.slug,
    Topic.tag_names,
    Topic.posts_count,
    Topic.last_number,
    Topic.last_post_at,
    Topic.accepted_post_id,
    Topic.closed_at,
    Topic.closed_by_id,
    Topic.pinned_at,
    Topic.hidden_at,
    Topic.version,
    Topic.created_at,
)


@dataclass(frozen=True)
class TopicPage:
    """A topic with its room and node, and where this reader stands in it."""

    topic: Any
    room: RoomRow
    last_read: int
    follows: bool | None
    draft: str = ""


def topic_for(user: Any, topic_id: int) -> TopicPage:
    """A topic the person may read, with its room and their pointer. Raises NotFound."""
    row = db.session.execute(
        select(*TOPIC_COLUMNS, *ROOM_COLUMNS, TopicReading.last_number, TopicFollow.follows, Draft.body)
        .join(Room, Room.id == Topic.room_id)
        .outerjoin(Draft, and_(Draft.user_id == user.id, Draft.key == reply_draft(topic_id)))
        .outerjoin(TopicReading, and_(TopicReading.topic_id == Topic.id, TopicReading.user_id == user.id))
        .outerjoin(TopicFollow, and_(TopicFollow.topic_id == Topic.id, TopicFollow.user_id == user.id))
        .where(Topic.id == topic_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    values: tuple[Any, ...] = tuple(row)
    topic = _TopicRow(*values[: len(TOPIC_COLUMNS)])
    room = RoomRow(*values[len(TOPIC_COLUMNS) : -3])
    if not permissions.can_read_topic(user, topic, room):
        raise NotFound
    return TopicPage(topic, room, values[-3] or 0, values[-2], values[-1] or "")


@dataclass(frozen=True)
class _TopicRow:
    id: int
    room_id: int
    node_id: int
    scope_id: int
    author_id: int
    kind: str
    title: str
    slug: str
    tag_names: list[str]
    posts_count: int
    last_number: int
    last_post_at: datetime
    accepted_post_id: int | None
    closed_at: datetime | None
    closed_by_id: int | None
    pinned_at: datetime | None
    hidden_at: datetime | None
    version: int
    created_at: datetime


def topic_to_change(user: Any, topic_id: int) -> tuple[Topic, RoomRow]:
    """The topic as an entity, for an operation. Raises NotFound when the person may not read it."""
    topic = db.session.get(Topic, topic_id)
    room = find_room(topic.room_id) if topic is not None else None
    if topic is None or room is None or not permissions.can_read_topic(user, topic, room):
        raise NotFound
    return topic, room


def visible_topic_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Which of these topics the person may read."""
    access = access_of(user)
    rows = db.session.execute(
        select(Topic.id)
        .join(Room, Room.id == Topic.room_id)
        .where(Topic.id.in_(ids), readable_rooms(user), not_hidden(Topic, user, access))
    )
    return set(rows.scalars())


def not_hidden(table: Any, user: Any, access: Any) -> ColumnElement[bool]:
    return or_(table.hidden_at.is_(None), table.author_id == user.id, table.node_id.in_(access.moderated_ids))


def topics_of_room(
    user: Any,
    room: RoomRow,
    *,
    page: int,
    tag: str | None = None,
    kind: str | None = None,
    unanswered: bool = False,
) -> tuple[Sequence[Any], bool]:
    """One page of a room's topics, pinned first, then by last message; and whether there is a next page."""
    statement = (
        _topic_rows(user)
        .where(Topic.room_id == room.id, not_hidden(Topic, user, access_of(user)))
        .order_by(
            case((Topic.pinned_at.is_not(None), 0), else_=1), Topic.last_post_at.desc(), Topic.id.desc()
        )
    )
    statement = _filtered(statement, tag=tag, kind=kind, unanswered=unanswered)
    return _page(statement, page)


def topics_for(
    user: Any,
    *,
    page: int = 1,
    node_id: int | None = None,
    kind: str | None = None,
    tag: str | None = None,
    unanswered: bool = False,
    mine: bool = False,
    unread: bool = False,
) -> tuple[Sequence[Any], bool]:
    """Topics across every room the person reads, newest activity first."""
    statement = (
        _topic_rows(user)
        .where(readable_rooms(user), not_hidden(Topic, user, access_of(user)))
        .order_by(Topic.last_post_at.desc(), Topic.id.desc())
    )
    if node_id is not None:
        statement = statement.where(Topic.node_id == node_id)
    if mine:
        statement = statement.where(Topic.author_id == user.id)
    if unread:
        statement = statement.where(is_unread(user))
    statement = _filtered(statement, tag=tag, kind=kind, unanswered=unanswered)
    return _page(statement, page)


def _topic_rows(user: Any) -> Any:
    author = aliased(User)
    first = aliased(Post)
    return (
        select(
            *TOPIC_COLUMNS,
            Room.name.label("room_name"),
            author.given_name,
            author.family_name,
            first.byline,
            func.coalesce(TopicReading.last_number, 0).label("last_read"),
            case((is_unread(user), 1), else_=0).label("is_unread"),
        )
        .join(Room, Room.id == Topic.room_id)
        .join(author, author.id == Topic.author_id)
        .join(first, and_(first.topic_id == Topic.id, first.number == 1))
        .outerjoin(TopicReading, and_(TopicReading.topic_id == Topic.id, TopicReading.user_id == user.id))
        .outerjoin(RoomReading, and_(RoomReading.room_id == Topic.room_id, RoomReading.user_id == user.id))
    )


def _filtered(statement: Select[Any], *, tag: str | None, kind: str | None, unanswered: bool) -> Select[Any]:
    if kind:
        statement = statement.where(Topic.kind == kind)
    if tag:
        statement = statement.where(
            exists().where(TopicTag.topic_id == Topic.id, TopicTag.tag_id == Tag.id, Tag.slug == tag)
        )
    if unanswered:
        statement = statement.where(
            Topic.kind.in_(("question", "need")),
            Topic.accepted_post_id.is_(None),
            Topic.closed_at.is_(None),
            Topic.posts_count < 2,
        )
    return statement


def _page(statement: Select[Any], page: int) -> tuple[Sequence[Any], bool]:
    rows = db.session.execute(statement.limit(TOPICS_PER_PAGE + 1).offset((page - 1) * TOPICS_PER_PAGE)).all()
    return rows[:TOPICS_PER_PAGE], len(rows) > TOPICS_PER_PAGE


def topic_rows_by_id(ids: Collection[int]) -> dict[int, Any]:
    """Topics as a list shows them, without asking who reads: only for markup that every reader of the scope gets."""
    author = aliased(User)
    first = aliased(Post)
    rows = db.session.execute(
        select(
            *TOPIC_COLUMNS,
            Room.name.label("room_name"),
            author.given_name,
            author.family_name,
            first.byline,
        )
        .join(Room, Room.id == Topic.room_id)
        .join(author, author.id == Topic.author_id)
        .join(first, and_(first.topic_id == Topic.id, first.number == 1))
        .where(Topic.id.in_(ids))
    )
    return {row.id: row for row in rows}


def related_topics(user: Any, topic: Any, limit: int = 3) -> Sequence[Any]:
    """Topics that share a tag with this one, solved ones first, among those the person reads."""
    if not topic.tag_names:
        return []
    shared = (
        select(TopicTag.topic_id, func.count().label("n"))
        .where(
            TopicTag.tag_id.in_(select(TopicTag.tag_id).where(TopicTag.topic_id == topic.id)),
            TopicTag.topic_id != topic.id,
        )
        .group_by(TopicTag.topic_id)
        .order_by(func.count().desc(), TopicTag.topic_id.desc())
        .limit(30)
        .subquery()
    )
    return db.session.execute(
        select(
            Topic.id,
            Topic.slug,
            Topic.title,
            Topic.accepted_post_id,
            Topic.posts_count,
            Node.name.label("node_name"),
        )
        .join(shared, shared.c.topic_id == Topic.id)
        .join(Room, Room.id == Topic.room_id)
        .join(Node, Node.id == Topic.node_id)
        .where(readable_rooms(user), Topic.hidden_at.is_(None))
        .order_by(
            case((Topic.accepted_post_id.is_not(None), 0), else_=1),
            shared.c.n.desc(),
            Topic.last_post_at.desc(),
        )
        .limit(limit)
    ).all()
