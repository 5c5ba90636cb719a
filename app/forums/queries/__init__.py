"""Everything discussions read. `…_for(user)` decides what may be seen: missing and forbidden look alike.

Pages read plain rows, not entities: one statement for what a template touches, whatever the number of posts.
"""

from app.forums.queries.composing import common_tags, draft_of, reply_draft, tags_named
from app.forums.queries.messages import (
    POST_COLUMNS,
    POSTS_PER_PAGE,
    PostRow,
    post_source_for,
    post_to_change,
    posts_by_id,
    posts_page,
    reactions_of,
    revisions_of,
    visible_post_ids,
)
from app.forums.queries.people import followers_of, mentionable, people_who_run, readers_among
from app.forums.queries.rail import RailRoom, rail_of
from app.forums.queries.reader import READER, READER_PLACES, reader
from app.forums.queries.reading import UNREAD_CAP, unread_in_room
from app.forums.queries.rooms import (
    ROOM_COLUMNS,
    RoomRow,
    find_room,
    members_of_room,
    readable_room_ids,
    readable_rooms,
    room_for,
    room_known_to,
    room_membership,
    rooms_of_node,
    rooms_to_post_in,
)
from app.forums.queries.topics import (
    OPEN_QUESTION,
    TOPIC_COLUMNS,
    TOPICS_PER_PAGE,
    TopicPage,
    related_topics,
    topic_for,
    topic_rows_by_id,
    topic_to_change,
    topics_for,
    topics_of_room,
    visible_topic_ids,
)

__all__ = [
    "OPEN_QUESTION",
    "POSTS_PER_PAGE",
    "POST_COLUMNS",
    "READER",
    "READER_PLACES",
    "ROOM_COLUMNS",
    "TOPICS_PER_PAGE",
    "TOPIC_COLUMNS",
    "UNREAD_CAP",
    "PostRow",
    "RailRoom",
    "RoomRow",
    "TopicPage",
    "common_tags",
    "draft_of",
    "find_room",
    "followers_of",
    "members_of_room",
    "mentionable",
    "people_who_run",
    "post_source_for",
    "post_to_change",
    "posts_by_id",
    "posts_page",
    "rail_of",
    "reactions_of",
    "readable_room_ids",
    "readable_rooms",
    "reader",
    "readers_among",
    "related_topics",
    "reply_draft",
    "revisions_of",
    "room_for",
    "room_known_to",
    "room_membership",
    "rooms_of_node",
    "rooms_to_post_in",
    "tags_named",
    "topic_for",
    "topic_rows_by_id",
    "topic_to_change",
    "topics_for",
    "topics_of_room",
    "unread_in_room",
    "visible_post_ids",
    "visible_topic_ids",
]
