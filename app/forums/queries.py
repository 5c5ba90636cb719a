"""Everything discussions read. `…_for(user)` decides what may be seen: missing and forbidden look alike.

Pages read plain rows, not entities: one statement for what a template touches, whatever the number of posts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, literal, or_, select, true, union_all
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.communities.access import access_of
from app.communities.models import Company, CompanyMembership, Employment, Node, RoleGrant
from app.core.errors import NotFound
from app.core.journal import Scope
from app.core.time import clock
from app.extensions import db
from app.forums import permissions
from app.forums.models import (
    Draft,
    Post,
    PostRevision,
    Reaction,
    Room,
    RoomMember,
    RoomReading,
    Tag,
    Topic,
    TopicFollow,
    TopicReading,
    TopicTag,
)

POSTS_PER_PAGE = 20
TOPICS_PER_PAGE = 25
UNREAD_CAP = 99
"""Unread topics are counted up to here per room; beyond, « 99+ » says enough."""

POST_COLUMNS = (
    Post.id,
    Post.topic_id,
    Post.number,
    Post.author_id,
    Post.company_id,
    Post.byline,
    Post.html,
    Post.version,
    Post.created_at,
    Post.edited_at,
    Post.deleted_at,
    Post.hidden_at,
    Post.thanks,
    Post.same_problem,
    Post.applied,
    User.given_name,
    User.family_name,
)
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
ROOM_COLUMNS = (
    Room.id,
    Room.node_id,
    Room.kind,
    Room.name,
    Room.slug,
    Room.summary,
    Room.scope_id,
    Room.created_by_id,
    Room.archived_at,
)


class PostRow(NamedTuple):
    """A post as partials read it; the order is that of `POST_COLUMNS`."""

    id: int
    topic_id: int
    number: int
    author_id: int
    company_id: int | None
    byline: str
    html: str
    version: int
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    hidden_at: datetime | None
    thanks: int
    same_problem: int
    applied: int
    given_name: str
    family_name: str

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def initials(self) -> str:
        return (self.given_name[:1] + self.family_name[:1]).upper()


@dataclass(frozen=True)
class RoomRow:
    """A room as pages read it."""

    id: int
    node_id: int
    kind: str
    name: str
    slug: str
    summary: str
    scope_id: int
    created_by_id: int | None
    archived_at: datetime | None


@dataclass(frozen=True)
class TopicPage:
    """A topic with its room and node, and where this reader stands in it."""

    topic: Any
    room: RoomRow
    last_read: int
    follows: bool | None
    draft: str = ""


# Rights over many rooms at once


def readable_rooms(user: Any) -> ColumnElement[bool]:
    """The condition on `Room` that keeps what the person may read; the twin of `permissions.can_read_room`.

    A restricted room asks for both: being listed, and still being somebody of the node.
    """
    listed = select(RoomMember.room_id).where(
        RoomMember.user_id == user.id, RoomMember.admitted_at.is_not(None)
    )
    return and_(
        Room.node_id.in_(access_of(user).places.keys()),
        or_(Room.kind != "restricted", Room.id.in_(listed)),
    )


# One thing for somebody


def room_for(user: Any, room_id: int) -> RoomRow:
    """A room the person may read. Raises NotFound."""
    room = find_room(room_id)
    if room is None or not permissions.can_read_room(user, room):
        raise NotFound
    return room


def room_known_to(user: Any, room_id: int) -> RoomRow:
    """A room the person may know of: a reader, or a manager who admits to it. Raises NotFound."""
    room = find_room(room_id)
    if room is None or not permissions.can_know_room(user, room):
        raise NotFound
    return room


def find_room(room_id: int) -> RoomRow | None:
    """A room by id, without asking who reads."""
    row = db.session.execute(select(*ROOM_COLUMNS).where(Room.id == room_id)).one_or_none()
    return RoomRow(*row) if row else None


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


def reply_draft(topic_id: int) -> str:
    """The key under which the answer being written in a topic is kept."""
    return f"topic:{topic_id}:reply"


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


def post_to_change(user: Any, post_id: int) -> tuple[Post, Topic, RoomRow]:
    """A post as an entity with its topic and room. Raises NotFound when the person may not read the topic."""
    post = db.session.get(Post, post_id)
    if post is None:
        raise NotFound
    topic, room = topic_to_change(user, post.topic_id)
    if not permissions.can_read_post(user, post, topic, room):
        raise NotFound
    return post, topic, room


def post_source_for(user: Any, post_id: int) -> tuple[Any, TopicPage]:
    """A post's columns with its source, and its topic. Raises NotFound when its words may not be read."""
    row = db.session.execute(
        select(*POST_COLUMNS, Post.source).join(User, User.id == Post.author_id).where(Post.id == post_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    page = topic_for(user, row.topic_id)
    if not permissions.can_read_post(user, row, page.topic, page.room):
        raise NotFound
    return row, page


# What may be seen, by id (for lower layers)


def visible_topic_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Which of these topics the person may read."""
    access = access_of(user)
    rows = db.session.execute(
        select(Topic.id)
        .join(Room, Room.id == Topic.room_id)
        .where(Topic.id.in_(ids), readable_rooms(user), _not_hidden(Topic, user, access))
    )
    return set(rows.scalars())


def visible_post_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Which of these posts' words the person may read."""
    access = access_of(user)
    rows = db.session.execute(
        select(Post.id)
        .join(Topic, Topic.id == Post.topic_id)
        .join(Room, Room.id == Topic.room_id)
        .where(
            Post.id.in_(ids),
            Post.deleted_at.is_(None),
            readable_rooms(user),
            _not_hidden(Topic, user, access),
            or_(
                Post.hidden_at.is_(None),
                Post.author_id == user.id,
                Topic.node_id.in_(access.moderated_ids),
            ),
        )
    )
    return set(rows.scalars())


def _not_hidden(table: Any, user: Any, access: Any) -> ColumnElement[bool]:
    return or_(table.hidden_at.is_(None), table.author_id == user.id, table.node_id.in_(access.moderated_ids))


# Pages


def posts_page(user: Any, topic_id: int, page: int) -> Sequence[Any]:
    """The posts of one page of a topic, oldest first, with their authors' names and this reader's reactions (`mine`)."""
    first = (page - 1) * POSTS_PER_PAGE
    mine = (
        select(func.aggregate_strings(Reaction.kind, ","))
        .where(Reaction.post_id == Post.id, Reaction.user_id == user.id)
        .correlate(Post)
        .scalar_subquery()
    )
    return db.session.execute(
        select(*POST_COLUMNS, mine.label("mine"))
        .join(User, User.id == Post.author_id)
        .where(Post.topic_id == topic_id, Post.number > first, Post.number <= first + POSTS_PER_PAGE)
        .order_by(Post.number)
    ).all()


def posts_by_id(ids: Collection[int]) -> dict[int, Any]:
    """Posts with their authors' names, by id."""
    rows = db.session.execute(
        select(*POST_COLUMNS).join(User, User.id == Post.author_id).where(Post.id.in_(ids))
    )
    return {row.id: row for row in rows}


def reactions_of(user: Any, post_ids: Collection[int]) -> dict[int, set[str]]:
    """What this person answered to these posts with a reaction."""
    result: dict[int, set[str]] = {}
    if post_ids:
        rows = db.session.execute(
            select(Reaction.post_id, Reaction.kind).where(
                Reaction.user_id == user.id, Reaction.post_id.in_(post_ids)
            )
        )
        for post_id, kind in rows:
            result.setdefault(post_id, set()).add(kind)
    return result


def revisions_of(post_id: int) -> Sequence[Any]:
    """What the post said before, newest first, with who changed it."""
    return db.session.execute(
        select(
            PostRevision.version,
            PostRevision.source,
            PostRevision.replaced_at,
            User.given_name,
            User.family_name,
        )
        .join(User, User.id == PostRevision.editor_id)
        .where(PostRevision.post_id == post_id)
        .order_by(PostRevision.version.desc())
    ).all()


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
        .where(Topic.room_id == room.id, _not_hidden(Topic, user, access_of(user)))
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
        .where(readable_rooms(user), _not_hidden(Topic, user, access_of(user)))
        .order_by(Topic.last_post_at.desc(), Topic.id.desc())
    )
    if node_id is not None:
        statement = statement.where(Topic.node_id == node_id)
    if mine:
        statement = statement.where(Topic.author_id == user.id)
    if unread:
        statement = statement.where(_is_unread(user))
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
            case((_is_unread(user), 1), else_=0).label("is_unread"),
        )
        .join(Room, Room.id == Topic.room_id)
        .join(author, author.id == Topic.author_id)
        .join(first, and_(first.topic_id == Topic.id, first.number == 1))
        .outerjoin(TopicReading, and_(TopicReading.topic_id == Topic.id, TopicReading.user_id == user.id))
        .outerjoin(RoomReading, and_(RoomReading.room_id == Topic.room_id, RoomReading.user_id == user.id))
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


