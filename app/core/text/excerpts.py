"""Words alone, for lists, mails and search results."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_SPACES = re.compile(r"\s+")
_BLOCKS = frozenset(
    {
        "blockquote",
        "br",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    }
)


_SLICE = 4000


def plain_text(markup: str) -> str:
    """The words of rendered HTML on one line; a picture counts for its description."""
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
    reader = _Words()
    for start in range(0, len(markup), _SLICE):
        reader.feed(markup[start : start + _SLICE])
        if enough is not None and len(_joined(reader.words)) > enough:
            return _joined(reader.words)
    reader.close()
    return _joined(reader.words)


def _joined(words: list[str]) -> str:
    return _SPACES.sub(" ", "".join(words)).strip()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.words.append(" ")
        elif tag == "img":
            self.words.append(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        self.words.append(data)
