"""The words of templates, looked up once per language instead of once per use.

A page says `_()` some hundred times; going through the request's catalogue each time cost more than drawing the page.
Meaning is that of Jinja's own: the result is markup, what is put into it is escaped, a literal per cent is doubled.

French is set as it is printed: a double sign never begins a line, and « de » gives way before a vowel.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

import flask_babel
from flask import Flask
from markupsafe import Markup

_BEFORE_SIGN = re.compile(r" (?=[:;?!»])")
_AFTER_QUOTE = re.compile("« ")
_GIVES_WAY = re.compile(r"\b([Dd]|[Qq]u)e (?=%\((\w+)\)s)")
_VOWELS = "aeiou"
_NBSP = "\N{NO-BREAK SPACE}"


def phrase(message: str, **variables: Any) -> Markup:
    """`message` in the language of the reader, with `variables` put in."""
    if variables:
        known = _known(language(), message)
        return (_elided(known, variables) if "e %(" in known else known) % variables
    return _plain(language(), message)


def counted_phrase(singular: str, plural: str, num: int, **variables: Any) -> Markup:
    """`singular` or `plural` as the reader's language counts, with `num` and `variables` put in."""
    variables.setdefault("num", num)
    return _known_count(language(), singular, plural, min(abs(num), 100)) % variables


def bare_phrase(message: str, **variables: Any) -> str:
    """The same for plain text, where nothing is escaped: the text of a mail."""
    known = _known(language(), message)
    return str(_elided(known, variables) if variables else known) % variables


def bare_counted_phrase(singular: str, plural: str, num: int, **variables: Any) -> str:
    """`counted_phrase` for plain text."""
    variables.setdefault("num", num)
    return str(_known_count(language(), singular, plural, min(abs(num), 100))) % variables


PLAIN = {"_": bare_phrase, "gettext": bare_phrase, "ngettext": bare_counted_phrase}
"""What a template of plain text is given beside its values."""


def printed(text: str) -> str:
    """A text of ours made outside templates (the sentence of a news), set like theirs in the reader's language."""
    return spaced(text) if language() == "fr" else text


def language() -> str:
    """The language of the reader, "fr" where there is none (a job says its own with `force_locale`)."""
    locale = flask_babel.get_locale()
    return locale.language if locale is not None else "fr"


@lru_cache(maxsize=4096)
def _known(language: str, message: str) -> Markup:
    text = flask_babel.gettext(message)
    return Markup(spaced(text) if language == "fr" else text)


@lru_cache(maxsize=4096)
def _plain(language: str, message: str) -> Markup:
    return _known(language, message) % {}


@lru_cache(maxsize=4096)
def _known_count(language: str, singular: str, plural: str, num: int) -> Markup:
    # French is the language of the source, and counts zero as singular: nothing to look up.
    if language == "fr":
        return Markup(spaced(singular if num < 2 else plural))
    # Beyond a hundred, no language of ours changes its form.
    return Markup(flask_babel.get_translations().ngettext(singular, plural, num))


def spaced(text: str) -> str:
    """`text` with its double signs kept to the word before them: what people write in a title is set so too."""
    return _AFTER_QUOTE.sub(f"«{_NBSP}", _BEFORE_SIGN.sub(_NBSP, text))


def _elided(text: Markup, variables: dict[str, Any]) -> Markup:
    """« Message d’Élodie », « d’Hélène »; no language but French writes so before a variable."""
    if language() != "fr":
        return text
    return Markup(
        _GIVES_WAY.sub(lambda at: f"{at[1]}’" if _opens(str(variables[at[2]])) else at[0], str(text))
    )


def _opens(word: str) -> bool:
    """Whether « de » gives way before it: to a vowel, to an h but before an a (Haute, Hans), not to the y of Yann."""
    first, second = (unicodedata.normalize("NFD", letter)[:1].lower() for letter in f"{word}  "[:2])
    if first == "y":
        return second not in _VOWELS
    return first in _VOWELS or (first == "h" and second in "eiouy")


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(_=phrase, gettext=phrase, ngettext=counted_phrase)
    app.jinja_env.filters["spaced_signs"] = spaced
