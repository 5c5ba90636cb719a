"""From a Markdown source to HTML: Markdown, then an allow-list, then a check of every address."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from flask_babel import gettext as _
from markdown import Markdown
from markdown.treeprocessors import Treeprocessor

from app.core.errors import Refusal
from app.core.text.blocks import PlainBlockParser
from app.core.text.cleaning import clean_text
from app.core.text.excerpts import plain_excerpt
from app.core.text.inlines import Found, use_patterns
from app.core.text.lending import Lent
from app.core.text.sanitizing import sanitize

RENDERER_VERSION = 1
"""Raise it whenever the same source gives other HTML: rows of an older version are rendered again."""

MESSAGE_BYTES = 20_000
EXCERPT_LENGTH = 240

# Above these a text is not interpreted. Inline parsing costs about (special characters) × (length of the paragraph);
# an honest article of 50 KB stays under a fifth of either, a paragraph made to hurt is hundreds of times over.
BRACKET_BUDGET = 1_000_000
MARK_BUDGET = 4_000_000
# Each character to escape passes through bleach alone, at some 15 µs.
ESCAPED_BUDGET = 8_000
# bleach's tree walker looks each element up among its neighbours; a message has tens of elements, a long sheet hundreds.
ELEMENT_BUDGET = 2_500

_PARAGRAPH_END = re.compile(r"\n[ \t]*\n")
_MARKS = re.compile(r"[*_`~\\<@]|://|www\.")


@dataclass(frozen=True)
class RenderedText:
    """A text ready to be stored. `mentions` are ids of people, `images` keys of pictures and files: unverified, in order."""

    source: str
    html: str
    renderer_version: int
    excerpt: str
    mentions: tuple[int, ...] = ()
    images: tuple[str, ...] = ()


def render(source: str, *, limit_bytes: int = MESSAGE_BYTES) -> RenderedText:
    """Render a person's Markdown. Slow work: call it before the transaction, through `run_off_hub`.

    The stored source is the cleaned one. Raises `Refusal` above `limit_bytes`; a text whose interpretation would cost
    too much is not refused, but kept as plain text.
    """
    source = clean_text(source).strip("\n").rstrip()
    _check_size(source, limit_bytes)
    markup, found = _interpreted(source) or (_as_typed(source), Found())
    return RenderedText(
        source=source,
        html=markup,
        renderer_version=RENDERER_VERSION,
        excerpt=plain_excerpt(markup, EXCERPT_LENGTH),
        mentions=tuple(found.people),
        images=tuple(found.blobs),
    )


def _check_size(source: str, limit_bytes: int) -> None:
    size = len(source.encode())
    if size > limit_bytes:
        raise Refusal(
            _(
                "Ce texte pèse %(size)s Ko ; la limite est de %(limit)s Ko. "
                "Raccourcissez-le, ou joignez le détail dans un fichier.",
                size=-(-size // 1000),
                limit=limit_bytes // 1000,
            ),
            field="body",
        )


def _is_affordable(source: str) -> bool:
    if sum(source.count(character) for character in "&<>") > ESCAPED_BUDGET:
        return False
    brackets = marks = 0
    for paragraph in _PARAGRAPH_END.split(source):
        brackets += paragraph.count("[") * len(paragraph)
        marks += len(_MARKS.findall(paragraph)) * len(paragraph)
    return brackets <= BRACKET_BUDGET and marks <= MARK_BUDGET


def _interpreted(source: str) -> tuple[str, Found] | None:
    if not _is_affordable(source):
        return None
    try:
        with _converters.one() as converter:
            markup, found = converter.convert(source)
    except _TooManyElementsError:
        return None
    return sanitize(markup), found


class _Converter:
    """One Markdown instance with what its patterns found: making it costs as much as a short text."""

    def __init__(self) -> None:
        self._found = Found()
        self._md = _markdown(self._found)

    def convert(self, source: str) -> tuple[str, Found]:
        self._md.reset()
        self._found.people.clear()
        self._found.blobs.clear()
        markup = self._md.convert(source)
        return markup, Found(dict(self._found.people), dict(self._found.blobs))


_converters = Lent(_Converter)


def _markdown(found: Found) -> Markdown:
    md = Markdown(output_format="html")
    for name in ("normalize_whitespace", "html_block"):
        md.preprocessors.deregister(name)
    md.treeprocessors.deregister("prettify")
    md.postprocessors.deregister("raw_html")
    md.parser = PlainBlockParser(md)
    use_patterns(md, found)
    md.treeprocessors.register(_ElementCount(md), "count_blocks", 100)
    md.treeprocessors.register(_ElementCount(md), "count_all", -10)
    return md


class _TooManyElementsError(Exception):
    pass


class _ElementCount(Treeprocessor):
    def run(self, root: Element) -> None:
        if sum(1 for _ in root.iter()) > ELEMENT_BUDGET:
            raise _TooManyElementsError


def _as_typed(source: str) -> str:
    paragraphs = (part.strip("\n") for part in _PARAGRAPH_END.split(source))
    return "\n".join(
        "<p>{}</p>".format(html.escape(part, quote=False).replace("\n", "<br>"))
        for part in paragraphs
        if part.strip()
    )
