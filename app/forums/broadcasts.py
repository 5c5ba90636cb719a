"""What open pages are told of discussions: the entry, with the partial the page itself renders.

Where readers differ (a hidden post, a restored one) the entry carries no markup: each page fetches its own view.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import force_locale
from sqlalchemy import bindparam, select

from app.communities.models import Node
from app.core import journal
from app.core.database import read
from app.core.journal import Entry
from app.core.prepared import Prepared
from app.core.time import use_zone
from app.extensions import db
from app.forums import queries
from app.forums.models import Post, Topic
from app.forums.rendering import post_html, topic_row_html

LOCALE = "fr"
"""Pushed markup is French: one message serves a whole scope. English pages fetch their own (see `live` modules)."""


@journal.presents("post.added", "post.edited", "post.deleted")
def present_posts(entries: list[Entry]) -> Mapping[int, Mapping[str, Any]]:
    """Posts with their markup; one that was hidden since is told without it."""
    rows = queries.posts_by_id([entry.object_id for entry in entries])
    topics = _topics([row.topic_id for row in rows.values()])
    result: dict[int, Mapping[str, Any]] = {}
    with force_locale(LOCALE):
        for post_id, row in rows.items():
            topic = topics[row.topic_id]
            use_zone(topic.time_zone)
            message: dict[str, Any] = {
                "scope_now": topic.scope_id,
                "topic": topic.id,
                "room": topic.room_id,
                "version": row.version,
                "data": {
                    "number": row.number,
                    "posts_count": topic.posts_count,
                    "accepted": topic.accepted_post_id,
                },
            }
            if row.hidden_at is None and topic.hidden_at is None:
                message["html"] = post_html(row, held=topic.accepted_post_id == post_id)
            result[post_id] = message
    return result


@journal.presents("post.hidden", "post.restored")
def present_changes(entries: list[Entry]) -> Mapping[int, Mapping[str, Any]]:
    """Posts whose readers differ: where they stand, nothing of what they say."""
    rows = db.session.execute(
        select(Post.id, Post.topic_id, Post.number, Topic.room_id, Topic.scope_id)
        .join(Topic, Topic.id == Post.topic_id)
        .where(Post.id.in_([entry.object_id for entry in entries]))
    )
    return {
        row.id: {
            "scope_now": row.scope_id,
            "topic": row.topic_id,
            "room": row.room_id,
            "data": {"number": row.number},
        }
        for row in rows
    }


@journal.presents("post.reactions")
def present_reactions(entries: list[Entry]) -> Mapping[int, Mapping[str, Any]]:
    """Counters as values."""
    rows = db.session.execute(
        select(
            Post.id,
            Post.topic_id,
            Topic.room_id,
            Topic.scope_id,
            Post.version,
            Post.thanks,
            Post.same_problem,
            Post.applied,
        )
        .join(Topic, Topic.id == Post.topic_id)
        .where(Post.id.in_([entry.object_id for entry in entries]))
    )
    return {
        row.id: {
            "scope_now": row.scope_id,
            "topic": row.topic_id,
            "room": row.room_id,
            "version": row.version,
            "data": {
                "counts": {
                    "thanks": row.thanks,
                    "same_problem": row.same_problem,
                    "applied": row.applied,
                }
            },
        }
        for row in rows
    }


@journal.presents(
    "topic.accepted",
    "topic.closed",
    "topic.reopened",
    "topic.pinned",
    "topic.hidden",
    "topic.restored",
)
def present_topics(entries: list[Entry]) -> Mapping[int, Mapping[str, Any]]:
    """The state of topics as values."""
    return {
        topic.id: {
            "scope_now": topic.scope_id,
            "topic": topic.id,
            "version": topic.version,
            "data": {
                "post": topic.accepted_post_id,
                "is_open": topic.closed_at is None,
                "is_pinned": topic.pinned_at is not None,
            },
        }
        for topic in _topics([entry.object_id for entry in entries]).values()
    }


@journal.presents("topic.moved")
def present_departures(entries: list[Entry]) -> Mapping[int, Mapping[str, Any]]:
    """Topics that left the scope: which, and nothing of what they say elsewhere."""
    return {
        entry.object_id: {"scope_now": journal.ANY_SCOPE, "topic": entry.object_id, "data": {}}
        for entry in entries
    }


@journal.presents("topic.added")
def present_new_topics(entries: list[Entry]) -> Mapping[int, Mapping[str, Any]]:
    """New topics with the row their room's list shows."""
    rows = queries.topic_rows_by_id([entry.object_id for entry in entries])
    result: dict[int, Mapping[str, Any]] = {}
    with force_locale(LOCALE):
        for topic_id, row in rows.items():
            message: dict[str, Any] = {
                "scope_now": row.scope_id,
                "topic": topic_id,
                "room": row.room_id,
                "version": row.version,
                "data": {},
            }
            if row.hidden_at is None:
                message["html"] = topic_row_html(row)
            result[topic_id] = message
    return result


def _topics(ids: list[int]) -> dict[int, Any]:
    return {row.id: row for row in read(_TOPICS, ids=ids)}


_TOPICS = Prepared(
    select(*queries.TOPIC_COLUMNS, Node.time_zone)
    .join(Node, Node.id == Topic.node_id)
    .where(Topic.id.in_(bindparam("ids", expanding=True)))
)


@journal.resolves("room")
def _reads_restricted_rooms(user: Any, refs: Any) -> set[int]:
    return queries.readable_room_ids(user, refs)