def _is_unread(user: Any) -> ColumnElement[bool]:
    return and_(
        Topic.last_post_at > func.coalesce(RoomReading.caught_up_at, user.created_at),
        Topic.last_number > func.coalesce(TopicReading.last_number, 0),
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


# Rooms and what is unread in them


@dataclass(frozen=True)
class RailRoom:
    """A room of the rail, with how many of its topics are unread (up to `UNREAD_CAP` + 1)."""

    id: int
    node_id: int
    name: str
    slug: str
    scope_id: int
    unread: int


def rail_of(
    user: Any, node_ids: Collection[int], scope_ids: Collection[int]
) -> tuple[list[RailRoom], dict[int, int]]:
    """The rooms of these nodes that the person reads, and the number of their scopes and of `scope_ids`.

    One statement, since every page asks it.
    """
    rooms = (
        select(
            Room.id,
            Room.node_id,
            Room.name,
            Room.slug,
            Room.scope_id,
            _unread_count(user).label("unread"),
            Scope.seq,
            Room.position,
        )
        .join(Scope, Scope.id == Room.scope_id)
        .where(Room.node_id.in_(node_ids), readable_rooms(user), Room.archived_at.is_(None))
    )
    nothing = literal(0)
    scopes = select(nothing, nothing, literal(""), literal(""), Scope.id, nothing, Scope.seq, nothing).where(
        Scope.id.in_(scope_ids)
    )
    both = union_all(rooms, scopes).subquery()
    rows = db.session.execute(select(both).order_by(both.c.node_id, both.c.position, both.c.id)).all()
    numbers = {row.scope_id: row.seq for row in rows}
    return [RailRoom(*row[:6]) for row in rows if row.id], numbers


def _unread_count(user: Any) -> Any:
    # Only topics that moved since the person caught up with the room are looked at, newest first, and no more than
    # the cap: the cost does not grow with the room.
    floor = func.coalesce(
        select(RoomReading.caught_up_at)
        .where(RoomReading.room_id == Room.id, RoomReading.user_id == user.id)
        .correlate(Room)
        .scalar_subquery(),
        user.created_at,
    )
    newest = (
        select(Topic.id)
        .outerjoin(TopicReading, and_(TopicReading.topic_id == Topic.id, TopicReading.user_id == user.id))
        .where(
            Topic.room_id == Room.id,
            Topic.last_post_at > floor,
            Topic.last_number > func.coalesce(TopicReading.last_number, 0),
            Topic.hidden_at.is_(None),
        )
        .correlate(Room)
        .limit(UNREAD_CAP + 1)
        .subquery()
    )
    return select(func.count()).select_from(newest).correlate(Room).scalar_subquery()


def unread_in_room(user: Any, room_id: int) -> int:
    """How many topics of the room the person has not read, up to `UNREAD_CAP` + 1."""
    return db.session.execute(
        select(_unread_count(user)).select_from(Room).where(Room.id == room_id)
    ).scalar_one()


def rooms_of_node(user: Any, node_id: int) -> Sequence[Any]:
    """The rooms of a node the person may know of, with their last topic, for the page of the node."""
    access = access_of(user)
    condition = readable_rooms(user)
    if access.manages(node_id):
        condition = true()
    last = (
        select(Topic.id)
        .where(Topic.room_id == Room.id, Topic.hidden_at.is_(None))
        .order_by(Topic.last_post_at.desc())
        .limit(1)
        .correlate(Room)
        .scalar_subquery()
    )
    topic = aliased(Topic)
    return db.session.execute(
        select(
            *ROOM_COLUMNS,
            Room.topics_count,
            _unread_count(user).label("unread"),
            case((readable_rooms(user), 1), else_=0).label("is_readable"),
            topic.id.label("topic_id"),
            topic.slug.label("topic_slug"),
            topic.title.label("topic_title"),
            topic.last_post_at,
        )
        .outerjoin(topic, topic.id == last)
        .where(Room.node_id == node_id, Room.archived_at.is_(None), condition)
        .order_by(Room.position, Room.id)
    ).all()


def members_of_room(room_id: int) -> Sequence[Any]:
    """Who is listed in a restricted room and who asks in."""
    return db.session.execute(
        select(User.id, User.given_name, User.family_name, RoomMember.asked_at, RoomMember.admitted_at)
        .join(RoomMember, RoomMember.user_id == User.id)
        .where(RoomMember.room_id == room_id)
        .order_by(RoomMember.admitted_at.is_(None).desc(), User.family_name, User.given_name)
    ).all()


def room_membership(user: Any, room_id: int) -> RoomMember | None:
    """The person's line in a restricted room, admitted or asking."""
    return db.session.get(RoomMember, (room_id, user.id))


def rooms_to_post_in(user: Any) -> list[Any]:
    """Rooms in which the person may open a topic, in the order of the rail."""
    rows = db.session.execute(
        select(*ROOM_COLUMNS, Node.name.label("node_name"), Node.region_code, Node.path)
        .join(Node, Node.id == Room.node_id)
        .where(readable_rooms(user), Room.archived_at.is_(None))
        .order_by(func.length(Node.path).desc(), Node.name, Room.position, Room.id)
    ).all()
    return [row for row in rows if permissions.can_open_topic(user, row)]


# People around a topic


def people_who_run(node_id: int, path: str) -> Sequence[Any]:
    """Who holds a role at this node or above, the nearest first: « Votre animatrice : … »."""
    now = clock.now()
    ids = [int(part) for part in path.split(".") if part]
    return db.session.execute(
        select(User.id, User.given_name, User.family_name, RoleGrant.role, RoleGrant.title, RoleGrant.node_id)
        .join(User, User.id == RoleGrant.user_id)
        .join(Node, Node.id == RoleGrant.node_id)
        .where(
            RoleGrant.node_id.in_(ids),
            RoleGrant.role.in_(("community_manager", "technical_advisor", "ambassador")),
            RoleGrant.revoked_at.is_(None),
            RoleGrant.starts_at <= now,
            or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > now),
        )
        .order_by(func.length(Node.path).desc(), RoleGrant.role, User.family_name)
        .limit(6)
    ).all()


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


