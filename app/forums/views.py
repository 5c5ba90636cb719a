"""The pages and forms of discussions. Read in order, the routes are the table of contents."""

from __future__ import annotations

import difflib
import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from app.communities.access import access_of
from app.communities.models import Node
from app.core import shell
from app.core.database import transaction
from app.core.doors import permission, signed_in
from app.core.error_pages import wants_json
from app.core.errors import NotFound, Refusal
from app.core.idempotency import parse_request_id
from app.core.text import RenderedText, render
from app.core.threads import run_off_hub
from app.core.time import use_zone
from app.extensions import db
from app.forums import forms, operations, permissions, queries
from app.forums.adapters import post_url, topic_url
from app.forums.models import REACTIONS, TOPIC_KINDS, Post
from app.forums.rendering import post_html

bp = Blueprint("forums", __name__, template_folder="templates")

MAX_PAGE = 100_000
BIGGEST_ID = 2**63 - 1


# Asking: every room at once


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
        chosen=chosen,
        kind=kind,
        tag=tag,
        kinds=forms.KIND_LABELS,
        page=page,
        has_next=has_next,
        places=access_of(current_user).places,
        scopes=seqs,
    )


# Rooms


@bp.get("/salles/<int:room_id>-<slug>")
@bp.get("/salles/<int:room_id>")
@signed_in
def show_room(room_id: int, slug: str = "") -> ResponseReturnValue:
    """A room: its topics, pinned first, then by last message."""
    room = queries.room_known_to(current_user, checked_id(room_id))
    if not permissions.can_read_room(current_user, room):
        return redirect(url_for(".show_members", room_id=room.id))
    stand_in(room.node_id, room.id)
    page = page_number()
    kind = request.args.get("genre") if request.args.get("genre") in TOPIC_KINDS else None
    tag = (request.args.get("mot") or "")[:60] or None
    seqs = page_seqs()
    topics, has_next = queries.topics_of_room(current_user, room, page=page, kind=kind, tag=tag)
    place = access_of(current_user).places[room.node_id]
    return render_template(
        "forums/room.html",
        room=room,
        place=place,
        topics=topics,
        kind=kind,
        tag=tag,
        kinds=forms.KIND_LABELS,
        page=page,
        has_next=has_next,
        scopes=seqs,
        can_open=permissions.can_open_topic(current_user, room),
        can_admit=permissions.can_admit_to_room(current_user, room),
        people=queries.people_who_run(place.id, place.path),
    )


@bp.post("/salles/<int:room_id>/lecture")
@signed_in
def read_room(room_id: int) -> ResponseReturnValue:
    """« Tout marquer comme lu »."""
    with transaction():
        room = queries.room_for(current_user, checked_id(room_id))
        operations.catch_up_room(room.id, person_id=current_user.id)
    return redirect(url_for(".show_room", room_id=room.id, slug=room.slug))


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


# Topics


@bp.route("/sujets/nouveau", methods=["GET"])
@signed_in
def new_topic() -> ResponseReturnValue:
    """The form of a new topic; `?salle=` and `?genre=` choose for the person."""
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
    request_id = parse_request_id(form.request_id.data)
    if not form.validate() or request.form.get("preview"):
        return topic_form_page(form, status=422 if form.errors else 200)
    try:
        text = rendered(form.body.data)
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
            )
            operations.forget_draft(current_user.id, "topic")
            address = topic_url(topic.id, topic.slug)
    except Refusal as refusal:
        return refused(form, refusal, lambda status: topic_form_page(form, status=status))
    if wants_json():
        return jsonify(url=address), 201
    return redirect(address)


@bp.get("/sujets/<int:topic_id>-<slug>")
@bp.get("/sujets/<int:topic_id>")
@signed_in
def show_topic(topic_id: int, slug: str = "") -> ResponseReturnValue:
    """A topic: its first message, its answers in order, and who knows more."""
    return topic_page(checked_id(topic_id))


