"""Topics: the one somebody opens, and the lists in which it is found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.communities.access import access_of
from app.communities.models import Node
from app.core import links, versions
from app.core.database import BigId, read
from app.core.errors import NotFound
from app.core.prepared import Prepared, prepared
from app.core.shell import current_shell, everything_read
from app.core.versions import Remembered
from app.extensions import db
from app.forums import permissions
from app.forums.models import Draft, Post, Room, RoomReading, Tag, Topic, TopicFollow, TopicReading, TopicTag
from app.forums.queries.composing import reply_draft
from app.forums.queries.reader import READER, READER_MODERATES, reader
from app.forums.queries.reading import is_unread
from app.forums.queries.rooms import ROOM_COLUMNS, RoomRow, find_room, readable_rooms

TOPICS_PER_PAGE = 25
MOST_PINNED = 20
"""Pinned topics shown above a room's first page; more of them would pin nothing any more."""

RELATED_AMONG = 30
"""Nearest topics among which those the reader may read are looked for."""

RELATED_PER_TAG = 40
"""Newest topics of each tag among which related ones are looked for: the cost does not grow with a tag's success."""

OPEN_QUESTION = and_(
    # In words of SQL, not bound values: only so does SQLite see that the partial index holds the answer.
    text("topic.kind IN ('question', 'need')"),
    Topic.accepted_post_id.is_(None),
    Topic.closed_at.is_(None),
)
"""The condition on `Topic` that it asks and has no answer held; with `hidden_at IS NULL` an index of its own."""


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
    is_linked: bool = False


def topic_for(user: Any, topic_id: int) -> TopicPage:
    """A topic the person may read, with its room and their pointer. Raises NotFound."""
    found = read(_topic(), reader_id=user.id, topic_id=topic_id, draft=reply_draft(topic_id))
    if not found.raw:
        raise NotFound
    page = _remembered_pages.get((user.id, topic_id), found.raw, lambda: _topic_page(found.one()))
    if not permissions.can_read_topic(user, page.topic, page.room):
        raise NotFound
    return page


_remembered_pages: Remembered[TopicPage] = Remembered(1000)


def _topic_page(row: Any) -> TopicPage:
    *values, last_read, follows, draft, is_linked = row
    room = RoomRow(*values[len(TOPIC_COLUMNS) :])
    return TopicPage(_topic_row(values), room, last_read or 0, follows, draft or "", bool(is_linked))


def _topic_row(values: Sequence[Any]) -> TopicRow:
    topic = dict(zip(TopicRow.__dataclass_fields__, values, strict=False))
    topic["tag_names"] = tuple(topic["tag_names"])
    return TopicRow(**topic)


@prepared
def _topic() -> Any:
    return (
        select(
            *TOPIC_COLUMNS,
            *ROOM_COLUMNS,
            TopicReading.last_number,
            TopicFollow.follows,
            Draft.body,
            links.is_linked("topic", Topic.id),
        )
        .join(Room, Room.id == Topic.room_id)
        .outerjoin(Draft, and_(Draft.user_id == READER, Draft.key == bindparam("draft")))
        .outerjoin(TopicReading, and_(TopicReading.topic_id == Topic.id, TopicReading.user_id == READER))
        .outerjoin(TopicFollow, and_(TopicFollow.topic_id == Topic.id, TopicFollow.user_id == READER))
        .where(Topic.id == bindparam("topic_id", type_=BigId))
    )


@dataclass(frozen=True)
class TopicRow:
    """A topic as pages read it; the order is that of `TOPIC_COLUMNS`."""

    id: int
    room_id: int
    node_id: int
    scope_id: int
    author_id: int
    kind: str
    title: str
    slug: str
    tag_names: tuple[str, ...]
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
    """The topic as an entity, for an operation, its row held until the end. Raises NotFound when it may not be read."""
    topic = locked_topic(topic_id)
    room = find_room(topic.room_id) if topic is not None else None
    if topic is None or room is None or not permissions.can_read_topic(user, topic, room):
        raise NotFound
    return topic, room


def topic_to_answer(user: Any, topic_id: int) -> tuple[TopicRow, RoomRow]:
    """The topic as a row, for who adds to it without changing it; held and refused like `topic_to_change`."""
    values = read(_LOCKED_ROW, topic_id=topic_id).one_or_none()
    # The room by a statement of its own: read together, it would be the one from before the wait for the topic.
    room = find_room(values.room_id) if values is not None else None
    if values is None or room is None:
        raise NotFound
    topic = _topic_row(values)
    if not permissions.can_read_topic(user, topic, room):
        raise NotFound
    return topic, room


def locked_topic(topic_id: int) -> Topic | None:
    """The topic as it stands, its row held: whoever closes, moves, hides or answers it comes before or after, not within.

    SQLite has one writer at a time anyway; PostgreSQL would let an answer into a topic closed or moved meanwhile.
    """
    return db.session.execute(_LOCKED, {"topic_id": topic_id}).scalar_one_or_none()


