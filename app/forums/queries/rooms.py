"""Rooms: which ones somebody may read, know of or write in, and what a list of them shows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, or_, select, true
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.communities.access import access_of
from app.communities.models import Node
from app.core.database import BigId, read
from app.core.errors import NotFound
from app.core.prepared import Prepared, prepared
from app.extensions import db
from app.forums import permissions
from app.forums.models import Room, RoomMember, Topic
from app.forums.queries.reader import READER, READER_PLACES, reader
from app.forums.queries.reading import unread_count

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


_ROOM = Prepared(select(*ROOM_COLUMNS).where(Room.id == bindparam("room_id", type_=BigId)))


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


def readable_rooms() -> ColumnElement[bool]:
    """The condition on `Room` that keeps what the `reader` may read; the twin of `permissions.can_read_room`.

    A restricted room asks for both: being listed, and still being somebody of the node.
    """
    listed = select(RoomMember.room_id).where(
        RoomMember.user_id == READER, RoomMember.admitted_at.is_not(None)
    )
    return and_(
        Room.node_id.in_(READER_PLACES),
        or_(Room.kind != "restricted", Room.id.in_(listed)),
    )


def readable_room_ids(user: Any, among: Collection[int] | None = None) -> set[int]:
    """Which rooms the person may read, of these or of all."""
    statement = _readable_ids(some=among is not None)
    return set(read(statement, **reader(user), ids=list(among or ())).scalars())


@prepared
def _readable_ids(*, some: bool) -> Any:
    statement = select(Room.id).where(readable_rooms())
    return statement.where(Room.id.in_(bindparam("ids", expanding=True))) if some else statement


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
    row = read(_ROOM, room_id=room_id).one_or_none()
    return RoomRow(*row) if row else None


def rooms_of_node(user: Any, node_id: int) -> Sequence[Any]:
    """The rooms of a node the person may know of, with their last topic, for the page of the node."""
    statement = _rooms_of_node(knows_all=access_of(user).manages(node_id))
    return read(statement, **reader(user), node_id=node_id).all()


@prepared
def _rooms_of_node(*, knows_all: bool) -> Any:
    last = (
        select(Topic.id)
        .where(Topic.room_id == Room.id, Topic.hidden_at.is_(None))
        .order_by(Topic.last_post_at.desc())
        .limit(1)
        .correlate(Room)
        .scalar_subquery()
    )
    topic = aliased(Topic)
    return (
        select(
            *ROOM_COLUMNS,
            Room.topics_count,
            unread_count().label("unread"),
            case((readable_rooms(), 1), else_=0).label("is_readable"),
            topic.id.label("topic_id"),
            topic.slug.label("topic_slug"),
            topic.title.label("topic_title"),
            topic.last_post_at,
        )
        .outerjoin(topic, topic.id == last)
        .where(
            Room.node_id == bindparam("node_id", type_=BigId),
            Room.archived_at.is_(None),
            true() if knows_all else readable_rooms(),
        )
        .order_by(Room.position, Room.id)
    )


def rooms_to_post_in(user: Any) -> list[Any]:
    """Rooms in which the person may open a topic, in the order of the rail."""
    rows = read(_open_rooms(), **reader(user))
    return [row for row in rows if permissions.can_open_topic(user, row)]


@prepared
def _open_rooms() -> Any:
    return (
        select(*ROOM_COLUMNS, Node.name.label("node_name"), Node.region_code, Node.path)
        .join(Node, Node.id == Room.node_id)
        .where(readable_rooms(), Room.archived_at.is_(None))
        .order_by(func.length(Node.path).desc(), Node.name, Room.position, Room.id)
    )


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
