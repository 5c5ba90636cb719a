"""What lower layers are told of topics and posts: who sees them, how they are described, found, hidden and announced."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import bindparam, case, func, select

from app import moderation, search
from app.accounts.models import User
from app.communities import slots
from app.communities.access import access_of
from app.communities.models import Node
from app.core import indexing, links, news, shell, things
from app.core.database import read
from app.core.indexing import IndexRecord
from app.core.prepared import Prepared
from app.core.text import plain_excerpt
from app.core.text.excerpts import plain_text
from app.core.things import Description
from app.extensions import db
from app.forums import moderated, operations, permissions, queries
from app.forums.audience import NEWS
from app.forums.membership import restricted_rooms_of
from app.forums.models import Post, RegionalAnnouncement, Room, Topic
from app.forums.rail import fill_rail
from app.moderation import acts, waiting

POST_ADDRESS = re.compile(r"^/messages/(\d+)")
TOPIC_ADDRESS = re.compile(r"^/sujets/(\d+)")
POST_ANCHOR = re.compile(r"^message-(\d+)$")
CONTEXT = 2
"""Messages shown to a moderator before and after the reported one."""


def register() -> None:
    """Make topics, posts and rooms known to every lower layer."""
    things.register("topic", visible_ids=queries.visible_topic_ids, describe=describe_topics)
    things.register("post", visible_ids=queries.visible_post_ids, describe=describe_posts)
    things.register("room", visible_ids=_visible_rooms, describe=_describe_rooms)
    indexing.register_source("topic", topic_records, texts=topic_texts)
    indexing.register_source("post", post_records, texts=post_texts)
    links.offer(
        "topic",
        heading=_l("Sujets"),
        icon="topic",
        order=10,
        may_link=_may_link_topic,
        may_unlink=_runs_topic,
    )
    shell.provides(fill_rail)
    slots.community_section(_rooms_section, order=10)
    slots.welcome_act(_where_to_write)
    _found()
    _register_moderated()
    _on_the_desk()
    news.register(*NEWS)


def _found() -> None:
    search.facet("topic", slug="sujets", label=_l("Sujets"), icon="topic", order=10, key=Topic.id)
    search.facet("post", slug="messages", label=_l("Messages"), icon="reply", order=20, key=Post.id)
    search.reaches(_restricted_scopes)


def _restricted_scopes(user: Any) -> list[int]:
    return list(restricted_rooms_of(user).values())


def _register_moderated() -> None:
    moderation.register(
        "post",
        noun=_l("message"),
        hide=lambda post_id, decision: operations.hide_post(post_id, provisionally=decision.provisional),
        confirm=lambda post_id, decision: operations.hide_post(post_id),
        restore=lambda post_id, decision: operations.restore_post(post_id),
        context=post_context,
        resolve=resolve_address,
        is_hidden=lambda post_id: db.session.get_one(Post, post_id).hidden_at is not None,
        delete=lambda post_id, decision: operations.remove_post(post_id),
        targets=moderated.targets,
        move=moderated.move,
        room_of=moderated.room_of,
        membership_of=moderated.membership_of,
        remove_from_room=lambda room_id, person_id: operations.take_off_room(room_id, person_id=person_id),
        give_room_back=lambda room_id, person_id, by: operations.give_room_back(
            room_id, person_id=person_id, by=by
        ),
        readers=moderated.readers,
        written=moderated.written,
    )


def _on_the_desk() -> None:
    things.register("announcement", visible_ids=_visible_announcements, describe=_describe_announcements)
    acts.register("discussions", {"announced": _l("a fait une annonce à la région")})
    waiting.desk_part(_announcing)


def _announcing(user: Any) -> Markup | None:
    regions = [place for place in access_of(user).higher_places if permissions.can_announce(user, place)]
    if not regions:
        return None
    return Markup(render_template("forums/_announcing.html", regions=regions))


def _visible_announcements(user: Any, ids: Collection[int]) -> set[int]:
    rows = db.session.execute(
        select(RegionalAnnouncement.id, RegionalAnnouncement.node_id).where(RegionalAnnouncement.id.in_(ids))
    )
    return {row.id for row in rows if access_of(user).manages(row.node_id)}


def _describe_announcements(ids: Collection[int]) -> dict[int, Description]:
    rows = db.session.execute(
        select(RegionalAnnouncement.id, RegionalAnnouncement.title, RegionalAnnouncement.node_id, Node.slug)
        .join(Node, Node.id == RegionalAnnouncement.node_id)
        .where(RegionalAnnouncement.id.in_(ids))
    )
    return {
        row.id: Description(title=row.title, url=f"/regions/{row.slug}/annonces", node_id=row.node_id)
        for row in rows
    }


# Descriptions


def topic_url(topic_id: int, slug: str) -> str:
    """The address of a topic."""
    return f"/sujets/{topic_id}-{slug}"


def post_url(topic_id: int, slug: str, number: int) -> str:
    """The address of a post inside its topic's right page."""
    page = (number - 1) // queries.POSTS_PER_PAGE + 1
    query = f"?page={page}" if page > 1 else ""
    return f"{topic_url(topic_id, slug)}{query}#message-{number}"


