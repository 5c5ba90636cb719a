"""One partial per thing, rendered once per state of the thing.

The partial of a post is neutral to its reader: the page and the live message carry the very same markup, so it can be
kept by the values it was made from. What is the reader's own (mine, allowed) is added in the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from flask import current_app, g
from flask_babel import get_locale
from markupsafe import Markup

from app.core.fragments import kept
from app.core.prepared import Rows
from app.core.time import ago_tag, clock
from app.core.versions import Remembered
from app.forums.queries import POST_COLUMNS, PostRow

SHOWN, DELETED, HIDDEN, KNOWN = "shown", "deleted", "hidden", "known"


def post_html(row: Any, *, held: bool = False, known: bool = False) -> Markup:
    """The markup of a post from its row (`queries.POST_COLUMNS`).

    `held` marks the accepted answer. `known` shows a hidden post's words to those who may still read them.
    """
    state = SHOWN
    if row.deleted_at is not None:
        # Taken away by a decision, it says so; its author taking words back says less.
        state = HIDDEN if row.hidden_at is not None and not row.hidden_provisionally else DELETED
    elif row.hidden_at is not None:
        state = KNOWN if known else HIDDEN
    return _post_html(tuple(row), held, state, *looks())


@dataclass(frozen=True)
class Thread:
    """The messages of one page of a topic, as one reader sees them.

    `first_name` is of whoever wrote the page's first message, `reactions` is this reader's: `12:thanks 14:applied `.
    """

    html: Markup
    first_id: int
    first_name: str
    reactions: str


def thread_of(found: Rows, *, topic: Any, page: int, last_read: int, user: Any, moderates: bool) -> Thread:
    """The messages of `queries.posts_page`, drawn once for all readers to whom they look the same."""
    raw = found.raw
    # Of their own is only what they answered, and what was hidden that they wrote.
    own = user.id if any(row[-1] or row[-2] for row in raw) else 0
    seen = min(max(last_read, raw[0][_NUMBER] - 1), raw[-1][_NUMBER]) if raw else 0
    key = (topic.id, page, topic.accepted_post_id, seen, own, moderates, *looks())
    return _threads.get(
        key,
        raw,
        lambda: _thread(
            found.all(),
            accepted_id=topic.accepted_post_id,
            last_read=last_read,
            knows=lambda row: moderates or row.author_id == user.id,
        ),
    )


_NUMBER = [column.key for column in POST_COLUMNS].index("number")
_threads: Remembered[Thread] = Remembered(40)
"""Pages of messages kept by one process with the rows they were drawn from: some 90 KB each."""


def _thread(
    rows: Sequence[Any], *, accepted_id: int | None, last_read: int, knows: Callable[[Any], bool]
) -> Thread:
    return Thread(
        html=_thread_html(rows, accepted_id=accepted_id, last_read=last_read, knows=knows),
        first_id=rows[0].id if rows else 0,
        first_name=rows[0].given_name if rows else "",
        reactions="".join(f"{row.id}:{row.mine} " for row in rows if row.mine),
    )


def _thread_html(
    rows: Sequence[Any], *, accepted_id: int | None, last_read: int, knows: Callable[[Any], bool]
) -> Markup:
    """The messages of one page, with the line above what is new and the way to the answer held.

    `knows` says of a hidden message whether its words are shown to this reader.
    """
    parts: list[str] = []
    first_unread = next((row.number for row in rows if row.number > last_read), 0)
    held = next((row for row in rows if row.id == accepted_id), None)
    for place, row in enumerate(rows):
        if place and row.number == first_unread:
            parts.append(kept("forums/_new_line.html"))
        known = row.hidden_at is not None and knows(row)
        parts.append(post_html(post_row(row), held=row is held, known=known))
        if row.number == 1 and held is not None and held.number > 2:
            name = f"{held.given_name} {held.family_name}"
            parts.append(kept("forums/_answer_link.html", number=held.number, name=name))
    return Markup("\n".join(parts))


def post_row(row: Any) -> PostRow:
    """The columns of a post's partial out of a wider row."""
    return PostRow(*row[: len(POST_COLUMNS)])


class TopicLine(NamedTuple):
    """What a list shows of a topic; whoever reads it, but for `unread`."""

    id: int
    version: int
    slug: str
    title: str
    kind: str
    author: str
    byline: str
    tags: tuple[str, ...]
    replies: int
    is_pinned: bool
    is_closed: bool
    is_solved: bool
    unread: int
    when: Markup


def topic_lines_html(rows: Iterable[Any], places: Mapping[int, Any] | None = None) -> Markup:
    """The rows of a list of topics; with `places`, each says where it stands."""
    parts = []
    for row in rows:
        place = places.get(row.node_id) if places is not None else None
        unread = row.last_number - row.last_read if row.is_unread else 0
        parts.append(topic_row_html(row, place=place, unread=unread))
    return Markup("\n".join(parts))


def topic_row_html(row: Any, *, place: Any = None, unread: int = 0) -> Markup:
    """The markup of a topic in a list, kept by the values it was made from."""
    line = TopicLine(
        id=row.id,
        version=row.version,
        slug=row.slug,
        title=row.title,
        kind=row.kind,
        author=f"{row.given_name} {row.family_name}",
        byline=row.byline,
        tags=tuple(row.tag_names),
        replies=row.posts_count - 1,
        is_pinned=row.pinned_at is not None,
        is_closed=row.closed_at is not None,
        is_solved=row.accepted_post_id is not None,
        unread=unread,
        when=ago_tag(row.last_post_at),
    )
    where = (place.name, place.region_code, place.kind) if place is not None else (None, None, "")
    return _topic_row_html(line, *where, _language())


@lru_cache(maxsize=1000)
def _topic_row_html(line: TopicLine, place: str | None, hue: str | None, kind: str, _language: str) -> Markup:
    template = current_app.jinja_env.get_template("forums/_topic_row.html")
    return Markup(template.render(topic=line, place=place, hue=hue, place_kind=kind))


def _language() -> str:
    return str(get_locale() or "fr")


def looks() -> tuple[str, str | None, int]:
    """What words and instants depend on: language, zone, and the year, since a day of this year is written without it."""
    return _language(), g.get("time_zone"), clock.now().year


@lru_cache(maxsize=1000)
def _post_html(
    values: tuple[Any, ...], held: bool, state: str, _language: str, _zone: str | None, _year: int
) -> Markup:
    return Markup(
        current_app.jinja_env.get_template("forums/_post.html").render(
            post=PostRow(*values), held=held, state=state
        )
    )
