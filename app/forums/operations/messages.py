"""What happens to messages: answered, changed, taken back, reacted to, hidden and given back."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import bindparam, delete, func, select, update

from app.core import audit, duties, idempotency, indexing, journal
from app.core.blobs import attach_keys, detach_missing
from app.core.database import BigId, UTCDateTime, read, rows_changed, upsert, write
from app.core.errors import Refusal, require
from app.core.prepared import Prepared
from app.core.text import RenderedText
from app.core.time import clock
from app.extensions import db
from app.forums import queries
from app.forums.models import REACTIONS, Post, PostRevision, Reaction, Topic
from app.forums.operations.composing import add_post, forget_draft, speaking_for, words_of
from app.forums.operations.reading import follow_topic, raise_pointer
from app.forums.operations.topics import index_whole_topic, topic_changed
from app.forums.permissions import can_delete_post, can_edit_post, can_react, can_reply
from app.moderation.suspensions import sentence_for


class Answer(NamedTuple):
    """A message that was just written."""

    id: int
    number: int


def reply(
    topic: Any,
    room: queries.RoomRow,
    *,
    author: Any,
    text: RenderedText,
    request_id: str,
    company_id: int | None = None,
) -> Answer:
    """Add a post to an open topic; those who follow it are told after the commit.

    The number comes from an UPDATE of the topic's row, so two replies at once get two numbers (unique in the schema).
    Sent twice with the same request id, it returns the first post.
    """
    require(
        can_reply(author, topic, room),
        _("Ce sujet est clos : on n’y répond plus.")
        if topic.closed_at
        else sentence_for(author, topic.node_id),
    )
    hashed = idempotency.content_hash(topic.id, words_of(text))
    sender = idempotency.sender_of(author.id)
    made = idempotency.already_made(sender, request_id, hashed, "post")
    if made is not None:
        return Answer(made, read(_NUMBER, post_id=made).scalar_one())
    company_id = speaking_for(author, company_id)
    number = write(_NEXT_NUMBER, topic_id=topic.id, now=clock.now(), by=author.id).scalar_one()
    post_id = add_post(topic, author, text, number=number, company_id=company_id)
    idempotency.remember(sender, request_id, hashed, "post", post_id)
    raise_pointer(author.id, topic.id, number)
    forget_draft(author.id, queries.reply_draft(topic.id))
    journal.record(topic.scope_id, "post.added", "post", post_id, actor_id=author.id)
    audit.record(author, "replied", "post", post_id, node_id=topic.node_id)
    indexing.changed("post", post_id)
    duties.owe("post_added", "post", post_id, author.id, mentions=list(text.mentions))
    return Answer(post_id, number)


_NEXT_NUMBER = Prepared(
    update(Topic.__table__)
    .where(Topic.id == bindparam("topic_id", type_=BigId))
    .values(
        last_number=Topic.last_number + 1,
        posts_count=Topic.posts_count + 1,
        last_post_at=bindparam("now", type_=UTCDateTime),
        last_author_id=bindparam("by", type_=BigId),
    )
    .returning(Topic.last_number)
)
_NUMBER = Prepared(select(Post.number).where(Post.id == bindparam("post_id", type_=BigId)))


def edit_post(
    post: Post, topic: Topic, room: queries.RoomRow, *, author: Any, text: RenderedText, base_version: int
) -> Post:
    """Change what one wrote; what it said before stays readable in its history.

    Raises Refusal (409) when the post changed since the form was opened in another tab.
    """
    require(can_edit_post(author, post, topic, room), sentence_for(author, topic.node_id))
    if text.source == post.source:
        return post
    if base_version != post.version_of_text:
        raise Refusal(
            _(
                "Ce message a été modifié entre-temps dans un autre onglet. "
                "Votre texte est gardé : relisez, puis enregistrez."
            ),
            status=409,
        )
    db.session.add(
        PostRevision(
            post_id=post.id,
            version=post.version_of_text,
            source=post.source,
            editor_id=author.id,
            replaced_at=clock.now(),
        )
    )
    newly_named = sorted(set(text.mentions) - set(post.mentioned_ids))
    post.source, post.html, post.renderer_version = text.source, text.html, text.renderer_version
    post.mentioned_ids = list(text.mentions)
    post.edited_at = clock.now()
    post.version_of_text += 1
    post.version += 1
    detach_missing("post", post.id, text.images)
    attach_keys(author.id, "post", post.id, text.images)
    journal.record(topic.scope_id, "post.edited", "post", post.id, version=post.version, actor_id=author.id)
    audit.record(author, "edited", "post", post.id, node_id=topic.node_id)
    _index(post, topic)
    if newly_named:
        duties.owe("mentioned_later", "post", post.id, author.id, mentions=newly_named)
    forget_draft(author.id, f"post:{post.id}:edit")
    return post


def delete_post(post: Post, topic: Topic, room: queries.RoomRow, *, author: Any) -> None:
    """Take one's own words back. The place stays, empty, so that the rest still makes sense."""
    require(can_delete_post(author, post, topic, room))
    post.deleted_at, post.deleted_by_id = clock.now(), author.id
    _forget_words(post)
    if topic.accepted_post_id == post.id:
        topic.accepted_post_id, topic.accepted_by_id, topic.accepted_at = None, None, None
        topic_changed(topic, "topic.accepted", author)
    journal.record(topic.scope_id, "post.deleted", "post", post.id, version=post.version, actor_id=author.id)
    audit.record(author, "deleted", "post", post.id, node_id=topic.node_id)
    _index(post, topic)


