"""Rooms, and who is listed in the restricted ones."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.communities.access import access_of
from app.communities.models import Node
from app.core.database import transaction
from app.core.doors import permission, signed_in
from app.core.errors import NotFound
from app.core.fragments import drawn
from app.core.idempotency import parse_request_id
from app.core.inputs import checked_id, form_id, new_request_id, page_number
from app.core.pages import page as page_of
from app.extensions import db
from app.forums import forms, operations, permissions, queries
from app.forums.models import TOPIC_KINDS
from app.forums.rendering import topic_lines_html
from app.forums.views import bp, page_seqs, stand_in


@bp.get("/salles/<int:room_id>-<slug>")
@bp.get("/salles/<int:room_id>")
@signed_in
def show_room(room_id: int, slug: str = "") -> ResponseReturnValue:
    """A room: its topics, pinned first, then by last message."""
    user = current_user._get_current_object()
    room = queries.room_known_to(user, checked_id(room_id))
    if not permissions.can_read_room(user, room):
        return redirect(url_for(".show_members", room_id=room.id))
    stand_in(room.node_id, room.id)
    page = page_number()
    kind = request.args.get("genre") if request.args.get("genre") in TOPIC_KINDS else None
    tag = (request.args.get("mot") or "")[:60] or None
    seqs = page_seqs()
    topics, has_next = queries.topics_of_room(user, room, page=page, kind=kind, tag=tag)
    place = access_of(user).places[room.node_id]
    can_open = permissions.can_open_topic(user, room)
    listed = drawn(
        "forums/_room.html",
        (user.id, room, page, kind, tag, can_open),
        queries.version_of_room(room),
        room=room,
        place=place,
        topics=topics,
        lines=lambda: topic_lines_html(topics),
        has_unread=any(topic.is_unread for topic in topics),
        address=f"/salles/{room.id}-{room.slug}",
        kind=kind,
        tag=tag,
        page=page,
        has_next=has_next,
        can_open=can_open,
    )
    return page_of(
        "forums/room.html",
        room=room,
        place=place,
        listed=listed,
        scopes=seqs,
        can_open=can_open,
        people=tuple(queries.people_who_run(place.id, place.path)),
    )


@bp.get("/salles/<int:room_id>/membres")
@permission("readers of the restricted room, managers of its node, and people of the node who may ask in")
def show_members(room_id: int) -> ResponseReturnValue:
    """Who is listed in a restricted room, and the door for asking in."""
    room = queries.find_room(checked_id(room_id))
    if room is None or room.kind != "restricted" or not access_of(current_user).reads(room.node_id):
        raise NotFound
    if not permissions.can_know_room(current_user, room):
        raise NotFound
    stand_in(room.node_id, room.id)
    return render_template(
        "forums/members.html",
        room=room,
        place=access_of(current_user).places[room.node_id],
        members=queries.members_of_room(room.id),
        mine=queries.room_membership(current_user, room.id),
        can_admit=permissions.can_admit_to_room(current_user, room),
        can_read=permissions.can_read_room(current_user, room),
        found=found_people(room),
        scopes=page_seqs(),
    )


@bp.post("/salles/<int:room_id>/membres")
@permission("those who admit to the restricted room")
def admit_member(room_id: int) -> ResponseReturnValue:
    """List somebody in a restricted room."""
    person_id = form_id("person_id")
    with transaction():
        room = queries.room_known_to(current_user, checked_id(room_id))
        operations.admit_to_room(room, person_id=person_id, manager=current_user)
    flash(_("C’est fait : cette personne lit et écrit maintenant dans la salle."), "success")
    return redirect(url_for(".show_members", room_id=room_id))


@bp.post("/salles/<int:room_id>/departs")
@permission("the person, or those who admit to the restricted room")
def remove_member(room_id: int) -> ResponseReturnValue:
    """Take somebody, or oneself, off a restricted room."""
    person_id = form_id("person_id")
    with transaction():
        room = queries.room_known_to(current_user, checked_id(room_id))
        operations.leave_room(room, person_id=person_id, actor=current_user)
    if person_id == current_user.id:
        flash(_("Vous avez quitté la salle « %(name)s ».", name=room.name), "success")
        return redirect("/")
    flash(_("Cette personne ne lit plus la salle."), "success")
    return redirect(url_for(".show_members", room_id=room_id))


@bp.route("/lieux/<int:node_id>/salles/nouvelle", methods=["GET", "POST"])
@permission("managers of the node")
def new_room(node_id: int) -> ResponseReturnValue:
    """Open a room in a node one manages."""
    place = access_of(current_user).places.get(checked_id(node_id))
    if place is None or not permissions.can_open_room(current_user, node_id):
        raise NotFound
    form = forms.RoomForm(request_id=new_request_id())
    if form.validate_on_submit():
        with transaction():
            room = operations.open_room(
                node=db.session.get_one(Node, node_id),
                author=current_user,
                name=form.name.data,
                summary=form.summary.data or "",
                kind=form.kind.data,
                position=50,
                request_id=parse_request_id(form.request_id.data),
            )
        return redirect(url_for(".show_room", room_id=room.id, slug=room.slug))
    return render_template("forums/new_room.html", form=form, place=place), 422 if form.errors else 200


def found_people(room: queries.RoomRow) -> list[Any]:
    """People of the node whose name was typed in the field of the members page."""
    prefix = (request.args.get("q") or "").strip()[:60]
    if len(prefix) < 2 or not permissions.can_admit_to_room(current_user, room):
        return []
    open_to_node = queries.RoomRow(**{**room.__dict__, "kind": "open"})
    return list(queries.mentionable(current_user, open_to_node, prefix, limit=12))