_LOCKED = (
    select(Topic)
    .where(Topic.id == bindparam("topic_id", type_=BigId))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_LOCKED_ROW = Prepared(
    select(*TOPIC_COLUMNS).where(Topic.id == bindparam("topic_id", type_=BigId)).with_for_update()
)


def visible_topic_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Which of these topics the person may read."""
    return set(read(_visible_topics(), **reader(user), ids=list(ids)).scalars())


@prepared
def _visible_topics() -> Any:
    return (
        select(Topic.id)
        .join(Room, Room.id == Topic.room_id)
        .where(Topic.id.in_(bindparam("ids", expanding=True)), readable_rooms(), not_hidden())
    )


def not_hidden() -> ColumnElement[bool]:
    """The condition on `Topic` that leaves out what moderation hid from the `reader`."""
    return or_(Topic.hidden_at.is_(None), Topic.author_id == READER, Topic.node_id.in_(READER_MODERATES))


def topics_of_room(
    user: Any,
    room: RoomRow,
    *,
    page: int,
    tag: str | None = None,
    kind: str | None = None,
    unanswered: bool = False,
) -> tuple[Sequence[Any], bool]:
    """One page of a room's topics, newest activity first, led on the first page by those pinned; whether there are more."""
    version = version_of_room(room)
    key = (user.id, room.id, page, tag, kind, unanswered)

    def ask() -> tuple[list[Any], bool]:
        return _ask_topics_of_room(user, room, page=page, tag=tag, kind=kind, unanswered=unanswered)

    return ask() if version is None else _room_pages.get(key, version, ask)


def version_of_room(room: RoomRow) -> Any | None:
    """The version of what a reader sees of a room's topics; None when it must be asked each time."""
    known = versions.known()
    seq = current_shell().numbers.get(room.scope_id) if known is not None else None
    return None if seq is None else (known, seq)


_room_pages: Remembered[tuple[list[Any], bool]] = Remembered(150)


def _ask_topics_of_room(
    user: Any, room: RoomRow, *, page: int, tag: str | None, kind: str | None, unanswered: bool
) -> tuple[list[Any], bool]:
    wanted = Wanted(kind=kind is not None, tag=tag is not None, unanswered=unanswered)
    window = {"most": TOPICS_PER_PAGE + 1, "skipped": (page - 1) * TOPICS_PER_PAGE}
    pinned = MOST_PINNED if page == 1 else 0
    values = {"room_id": room.id, "kind": kind, "tag": tag, "pinned": pinned}
    rows = read(_topics_of_room(wanted), **reader(user), **values, **window).all()
    shown = sum(row.rank == 0 for row in rows) + TOPICS_PER_PAGE
    return rows[:shown], len(rows) > shown


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
    wanted = Wanted(
        in_node=node_id is not None,
        kind=kind is not None,
        tag=tag is not None,
        unanswered=unanswered,
        mine=mine,
        unread=unread,
    )
    return _page(wanted, page, **reader(user), node_id=node_id, kind=kind, tag=tag)


@dataclass(frozen=True)
class Wanted:
    """The shape of a list of topics: each shape is one statement, built once."""

    in_node: bool = False
    kind: bool = False
    tag: bool = False
    unanswered: bool = False
    mine: bool = False
    unread: bool = False


def _page(wanted: Wanted, page: int, **values: Any) -> tuple[Sequence[Any], bool]:
    window = {"most": TOPICS_PER_PAGE + 1, "skipped": (page - 1) * TOPICS_PER_PAGE}
    rows = read(_topics(wanted), **values, **window).all()
    return rows[:TOPICS_PER_PAGE], len(rows) > TOPICS_PER_PAGE


@prepared
def _topics(wanted: Wanted) -> Any:
    window = (bindparam("most", type_=BigId), bindparam("skipped", type_=BigId))
    newest_first = (Topic.last_post_at.desc(), Topic.id.desc())
    statement = _filtered(_topic_rows().where(readable_rooms()), wanted)
    return statement.order_by(*newest_first).limit(window[0]).offset(window[1])


@prepared
def _topics_of_room(wanted: Wanted) -> Any:
    # Pinned ones apart, so that both halves follow an index and a long room costs no more than a short one.
    room = select(Topic.id, Topic.last_post_at).where(Topic.room_id == bindparam("room_id", type_=BigId))
    newest_first = (Topic.last_post_at.desc(), Topic.id.desc())
    pinned = _filtered(room.where(Topic.pinned_at.is_not(None)), wanted).order_by(*newest_first)
    others = _filtered(room.where(Topic.pinned_at.is_(None)), wanted).order_by(*newest_first)
    pinned_ids = pinned.limit(bindparam("pinned", type_=BigId)).subquery()
    other_ids = (
        others.limit(bindparam("most", type_=BigId)).offset(bindparam("skipped", type_=BigId)).subquery()
    )
    listed = union_all(
        select(pinned_ids.c.id, literal(0).label("rank")), select(other_ids.c.id, literal(1).label("rank"))
    ).subquery()
    statement = _topic_rows().add_columns(listed.c.rank).join(listed, listed.c.id == Topic.id)
    return statement.order_by(listed.c.rank, *newest_first)


def _filtered(statement: Any, wanted: Wanted) -> Any:
    statement = statement.where(not_hidden())
    if wanted.in_node:
        statement = statement.where(Topic.node_id == bindparam("node_id", type_=BigId))
    if wanted.kind:
        statement = statement.where(Topic.kind == bindparam("kind"))
    if wanted.tag:
        named = exists().where(
            TopicTag.topic_id == Topic.id, TopicTag.tag_id == Tag.id, Tag.slug == bindparam("tag")
        )
        statement = statement.where(named)
    if wanted.unanswered:
        statement = statement.where(OPEN_QUESTION, Topic.hidden_at.is_(None), Topic.posts_count < 2)
    if wanted.mine:
        statement = statement.where(Topic.author_id == READER)
    if wanted.unread:
        statement = statement.where(is_unread())
    return statement


def _topic_rows() -> Any:
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
            case((is_unread(), 1), else_=0).label("is_unread"),
        )
        .join(Room, Room.id == Topic.room_id)
        .join(author, author.id == Topic.author_id)
        .join(first, and_(first.topic_id == Topic.id, first.number == 1))
        .outerjoin(TopicReading, and_(TopicReading.topic_id == Topic.id, TopicReading.user_id == READER))
        .outerjoin(RoomReading, and_(RoomReading.room_id == Topic.room_id, RoomReading.user_id == READER))
    )


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
    version = everything_read(access_of(user).places.keys())

    def ask() -> Sequence[Any]:
        return _ask_related(user, topic, limit)

    return ask() if version is None else _related_seen.get((user.id, topic.id, limit), version, ask)