def describe_topics(ids: Collection[int]) -> dict[int, Description]:
    """Topics with the words of their first message, unless these wait for a moderator."""
    rows = db.session.execute(
        select(
            *queries.TOPIC_COLUMNS,
            Post.source,
            Post.html,
            Post.company_id,
            Post.hidden_provisionally.label("is_wordless"),
        )
        .join(Post, (Post.topic_id == Topic.id) & (Post.number == 1))
        .where(Topic.id.in_(ids))
    )
    return {
        row.id: Description(
            title=row.title,
            url=topic_url(row.id, row.slug),
            node_id=row.node_id,
            scope_id=row.scope_id,
            author_id=row.author_id,
            company_id=row.company_id,
            text="" if row.is_wordless else row.source,
            html="" if row.is_wordless else row.html,
        )
        for row in rows
    }


def describe_posts(ids: Collection[int]) -> dict[int, Description]:
    """Posts, named by their topic."""
    rows = db.session.execute(
        select(
            Post.id,
            Post.number,
            Post.author_id,
            Post.company_id,
            Post.source,
            Post.html,
            Topic.id.label("topic_id"),
            Topic.slug,
            Topic.title,
            Topic.node_id,
            Topic.scope_id,
        )
        .join(Topic, Topic.id == Post.topic_id)
        .where(Post.id.in_(ids))
    )
    return {
        row.id: Description(
            title=row.title,
            url=post_url(row.topic_id, row.slug, row.number),
            node_id=row.node_id,
            scope_id=row.scope_id,
            author_id=row.author_id,
            company_id=row.company_id,
            text=row.source,
            html=row.html,
        )
        for row in rows
    }


def _visible_rooms(user: Any, ids: Collection[int]) -> set[int]:
    return queries.readable_room_ids(user, ids) | {
        room_id
        for room_id in ids
        if (room := queries.find_room(room_id)) and permissions.can_know_room(user, room)
    }


def _describe_rooms(ids: Collection[int]) -> dict[int, Description]:
    rows = db.session.execute(select(*queries.ROOM_COLUMNS).where(Room.id.in_(ids)))
    return {
        row.id: Description(
            title=row.name,
            url=f"/salles/{row.id}-{row.slug}" + ("/membres" if row.kind == "restricted" else ""),
            node_id=row.node_id,
            scope_id=row.scope_id,
        )
        for row in rows
    }


# Found


def topic_records(ids: Collection[int]) -> list[IndexRecord]:
    """Topics by title, tags and first message; hidden ones are not found, and keep their place.

    A first message that waits for a moderator is not found by its words.
    """
    rows = db.session.execute(
        select(*queries.TOPIC_COLUMNS, case((Post.hidden_provisionally, ""), else_=Post.html).label("html"))
        .join(Post, (Post.topic_id == Topic.id) & (Post.number == 1))
        .where(Topic.id.in_(ids))
    )
    return [
        indexing.place_kept(row.id, row.created_at)
        if row.hidden_at is not None
        else IndexRecord(
            object_id=row.id,
            scope_id=row.scope_id,
            title=row.title,
            text=" ".join([plain_excerpt(row.html, 20_000), *row.tag_names]),
            url=topic_url(row.id, row.slug),
            excerpt=plain_excerpt(row.html, 240),
            at=row.created_at,
        )
        for row in rows
    ]


def post_records(ids: Collection[int]) -> list[IndexRecord]:
    """Answers by their words; deleted ones are gone, hidden ones and those of a hidden topic only keep their place."""
    rows = read(_POST_RECORDS, ids=list(ids)).all()
    return [
        indexing.place_kept(row.id, row.created_at)
        if row.hidden_at is not None
        else IndexRecord(
            object_id=row.id,
            scope_id=row.scope_id,
            title=row.title,
            text=plain_excerpt(row.html, 20_000),
            url=post_url(row.topic_id, row.slug, row.number),
            excerpt=plain_excerpt(row.html, 240),
            at=row.created_at,
        )
        for row in rows
    ]


