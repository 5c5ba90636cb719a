"""Announcing to every community of a region: written once, there once in each."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.communities.models import Node
from app.core import audit, idempotency
from app.core.errors import NotFound, Refusal, require
from app.core.text import RenderedText
from app.core.time import clock
from app.extensions import db
from app.forums import queries
from app.forums.models import AnnouncementCopy, RegionalAnnouncement, Room
from app.forums.operations.composing import words_of
from app.forums.operations.rooms import open_room
from app.forums.operations.topics import open_topic
from app.forums.permissions import can_announce

SHORTEST, LONGEST = 5, 160


def announce(
    region_id: int, *, author: Any, title: str, text: RenderedText, request_id: str
) -> RegionalAnnouncement:
    """Open the same announcement in the announcements room of every community of a region.

    Sent twice, it gives the first one. The same words announced by two people at once meet
    `uq_regional_announcement_words`, and each community has one copy by the primary key of `announcement_copy`.
    """
    region = db.session.get(Node, region_id)
    if region is None:
        raise NotFound
    require(can_announce(author, region))
    title = " ".join(title.split())
    if not SHORTEST <= len(title) <= LONGEST:
        raise Refusal(_("Le titre compte entre 5 et 160 caractères."), field="title")
    if text.images:
        raise Refusal(
            _("Une annonce à la région est un texte : les fichiers restent dans une salle."), field="body"
        )
    hashed = idempotency.content_hash(region_id, title, words_of(text))
    sender = idempotency.sender_of(author.id)
    made = idempotency.already_made(sender, request_id, hashed, "announcement")
    if made is not None:
        return db.session.get_one(RegionalAnnouncement, made)
    communities = queries.communities_to_announce_to(region)
    if not communities:
        raise Refusal(_("Aucune communauté n’est encore ouverte dans cette région."), field="body")
    announcement = _keep(region, author, title, text)
    idempotency.remember(sender, request_id, hashed, "announcement", announcement.id)
    for node in communities:
        _copy(announcement, node, author, text)
    audit.record(
        author, "announced", "announcement", announcement.id, node_id=region.id, communities=len(communities)
    )
    return announcement


def _keep(region: Node, author: Any, title: str, text: RenderedText) -> RegionalAnnouncement:
    words = hashlib.sha256(f"{title}\n{words_of(text)}".encode()).hexdigest()
    known = db.session.execute(
        select(RegionalAnnouncement.id).where(
            RegionalAnnouncement.node_id == region.id, RegionalAnnouncement.words == words
        )
    ).first()
    announcement = RegionalAnnouncement(
        node_id=region.id, author_id=author.id, title=title, words=words, created_at=clock.now()
    )
    db.session.add(announcement)
    try:
        if known is None:
            db.session.flush()
            return announcement
    except IntegrityError:
        pass
    raise Refusal(
        _("Cette annonce a déjà été faite à la région, avec les mêmes mots."), status=409, field="body"
    )


def _copy(announcement: RegionalAnnouncement, node: Node, author: Any, text: RenderedText) -> None:
    topic = open_topic(
        _room_of(node),
        author=author,
        kind="announcement",
        title=announcement.title,
        text=text,
        request_id=str(uuid.uuid4()),
    )
    db.session.add(AnnouncementCopy(announcement_id=announcement.id, node_id=node.id, topic_id=topic.id))
    db.session.flush()


def _room_of(node: Node) -> queries.RoomRow:
    """The announcements room of a community, opened for it where it had none."""
    room_id = db.session.execute(
        select(Room.id)
        .where(Room.node_id == node.id, Room.kind == "announcements", Room.archived_at.is_(None))
        .order_by(Room.position, Room.id)
        .limit(1)
    ).scalar_one_or_none()
    if room_id is None:
        room_id = open_room(node=node, author=None, name=_("Annonces"), kind="announcements").id
    room = queries.find_room(room_id)
    assert room is not None
    return room
