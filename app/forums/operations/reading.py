"""What somebody read, and what they want to be told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app import notifications
from app.core.database import upsert
from app.core.time import clock
from app.extensions import db
from app.forums import queries
from app.forums.models import RoomReading, TopicFollow, TopicReading

_A_MOMENT = timedelta(microseconds=1)


def raise_pointer(user_id: int, topic_id: int, number: int) -> None:
    """Remember that the person read up to `number`; the pointer never goes back by itself."""
    upsert(
        TopicReading,
        {"user_id": user_id, "topic_id": topic_id},
        {"last_number": number, "at": clock.now()},
        rising="last_number",
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
