"""What the people of the script say to each other: topics, answers, reactions, at the times it tells."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.core import blobs
from app.core.database import transaction
from app.core.text import mention_token, render
from app.demo.script import PICTURES
from app.demo.stage import Act, Cue, Stage
from app.extensions import db
from app.forums import operations as forums
from app.forums.models import Post, Topic

REACTION_AFTER = timedelta(minutes=20)
SETTLED_AFTER = timedelta(minutes=45)
"""A topic is closed, pinned or given its accepted answer so long after its last message."""


def discussions(stage: Stage) -> Iterator[Cue]:
    """Every act of the written discussions, in no order."""
    for topic in stage.script.topics:
        yield Cue(_time(stage, topic, topic), _opening(stage, topic))
        lines = [topic, *topic.get("posts", [])]
        for number, line in enumerate(lines, start=1):
            at = _time(stage, topic, line)
            if number > 1:
                yield Cue(at, _answer(stage, topic, number, line))
            for rank, (kind, people) in enumerate(line.get("reactions", {}).items(), start=1):
                yield Cue(at + rank * REACTION_AFTER, _reactions(stage, topic, number, kind, people))
        end = _time(stage, topic, lines[-1]) + SETTLED_AFTER
        if topic.get("accepted"):
            yield Cue(end, _accept(stage, topic))
        if topic.get("pinned"):
            yield Cue(end, _pin(stage, topic))
        if topic.get("closed"):
            yield Cue(end, _close(stage, topic))


def render_texts(stage: Stage) -> None:
    """The slow work, before any act: pictures are received and words rendered."""
    for topic in stage.script.topics:
        for number, line in enumerate([topic, *topic.get("posts", [])], start=1):
            source = _source(stage, topic, line) + _pictures(stage, line)
            stage.texts[topic["title"], number] = render(source)


def post_of(stage: Stage, title: str, author: str) -> Post:
    """The first message that this person wrote in the topic of this title."""
    return (
        db.session.execute(
            select(Post)
            .where(Post.topic_id == stage.topics[title], Post.author_id == stage.users[author].id)
            .order_by(Post.number)
            .limit(1)
        )
        .scalars()
        .one()
    )


def _time(stage: Stage, topic: dict[str, Any], line: dict[str, Any]) -> Any:
    return stage.script.instant(line["days"], line["time"], stage.zone(topic["place"]))


def _source(stage: Stage, topic: dict[str, Any], line: dict[str, Any]) -> str:
    body: str = line["body"].strip()
    for key in line.get("mentions", []):
        body = body.replace(f"@{key}", mention_token(stage.users[key].id, stage.users[key].name))
    if "quote_of" in line:
        quoted = [topic, *topic["posts"]][line["quote_of"] - 1]
        first = next(part for part in quoted["body"].strip().splitlines() if part.strip())
        body = f"> **{stage.users[quoted['author']].name}**\n>\n> {first}\n\n{body}"
    return body


def _pictures(stage: Stage, line: dict[str, Any]) -> str:
    """The Markdown of the line's pictures, received as their author would have sent them."""
    parts = []
    for picture in line.get("pictures", []):
        name = f"{picture['key']}.webp"
        path = PICTURES / name
        if not path.exists():
            continue
        prepared = blobs.receive(io.BytesIO(path.read_bytes()), name)
        with transaction():
            blobs.keep(prepared, stage.users[line["author"]].id, alt=picture.get("alt", ""))
        parts.append(
            f"\n\n![{picture.get('alt', '')}](/blobs/{prepared.key}#{prepared.width}x{prepared.height})"
        )
        if "legend" in picture:
            parts.append(f"\n\n{picture['legend']}")
    return "".join(parts)


def _opening(stage: Stage, topic: dict[str, Any]) -> Act:
    def act() -> None:
        made = forums.open_topic(
            stage.room(_room_key(topic)),
            author=stage.users[topic["author"]],
            kind=topic["kind"],
            title=topic["title"],
            text=stage.texts[topic["title"], 1],
            tags=topic.get("tags", []),
            request_id=stage.request_id(),
        )
        stage.topics[topic["title"]] = made.id

    return act


def _answer(stage: Stage, topic: dict[str, Any], number: int, line: dict[str, Any]) -> Act:
    def act() -> None:
        forums.reply(
            _topic(stage, topic),
            stage.room(_room_key(topic)),
            author=stage.users[line["author"]],
            text=stage.texts[topic["title"], number],
            request_id=stage.request_id(),
        )

    return act


def _reactions(stage: Stage, topic: dict[str, Any], number: int, kind: str, people: list[str]) -> Act:
    def act() -> None:
        post, made, room = _post(stage, topic, number), _topic(stage, topic), stage.room(_room_key(topic))
        for key in people:
            forums.react(post, made, room, person=stage.users[key], kind=kind, wanted=True)

    return act


def _accept(stage: Stage, topic: dict[str, Any]) -> Act:
    def act() -> None:
        forums.accept_answer(
            _topic(stage, topic),
            stage.room(_room_key(topic)),
            post=_post(stage, topic, topic["accepted"]),
            actor=stage.users[topic.get("accepted_by", topic["author"])],
        )

    return act


def _pin(stage: Stage, topic: dict[str, Any]) -> Act:
    def act() -> None:
        forums.pin_topic(
            _topic(stage, topic), stage.room(_room_key(topic)), actor=stage.somebody_above(), pinned=True
        )

    return act


def _close(stage: Stage, topic: dict[str, Any]) -> Act:
    def act() -> None:
        forums.close_topic(_topic(stage, topic), stage.room(_room_key(topic)), actor=stage.somebody_above())

    return act


def _room_key(topic: dict[str, Any]) -> str:
    return f"{topic['place']}/{topic['room']}"


def _topic(stage: Stage, topic: dict[str, Any]) -> Topic:
    # Read anew: numbers and counters are raised by statements that the session does not see.
    return db.session.get_one(Topic, stage.topics[topic["title"]], populate_existing=True)


def _post(stage: Stage, topic: dict[str, Any], number: int) -> Post:
    return db.session.execute(
        select(Post).where(Post.topic_id == stage.topics[topic["title"]], Post.number == number)
    ).scalar_one()
