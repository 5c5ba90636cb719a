"""The words of templates, looked up once per language instead of once per use.

A page says `_()` some hundred times; going through the request's catalogue each time cost more than drawing the page.
Meaning is that of Jinja's own: the result is markup, what is put into it is escaped, a literal per cent is doubled.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import flask_babel
from flask import Flask
from markupsafe import Markup


def phrase(message: str, **variables: Any) -> Markup:
    """`message` in the language of the reader, with `variables` put in."""
    if variables:
        return _known(language(), message) % variables
    return _plain(language(), message)


def counted_phrase(singular: str, plural: str, num: int, **variables: Any) -> Markup:
    """`singular` or `plural` as the reader's language counts, with `num` and `variables` put in."""
    variables.setdefault("num", num)
    return _known_count(language(), singular, plural, min(abs(num), 100)) % variables


def language() -> str:
    """The language of the reader, "fr" where there is none (a job says its own with `force_locale`)."""
    locale = flask_babel.get_locale()
    return locale.language if locale is not None else "fr"


@lru_cache(maxsize=4096)
def _known(_language: str, message: str) -> Markup:
    return Markup(flask_babel.gettext(message))


@lru_cache(maxsize=4096)
def _plain(language: str, message: str) -> Markup:
    return _known(language, message) % {}


@lru_cache(maxsize=4096)
def _known_count(language: str, singular: str, plural: str, num: int) -> Markup:
    # French is the language of the source, and counts zero as singular: nothing to look up.
    if language == "fr":
        return Markup(singular if num < 2 else plural)
    # Beyond a hundred, no language of ours changes its form.
    return Markup(flask_babel.get_translations().ngettext(singular, plural, num))


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(_=phrase, gettext=phrase, ngettext=counted_phrase)
