"""One topic as a page: its messages in order, and the answer being written."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.communities.access import access_of
from app.core.database import transaction
from app.core.doors import signed_in
from app.core.error_pages import wants_json
from app.core.errors import NotFound, Refusal
from app.core.idempotency import parse_request_id
from app.forums import forms, operations, permissions, queries
from app.forums.adapters import post_url, topic_url
from app.forums.rendering import post_html, thread_of
from app.forums.views import bp, page_seqs, refused, stand_in
from app.forums.views.composing import COMPETITION_TERMS, own_companies, receive_files, rendered, rendered_in
from app.forums.views.inputs import checked_id, new_request_id, page_number


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
    receive_files(form)
    request_id = parse_request_id(form.request_id.data)
    if not form.validate() or request.form.get("preview"):
        return refused_reply(checked_id(topic_id), form)
    try:
        text = rendered_in(lambda: queries.topic_for(current_user, checked_id(topic_id)).room, form.body.data)
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


def refused_reply(topic_id: int, form: forms.ReplyForm) -> ResponseReturnValue:
    if wants_json():
        message = next((errors[0] for errors in form.errors.values() if errors), "")
        return jsonify(errors=form.errors, message=message), 422
    return topic_page(topic_id, form=form, status=422 if form.errors else 200)


def topic_page(
    topic_id: int, *, form: forms.ReplyForm | None = None, status: int = 200
) -> ResponseReturnValue:
    """The page of a topic; with `form`, the answer being written comes back as typed."""
    # The person behind the proxy: asked dozens of times below.
    user = current_user._get_current_object()
    found = queries.topic_for(user, topic_id)
    topic, room = found.topic, found.room
    stand_in(topic.node_id, room.id)
    seqs = page_seqs()
    pages = max(1, -(-topic.last_number // queries.POSTS_PER_PAGE))
    page = min(page_number(), pages)
    access = access_of(user)
    place = access.places[topic.node_id]
    quoted = request.args.get("citer", type=int)
    if form is None and (found.draft or quoted):
        form = reply_form()
        form.body.data = found.draft + (quotation(quoted, topic.id) if quoted else "")
    preview_html = None
    if form is not None and form.body.data and request.form.get("preview"):
        preview_html = rendered(form.body.data).html
    moderates = access.moderates(topic.node_id)
    thread = thread_of(
        queries.posts_page(user, topic.id, page),
        topic=topic,
        page=page,
        last_read=found.last_read,
        user=user,
        moderates=moderates,
    )
    follows = found.follows
    if follows is None:
        follows = topic.author_id == user.id
    address = topic_url(topic.id, topic.slug)
    return (
        render_template(
            "forums/topic.html",
            topic=topic,
            room=room,
            room_url=f"/salles/{room.id}-{room.slug}",
            place=place,
            thread=thread,
            first_name=thread.first_name if page == 1 else "",
            last_read=found.last_read,
            follows=follows,
            page=page,
            pages=pages,
            form=form,
            request_id=form.request_id.data if form is not None else new_request_id(),
            companies=tuple(access.companies.items()),
            preview=preview_html,
            scopes=seqs,
            may=topic_acts(user, found),
            people=tuple(queries.people_who_run(place.id, place.path)),
            related=tuple(queries.related_topics(user, topic)),
            terms=COMPETITION_TERMS,
            report_url=f"/signaler/post/{thread.first_id}"
            if page == 1 and thread.first_id
            else f"{address}#message-1",
            address=address,
        ),
        status,
    )


@bp.app_template_global()
def blank_reply(companies: tuple[tuple[int, str], ...]) -> forms.ReplyForm:
    """An answer form nobody has typed in, for somebody who may write for these firms."""
    form = forms.ReplyForm(formdata=None)
    form.company_id.choices = list(companies)
    return form


def reply_form() -> forms.ReplyForm:
    form = forms.ReplyForm(request_id=new_request_id())
    form.company_id.choices = own_companies()
    return form


def quotation(post_id: int, topic_id: int) -> str:
    """The words of a message as a quotation, to answer them."""
    row, page = queries.post_source_for(current_user, checked_id(post_id))
    if page.topic.id != topic_id:
        raise NotFound
    lines = "\n".join(f"> {line}" if line else ">" for line in row.source.splitlines()[:12])
    return f"> **{row.given_name} {row.family_name}**\n>\n{lines}\n\n"


class TopicActs(NamedTuple):
    """What this person may do to the topic, by the predicates the operations enforce."""

    reply: bool
    accept: bool
    close: bool
    reopen: bool
    pin: bool
    move: bool
    moderate: bool


def topic_acts(user: Any, found: queries.TopicPage) -> TopicActs:
    """Every predicate asked once, for the buttons of the page."""
    topic, room = found.topic, found.room
    return TopicActs(
        reply=permissions.can_reply(user, topic, room),
        accept=permissions.can_accept(user, topic, room),
        close=topic.closed_at is None and permissions.can_close(user, topic, room),
        reopen=permissions.can_reopen(user, topic, room),
        pin=permissions.can_pin(user, topic, room),
        move=access_of(user).manages(topic.node_id),
        moderate=access_of(user).moderates(topic.node_id),
    )