@bp.get("/sujets/<int:topic_id>/suite")
@signed_in
def continue_topic(topic_id: int) -> ResponseReturnValue:
    """Go to the first message not read yet."""
    page = queries.topic_for(current_user, checked_id(topic_id))
    number = max(1, min(page.last_read + 1, page.topic.last_number))
    return redirect(post_url(page.topic.id, page.topic.slug, number))


@bp.post("/sujets/<int:topic_id>/messages")
@signed_in
def create_post(topic_id: int) -> ResponseReturnValue:
    """Answer in a topic."""
    form = reply_form()
    request_id = parse_request_id(form.request_id.data)
    if not form.validate() or request.form.get("preview"):
        return refused_reply(checked_id(topic_id), form)
    try:
        text = rendered(form.body.data)
        with transaction():
            topic, room = queries.topic_to_change(current_user, checked_id(topic_id))
            post = operations.reply(
                topic,
                room,
                author=current_user,
                text=text,
                request_id=request_id,
                company_id=form.company_id.data,
            )
            post_id, address = post.id, post_url(topic.id, topic.slug, post.number)
    except Refusal as refusal:
        return refused(form, refusal, lambda status: topic_page(topic_id, form=form, status=status))
    if wants_json():
        row = queries.posts_by_id([post_id])[post_id]
        stand_in(topic.node_id)
        return (
            jsonify(
                post={
                    "id": row.id,
                    "number": row.number,
                    "version": row.version,
                    "html": post_html(row),
                    "topic": topic_id,
                },
                url=address,
                request_id_next=new_request_id(),
            ),
            201,
        )
    return redirect(address)


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


# Messages


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
    row, page = queries.post_source_for(current_user, checked_id(post_id))
    if not permissions.can_edit_post(current_user, row, page.topic, page.room):
        raise NotFound
    stand_in(page.topic.node_id, page.room.id)
    post = db.session.get_one(Post, post_id)
    form = forms.EditForm(body=row.source, base_version=post.version_of_text)

    def again(status: int) -> ResponseReturnValue:
        return (
            render_template("forums/edit_post.html", form=form, post=row, topic=page.topic, room=page.room),
            status,
        )

    if not form.is_submitted():
        return again(200)
    if not form.validate():
        return again(422)
    try:
        text = rendered(form.body.data)
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
    row, page = queries.post_source_for(current_user, checked_id(post_id))
    if not permissions.can_delete_post(current_user, row, page.topic, page.room):
        raise NotFound
    stand_in(page.topic.node_id, page.room.id)
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


# What the composer asks


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


@bp.get("/non-lus")
@signed_in
def unread() -> ResponseReturnValue:
    """The counters of the frame, for open pages."""
    frame = shell.current_shell()
    return jsonify(
        rooms={room.id: room.unread for place in frame.places for room in place.rooms},
        notifications=frame.notifications_unread,
        pending=frame.pending,
    )


# Helpers, in the order called


def page_number() -> int:
    """The page asked for, 1 when it makes no sense."""
    number = request.args.get("page", default=1, type=int) or 1
    return min(max(1, number), MAX_PAGE)


def checked_id(value: int) -> int:
    """An id that both databases can hold; a bigger one is a page that does not exist."""
    if not 0 < value <= BIGGEST_ID:
        raise NotFound
    return value


def form_id(name: str, *, allow_zero: bool = False) -> int:
    """An id sent by a form. Raises Refusal (400) when it is none."""
    value = whole(request.form.get(name))
    if value == 0 and not (allow_zero and request.form.get(name) == "0"):
        raise Refusal(
            _("Ce formulaire est incomplet. Rechargez la page, puis envoyez de nouveau."), status=400
        )
    return value


def whole(value: Any) -> int:
    """A whole number that fits an id, 0 for anything else."""
    try:
        number = int(str(value))
    except (TypeError, ValueError):
        return 0
    return number if 0 < number <= BIGGEST_ID else 0


def sent_values() -> dict[str, Any]:
    """What a form or a script sent, as a flat dictionary."""
    if request.is_json:
        try:
            value = request.get_json(silent=True)
        except RecursionError:
            value = None
        return value if isinstance(value, dict) else {}
    return request.form.to_dict()


