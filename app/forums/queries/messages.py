"""Messages: those of a page, one with its source, and what it said before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, or_, select

from app.accounts.models import User
from app.core.database import BigId, read
from app.core.errors import NotFound
from app.core.prepared import Prepared, Rows, prepared
from app.extensions import db
from app.forums import permissions
from app.forums.models import Post, PostRevision, Reaction, Room, Topic
from app.forums.queries.reader import READER, READER_MODERATES, reader
from app.forums.queries.rooms import RoomRow, readable_rooms
from app.forums.queries.topics import TopicPage, locked_topic, not_hidden, topic_for, topic_to_change

POSTS_PER_PAGE = 20


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
    Post.hidden_provisionally,
    Post.thanks,
    Post.same_problem,
    Post.applied,
    User.given_name,
    User.family_name,
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
    hidden_provisionally: bool
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


def post_to_change(user: Any, post_id: int) -> tuple[Post, Topic, RoomRow]:
    """A post as an entity with its topic and room. Raises NotFound when the person may not read the topic."""
    topic, room = topic_to_change(user, _topic_of(post_id))
    post = _present(post_id)
    if not permissions.can_read_post(user, post, topic, room):
        raise NotFound
    return post, topic, room


def locked_post(post_id: int) -> tuple[Post, Topic]:
    """A post as it stands with its topic, whose row is held, for moderation. Raises NotFound."""
    topic = locked_topic(_topic_of(post_id))
    if topic is None:
        raise NotFound
    return _present(post_id), topic


def _topic_of(post_id: int) -> int:
    topic_id = read(_TOPIC_OF, post_id=post_id).scalar_one_or_none()
    if topic_id is None:
        raise NotFound
    return int(topic_id)


def _present(post_id: int) -> Post:
    """The post as it stands now that its topic is held: read before, it could be one version behind."""
    return db.session.get_one(Post, post_id, populate_existing=True)


_TOPIC_OF = Prepared(select(Post.topic_id).where(Post.id == bindparam("post_id", type_=BigId)))


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


def visible_post_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Which of these posts' words the person may read."""
    return set(read(_visible_posts(), **reader(user), ids=list(ids)).scalars())


@prepared
def _visible_posts() -> Any:
    return (
        select(Post.id)
        .join(Topic, Topic.id == Post.topic_id)
        .join(Room, Room.id == Topic.room_id)
        .where(
            Post.id.in_(bindparam("ids", expanding=True)),
            Post.deleted_at.is_(None),
            readable_rooms(),
            not_hidden(),
            or_(
                Post.hidden_at.is_(None),
                Post.author_id == READER,
                Topic.node_id.in_(READER_MODERATES),
            ),
        )
    )


def posts_page(user: Any, topic_id: int, page: int) -> Rows:
    """The posts of one page of a topic, oldest first, with their authors' names and this reader's reactions (`mine`).

    Raw rows of it end with `hidden_at`, as a flag, and `mine`: what makes the page look different to one reader.
    """
    first = (page - 1) * POSTS_PER_PAGE
    window = {"first": first, "last": first + POSTS_PER_PAGE}
    return read(_posts(), reader_id=user.id, topic_id=topic_id, **window)


@prepared
def _posts() -> Any:
    mine = (
        select(func.aggregate_strings(Reaction.kind, ","))
        .where(Reaction.post_id == Post.id, Reaction.user_id == READER)
        .correlate(Post)
        .scalar_subquery()
    )
    return (
        select(*POST_COLUMNS, Post.hidden_at.is_not(None).label("is_hidden"), mine.label("mine"))
        .join(User, User.id == Post.author_id)
        .where(
            Post.topic_id == bindparam("topic_id", type_=BigId),
            Post.number > bindparam("first", type_=BigId),
            Post.number <= bindparam("last", type_=BigId),
        )
        .order_by(Post.number)
    )


def posts_by_id(ids: Collection[int]) -> dict[int, Any]:
    """Posts with their authors' names, by id."""
    return {row.id: row for row in read(_posts_by_id(), ids=list(ids))}


@prepared
def _posts_by_id() -> Any:
    chosen = Post.id.in_(bindparam("ids", expanding=True))
    return select(*POST_COLUMNS).join(User, User.id == Post.author_id).where(chosen)


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
