"""The charter of discussions, as predicates. A screen hides a button with the predicate the operation enforces.

`room` and `topic` may be rows or models: only the named attributes are read. Membership of a restricted room is asked
once per request (`restricted_rooms_of`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.communities.access import access_of
from app.core.time import clock
from app.forums.membership import restricted_rooms_of
from app.moderation.suspensions import is_suspended

EDIT_FOR = timedelta(days=365)
"""An author may mend a message for a year; what was cited for longer stays as it was."""


def can_read_room(user: Any, room: Any) -> bool:
    """Everybody of the node; only the listed members when the room is restricted."""
    if room.kind == "restricted":
        return room.id in restricted_rooms_of(user)
    return access_of(user).reads(room.node_id)


def can_know_room(user: Any, room: Any) -> bool:
    """Readers, and those who manage the node: they see that a restricted room exists and admit to it."""
    return can_read_room(user, room) or access_of(user).manages(room.node_id)


def can_open_room(user: Any, node_id: int) -> bool:
    return access_of(user).manages(node_id)


def can_admit_to_room(user: Any, room: Any) -> bool:
    return room.kind == "restricted" and (
        access_of(user).manages(room.node_id) or room.created_by_id == user.id
    )


def can_open_topic(user: Any, room: Any, kind: str | None = None) -> bool:
    """Any reader of the room; in an announcements room, and for announcements anywhere, those who manage the node."""
    if not can_read_room(user, room) or room.archived_at is not None or is_suspended(user, room.node_id):
        return False
    if room.kind == "announcements" or kind == "announcement":
        return access_of(user).manages(room.node_id)
    return True


def can_announce(user: Any, region: Any) -> bool:
    """To every community of a region: those who manage the region."""
    return region.kind == "region" and access_of(user).manages(region.id)


def can_read_topic(user: Any, topic: Any, room: Any) -> bool:
    """Readers of the room; a hidden topic only its author and the moderators."""
    if not can_read_room(user, room):
        return False
    return topic.hidden_at is None or topic.author_id == user.id or access_of(user).moderates(topic.node_id)


def can_reply(user: Any, topic: Any, room: Any) -> bool:
    """Readers of an open topic, unless their writing is suspended there."""
    return (
        topic.closed_at is None
        and topic.hidden_at is None
        and can_read_topic(user, topic, room)
        and not is_suspended(user, topic.node_id)
    )


def can_edit_post(user: Any, post: Any, topic: Any, room: Any) -> bool:
    """One's own message, while it is neither deleted nor hidden and the topic is readable."""
    return (
        post.author_id == user.id
        and post.deleted_at is None
        and post.hidden_at is None
        and can_read_topic(user, topic, room)
        and clock.now() - post.created_at < EDIT_FOR
        and not is_suspended(user, topic.node_id)
    )


def can_delete_post(user: Any, post: Any, topic: Any, room: Any) -> bool:
    """One's own message; removing somebody else's is a decision of moderation, with a statement of reasons."""
    return post.author_id == user.id and post.deleted_at is None and can_read_topic(user, topic, room)


def can_read_post(user: Any, post: Any, topic: Any, room: Any) -> bool:
    """The words of a post: gone once deleted; once hidden, for its author and the moderators only."""
    if post.deleted_at is not None or not can_read_topic(user, topic, room):
        return False
    return post.hidden_at is None or post.author_id == user.id or access_of(user).moderates(topic.node_id)


def can_accept(user: Any, topic: Any, room: Any) -> bool:
    """The person who asked, or those who manage the node."""
    if topic.kind not in ("question", "need") or not can_read_topic(user, topic, room):
        return False
    return topic.author_id == user.id or access_of(user).manages(topic.node_id)


def can_close(user: Any, topic: Any, room: Any) -> bool:
    """The person who opened it, or those who manage the node."""
    if not can_read_topic(user, topic, room):
        return False
    return topic.author_id == user.id or access_of(user).manages(topic.node_id)


def can_reopen(user: Any, topic: Any, room: Any) -> bool:
    """Who closed it, or those who manage the node."""
    if topic.closed_at is None or not can_read_topic(user, topic, room):
        return False
    return topic.closed_by_id == user.id or access_of(user).manages(topic.node_id)


def can_pin(user: Any, topic: Any, room: Any) -> bool:
    return can_read_topic(user, topic, room) and access_of(user).manages(topic.node_id)


def can_move(user: Any, topic: Any, room: Any, target: Any) -> bool:
    """Those who manage both nodes, between rooms both of which they read."""
    access = access_of(user)
    return (
        can_read_topic(user, topic, room)
        and can_read_room(user, target)
        and access.manages(topic.node_id)
        and access.manages(target.node_id)
        and target.archived_at is None
    )


def can_react(user: Any, post: Any, topic: Any, room: Any) -> bool:
    """Any reader, to what others wrote."""
    return (
        post.author_id != user.id
        and post.hidden_at is None
        and topic.hidden_at is None
        and can_read_post(user, post, topic, room)
    )
