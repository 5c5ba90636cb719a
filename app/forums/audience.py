"""Whom what happens in discussions concerns, and how it is told in one sentence; `adapters` registers it."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.duties import Duty
from app.core.news import News, Recipient
from app.extensions import db
from app.forums import queries
from app.forums.models import Post, Topic


def _told_of_post(duty: Duty) -> list[Recipient]:
    post = db.session.get(Post, duty.object_id)
    if post is None:
        return []
    followers = [
        Recipient(user_id, thread=f"topic:{post.topic_id}")
        for user_id in sorted(queries.followers_of(post.topic_id) - {post.author_id})
    ]
    return [*_named_in(post.topic_id, duty), *followers]


def _named_in_topic(duty: Duty) -> list[Recipient]:
    return _named_in(duty.object_id, duty)


def _named_later(duty: Duty) -> list[Recipient]:
    post = db.session.get(Post, duty.object_id)
    return _named_in(post.topic_id, duty) if post is not None else []


def _named_in(topic_id: int, duty: Duty) -> list[Recipient]:
    """Those of the named people who may read the room."""
    topic = db.session.get(Topic, topic_id)
    room = queries.find_room(topic.room_id) if topic is not None else None
    if room is None:
        return []
    people = queries.readers_among(room, duty.detail.get("mentions", []))
    return [Recipient(user_id, kind="mention", thread=f"topic:{topic_id}") for user_id in sorted(people)]


def _author_of_post(duty: Duty) -> list[Recipient]:
    post = db.session.get(Post, duty.object_id)
    return [Recipient(post.author_id, thread=f"topic:{post.topic_id}")] if post else []


def _author_of_topic(duty: Duty) -> list[Recipient]:
    topic = db.session.get(Topic, duty.object_id)
    return [Recipient(topic.author_id, thread=f"topic:{topic.id}")] if topic else []


def _admitted_person(duty: Duty) -> list[Recipient]:
    return [Recipient(duty.detail["person"])]


NEWS = (
    News(
        "post_added",
        label=_l("Une réponse dans un sujet que je suis"),
        recipients=_told_of_post,
        sentence=lambda t: _("%(who)s a répondu dans « %(title)s ».", who=t.who, title=t.title),
    ),
    News(
        "mention",
        label=_l("Quelqu’un me nomme"),
        sentence=lambda t: _("%(who)s vous a nommé dans « %(title)s ».", who=t.who, title=t.title),
    ),
    News(
        "topic_opened",
        label=_l("Un nouveau sujet me nomme"),
        recipients=_named_in_topic,
        sentence=lambda t: _("%(who)s a ouvert « %(title)s ».", who=t.who, title=t.title),
        is_chosen=False,
    ),
    News(
        "mentioned_later",
        label=_l("Une modification me nomme"),
        recipients=_named_later,
        sentence=lambda t: _("%(who)s vous a nommé dans « %(title)s ».", who=t.who, title=t.title),
        is_chosen=False,
    ),
    News(
        "answer_accepted",
        label=_l("Ma réponse est retenue"),
        recipients=_author_of_post,
        sentence=lambda t: _("Votre réponse est retenue dans « %(title)s ».", title=t.title),
    ),
    News(
        "topic_moved",
        label=_l("Mon sujet change de salle"),
        recipients=_author_of_topic,
        sentence=lambda t: _(
            "%(who)s a déplacé « %(title)s » dans une autre salle.", who=t.who, title=t.title
        ),
        mail=None,
    ),
    News(
        "room_admitted",
        label=_l("Une salle restreinte m’est ouverte"),
        recipients=_admitted_person,
        sentence=lambda t: _("La salle « %(title)s » vous est ouverte.", title=t.title),
    ),
)
