"""One topic as a page: its messages in order, and the answer being written."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup

from app.communities.access import access_of
from app.core import links, versions
from app.core.database import transaction
from app.core.doors import signed_in
from app.core.error_pages import wants_json
from app.core.errors import NotFound, Refusal
from app.core.fragments import drawn, kept
from app.core.idempotency import parse_request_id
from app.core.inputs import checked_id, new_request_id, page_number
from app.core.pages import page as page_of
from app.core.phrases import phrase as _
from app.core.versions import Remembered
from app.forums import forms, operations, permissions, queries, slots
from app.forums.adapters import post_url, topic_url
from app.forums.rendering import Thread, looks, post_html, thread_of
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
    # The person behind the proxy: asked dozens of times below.
    user = current_user._get_current_object()
    form = reply_form()
    receive_files(form)
    request_id = parse_request_id(form.request_id.data)
    if not form.validate() or request.form.get("preview"):
        return refused_reply(checked_id(topic_id), form)
    try:
        text = rendered_in(lambda: queries.topic_for(user, checked_id(topic_id)).room, form.body.data)
        with transaction():
            topic, room = queries.topic_to_answer(user, checked_id(topic_id))
            post = operations.reply(
                topic,
                room,
                author=user,
                text=text,
                request_id=request_id,
                company_id=form.company_id.data,
            )
            # What a script is given back is read here, where a snapshot is open anyway.
            row = queries.posts_by_id([post.id])[post.id]
    except Refusal as refusal:
        return refused(form, refusal, lambda status: topic_page(topic_id, form=form, status=status))
    address = post_url(topic.id, topic.slug, post.number)
    if not wants_json():
        return redirect(address)
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
    found = topic_found(user, topic_id)
    topic = found.topic
    seqs = page_seqs()
    pages = max(1, -(-topic.last_number // queries.POSTS_PER_PAGE))
    page = min(page_number(), pages)
    quoted = request.args.get("citer", type=int)
    if form is None and (found.draft or quoted):
        form = reply_form()
        form.body.data = found.draft + (quotation(quoted, topic.id) if quoted else "")
    preview_html = None
    if form is not None and form.body.data and request.form.get("preview"):
        preview_html = rendered(form.body.data).html
    return (
        page_of(
            "forums/topic.html",
            topic=topic,
            last_read=found.last_read,
            form=form,
            request_id=form.request_id.data if form is not None else new_request_id(),
            preview=preview_html,
            scopes=seqs,
            terms=COMPETITION_TERMS,
            parts=topic_parts(user, found, page, pages),
        ),
        status,
    )


def topic_found(user: Any, topic_id: int) -> queries.TopicPage:
    """The topic, with the page standing in its place. Raises NotFound.

    The one last found is still true while the numbers of its room, the tree and the person are the same; rights are asked
    of it as of any other.
    """
    last = _found.peek((user.id, topic_id))
    if last is not None:
        version, found = last
        stand_in(found.topic.node_id, found.room.id)
        if version == queries.version_of_room(found.room):
            if not permissions.can_read_topic(user, found.topic, found.room):
                raise NotFound
            return _found.get((user.id, topic_id), version, lambda: queries.topic_for(user, topic_id))
    found = queries.topic_for(user, topic_id)
    stand_in(found.topic.node_id, found.room.id)
    version = queries.version_of_room(found.room)
    if version is not None:
        _found.put((user.id, topic_id), version, found)
    return found


_found: Remembered[queries.TopicPage] = Remembered(1000)


class Parts(NamedTuple):
    """What the page of a topic is put together from, drawn for one reader; `label` is that of the answer's field."""

    title: str
    place: Markup
    words: Markup
    fields: Markup
    aside: Markup
    may: TopicActs
    place_name: str
    label: str
    suspended: str | None = None


def topic_parts(user: Any, found: queries.TopicPage, page: int, pages: int) -> Parts:
    """The parts of a topic's page, drawn again when something they show has changed."""
    topic, room = found.topic, found.room
    access, known = access_of(user), versions.known()
    # What was said is known by the number of the room; else by reading it.
    said = queries.version_of_room(room)
    key = (user.id, topic.id, page)

    def read_thread() -> Thread:
        posts = queries.posts_page(user, topic.id, page)
        moderates = access.moderates(topic.node_id)
        return thread_of(
            posts, topic=topic, page=page, last_read=found.last_read, user=user, moderates=moderates
        )

    thread = read_thread() if said is None else _threads.get(key, (said, found, looks()), read_thread)
    related = tuple(queries.related_topics(user, topic))
    people = tuple(queries.people_who_run(topic.node_id, access.places[topic.node_id].path))
    linked = links.panel(user, ("topic", topic.id)) if found.is_linked else ()

    def draw() -> Parts:
        return _draw_parts(user, found, page, pages, thread, related, people, linked)

    if known is None:
        return draw()
    return _parts.get(key, (known.tree, known.dates, found, thread, related, people, linked, looks()), draw)


_threads: Remembered[Thread] = Remembered(80)
_parts: Remembered[Parts] = Remembered(80)
"""Some 50 KB each."""


def _draw_parts(
    user: Any,
    found: queries.TopicPage,
    page: int,
    pages: int,
    thread: Thread,
    related: tuple[Any, ...],
    people: tuple[Any, ...],
    linked: tuple[links.Section, ...],
) -> Parts:
    topic, room, access = found.topic, found.room, access_of(user)
    place = access.places[topic.node_id]
    may = topic_acts(user, found)
    room_url = f"/salles/{room.id}-{room.slug}"
    first_name = thread.first_name if page == 1 else ""
    label = _("Votre réponse à %(name)s", name=first_name) if first_name else _("Votre réponse")
    first = f"/signaler/post/{thread.first_id}" if page == 1 and thread.first_id else ""
    return Parts(
        title=topic.title,
        place=kept(
            "core/_place_bar.html",
            name=place.name,
            sub=room.name,
            hue=place.region_code,
            back=room_url,
            kind=place.kind,
        ),
        words=drawn(
            "forums/_topic.html",
            None,
            None,
            topic=topic,
            room=room,
            room_url=room_url,
            place=place,
            page=page,
            pages=pages,
            thread=thread,
            may=may,
        ),
        fields=drawn(
            "forums/_reply_fields.html",
            None,
            None,
            label=label,
            place_name=named_in_a_sentence(place),
            companies=tuple(access.companies.items()),
        ),
        aside=drawn(
            "forums/_topic_aside.html",
            None,
            None,
            topic_id=topic.id,
            related=related,
            people=people,
            linked=linked,
            tags=topic.tag_names,
            follows=topic.author_id == user.id if found.follows is None else found.follows,
            last_read_number=topic.last_number if found.last_read >= topic.last_number else None,
            is_pinned=topic.pinned_at is not None,
            offers=slots.acts_for(user, topic, room),
            report_url=first or f"{topic_url(topic.id, topic.slug)}#message-1",
            may=may,
        ),
        may=may,
        suspended=sentence_for(user, topic.node_id) if topic.closed_at is None else None,
        place_name=named_in_a_sentence(place),
        label=label,
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
