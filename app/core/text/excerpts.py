"""Words alone, for lists, mails and search results."""

from __future__ import annotations

import html
import re

_SPACES = re.compile(r"\s+")
# An attribute may hold a ">" between its quotes.
_TAG = re.compile(r"""<(/?[a-zA-Z][a-zA-Z0-9]*)(?:[^<>"']|"[^"]*"|'[^']*')*>""")
_DESCRIPTION = re.compile(r"""\salt=(?:"([^"]*)"|'([^']*)')""")
_BLOCKS = frozenset("blockquote br h1 h2 h3 h4 h5 h6 hr li ol p pre table td th tr ul".split())
_SLICE = 4000


def plain_text(markup: str) -> str:
    """The words of HTML that our renderer wrote, on one line; a picture counts for its description."""
    return _words(markup, None)


def plain_excerpt(markup: str, length: int) -> str:
    """At most `length` characters of the words of rendered HTML, cut between two words."""
    text = _words(markup, length)
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    at_word = cut.rfind(" ")
    if at_word > length // 2:
        cut = cut[:at_word]
    return f"{cut.rstrip(' ,;:.!?–-')}…"


def _words(markup: str, enough: int | None) -> str:
    if enough is not None and len(markup) > _SLICE:
        # Markup is longer than its words; where it is not by that much, the rest is read after all.
        cut = markup.rfind("<", 0, max(_SLICE, 2 * enough))
        words = _words(markup[:cut], None) if cut > 0 else ""
        if len(words) > enough:
            return words
    text = _TAG.sub(_spoken, markup)
    return _SPACES.sub(" ", html.unescape(text)).strip()


def _spoken(tag: re.Match[str]) -> str:
    name = tag[1].lstrip("/").lower()
    if name in _BLOCKS:
        return " "
    if name == "img":
        described = _DESCRIPTION.search(tag[0])
        return (described[1] or described[2] or "") if described else ""
    return ""