_POST_RECORDS = Prepared(
    select(
        Post.id,
        Post.number,
        Post.html,
        Post.created_at,
        Topic.id.label("topic_id"),
        Topic.slug,
        Topic.title,
        Topic.scope_id,
        func.coalesce(Post.hidden_at, Topic.hidden_at).label("hidden_at"),
    )
    .join(Topic, Topic.id == Post.topic_id)
    .where(
        Post.id.in_(bindparam("ids", expanding=True)),
        Post.number > 1,
        Post.deleted_at.is_(None),
    )
)


def topic_texts(ids: Collection[int]) -> dict[int, str]:
    """The words of first messages, by topic."""
    rows = read(_TOPIC_TEXTS, ids=list(ids))
    return {row.topic_id: _words(row.html) for row in rows}


def post_texts(ids: Collection[int]) -> dict[int, str]:
    """The words of messages."""
    return {row.id: _words(row.html) for row in read(_POST_TEXTS, ids=list(ids))}


_TOPIC_TEXTS = Prepared(
    select(Post.topic_id, Post.html).where(
        Post.topic_id.in_(bindparam("ids", expanding=True)), Post.number == 1, Post.hidden_at.is_(None)
    )
)
_POST_TEXTS = Prepared(select(Post.id, Post.html).where(Post.id.in_(bindparam("ids", expanding=True))))
_words = lru_cache(maxsize=512)(plain_text)


# Linked


def _may_link_topic(user: Any, topic_id: int) -> bool:
    """Whoever may answer in the topic."""
    found = _topic_and_room(topic_id)
    return found is not None and permissions.can_reply(user, *found)


def _runs_topic(user: Any, topic_id: int) -> bool:
    """Its author, and those who manage the place."""
    found = _topic_and_room(topic_id)
    return found is not None and (found[0].author_id == user.id or access_of(user).manages(found[0].node_id))


def _topic_and_room(topic_id: int) -> tuple[Topic, Any] | None:
    topic = db.session.get(Topic, topic_id)
    room = queries.find_room(topic.room_id) if topic is not None else None
    return (topic, room) if topic is not None and room is not None else None


# Moderated


def post_context(post_id: int, user: Any) -> list[moderation.ContextPost]:
    """The reported message with what surrounds it. A restricted room opens the reported message alone."""
    post = db.session.get_one(Post, post_id)
    topic = db.session.get_one(Topic, post.topic_id)
    room = queries.find_room(topic.room_id)
    around = CONTEXT if room is not None and permissions.can_read_room(user, room) else 0
    rows = db.session.execute(
        select(*queries.POST_COLUMNS)
        .join(User, User.id == Post.author_id)
        .where(
            Post.topic_id == topic.id,
            Post.number.between(post.number - around, post.number + around),
            Post.deleted_at.is_(None),
        )
        .order_by(Post.number)
    )
    return [
        moderation.ContextPost(
            author=f"{row.given_name} {row.family_name}",
            byline=row.byline,
            at=row.created_at,
            html=Markup(row.html),
            is_target=row.id == post_id,
            url=post_url(topic.id, topic.slug, row.number),
        )
        for row in rows
    ]


def resolve_address(path: str, fragment: str) -> int | None:
    """The post that an address of ours points at: a message, or a topic's first one."""
    if found := POST_ADDRESS.match(path):
        post_id = int(found[1])
        return post_id if post_id < 2**63 and db.session.get(Post, post_id) is not None else None
    if found := TOPIC_ADDRESS.match(path):
        anchor = POST_ANCHOR.match(fragment or "")
        if int(found[1]) >= 2**63:
            return None
        return db.session.execute(
            select(Post.id).where(
                Post.topic_id == int(found[1]), Post.number == (min(int(anchor[1]), 10**6) if anchor else 1)
            )
        ).scalar_one_or_none()
    return None


# Pages of lower layers


def _rooms_section(user: Any, node: Any) -> Markup | None:
    rooms = queries.rooms_of_node(user, node.id)
    return Markup(
        render_template(
            "forums/_rooms_section.html",
            rooms=rooms,
            node=node,
            can_open=permissions.can_open_room(user, node.id),
        )
    )


def _where_to_write(user: Any, node: Any) -> tuple[str, str] | None:
    for room in queries.rooms_to_post_in(user):
        if room.node_id == node.id and room.kind == "open":
            return _("Écrire un premier message"), url_for(
                "forums.new_topic", salle=room.id, genre="discussion"
            )
    return None