_related_seen: Remembered[Sequence[Any]] = Remembered(1000)


def _ask_related(user: Any, topic: Any, limit: int) -> Sequence[Any]:
    tags = min(len(topic.tag_names), 5)
    known = versions.known()
    version = (known.tree, known.tags, known.dates) if known is not None else None
    kept = _near_topics.peek((user.id, topic.id))
    if version is not None and kept is not None and kept[0] == version:
        near = kept[1]
        rows = read(_related_among(), **reader(user), ids=list(near)).all() if near else []
    else:
        rows = read(_related(tags), **reader(user), topic_id=topic.id).all()
        near = {row.id: row.shared for row in rows}
        _near_topics.put((user.id, topic.id), version, near)
    seen = [row for row in rows if row.hidden_at is None]
    seen.sort(
        key=lambda row: (row.accepted_post_id is not None, near[row.id], row.last_post_at), reverse=True
    )
    return seen[:limit]


_near_topics: Remembered[dict[int, int]] = Remembered(1000)
"""The nearest topics in rooms the reader reads, hidden ones too, with how many tags they share."""

_RELATED_COLUMNS = (
    Topic.id,
    Topic.slug,
    Topic.title,
    Topic.accepted_post_id,
    Topic.posts_count,
    Topic.last_post_at,
    Topic.hidden_at,
    Node.name.label("node_name"),
)


@prepared
def _related(tags: int) -> Any:
    topic_id = bindparam("topic_id", type_=BigId)
    near = union_all(
        *(select(_newest_with_tag(topic_id, rank).c.topic_id) for rank in range(tags))
    ).subquery()
    shared = (
        select(near.c.topic_id, func.count().label("n"))
        .group_by(near.c.topic_id)
        .order_by(func.count().desc(), near.c.topic_id.desc())
        .limit(RELATED_AMONG)
        .subquery()
    )
    return (
        _readable_related()
        .add_columns(shared.c.n.label("shared"))
        .join(shared, shared.c.topic_id == Topic.id)
    )


@prepared
def _related_among() -> Any:
    return _readable_related().where(Topic.id.in_(bindparam("ids", expanding=True)))


def _readable_related() -> Any:
    return (
        select(*_RELATED_COLUMNS)
        .join(Room, Room.id == Topic.room_id)
        .join(Node, Node.id == Topic.node_id)
        .where(readable_rooms())
    )


def _newest_with_tag(topic_id: Any, rank: int) -> Any:
    """The newest topics that share one of the topic's tags: the one at this rank."""
    own = aliased(TopicTag)
    tag = (
        select(own.tag_id)
        .where(own.topic_id == topic_id)
        .order_by(own.tag_id)
        .limit(1)
        .offset(rank)
        .scalar_subquery()
    )
    return (
        select(TopicTag.topic_id)
        .where(TopicTag.tag_id == tag, TopicTag.topic_id != topic_id)
        .order_by(TopicTag.topic_id.desc())
        .limit(RELATED_PER_TAG)
        .subquery()
    )
