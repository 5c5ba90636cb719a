"""One partial per thing, rendered once per state of the thing.

The partial of a post is neutral to its reader: the page and the live message carry the very same markup, so it can be
kept by the values it was made from. What is the reader's own (mine, allowed) is added in the page.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import current_app, g
from flask_babel import get_locale
from markupsafe import Markup

from app.forums.queries import POST_COLUMNS, PostRow

SHOWN, DELETED, HIDDEN, KNOWN = "shown", "deleted", "hidden", "known"


def post_html(row: Any, *, held: bool = False, known: bool = False) -> Markup:
    """The markup of a post from its row (`queries.POST_COLUMNS`).

    `held` marks the accepted answer. `known` shows a hidden post's words to those who may still read them.
    """
    state = SHOWN
    if row.deleted_at is not None:
        state = DELETED
    elif row.hidden_at is not None:
        state = KNOWN if known else HIDDEN
    return _post_html(tuple(row), held, state, _language(), g.get("time_zone"))


def post_row(row: Any) -> PostRow:
    """The columns of a post's partial out of a wider row."""
    return PostRow(*row[: len(POST_COLUMNS)])


def topic_row_html(row: Any, *, place: str | None = None, hue: str | None = None) -> Markup:
    """The markup of a topic in a list, neutral to its reader."""
    return Markup(
        current_app.jinja_env.get_template("forums/_topic_row.html").render(
            topic=row, place=place, hue=hue, unread=0
        )
    )


def _language() -> str:
    return str(get_locale() or "fr")


@lru_cache(maxsize=2048)
def _post_html(values: tuple[Any, ...], held: bool, state: str, language: str, zone: str | None) -> Markup:
    return Markup(
        current_app.jinja_env.get_template("forums/_post.html").render(
            post=PostRow(*values), held=held, state=state
        )
    )
