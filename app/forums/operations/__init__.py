"""Everything that can happen in a discussion, in the words members use."""

from app.forums.operations.announcements import announce
from app.forums.operations.composing import forget_draft, save_draft, speaking_for
from app.forums.operations.messages import (
    delete_post,
    edit_post,
    hide_post,
    name_anew,
    react,
    remove_post,
    reply,
    restore_post,
)
from app.forums.operations.reading import (
    catch_up_room,
    clear_news,
    follow_topic,
    mark_read,
    mark_unread_from,
    raise_pointer,
)
from app.forums.operations.rooms import admit_to_room, give_room_back, leave_room, open_room, take_off_room
from app.forums.operations.topics import (
    MAX_TAGS,
    accept_answer,
    clean_tags,
    close_topic,
    move_topic,
    open_topic,
    pin_topic,
    reopen_topic,
)

__all__ = [
    "MAX_TAGS",
    "accept_answer",
    "admit_to_room",
    "announce",
    "catch_up_room",
    "clean_tags",
    "clear_news",
    "close_topic",
    "delete_post",
    "edit_post",
    "follow_topic",
    "forget_draft",
    "give_room_back",
    "hide_post",
    "leave_room",
    "mark_read",
    "mark_unread_from",
    "move_topic",
    "name_anew",
    "open_room",
    "open_topic",
    "pin_topic",
    "raise_pointer",
    "react",
    "remove_post",
    "reopen_topic",
    "reply",
    "restore_post",
    "save_draft",
    "speaking_for",
    "take_off_room",
]