def mentionable(user: Any, room: RoomRow, prefix: str, limit: int = 8) -> Sequence[Any]:
    """People who may read the room and whose name begins so, for the picker; nobody else can be named."""
    words = [word for word in prefix.lower().split() if word][:2]
    name = func.lower(User.given_name + " " + User.family_name)
    statement = (
        select(User.id, User.given_name, User.family_name, func.min(Company.name).label("firm"))
        .outerjoin(Employment, and_(Employment.user_id == User.id, Employment.ended_at.is_(None)))
        .outerjoin(Company, Company.id == Employment.company_id)
        .where(User.state == "active", User.id != user.id, _reads_room(room))
        .group_by(User.id, User.given_name, User.family_name)
        .order_by(User.given_name, User.family_name)
        .limit(limit)
    )
    for word in words:
        statement = statement.where(
            or_(name.startswith(word, autoescape=True), name.contains(" " + word, autoescape=True))
        )
    return db.session.execute(statement).all()


def readers_among(room: RoomRow, user_ids: Collection[int]) -> set[int]:
    """Which of these people may read the room."""
    if not user_ids:
        return set()
    rows = db.session.execute(
        select(User.id).where(User.id.in_(user_ids), User.state == "active", _reads_room(room))
    )
    return set(rows.scalars())


