"""Everything that can happen in a discussion, in the words members use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, func, select, update

from app import notifications
from app.communities.access import access_of, rights_changed
from app.communities.models import Node
from app.core import audit, duties, idempotency, indexing, journal
from app.core.blobs import attach_keys, detach_missing
from app.core.database import rows_changed, upsert
from app.core.errors import Refusal, require
from app.core.slugs import slug_of
from app.core.text import RenderedText
from app.core.time import clock
from app.extensions import db
from app.forums import queries
from app.forums.models import (
    REACTIONS,
    TOPIC_KINDS,
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
from app.forums.permissions import (
    can_accept,
    can_admit_to_room,
    can_close,
    can_delete_post,
    can_edit_post,
    can_move,
    can_open_room,
    can_open_topic,
    can_pin,
    can_react,
    can_reopen,
    can_reply,
)

MAX_TAGS = 5

_A_MOMENT = timedelta(microseconds=1)


# Rooms


def open_room(
    *,
    node: Node,
    author: Any,
    name: str,
    summary: str = "",
    kind: str = "open",
    position: int = 0,
    request_id: str | None = None,
) -> Room:
    """Open a room in a node. A restricted room gets a scope of its own and lists its author first.

    Two rooms of one name at once meet `uq_room_node_id_slug`; the same request twice gives the first room.
    """
    require(author is None or can_open_room(author, node.id))
    if not name.strip():
        raise Refusal(_("Donnez un nom à la salle."), field="name")
    slug = slug_of(name)
    hashed = idempotency.content_hash(node.id, name, summary, kind)
    sender = idempotency.sender_of(author.id) if author is not None else ""
    if request_id is not None:
        made = idempotency.already_made(sender, request_id, hashed, "room")
        if made is not None:
            return db.session.get_one(Room, made)
    taken = db.session.execute(select(Room.id).where(Room.node_id == node.id, Room.slug == slug)).first()
    if taken is not None:
        raise Refusal(_("Une salle porte déjà ce nom ici. Choisissez-en un autre."), field="name")
    room = Room(
        node_id=node.id,
        kind=kind,
        name=name.strip(),
        slug=slug,
        summary=summary.strip(),
        position=position,
        scope_id=node.scope_id,
        created_by_id=author.id if author is not None else None,
        created_at=clock.now(),
    )
    db.session.add(room)
    db.session.flush()
    if kind == "restricted":
        room.scope_id = journal.open_scope("room", room.id).id
        if author is not None:
            _list_in_room(room, author.id, admitted_by_id=author.id)
    if request_id is not None:
        idempotency.remember(sender, request_id, hashed, "room", room.id)
    journal.record(node.scope_id, "room.opened", "room", room.id, actor_id=room.created_by_id)
    audit.record(author, "room_opened", "room", room.id, node_id=node.id, kind=kind)
    return room


def admit_to_room(room: queries.RoomRow, *, person_id: int, manager: Any) -> RoomMember:
    """List a person of the node in a restricted room, whether they asked or not."""
    require(can_admit_to_room(manager, room))
    open_to_node = queries.RoomRow(**{**room.__dict__, "kind": "open"})
    if person_id not in queries.readers_among(open_to_node, [person_id]):
        raise Refusal(_("Cette personne n’appartient pas à la communauté de cette salle."))
    line = _list_in_room(room, person_id, admitted_by_id=manager.id)
    audit.record(manager, "room_admitted", "room", room.id, node_id=room.node_id, person=person_id)
    duties.owe("room_admitted", "room", room.id, manager.id, person=person_id)
    rights_changed([person_id])
    return line


def leave_room(room: queries.RoomRow, *, person_id: int, actor: Any) -> None:
    """Take a person off a restricted room: by themselves or by who admits to it. Access ends at once."""
    require(actor.id == person_id or can_admit_to_room(actor, room))
    db.session.execute(
        delete(RoomMember).where(RoomMember.room_id == room.id, RoomMember.user_id == person_id)
    )
    audit.record(actor, "room_left", "room", room.id, node_id=room.node_id, person=person_id)
    rights_changed([person_id])


def _list_in_room(room: Any, person_id: int, *, admitted_by_id: int) -> RoomMember:
    line = db.session.get(RoomMember, (room.id, person_id))
    if line is None:
        line = RoomMember(room_id=room.id, user_id=person_id, asked_at=clock.now())
        db.session.add(line)
    line.admitted_at = line.admitted_at or clock.now()
    line.admitted_by_id = line.admitted_by_id or admitted_by_id
    return line


# Topics


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
) -> Topic:
    """Open a topic in a room with its first message.

    Sent twice with the same request id, it returns the first topic (the receipt's primary key is the promise).
    """
    require(
        can_open_topic(author, room, kind),
        _("Vous ne pouvez pas ouvrir de sujet dans cette salle."),
    )
    title = " ".join(title.split())
    if kind not in TOPIC_KINDS:
        raise Refusal(_("Choisissez ce que vous publiez : une question, une discussion…"), field="kind")
    if not 5 <= len(title) <= 160:
        raise Refusal(_("Le titre compte entre 5 et 160 caractères."), field="title")
    names = clean_tags(tags)
    hashed = idempotency.content_hash(room.id, kind, title, text.source, tuple(names))
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
    post = _add_post(topic, author, text, number=1, company_id=company_id)
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
    indexing.changed("topic", topic.id)
    duties.owe("topic_opened", "topic", topic.id, author.id, mentions=list(text.mentions), post=post.id)
    return topic


def reply(
    topic: Topic,
    room: queries.RoomRow,
    *,
    author: Any,
    text: RenderedText,
    request_id: str,
    company_id: int | None = None,
) -> Post:
    """Add a post to an open topic; those who follow it are told after the commit.

    The number comes from an UPDATE of the topic's row, so two replies at once get two numbers (unique in the schema).
    Sent twice with the same request id, it returns the first post.
    """
    require(
        can_reply(author, topic, room),
        _("Ce sujet est clos : on n’y répond plus.") if topic.closed_at else None,
    )
    hashed = idempotency.content_hash(topic.id, text.source)
    sender = idempotency.sender_of(author.id)
    made = idempotency.already_made(sender, request_id, hashed, "post")
    if made is not None:
        return db.session.get_one(Post, made)
    company_id = speaking_for(author, company_id)
    number = db.session.execute(
        update(Topic)
        .where(Topic.id == topic.id)
        .values(
            last_number=Topic.last_number + 1,
            posts_count=Topic.posts_count + 1,
            last_post_at=clock.now(),
            last_author_id=author.id,
        )
        .returning(Topic.last_number)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    post = _add_post(topic, author, text, number=number, company_id=company_id)
    idempotency.remember(sender, request_id, hashed, "post", post.id)
    raise_pointer(author.id, topic.id, number)
    forget_draft(author.id, queries.reply_draft(topic.id))
    journal.record(topic.scope_id, "post.added", "post", post.id, actor_id=author.id)
    audit.record(author, "replied", "post", post.id, node_id=topic.node_id)
    indexing.changed("post", post.id)
    duties.owe("post_added", "post", post.id, author.id, mentions=list(text.mentions))
    return post


def close_topic(topic: Topic, room: queries.RoomRow, *, actor: Any) -> None:
    """No more answers; everything stays readable."""
    require(can_close(actor, topic, room))
    if topic.closed_at is None:
        topic.closed_at, topic.closed_by_id = clock.now(), actor.id
        _topic_changed(topic, "topic.closed", actor)


def reopen_topic(topic: Topic, room: queries.RoomRow, *, actor: Any) -> None:
    """Answers are welcome again."""
    require(can_reopen(actor, topic, room))
    topic.closed_at, topic.closed_by_id = None, None
    _topic_changed(topic, "topic.reopened", actor)


def pin_topic(topic: Topic, room: queries.RoomRow, *, actor: Any, pinned: bool) -> None:
    """Hold a topic at the top of its room, or let it go."""
    require(can_pin(actor, topic, room))
    topic.pinned_at, topic.pinned_by_id = (clock.now(), actor.id) if pinned else (None, None)
    _topic_changed(topic, "topic.pinned", actor)


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
    _index_whole_topic(topic.id)
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
    _topic_changed(topic, "topic.accepted", actor)
    if post is not None:
        duties.owe("answer_accepted", "post", post.id, actor.id)


def _topic_changed(topic: Topic, kind: str, actor: Any) -> None:
    topic.version += 1
    journal.record(topic.scope_id, kind, "topic", topic.id, version=topic.version, actor_id=actor.id)
    audit.record(actor, kind.replace(".", "_"), "topic", topic.id, node_id=topic.node_id)


def _index_whole_topic(topic_id: int) -> None:
    indexing.changed("topic", topic_id)
    for post_id in db.session.execute(
        select(Post.id).where(Post.topic_id == topic_id, Post.number > 1)
    ).scalars():
        indexing.changed("post", post_id)


def _tag(topic: Topic, names: Iterable[str]) -> None:
    known = queries.tags_named(slug_of(name) for name in names)
    for name in names:
        tag = known.get(slug_of(name))
        if tag is None:
            tag = Tag(slug=slug_of(name), name=name)
            db.session.add(tag)
            db.session.flush()
        db.session.add(TopicTag(topic_id=topic.id, tag_id=tag.id))


# Posts


def edit_post(
    post: Post, topic: Topic, room: queries.RoomRow, *, author: Any, text: RenderedText, base_version: int
) -> Post:
    """Change what one wrote; what it said before stays readable in its history.

    Raises Refusal (409) when the post changed since the form was opened in another tab.
    """
    require(can_edit_post(author, post, topic, room))
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
    post.source, post.html = "", ""
    post.version += 1
    db.session.execute(delete(PostRevision).where(PostRevision.post_id == post.id))
    detach_missing("post", post.id, ())
    if topic.accepted_post_id == post.id:
        topic.accepted_post_id, topic.accepted_by_id, topic.accepted_at = None, None, None
        _topic_changed(topic, "topic.accepted", author)
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


def hide_post(post_id: int) -> None:
    """Take a post out of sight, by a decision made in moderation (its rights are checked there)."""
    post = db.session.get_one(Post, post_id)
    topic = db.session.get_one(Topic, post.topic_id)
    if post.hidden_at is None:
        post.hidden_at = clock.now()
        post.version += 1
        if post.number == 1:
            topic.hidden_at = post.hidden_at
            topic.version += 1
            journal.record(topic.scope_id, "topic.hidden", "topic", topic.id, version=topic.version)
        journal.record(topic.scope_id, "post.hidden", "post", post.id, version=post.version)
        _index_whole_topic(topic.id) if post.number == 1 else _index(post, topic)


def restore_post(post_id: int) -> None:
    """Give a hidden post back, by a decision made in moderation."""
    post = db.session.get_one(Post, post_id)
    topic = db.session.get_one(Topic, post.topic_id)
    if post.hidden_at is not None:
        post.hidden_at = None
        post.version += 1
        if post.number == 1:
            topic.hidden_at = None
            topic.version += 1
            journal.record(topic.scope_id, "topic.restored", "topic", topic.id, version=topic.version)
        journal.record(topic.scope_id, "post.restored", "post", post.id, version=post.version)
        _index_whole_topic(topic.id) if post.number == 1 else _index(post, topic)


def _add_post(topic: Topic, author: Any, text: RenderedText, *, number: int, company_id: int | None) -> Post:
    post = Post(
        topic_id=topic.id,
        number=number,
        author_id=author.id,
        company_id=company_id,
        byline=queries.byline_of(author, company_id, topic.node_id),
        source=text.source,
        html=text.html,
        renderer_version=text.renderer_version,
        mentioned_ids=list(text.mentions),
        created_at=clock.now(),
    )
    db.session.add(post)
    db.session.flush()
    attach_keys(author.id, "post", post.id, text.images)
    return post


def _index(post: Post, topic: Topic) -> None:
    if post.number == 1:
        indexing.changed("topic", topic.id)
    else:
        indexing.changed("post", post.id)


# Reading


def raise_pointer(user_id: int, topic_id: int, number: int) -> None:
    """Remember that the person read up to `number`; the pointer never goes back by itself."""
    upsert(
        TopicReading,
        {"user_id": user_id, "topic_id": topic_id},
        {"last_number": number, "at": clock.now()},
        only_if=lambda new: TopicReading.last_number < new.last_number,
    )


def mark_read(page: queries.TopicPage, *, person: Any, number: int) -> None:
    """Raise the pointer of a topic; when nothing is left unread in its room, the room is caught up with."""
    number = max(0, min(number, page.topic.last_number))
    if number <= page.last_read:
        return
    raise_pointer(person.id, page.topic.id, number)
    db.session.flush()
    if queries.unread_in_room(person, page.room.id) == 0:
        catch_up_room(page.room.id, person_id=person.id)


def mark_unread_from(page: queries.TopicPage, *, person: Any, number: int) -> None:
    """Put the pointer back before `number`, on purpose."""
    line = db.session.get(TopicReading, (person.id, page.topic.id))
    if line is not None:
        line.last_number = max(0, min(line.last_number, number - 1))
    room = db.session.get(RoomReading, (person.id, page.room.id))
    if room is not None and room.caught_up_at >= page.topic.last_post_at:
        # The room was wholly read: open it again from just before this topic's last message.
        room.caught_up_at = page.topic.last_post_at - _A_MOMENT


def catch_up_room(room_id: int, *, person_id: int) -> None:
    """Everything said in the room until now counts as read."""
    upsert(RoomReading, {"user_id": person_id, "room_id": room_id}, {"caught_up_at": clock.now()})


def clear_news(user_id: int, topic_id: int) -> None:
    """Reading a topic to its end clears what the person was told of it, on every device."""
    notifications.read_thread(user_id, f"topic:{topic_id}")


def follow_topic(topic: Any, *, person: Any, follows: bool) -> None:
    """Be told of every new message of the topic, or of none."""
    upsert(TopicFollow, {"user_id": person.id, "topic_id": topic.id}, {"follows": follows, "at": clock.now()})


# Drafts


def save_draft(*, person: Any, key: str, body: str, sequence: int) -> bool:
    """Keep what is being typed. False when a later save, or the sending, overtook this one."""
    return upsert(
        Draft,
        {"user_id": person.id, "key": key},
        {"body": body, "sequence": sequence, "at": clock.now()},
        only_if=lambda new: Draft.sequence < new.sequence,
    )


def forget_draft(user_id: int, key: str) -> None:
    """Empty a draft whose text was sent; a save still on its way from before is refused by the sequence."""
    line = db.session.get(Draft, (user_id, key))
    if line is not None:
        line.body = ""
        line.sequence = max(line.sequence + 1, int(clock.now().timestamp() * 1000))


# Small things


def speaking_for(author: Any, company_id: int | None) -> int | None:
    """The firm the author speaks for: the one chosen, else their first; None for somebody without a firm."""
    companies = access_of(author).companies
    if company_id is not None:
        if company_id not in companies:
            raise Refusal(_("Vous ne pouvez pas écrire au nom de cette entreprise."), field="company_id")
        return company_id
    return next(iter(companies), None)


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