def new_request_id() -> str:
    """A fresh id for a creating form."""
    return str(uuid.uuid4())


def rendered(source: str) -> RenderedText:
    """The text ready to store; slow work, done before the transaction and off the hub."""
    return run_off_hub(render, source)


def stand_in(node_id: int, room_id: int | None = None) -> None:
    """Say which place the page belongs to: the rail shows it, and its hours are those of the place."""
    g.current_node_id, g.current_room_id = node_id, room_id
    place = access_of(current_user).places.get(node_id)
    if place is not None:
        use_zone(place.time_zone)


def page_seqs() -> str:
    """What the page says it knows of its scopes, read before the content."""
    return shell.current_shell().seqs


def reply_form() -> forms.ReplyForm:
    form = forms.ReplyForm(request_id=new_request_id())
    form.company_id.choices = own_companies()
    return form


def topic_form() -> forms.TopicForm:
    form = forms.TopicForm(request_id=new_request_id())
    rooms = queries.rooms_to_post_in(current_user)
    form.room_id.choices = by_place(rooms)
    form.company_id.choices = own_companies()
    if not any(access_of(current_user).manages(room.node_id) for room in rooms):
        form.kind.choices = [choice for choice in form.kind.choices if choice.value != "announcement"]
    return form


def by_place(rooms: list[Any]) -> list[SelectChoice]:
    """Rooms as a choice grouped by place: « Val de Loire mécanique » → its rooms."""
    return [SelectChoice(room.id, room.name, optgroup=room.node_name) for room in rooms]


def own_companies() -> list[SelectChoice]:
    """The firms the person may speak for."""
    return [SelectChoice(company_id, name) for company_id, name in access_of(current_user).companies.items()]


def topic_form_page(form: forms.TopicForm, *, status: int = 200) -> ResponseReturnValue:
    preview_html = rendered(form.body.data).html if request.form.get("preview") and form.body.data else None
    return (
        render_template(
            "forums/new_topic.html",
            form=form,
            hints=forms.KIND_HINTS,
            preview=preview_html,
            terms=competition_terms(),
            common=queries.common_tags(24),
        ),
        status,
    )


def refused(form: Any, refusal: Refusal, page: Callable[[int], ResponseReturnValue]) -> ResponseReturnValue:
    """A refusal beside the field it speaks of; everything typed stays."""
    field = getattr(form, refusal.field or "", None) or form.body
    field.errors = [*field.errors, refusal.sentence, *refusal.reasons]
    if wants_json():
        return jsonify(errors={field.name: field.errors}, message=refusal.sentence), refusal.status
    return page(refusal.status)


def refused_reply(topic_id: int, form: forms.ReplyForm) -> ResponseReturnValue:
    if wants_json():
        message = next((errors[0] for errors in form.errors.values() if errors), "")
        return jsonify(errors=form.errors, message=message), 422
    return topic_page(topic_id, form=form, status=422 if form.errors else 200)