def react(post: Post, topic: Topic, room: queries.RoomRow, *, person: Any, kind: str, wanted: bool) -> Post:
    """Say « merci », « même problème » or « je l’ai appliqué », or take it back; twice changes nothing."""
    require(can_react(person, post, topic, room))
    if kind not in REACTIONS:
        raise Refusal(_("Cette réaction n’existe pas."), status=400)
    keys = {"post_id": post.id, "user_id": person.id, "kind": kind}
    if wanted:
        changed = upsert(Reaction, keys, {"at": clock.now()}, keep=True)
    else:
        changed = rows_changed(delete(Reaction).filter_by(**keys)) > 0
    if not changed:
        return post
    column = getattr(Post, kind)
    count = (
        select(func.count())
        .select_from(Reaction)
        .where(Reaction.post_id == post.id, Reaction.kind == kind)
        .scalar_subquery()
    )
    db.session.execute(
        update(Post)
        .where(Post.id == post.id)
        .values({column: count, Post.version: Post.version + 1})
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(post)
    if wanted and kind == "same_problem":
        follow_topic(topic, person=person, follows=True)
    journal.record(
        topic.scope_id, "post.reactions", "post", post.id, version=post.version, actor_id=person.id
    )
    return post


def name_anew(post: Post, *, text: RenderedText) -> None:
    """Show in a message the present name of those it mentions. No new wording: nothing for its history, nobody told."""
    post, topic = queries.locked_post(post.id)
    post.source, post.html, post.renderer_version = text.source, text.html, text.renderer_version
    post.version += 1
    journal.record(topic.scope_id, "post.edited", "post", post.id, version=post.version)
    _index(post, topic)


def hide_post(post_id: int, *, provisionally: bool = False) -> None:
    """Take a post out of sight, by a decision made in moderation (its rights are checked there).

    Decided about a first message, it takes the topic with it. `provisionally`, by a report that nobody has read yet, it
    takes those words alone; deciding afterwards goes all the way.
    """
    post, topic = queries.locked_post(post_id)
    if post.hidden_at is not None and (provisionally or not post.hidden_provisionally):
        return
    post.hidden_at = post.hidden_at or clock.now()
    post.hidden_provisionally = provisionally
    post.version += 1
    takes_topic = post.number == 1 and not provisionally and topic.hidden_at is None
    if takes_topic:
        topic.hidden_at = post.hidden_at
        topic.version += 1
        journal.record(topic.scope_id, "topic.hidden", "topic", topic.id, version=topic.version)
    journal.record(topic.scope_id, "post.hidden", "post", post.id, version=post.version)
    index_whole_topic(topic.id) if takes_topic else _index(post, topic)


def restore_post(post_id: int) -> None:
    """Give a hidden post back, by a decision made in moderation; the topic too when it went with it."""
    post, topic = queries.locked_post(post_id)
    if post.hidden_at is None:
        return
    post.hidden_at, post.hidden_provisionally = None, False
    post.version += 1
    gives_topic = post.number == 1 and topic.hidden_at is not None
    if gives_topic:
        topic.hidden_at = None
        topic.version += 1
        journal.record(topic.scope_id, "topic.restored", "topic", topic.id, version=topic.version)
    journal.record(topic.scope_id, "post.restored", "post", post.id, version=post.version)
    index_whole_topic(topic.id) if gives_topic else _index(post, topic)


def remove_post(post_id: int) -> None:
    """Take a post away for good, by a decision made in moderation: its place stays, as that of a hidden one."""
    hide_post(post_id)
    post, topic = queries.locked_post(post_id)
    if post.deleted_at is not None:
        return
    post.deleted_at = clock.now()
    _forget_words(post)
    if topic.accepted_post_id == post.id:
        topic.accepted_post_id, topic.accepted_by_id, topic.accepted_at = None, None, None
    journal.record(topic.scope_id, "post.deleted", "post", post.id, version=post.version)
    _index(post, topic)


def _forget_words(post: Post) -> None:
    post.source, post.html = "", ""
    post.version += 1
    db.session.execute(delete(PostRevision).where(PostRevision.post_id == post.id))
    detach_missing("post", post.id, ())


def _index(post: Post, topic: Topic) -> None:
    if post.number == 1:
        indexing.changed("topic", topic.id)
    else:
        indexing.changed("post", post.id)
