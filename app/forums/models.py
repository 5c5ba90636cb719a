"""Rooms, topics, posts, and how far each person has read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import BigId, UTCDateTime
from app.extensions import db

TOPIC_KINDS = ("question", "discussion", "announcement", "need", "offer")
REACTIONS = ("thanks", "same_problem", "applied")


class Room(db.Model):
    """A place to talk that belongs to a node. `scope_id` is the node's scope, or the room's own when restricted.

    In a room of kind `announcements` only those who moderate the node open topics; everybody may answer.
    """

    __tablename__ = "room"
    __table_args__ = (
        CheckConstraint("kind IN ('open', 'announcements', 'restricted')", name="kind_known"),
        UniqueConstraint("node_id", "slug"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("node.id"))
    kind: Mapped[str] = mapped_column(String(14), default="open")
    name: Mapped[str] = mapped_column(String(80))
    slug: Mapped[str] = mapped_column(String(80))
    summary: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(Integer, default=0)
    scope_id: Mapped[int] = mapped_column(ForeignKey("scope.id"))
    topics_count: Mapped[int] = mapped_column(Integer, default=0)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class RoomMember(db.Model):
    """A person listed in a restricted room, or asking in (`admitted_at` empty)."""

    __tablename__ = "room_member"
    __table_args__ = (Index("ix_room_member_user", "user_id"),)

    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    admitted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    admitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


_OPEN_QUESTION = (
    "kind IN ('question', 'need') AND accepted_post_id IS NULL AND closed_at IS NULL AND hidden_at IS NULL"
)


class Topic(db.Model):
    """A subject opened in a room. Its first message is the post number 1.

    `tag_names` repeats the names of `TopicTag` so that lists need no join. `version` rises with every change of the topic itself; `last_number` numbers posts and is raised by an UPDATE in
    the replying transaction, so two replies at once get two numbers.
    """

    __tablename__ = "topic"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('question', 'discussion', 'announcement', 'need', 'offer')", name="kind_known"
        ),
        Index("ix_topic_room_activity", "room_id", "last_post_at"),
        Index("ix_topic_room_pinned", "room_id", "pinned_at"),
        Index("ix_topic_author", "author_id"),
        Index("ix_topic_node_created", "node_id", "created_at"),
        Index("ix_topic_node_activity", "node_id", "last_post_at"),
        Index(
            "ix_topic_open_question",
            "node_id",
            "created_at",
            sqlite_where=text(_OPEN_QUESTION),
            postgresql_where=text(_OPEN_QUESTION),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    node_id: Mapped[int] = mapped_column(ForeignKey("node.id"))
    scope_id: Mapped[int] = mapped_column(ForeignKey("scope.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str] = mapped_column(String(14))
    title: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(120))
    tag_names: Mapped[list[str]] = mapped_column(JSON, default=list)
    posts_count: Mapped[int] = mapped_column(Integer, default=0)
    last_number: Mapped[int] = mapped_column(Integer, default=0)
    last_post_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_author_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    accepted_post_id: Mapped[int | None] = mapped_column(BigId)
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    pinned_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    pinned_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    hidden_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class Post(db.Model):
    """A message. `byline` is the author's firm and town (or role) at the time of writing; it outlives a departure.

    `version` rises with whatever changes its look (also reactions), `version_of_text` with its words. The three counters
    of reactions are recounted by the reacting transaction. `hidden_provisionally`: by a report, nobody decided it yet.
    """

    __tablename__ = "post"
    __table_args__ = (
        UniqueConstraint("topic_id", "number"),
        Index("ix_post_author", "author_id", "created_at"),
        Index("ix_post_company", "company_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"))
    number: Mapped[int] = mapped_column(Integer)
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    byline: Mapped[str] = mapped_column(String(240), default="")
    source: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    renderer_version: Mapped[int] = mapped_column(Integer)
    mentioned_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    version_of_text: Mapped[int] = mapped_column(Integer, default=1)
    thanks: Mapped[int] = mapped_column(Integer, default=0)
    same_problem: Mapped[int] = mapped_column(Integer, default=0)
    applied: Mapped[int] = mapped_column(Integer, default=0)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    deleted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    hidden_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    hidden_provisionally: Mapped[bool] = mapped_column(default=False, server_default=false())


class PostRevision(db.Model):
    """What a post said before an edit."""

    __tablename__ = "post_revision"
    __table_args__ = (UniqueConstraint("post_id", "version"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    version: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(Text)
    editor_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    replaced_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Reaction(db.Model):
    """One person, one kind, once per post: the primary key is the promise."""

    __tablename__ = "reaction"
    __table_args__ = (CheckConstraint("kind IN ('thanks', 'same_problem', 'applied')", name="kind_known"),)

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(14), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Tag(db.Model):
    """A word of the trade, shared by all rooms."""

    __tablename__ = "tag"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60))


class TopicTag(db.Model):
    __tablename__ = "topic_tag"
    __table_args__ = (Index("ix_topic_tag_newest", "tag_id", "topic_id"),)

    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True)


class TopicReading(db.Model):
    """The highest post number a person has read in a topic; only ever raised, never forgotten."""

    __tablename__ = "topic_reading"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), primary_key=True)
    last_number: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class RoomReading(db.Model):
    """Everything older than `caught_up_at` in the room counts as read by this person.

    It keeps counting cheap for those who read everything, and carries « Tout marquer comme lu ».
    """

    __tablename__ = "room_reading"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"), primary_key=True)
    caught_up_at: Mapped[datetime] = mapped_column(UTCDateTime)


class TopicFollow(db.Model):
    """A deviation from the rule « I follow what I wrote in »: follow this topic, or be left in peace by it."""

    __tablename__ = "topic_follow"
    __table_args__ = (Index("ix_topic_follow_topic", "topic_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), primary_key=True)
    follows: Mapped[bool] = mapped_column()
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Draft(db.Model):
    """What somebody is typing, kept until sent. `sequence` refuses an older tab; sending bumps it."""

    __tablename__ = "draft"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(BigId, default=0)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


Index(
    "ix_post_visible",
    Post.topic_id,
    Post.number,
    sqlite_where=text("deleted_at IS NULL AND hidden_at IS NULL"),
    postgresql_where=text("deleted_at IS NULL AND hidden_at IS NULL"),
)


class RegionalAnnouncement(db.Model):
    """An announcement written once for every community of a region. `words` is the hash of its title and text."""

    __tablename__ = "regional_announcement"
    __table_args__ = (UniqueConstraint("node_id", "words", name="uq_regional_announcement_words"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("node.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    title: Mapped[str] = mapped_column(String(200))
    words: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class AnnouncementCopy(db.Model):
    """The topic by which an announcement stands in one community: once, by the primary key."""

    __tablename__ = "announcement_copy"

    announcement_id: Mapped[int] = mapped_column(ForeignKey("regional_announcement.id"), primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("node.id"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), unique=True)