def _reads_room(room: RoomRow) -> ColumnElement[bool]:
    """A condition on `User`: those who reach the node of the room (and are listed, when it is restricted)."""
    now = clock.now()
    place = aliased(Node)
    at = aliased(Node)
    by_company = exists().where(
        Employment.user_id == User.id,
        Employment.ended_at.is_(None),
        Company.id == Employment.company_id,
        Company.state == "verified",
        CompanyMembership.company_id == Employment.company_id,
        CompanyMembership.state == "admitted",
        at.id == CompanyMembership.node_id,
        place.id == room.node_id,
        at.path.like(place.path + "%"),
    )
    granted = aliased(Node)
    here = aliased(Node)
    by_role = exists().where(
        RoleGrant.user_id == User.id,
        RoleGrant.role != "company_admin",
        RoleGrant.revoked_at.is_(None),
        RoleGrant.starts_at <= now,
        or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > now),
        granted.id == RoleGrant.node_id,
        here.id == room.node_id,
        or_(here.path.like(granted.path + "%"), granted.path.like(here.path + "%")),
    )
    if room.kind != "restricted":
        return or_(by_company, by_role)
    listed = exists().where(
        RoomMember.room_id == room.id, RoomMember.user_id == User.id, RoomMember.admitted_at.is_not(None)
    )
    return and_(listed, or_(by_company, by_role))


def byline_of(user: Any, company_id: int | None, node_id: int) -> str:
    """How the author is presented beside the name: the firm and its town, else the role at this place."""
    if company_id is not None:
        company = db.session.execute(
            select(Company.name, Company.town).where(Company.id == company_id)
        ).one_or_none()
        if company is not None:
            return f"{company.name}, {company.town}" if company.town else company.name
    row = db.session.execute(
        select(RoleGrant.title, Node.town, Node.name)
        .join(Node, Node.id == RoleGrant.node_id)
        .where(RoleGrant.user_id == user.id, RoleGrant.revoked_at.is_(None), RoleGrant.node_id.is_not(None))
        .order_by(func.length(Node.path).desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return ""
    return ", ".join(part for part in (row.title, row.town or row.name) if part)


# Followers and drafts


def followers_of(topic_id: int) -> set[int]:
    """Who is told of a new message: those who wrote in the topic or asked to follow, minus those who asked not to."""
    wrote = select(Post.author_id).where(Post.topic_id == topic_id, Post.deleted_at.is_(None)).distinct()
    choices = db.session.execute(
        select(TopicFollow.user_id, TopicFollow.follows).where(TopicFollow.topic_id == topic_id)
    ).all()
    people = set(db.session.execute(wrote).scalars())
    people |= {user_id for user_id, follows in choices if follows}
    return people - {user_id for user_id, follows in choices if not follows}


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
