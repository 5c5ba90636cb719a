"""What was read, and what is not."""

from __future__ import annotations

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.core import shell
from app.core.database import transaction
from app.core.doors import signed_in
from app.core.error_pages import wants_json
from app.core.inputs import checked_id, sent_values, whole
from app.forums import operations, queries
from app.forums.views import bp


@bp.post("/salles/<int:room_id>/lecture")
@signed_in
def read_room(room_id: int) -> ResponseReturnValue:
    """« Tout marquer comme lu »."""
    with transaction():
        room = queries.room_for(current_user, checked_id(room_id))
        operations.catch_up_room(room.id, person_id=current_user.id)
    return redirect(url_for(".show_room", room_id=room.id, slug=room.slug))


@bp.post("/sujets/<int:topic_id>/lecture")
@signed_in
def read_topic(topic_id: int) -> ResponseReturnValue:
    """Raise the reading pointer, or put it back on purpose (`unread_from`)."""
    sent = sent_values()
    number, back = whole(sent.get("number")), whole(sent.get("unread_from"))
    with transaction():
        page = queries.topic_for(current_user, checked_id(topic_id))
        if back:
            operations.mark_unread_from(page, person=current_user, number=back)
        else:
            operations.mark_read(page, person=current_user, number=number)
            if number >= page.topic.last_number:
                operations.clear_news(current_user.id, page.topic.id)
    if wants_json() or request.is_json:
        return jsonify(ok=True)
    return redirect(url_for(".show_room", room_id=page.room.id, slug=page.room.slug))


@bp.get("/non-lus")
@signed_in
def unread() -> ResponseReturnValue:
    """The counters of the frame, for open pages."""
    frame = shell.current_shell()
    return jsonify(
        rooms={room.id: room.unread for place in frame.places for room in place.rooms},
        elsewhere=frame.unread_elsewhere,
        notifications=frame.notifications_unread,
        pending=frame.pending,
    )
