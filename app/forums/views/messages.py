"""One message: everything that may be done to it."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

from flask import jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.core.database import transaction
from app.core.doors import permission, signed_in
from app.core.error_pages import wants_json
from app.core.errors import NotFound, Refusal
from app.core.inputs import checked_id, sent_values
from app.core.text import with_current_names
from app.extensions import db
from app.forums import forms, operations, permissions, queries
from app.forums.adapters import post_url
from app.forums.models import REACTIONS, Post
from app.forums.rendering import post_html, post_row
from app.forums.views import bp, page_seqs, refused, stand_in
from app.forums.views.composing import receive_files, rendered_in
from app.moderation.suspensions import require_may_write


@bp.get("/messages/<int:post_id>")
@signed_in
def show_post(post_id: int) -> ResponseReturnValue:
    """One message with everything the person may do to it; works without script."""
    row, page = queries.post_source_for(current_user, checked_id(post_id))
    stand_in(page.topic.node_id, page.room.id)
    return render_template(
        "forums/post_acts.html",
        post=row,
        topic=page.topic,
        room=page.room,
        html=post_html(post_row(row), held=page.topic.accepted_post_id == row.id, known=True),
        mine=queries.reactions_of(current_user, [row.id]).get(row.id, set()),
        may=acts_on(row, page),
        scopes=page_seqs(),
    )


@bp.get("/messages/<int:post_id>/fragment")
@signed_in
def show_fragment(post_id: int) -> ResponseReturnValue:
    """The markup of one message as this person may see it, for pages told that it changed."""
    rows = queries.posts_by_id([checked_id(post_id)])
    if post_id not in rows:
        raise NotFound
    row = rows[post_id]
    page = queries.topic_for(current_user, row.topic_id)
    stand_in(page.topic.node_id)
    known = permissions.can_read_post(current_user, row, page.topic, page.room)
    html = post_html(row, held=page.topic.accepted_post_id == row.id, known=known)
    return jsonify(id=row.id, topic=row.topic_id, number=row.number, version=row.version, html=html)


@bp.route("/messages/<int:post_id>/modifier", methods=["GET", "POST"])
@permission("the author of the message")
def edit_post(post_id: int) -> ResponseReturnValue:
    """Change one's own message."""
    row, page = _found_for(permissions.can_edit_post, post_id)
    post = db.session.get_one(Post, post_id)
    form = forms.EditForm(body=row.source, base_version=post.version_of_text)

    def again(status: int) -> ResponseReturnValue:
        return (
            render_template("forums/edit_post.html", form=form, post=row, topic=page.topic, room=page.room),
            status,
        )

    if not form.is_submitted():
        return again(200)
    receive_files(form)
    if not form.validate():
        return again(422)
    try:
        text = rendered_in(lambda: page.room, form.body.data, known=post.mentioned_ids)
        with transaction():
            post, topic, room = queries.post_to_change(current_user, post_id)
            operations.edit_post(
                post, topic, room, author=current_user, text=text, base_version=form.base_version.data
            )
            address = post_url(topic.id, topic.slug, post.number)
    except Refusal as refusal:
        if refusal.status == 409:
            # Sent again after reading the warning, the new wording wins over the one it was shown.
            form.base_version.data = db.session.get_one(Post, post_id).version_of_text
        return refused(form, refusal, again)
    return redirect(address)


@bp.route("/messages/<int:post_id>/suppression", methods=["GET", "POST"])
@permission("the author of the message")
def delete_post(post_id: int) -> ResponseReturnValue:
    """Take one's own message back, after a page that says what it means."""
    row, page = _found_for(permissions.can_delete_post, post_id)
    address = post_url(page.topic.id, page.topic.slug, row.number)
    if request.method == "GET":
        return render_template(
            "forums/delete_post.html", post=row, topic=page.topic, room=page.room, address=address
        )
    with transaction():
        post, topic, room = queries.post_to_change(current_user, post_id)
        operations.delete_post(post, topic, room, author=current_user)
    return redirect(address)


@bp.get("/messages/<int:post_id>/historique")
@signed_in
def show_history(post_id: int) -> ResponseReturnValue:
    """What the message said before."""
    row, page = queries.post_source_for(current_user, checked_id(post_id))
    stand_in(page.topic.node_id, page.room.id)
    return render_template(
        "forums/history.html",
        post=row,
        topic=page.topic,
        room=page.room,
        changes=changes_of(row),
        address=post_url(page.topic.id, page.topic.slug, row.number),
    )


@bp.post("/messages/<int:post_id>/reactions")
@signed_in
def react(post_id: int) -> ResponseReturnValue:
    """Say « merci », « même problème » or « je l’ai appliqué », or take it back (`wanted=0`)."""
    sent = sent_values()
    kind = str(sent.get("kind", ""))
    wanted = str(sent.get("wanted", "1")) not in ("0", "False", "false")
    if kind not in REACTIONS:
        raise Refusal(_("Cette réaction n’existe pas."), status=400)
    with transaction():
        post, topic, room = queries.post_to_change(current_user, checked_id(post_id))
        post = operations.react(post, topic, room, person=current_user, kind=kind, wanted=wanted)
        counts = {name: getattr(post, name) for name in REACTIONS}
        version, address = post.version, post_url(topic.id, topic.slug, post.number)
    if wants_json() or request.is_json:
        return jsonify(counts=counts, version=version, mine=wanted)
    return redirect(address)


def _found_for(may: Callable[[Any, Any, Any, Any], bool], post_id: int) -> tuple[Any, queries.TopicPage]:
    """A message to which this person may do it, with where it stands; the page stands there too."""
    row, page = queries.post_source_for(current_user, checked_id(post_id))
    if not may(current_user, row, page.topic, page.room):
        if row.author_id == current_user.id:
            require_may_write(current_user, page.topic.node_id)
        raise NotFound
    stand_in(page.topic.node_id, page.room.id)
    return row, page


def acts_on(row: Any, found: queries.TopicPage) -> dict[str, bool]:
    """What this person may do to a message."""
    topic, room = found.topic, found.room
    return {
        "reply": permissions.can_reply(current_user, topic, room) and row.hidden_at is None,
        "react": permissions.can_react(current_user, row, topic, room),
        "edit": permissions.can_edit_post(current_user, row, topic, room),
        "delete": permissions.can_delete_post(current_user, row, topic, room),
        "accept": permissions.can_accept(current_user, topic, room)
        and row.number > 1
        and row.hidden_at is None,
        "report": row.author_id != current_user.id,
    }


def changes_of(row: Any) -> list[dict[str, Any]]:
    """Each wording with what changed from the one before, newest first. Who is mentioned is read by name."""
    revisions = list(queries.revisions_of(row.id))
    wordings = [
        with_current_names(source, {})
        for source in (row.source, *(revision.source for revision in revisions))
    ]
    return [
        {
            "at": revision.replaced_at,
            "by": f"{revision.given_name} {revision.family_name}",
            "lines": difference(wordings[index + 1], wordings[index]),
        }
        for index, revision in enumerate(revisions)
    ]


def difference(before: str, after: str) -> list[tuple[str, str]]:
    """The lines of two wordings as (same | removed | added, text), for people to read."""
    result = []
    for line in difflib.ndiff(before.splitlines(), after.splitlines()):
        mark, text = line[:2], line[2:]
        if mark != "? ":
            result.append(({"  ": "same", "- ": "removed", "+ ": "added"}[mark], text))
    return result
