"""What happens to topics: opened, closed, pinned, moved, solved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update

from app.core import audit, duties, idempotency, indexing, journal, links, things
from app.core.errors import Refusal, require
from app.core.links import Thing
from app.core.slugs import slug_of
from app.core.text import RenderedText
from app.core.time import clock
from app.extensions import db
from app.forums import queries
from app.forums.models import TOPIC_KINDS, Post, Room, Tag, Topic, TopicTag
from app.forums.operations.composing import add_post, forget_draft, speaking_for, words_of
from app.forums.operations.reading import raise_pointer
from app.forums.permissions import can_accept, can_close, can_move, can_open_topic, can_pin, can_reopen
from app.moderation.suspensions import sentence_for

MAX_TAGS = 5


def open_topic(
    room: queries.RoomRow,
    *,
    author: Any,
    kind: str,
    title: str,
    text: RenderedText,
    request_id: str,
    tags: Sequence[str] = (),
    company_id: int | None = None,
    about: Thing | None = None,
) -> Topic:
    """Open a topic in a room with its first message, linked from the start with what it is about.

    Sent twice with the same request id, it returns the first topic (the receipt's primary key is the promise).
    """
    require(
        can_open_topic(author, room, kind),
        sentence_for(author, room.node_id) or _("Vous ne pouvez pas ouvrir de sujet dans cette salle."),
    )
    title = " ".join(title.split())
    if kind not in TOPIC_KINDS:
        raise Refusal(_("Choisissez ce que vous publiez : une question, une discussion…"), field="kind")
    if not 5 <= len(title) <= 160:
        raise Refusal(_("Le titre compte entre 5 et 160 caractères."), field="title")
    names = clean_tags(tags)
    hashed = idempotency.content_hash(room.id, kind, title, words_of(text), tuple(names))
    sender = idempotency.sender_of(author.id)
    made = idempotency.already_made(sender, request_id, hashed, "topic")
    if made is not None:
        return db.session.get_one(Topic, made)
    company_id = speaking_for(author, company_id)
    now = clock.now()
    topic = Topic(
        room_id=room.id,
        node_id=room.node_id,
        scope_id=room.scope_id,
        author_id=author.id,
        kind=kind,
        title=title,
        slug=slug_of(title),
        tag_names=names,
        posts_count=1,
        last_number=1,
        last_post_at=now,
        last_author_id=author.id,
        created_at=now,
    )
    db.session.add(topic)
    db.session.flush()
    _tag(topic, names)
    post_id = add_post(topic, author, text, number=1, company_id=company_id)
    db.session.execute(
        update(Room)
        .where(Room.id == room.id)
        .values(topics_count=Room.topics_count + 1)
        .execution_options(synchronize_session=False)
    )
    idempotency.remember(sender, request_id, hashed, "topic", topic.id)
    raise_pointer(author.id, topic.id, 1)
    forget_draft(author.id, f"room:{room.id}:topic")
    journal.record(topic.scope_id, "topic.added", "topic", topic.id, actor_id=author.id)
    audit.record(author, "topic_opened", "topic", topic.id, node_id=topic.node_id)
    if about is not None:
        _link(topic, about, author)
    indexing.changed("topic", topic.id)
    duties.owe("topic_opened", "topic", topic.id, author.id, mentions=list(text.mentions), post=post_id)
    return topic


def _link(topic: Topic, about: Thing, author: Any) -> None:
    """What the author sees no more, or what cannot be linked, is left out: their words matter more than the link."""
    if about[0] == "topic" or links.side_of(about[0]) is None or not things.is_visible(author, *about):
        return
    if links.connect(("topic", topic.id), about, by_id=author.id):
        audit.record(
            author, "linked", "topic", topic.id, node_id=topic.node_id, other_type=about[0], other_id=about[1]
        )


def close_topic(topic: Topic, room: queries.RoomRow, *, actor: Any) -> None:
    """No more answers; everything stays readable."""
    require(can_close(actor, topic, room))
    if topic.closed_at is None:
        topic.closed_at, topic.closed_by_id = clock.now(), actor.id
        topic_changed(topic, "topic.closed", actor)


def reopen_topic(topic: Topic, room: queries.RoomRow, *, actor: Any) -> None:
    """Answers are welcome again."""
    require(can_reopen(actor, topic, room))
    topic.closed_at, topic.closed_by_id = None, None
    topic_changed(topic, "topic.reopened", actor)


def pin_topic(topic: Topic, room: queries.RoomRow, *, actor: Any, pinned: bool) -> None:
    """Hold a topic at the top of its room, or let it go."""
    require(can_pin(actor, topic, room))
    topic.pinned_at, topic.pinned_by_id = (clock.now(), actor.id) if pinned else (None, None)
    topic_changed(topic, "topic.pinned", actor)


def move_topic(topic: Topic, room: queries.RoomRow, target: queries.RoomRow, *, actor: Any) -> None:
    """Move a topic to another room: gone from the old scope, new in the other one."""
    require(can_move(actor, topic, room, target))
    if target.id == room.id:
        return
    topic.version += 1
    journal.record(topic.scope_id, "topic.moved", "topic", topic.id, version=topic.version, actor_id=actor.id)
    for room_id, change in ((room.id, -1), (target.id, 1)):
        db.session.execute(
            update(Room)
            .where(Room.id == room_id)
            .values(topics_count=Room.topics_count + change)
            .execution_options(synchronize_session=False)
        )
    topic.room_id, topic.node_id, topic.scope_id = target.id, target.node_id, target.scope_id
    journal.record(topic.scope_id, "topic.added", "topic", topic.id, version=topic.version, actor_id=actor.id)
    audit.record(actor, "topic_moved", "topic", topic.id, node_id=target.node_id, was=room.id, now=target.id)
    index_whole_topic(topic.id)
    duties.owe("topic_moved", "topic", topic.id, actor.id)


def accept_answer(topic: Topic, room: queries.RoomRow, *, post: Post | None, actor: Any) -> None:
    """Hold up the answer that solved it; None takes the choice back."""
    require(can_accept(actor, topic, room))
    if post is not None and (
        post.topic_id != topic.id
        or post.number == 1
        or post.deleted_at is not None
        or post.hidden_at is not None
    ):
        raise Refusal(_("Ce message ne peut pas être la réponse retenue de ce sujet."))
    topic.accepted_post_id = post.id if post is not None else None
    topic.accepted_by_id = actor.id if post is not None else None
    topic.accepted_at = clock.now() if post is not None else None
    topic_changed(topic, "topic.accepted", actor)
    if post is not None:
        duties.owe("answer_accepted", "post", post.id, actor.id)


def clean_tags(names: Sequence[str]) -> list[str]:
    """Tags as typed, trimmed, without doubles, at most `MAX_TAGS`."""
    result: dict[str, str] = {}
    for name in names:
        name = " ".join(name.split()).strip("#,; ")
        if name and len(name) <= 40 and slug_of(name):
            result.setdefault(slug_of(name), name)
    if len(result) > MAX_TAGS:
        raise Refusal(_("Cinq mots-clés au plus : gardez les plus parlants."), field="tags")
    return list(result.values())


def _tag(topic: Topic, names: Iterable[str]) -> None:
    known = queries.tags_named(slug_of(name) for name in names)
    for name in names:
        tag = known.get(slug_of(name))
        if tag is None:
            tag = Tag(slug=slug_of(name), name=name)
            db.session.add(tag)
            db.session.flush()
        db.session.add(TopicTag(topic_id=topic.id, tag_id=tag.id))


def topic_changed(topic: Topic, kind: str, actor: Any) -> None:
    topic.version += 1
    journal.record(topic.scope_id, kind, "topic", topic.id, version=topic.version, actor_id=actor.id)
    audit.record(actor, kind.replace(".", "_"), "topic", topic.id, node_id=topic.node_id)


def index_whole_topic(topic_id: int) -> None:
    indexing.changed("topic", topic_id)
    for post_id in db.session.execute(
        select(Post.id).where(Post.topic_id == topic_id, Post.number > 1)
    ).scalars():
        indexing.changed("post", post_id)