def topic_page(
    topic_id: int, *, form: forms.ReplyForm | None = None, status: int = 200
) -> ResponseReturnValue:
    """The page of a topic; with `form`, the answer being written comes back as typed."""
    found = queries.topic_for(current_user, topic_id)
    topic, room = found.topic, found.room
    stand_in(topic.node_id, room.id)
    seqs = page_seqs()
    pages = max(1, -(-topic.last_number // queries.POSTS_PER_PAGE))
    page = min(page_number(), pages)
    rows = queries.posts_page(current_user, topic.id, page)
    access = access_of(current_user)
    place = access.places[topic.node_id]
    if form is None:
        form = reply_form()
        form.body.data = found.draft or None
        quoted = request.args.get("citer", type=int)
        if quoted:
            form.body.data = (form.body.data or "") + quotation(quoted, topic.id)
    preview_html = rendered(form.body.data).html if request.form.get("preview") and form.body.data else None
    moderates = access.moderates(topic.node_id)
    return (
        render_template(
            "forums/topic.html",
            topic=topic,
            room=room,
            place=place,
            rows=rows,
            posts=[
                post_html(
                    post_row(row),
                    held=row.id == topic.accepted_post_id,
                    known=row.hidden_at is not None and (moderates or row.author_id == current_user.id),
                )
                for row in rows
            ],
            first_unread=next((row.number for row in rows if row.number > found.last_read), None),
            last_read=found.last_read,
            follows=found.follows,
            mine={row.id: row.mine for row in rows if row.mine},
            page=page,
            pages=pages,
            form=form,
            preview=preview_html,
            scopes=seqs,
            may=topic_acts(found),
            people=queries.people_who_run(place.id, place.path),
            related=queries.related_topics(current_user, topic),
            kinds=forms.KIND_LABELS,
            terms=competition_terms(),
            address=topic_url(topic.id, topic.slug),
        ),
        status,
    )


def quotation(post_id: int, topic_id: int) -> str:
    """The words of a message as a quotation, to answer them."""
    row, page = queries.post_source_for(current_user, checked_id(post_id))
    if page.topic.id != topic_id:
        raise NotFound
    lines = "\n".join(f"> {line}" if line else ">" for line in row.source.splitlines()[:12])
    return f"> **{row.given_name} {row.family_name}**\n>\n{lines}\n\n"


def topic_acts(found: queries.TopicPage) -> dict[str, bool]:
    """What this person may do to the topic, by the predicates the operations enforce."""
    topic, room = found.topic, found.room
    return {
        "reply": permissions.can_reply(current_user, topic, room),
        "accept": permissions.can_accept(current_user, topic, room),
        "close": topic.closed_at is None and permissions.can_close(current_user, topic, room),
        "reopen": permissions.can_reopen(current_user, topic, room),
        "pin": permissions.can_pin(current_user, topic, room),
        "move": access_of(current_user).manages(topic.node_id),
        "moderate": access_of(current_user).moderates(topic.node_id),
    }


def acts_on(row: Any, found: queries.TopicPage) -> dict[str, bool]:
    """What this person may do to a message."""
    topic, room = found.topic, found.room
    return {
        "reply": permissions.can_reply(current_user, topic, room),
        "react": permissions.can_react(current_user, row, topic, room),
        "edit": permissions.can_edit_post(current_user, row, topic, room),
        "delete": permissions.can_delete_post(current_user, row, topic, room),
        "accept": permissions.can_accept(current_user, topic, room) and row.number > 1,
        "report": row.author_id != current_user.id,
    }


def post_row(row: Any) -> queries.PostRow:
    """The columns of a post's partial out of a wider row."""
    return queries.PostRow(*row[: len(queries.POST_COLUMNS)])


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


def found_people(room: queries.RoomRow) -> list[Any]:
    """People of the node whose name was typed in the field of the members page."""
    prefix = (request.args.get("q") or "").strip()[:60]
    if len(prefix) < 2 or not permissions.can_admit_to_room(current_user, room):
        return []
    open_to_node = queries.RoomRow(**{**room.__dict__, "kind": "open"})
    return list(queries.mentionable(current_user, open_to_node, prefix, limit=12))


def changes_of(row: Any) -> list[dict[str, Any]]:
    """Each wording with what changed from the one before, newest first."""
    revisions = list(queries.revisions_of(row.id))
    wordings = [row.source, *(revision.source for revision in revisions)]
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


def competition_terms() -> list[str]:
    """Expressions after which the composer recalls the charter; it never blocks."""
    return [
        "prix de vente", "tarif", "grille tarifaire", "remise", "marge", "coût de revient", "hausse de prix",
        "part de marché", "carnet de commandes", "taux de charge", "capacité disponible", "volumes vendus",
        "fournisseur exclusif", "se répartir", "appel d’offres", "répondre ensemble", "ne plus travailler avec",
        "salaire d’embauche", "s’aligner", "on s’alignait",
    ]  # fmt: skip
