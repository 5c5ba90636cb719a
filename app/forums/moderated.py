"""What moderation may do to a message besides hiding it: where its topic may go, who listed its author, who read it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from app.accounts.models import User
from app.communities.models import Employment
from app.extensions import db
from app.forums import operations, permissions, queries
from app.forums.models import Post, RoomMember, Topic, TopicReading
from app.moderation.registry import Readers, RoomChoice


def targets(post_id: int, user: Any) -> list[RoomChoice]:
    """The rooms to which this moderator may move the topic that this message opens; an answer stays in its topic."""
    post = db.session.get_one(Post, post_id)
    if post.number != 1:
        return []
    topic = db.session.get_one(Topic, post.topic_id)
    room = queries.find_room(topic.room_id)
    return [
        RoomChoice(row.id, f"{row.node_name}, {row.name}")
        for row in queries.rooms_to_post_in(user)
        if room is not None and row.id != room.id and permissions.can_move(user, topic, room, row)
    ]


def move(post_id: int, room_id: int, user: Any) -> None:
    """Move the topic of a message to another room, by a decision made in moderation."""
    topic, room = queries.topic_to_change(user, db.session.get_one(Post, post_id).topic_id)
    operations.move_topic(topic, room, queries.room_for(user, room_id), actor=user)


def room_of(post_id: int) -> RoomChoice | None:
    """The room a message stands in."""
    topic_id = db.session.get_one(Post, post_id).topic_id
    room = queries.find_room(db.session.get_one(Topic, topic_id).room_id)
    return RoomChoice(room.id, room.name) if room is not None else None


def membership_of(post_id: int) -> RoomChoice | None:
    """The restricted room of a message, when its author is listed there."""
    post = db.session.get_one(Post, post_id)
    room = room_of(post_id)
    listed = db.session.get(RoomMember, (room.id, post.author_id)) if room is not None else None
    return room if listed is not None and listed.admitted_at is not None else None


def readers(post_id: int) -> Readers | None:
    """Who read as far as a message, its author aside."""
    post = db.session.get_one(Post, post_id)
    row = db.session.execute(
        select(
            func.count(TopicReading.user_id.distinct()).label("people"),
            func.count(Employment.company_id.distinct()).label("companies"),
        )
        .join(User, User.id == TopicReading.user_id)
        .outerjoin(Employment, (Employment.user_id == User.id) & Employment.ended_at.is_(None))
        .where(
            TopicReading.topic_id == post.topic_id,
            TopicReading.last_number >= post.number,
            TopicReading.user_id != post.author_id,
        )
    ).one()
    return Readers(row.people, row.companies, post.created_at)


def written(person_id: int) -> int:
    """How many messages of somebody stand."""
    statement = select(func.count()).select_from(Post)
    return int(
        db.session.execute(
            statement.where(Post.author_id == person_id, Post.deleted_at.is_(None))
        ).scalar_one()
    )
