"""What happens to rooms: opened, and who is listed in those that are restricted."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select

from app.communities.access import rights_changed
from app.communities.models import Node
from app.core import audit, duties, idempotency, journal
from app.core.errors import Refusal, require
from app.core.slugs import slug_of
from app.core.time import clock
from app.extensions import db
from app.forums import queries
from app.forums.models import Room, RoomMember
from app.forums.permissions import can_admit_to_room, can_open_room


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


def take_off_room(room_id: int, *, person_id: int) -> None:
    """Take a person off a restricted room, by a decision made in moderation (its rights are checked there)."""
    db.session.execute(
        delete(RoomMember).where(RoomMember.room_id == room_id, RoomMember.user_id == person_id)
    )
    rights_changed([person_id])


def give_room_back(room_id: int, *, person_id: int, by: Any) -> None:
    """List a person again in a restricted room they were taken off by a decision that is undone."""
    _list_in_room(db.session.get_one(Room, room_id), person_id, admitted_by_id=by.id)
    db.session.flush()
    rights_changed([person_id])


def _list_in_room(room: Any, person_id: int, *, admitted_by_id: int) -> RoomMember:
    line = db.session.get(RoomMember, (room.id, person_id))
    if line is None:
        line = RoomMember(room_id=room.id, user_id=person_id, asked_at=clock.now())
        db.session.add(line)
    line.admitted_at = line.admitted_at or clock.now()
    line.admitted_by_id = line.admitted_by_id or admitted_by_id
    return line
