"""Topics: every room at once, a new one, and what becomes of one."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from app.communities.access import access_of
from app.core import links, things
from app.core.database import transaction
from app.core.doors import permission, signed_in
from app.core.error_pages import wants_json
from app.core.errors import NotFound, Refusal
from app.core.idempotency import parse_request_id
from app.core.inputs import checked_id, form_id, new_request_id, page_number
from app.core.links import Thing
from app.extensions import db
from app.forums import forms, operations, queries
from app.forums.adapters import topic_url
from app.forums.models import TOPIC_KINDS, Post
from app.forums.rendering import topic_lines_html
from app.forums.views import bp, page_seqs, refused, stand_in
from app.forums.views.composing import (
    COMPETITION_TERMS,
    named_in_a_sentence,
    own_companies,
    receive_files,
    rendered,
    rendered_in,
)
from app.moderation.suspensions import sentence_for


@bp.get("/demander")
@signed_in
def ask() -> ResponseReturnValue:
    """Topics of every room one reads, with what waits for an answer."""
    chosen = request.args.get("vue", "tout")
    page = page_number()
    kind = request.args.get("genre") if request.args.get("genre") in TOPIC_KINDS else None
    tag = (request.args.get("mot") or "")[:60] or None
    seqs = page_seqs()
    topics, has_next = queries.topics_for(
        current_user,
        page=page,
        kind=kind,
        tag=tag,
        unanswered=chosen == "sans-reponse",
        unread=chosen == "non-lus",
        mine=chosen == "mes-sujets",
    )
    return render_template(
        "forums/ask.html",
        topics=topics,
        lines=topic_lines_html(topics, access_of(current_user).places),
        chosen=chosen,
        kind=kind,
        tag=tag,
        kinds=forms.KIND_LABELS,
        page=page,
        has_next=has_next,
        scopes=seqs,
    )


@bp.route("/sujets/nouveau", methods=["GET"])
@signed_in
def new_topic() -> ResponseReturnValue:
    """The form of a new topic; `?salle=` and `?genre=` choose for the person, `?lien=machine:7` says what it is about."""
    form = topic_form()
    room_id = request.args.get("salle", type=int)
    if room_id in {choice.value for choice in form.room_id.choices}:
        form.room_id.data = room_id
    kind = request.args.get("genre")
    if kind in TOPIC_KINDS:
        form.kind.data = kind
    form.title.data = (request.args.get("titre") or "")[:160]
    draft = queries.draft_of(current_user, "topic")
    if draft is not None and draft.body and not form.body.data:
        form.body.data = draft.body
    return topic_form_page(form)


@bp.post("/sujets")
@signed_in
def create_topic() -> ResponseReturnValue:
    """Open a topic; on a refusal the form comes back with everything typed."""
    form = topic_form()
    receive_files(form)
    request_id = parse_request_id(form.request_id.data)
    if not form.validate() or request.form.get("preview"):
        return topic_form_page(form, status=422 if form.errors else 200)
    try:
        text = rendered_in(lambda: queries.room_for(current_user, form.room_id.data), form.body.data)
        with transaction():
            room = queries.room_for(current_user, form.room_id.data)
            topic = operations.open_topic(
                room,
                author=current_user,
                kind=form.kind.data,
                title=form.title.data,
                text=text,
                tags=(form.tags.data or "").split(","),
                company_id=form.company_id.data,
                request_id=request_id,
                about=about_asked()[0],
            )
            operations.forget_draft(current_user.id, "topic")
            address = topic_url(topic.id, topic.slug)
    except Refusal as refusal:
        return refused(form, refusal, lambda status: topic_form_page(form, status=status))
    if wants_json():
        return jsonify(url=address), 201
    return redirect(address)


@bp.post("/sujets/<int:topic_id>/fermeture")
@permission("the person who opened the topic, or managers of its node")
def close_topic(topic_id: int) -> ResponseReturnValue:
    """Close a topic."""
    return change_topic(topic_id, operations.close_topic, _("Le sujet est fermé. Tout reste lisible."))


@bp.post("/sujets/<int:topic_id>/reouverture")
@permission("who closed the topic, or managers of its node")
def reopen_topic(topic_id: int) -> ResponseReturnValue:
    """Open a closed topic again."""
    return change_topic(topic_id, operations.reopen_topic, _("Le sujet est de nouveau ouvert."))


@bp.post("/sujets/<int:topic_id>/epingle")
@permission("managers of the node")
def pin_topic(topic_id: int) -> ResponseReturnValue:
    """Pin a topic, or unpin it (`pinned=0`)."""
    pinned = request.form.get("pinned") != "0"

    def pin(topic: Any, room: Any, *, actor: Any) -> None:
        operations.pin_topic(topic, room, actor=actor, pinned=pinned)

    said = _("Le sujet est épinglé en haut de la salle.") if pinned else _("Le sujet n’est plus épinglé.")
    return change_topic(topic_id, pin, said)


@bp.post("/sujets/<int:topic_id>/reponse-retenue")
@permission("the person who asked, or managers of the node")
def accept_answer(topic_id: int) -> ResponseReturnValue:
    """Hold up the answer that solved it; `post_id=0` takes the choice back."""
    post_id = form_id("post_id", allow_zero=True)

    def accept(topic: Any, room: Any, *, actor: Any) -> None:
        post = db.session.get(Post, post_id) if post_id else None
        if post_id and post is None:
            raise NotFound
        operations.accept_answer(topic, room, post=post, actor=actor)

    said = (
        _("La réponse est retenue. Merci pour ceux qui chercheront après vous.")
        if post_id
        else _("Aucune réponse n’est plus retenue.")
    )
    return change_topic(topic_id, accept, said)


@bp.post("/sujets/<int:topic_id>/suivi")
@signed_in
def follow_topic(topic_id: int) -> ResponseReturnValue:
    """Be told of what follows, or not."""
    follows = request.form.get("follows") != "0"
    with transaction():
        page = queries.topic_for(current_user, checked_id(topic_id))
        operations.follow_topic(page.topic, person=current_user, follows=follows)
    flash(
        _("Vous serez prévenu de chaque nouveau message.")
        if follows
        else _("Ce sujet ne vous préviendra plus."),
        "success",
    )
    return redirect(topic_url(page.topic.id, page.topic.slug))


@bp.route("/sujets/<int:topic_id>/deplacement", methods=["GET", "POST"])
@permission("managers of both nodes")
def move_topic(topic_id: int) -> ResponseReturnValue:
    """Move a topic to another room."""
    page = queries.topic_for(current_user, checked_id(topic_id))
    if not access_of(current_user).manages(page.topic.node_id):
        raise NotFound
    rooms = [
        room
        for room in queries.rooms_to_post_in(current_user)
        if room.id != page.room.id and access_of(current_user).manages(room.node_id)
    ]
    form = forms.MoveForm()
    form.room_id.choices = by_place(rooms)
    if form.validate_on_submit():
        with transaction():
            topic, room = queries.topic_to_change(current_user, topic_id)
            target = queries.room_for(current_user, form.room_id.data)
            operations.move_topic(topic, room, target, actor=current_user)
            address = topic_url(topic.id, topic.slug)
        flash(_("Le sujet est maintenant dans « %(room)s ».", room=target.name), "success")
        return redirect(address)
    stand_in(page.topic.node_id, page.room.id)
    return (
        render_template("forums/move_topic.html", form=form, topic=page.topic, room=page.room),
        422 if form.errors else 200,
    )


def change_topic(topic_id: int, act: Any, said: str) -> ResponseReturnValue:
    """One act on a topic, then back to it."""
    with transaction():
        topic, room = queries.topic_to_change(current_user, checked_id(topic_id))
        act(topic, room, actor=current_user)
        address, version = topic_url(topic.id, topic.slug), topic.version
    if wants_json():
        return jsonify(url=address, version=version, message=said)
    flash(said, "success")
    return redirect(address)


def topic_form() -> forms.TopicForm:
    form = forms.TopicForm(request_id=new_request_id())
    rooms = queries.rooms_to_post_in(current_user)
    form.room_id.choices = by_place(rooms)
    form.company_id.choices = own_companies()
    if not any(access_of(current_user).manages(room.node_id) for room in rooms):
        form.kind.choices = [choice for choice in form.kind.choices if choice.value != "announcement"]
    return form


def by_place(rooms: list[Any]) -> list[SelectChoice]:
    """Rooms as a choice grouped by place: « Val de Loire mécanique » → its rooms. Each says its place as a button does."""
    places = access_of(current_user).places
    return [
        SelectChoice(
            room.id,
            room.name,
            optgroup=room.node_name,
            render_kw={"data-place": named_in_a_sentence(places[room.node_id])},
        )
        for room in rooms
    ]


def _suspended() -> str | None:
    """Why somebody may open a topic nowhere: their writing is suspended in their community."""
    sentences = (sentence_for(current_user, node_id) for node_id in access_of(current_user).home_ids)
    return next((sentence for sentence in sentences if sentence), None)


def about_asked() -> tuple[Thing | None, str]:
    """What the new topic is about and its title, when the person sees it; anything else is not given."""
    kind, _colon, number = request.values.get("lien", "").partition(":")
    if kind == "topic" or links.side_of(kind) is None or not number.isascii() or not number.isdigit():
        return None, ""
    about = (kind, int(number[:18]))
    if not things.is_visible(current_user._get_current_object(), *about):
        return None, ""
    said = things.describe_one(*about)
    return (about, said.title) if said is not None else (None, "")


def topic_form_page(form: forms.TopicForm, *, status: int = 200) -> ResponseReturnValue:
    preview_html = rendered(form.body.data).html if request.form.get("preview") and form.body.data else None
    return (
        render_template(
            "forums/new_topic.html",
            form=form,
            hints=forms.KIND_HINTS,
            preview=preview_html,
            terms=COMPETITION_TERMS,
            about=about_asked(),
            suspended=_suspended() if not form.room_id.choices else None,
            common=queries.common_tags(24),
        ),
        status,
    )
