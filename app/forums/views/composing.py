"""What the composer asks while somebody writes."""

from __future__ import annotations

from collections.abc import Callable, Collection

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from app.communities.access import Place, access_of
from app.core import blobs
from app.core.competition import EXPRESSIONS
from app.core.database import transaction
from app.core.doors import signed_in
from app.core.errors import Refusal
from app.core.inputs import checked_id, sent_values, whole
from app.core.text import RenderedText, mentioned_in, render, with_current_names
from app.core.threads import run_off_hub
from app.forums import operations, queries
from app.forums.forms import MessageForm
from app.forums.views import bp

COMPETITION_TERMS = "|".join(EXPRESSIONS)
"""Expressions after which the composer recalls the charter, as its script takes them; it never blocks."""

QUICK = 300
"""Characters that are rendered, whatever they are, in fewer milliseconds than another thread keeps us from ours."""


@bp.post("/apercu")
@signed_in
def preview() -> ResponseReturnValue:
    """The text as it will look."""
    text = rendered(str(sent_values().get("body", "")))
    return jsonify(html=text.html)


@bp.put("/brouillons/<key>")
@signed_in
def save_draft(key: str) -> ResponseReturnValue:
    """Keep what is being typed; an older save than the one held is refused."""
    sent = sent_values()
    body, sequence = str(sent.get("body", "")), whole(sent.get("sequence"))
    if len(key) > 80 or len(body.encode()) > 110_000:
        raise Refusal(
            _("Ce brouillon est trop long pour être gardé ici ; il reste sur votre appareil."), status=413
        )
    with transaction():
        kept = operations.save_draft(person=current_user, key=key, body=body, sequence=sequence)
    return jsonify(kept=kept)


@bp.get("/mentions")
@signed_in
def find_people() -> ResponseReturnValue:
    """People one may name in a topic or a room: those who may read it."""
    prefix = (request.args.get("q") or "").strip()[:60]
    topic_id, room_id = request.args.get("topic", type=int), request.args.get("room", type=int)
    if topic_id is not None:
        room = queries.topic_for(current_user, checked_id(topic_id)).room
    elif room_id is not None:
        room = queries.room_for(current_user, checked_id(room_id))
    else:
        return jsonify([])
    if not prefix:
        return jsonify([])
    return jsonify(
        [
            {"id": row.id, "name": f"{row.given_name} {row.family_name}", "firm": row.firm or ""}
            for row in queries.mentionable(current_user, room, prefix)
        ]
    )


def receive_files(form: MessageForm) -> None:
    """Receive what a plain form sent along and name it in its text, as a script does before sending.

    Done before the form is judged: whatever else is refused, what came is in the text that comes back.
    """
    received, refused = blobs.from_form(request.files.getlist(form.files.name), current_user.id)
    form.body.data = "\n\n".join(filter(None, [form.body.data, *(upload.markdown for upload in received)]))
    form.files.process_errors = [*form.files.process_errors, *refused]


def rendered(source: str) -> RenderedText:
    """The text ready to store; slow work, done before the transaction, and off the hub unless it is short."""
    return render(source) if len(source) <= QUICK else run_off_hub(render, source)


def rendered_in(
    find_room: Callable[[], queries.RoomRow], source: str, known: Collection[int] = ()
) -> RenderedText:
    """`rendered`, with everybody whom the text names under their own name; the room is asked for only then."""
    named = mentioned_in(source)
    if named:
        source = with_current_names(source, queries.names_to_write(find_room(), named, known))
    return rendered(source)


def own_companies() -> list[SelectChoice]:
    """The firms the person may speak for."""
    return [SelectChoice(company_id, name) for company_id, name in access_of(current_user).companies.items()]


@bp.app_template_filter()
def named_in_a_sentence(place: Place) -> str:
    """A place after « Publier dans »."""
    if place.kind == "nation":
        return _("toute la France")
    return _("la région %(name)s", name=place.name) if place.kind == "region" else place.name
