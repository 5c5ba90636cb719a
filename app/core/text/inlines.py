"""The inline half of Markdown: links, pictures, people, bare addresses, emphasis.

Python-Markdown's own link patterns look for the end of every bracket up to the end of the paragraph; ours match with
bounded, possessive expressions, so that a bracket that leads nowhere costs what it is long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias
from xml.etree.ElementTree import Element, SubElement

from markdown import Markdown
from markdown.inlinepatterns import InlineProcessor, SimpleTagInlineProcessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import ETX, INLINE_PLACEHOLDER_RE, STX, AtomicString

from app.core.text.addresses import own_blob, safe_address
from app.core.text.mentions import MENTION

THUMBNAIL_SIDE = 640

_LINK = (
    r"!?\[([^\[\]]{0,500}+)\]\([ \n]{0,8}+"
    r"(?:<([^<>\n]{0,2000}+)>|((?:[^\s()<>]{1,2000}+|\([^\s()<>]{0,500}+\)){0,8}+))"
    r"(?:[ \n]{1,8}+(?:\"[^\"\n]{0,300}+\"|'[^'\n]{0,300}+'))?+[ \n]{0,8}+\)"
)
_BARE_LINK = rf"(?<![\w/@.:-])<?((?:https?://|www\.)[^\s<>\"`{STX}{ETX}|]{{1,2000}}+)>?"
_MAIL = r"(?<![\w.+/@-])<?((?:mailto:)?[\w.+-]{1,64}+@(?:[\w-]{1,63}+\.){1,5}+[A-Za-z]{2,24}+)>?(?![\w@])"
_STRIKE = r"(~~)(?=\S)([^~]{1,1000}+)~~"
_CLOSERS = {")": "(", "]": "[", "}": "{"}
_SHOWN_LENGTH = 70

Outcome: TypeAlias = tuple[Element | None, int | None, int | None]
"""What a pattern answers: the element and the span it replaces, or nothing at all three."""


@dataclass
class Found:
    """What a text refers to, in order of appearance, once each."""

    people: dict[int, None] = field(default_factory=dict)
    blobs: dict[str, None] = field(default_factory=dict)


def use_patterns(md: Markdown, found: Found) -> None:
    """Give `md` our inline patterns; raw HTML, references and entities of the library's own go."""
    patterns = md.inlinePatterns
    for name in (
        "reference",
        "link",
        "image_link",
        "image_reference",
        "short_reference",
        "short_image_ref",
        "autolink",
        "automail",
        "linebreak",
        "html",
        "entity",
    ):
        patterns.deregister(name)
    patterns.register(_Mention(MENTION.pattern, md, found), "mention", 185)
    patterns.register(_Picture(rf"(?=!){_LINK}", md, found), "picture", 165)
    patterns.register(_Link(rf"(?<!!)(?=\[){_LINK}", md, found), "link", 160)
    patterns.register(_BareLink(_BARE_LINK, md), "bare_link", 120)
    patterns.register(_Mail(_MAIL, md), "mail", 110)
    patterns.register(SimpleTagInlineProcessor(_STRIKE, "del"), "strike", 65)
    md.ESCAPED_CHARS.extend(["|", "~", "<", "@", ":"])
    md.treeprocessors.register(_LineBreaks(md), "line_breaks", 15)


class _Pattern(InlineProcessor):
    """One of ours: `replaced` answers for a match, whatever surrounds it."""

    def handleMatch(self, m: re.Match[str], data: str) -> Outcome:  # noqa: N802 (as Markdown calls it)
        return self.replaced(m)

    def replaced(self, m: re.Match[str]) -> Outcome:
        raise NotImplementedError


class _Mention(_Pattern):
    ANCESTOR_EXCLUDES = ("a",)

    def __init__(self, pattern: str, md: Markdown, found: Found) -> None:
        super().__init__(pattern, md)
        self.found = found

    def replaced(self, m: re.Match[str]) -> Outcome:
        person_id = int(m[1])
        self.found.people[person_id] = None
        link = Element("a", {"class": "mention", "href": f"/personnes/{person_id}"})
        link.text = AtomicString(f"@{m[2].strip()}")
        return link, m.start(), m.end()


class _Picture(_Pattern):
    def __init__(self, pattern: str, md: Markdown, found: Found) -> None:
        super().__init__(pattern, md)
        self.found = found

    def replaced(self, m: re.Match[str]) -> Outcome:
        address = _plain(m[2] if m[2] is not None else m[3])
        alt = _plain(self.unescape(m[1])).strip()
        own = own_blob(address)
        if own is not None:
            key, width, height = own
            self.found.blobs[key] = None
            return _shown_picture(key, alt, width, height), m.start(), m.end()
        # Showing a picture of another site would tell that site who reads us; a link leaves the choice.
        return _link_or_words(address, alt or address, m)


class _Link(_Pattern):
    ANCESTOR_EXCLUDES = ("a",)

    def __init__(self, pattern: str, md: Markdown, found: Found) -> None:
        super().__init__(pattern, md)
        self.found = found

    def replaced(self, m: re.Match[str]) -> Outcome:
        address = safe_address(_plain(m[2] if m[2] is not None else m[3]))
        if address is None or not self._is_free_of_links(m[1]):
            return None, None, None
        link = Element("a", {"href": address})
        joined = own_blob(address)
        if joined is not None:
            self.found.blobs[joined[0]] = None
            link.set("class", "file")
        if m[1].strip():
            link.text = m[1]
        else:
            link.text = AtomicString(address)
        return link, m.start(), m.end()

    def _is_free_of_links(self, words: str) -> bool:
        """Whether the words can stand in a link; a picture among them loses its own link for that."""
        stash = self.md.treeprocessors["inline"].stashed_nodes
        inside = [stash.get(number) for number in INLINE_PLACEHOLDER_RE.findall(words)]
        links = [node for node in inside if isinstance(node, Element) and node.tag == "a"]
        if any(link.get("class") != "picture" for link in links):
            return False
        for link in links:
            image = link[0]
            link.clear()
            link.tag = "img"
            link.attrib.update(image.attrib)
        return True


class _BareLink(_Pattern):
    ANCESTOR_EXCLUDES = ("a",)

    def replaced(self, m: re.Match[str]) -> Outcome:
        bracketed = m[0].startswith("<") and m[0].endswith(">")
        text = m[1] if bracketed else _without_trailing_punctuation(m[1])
        address = safe_address(text)
        if address is None:
            return None, None, None
        link = Element("a", {"href": address})
        link.text = AtomicString(_shortened(text))
        return link, *((m.start(), m.end()) if bracketed else (m.start(1), m.start(1) + len(text)))


class _Mail(_Pattern):
    ANCESTOR_EXCLUDES = ("a",)

    def replaced(self, m: re.Match[str]) -> Outcome:
        bracketed = m[0].startswith("<") and m[0].endswith(">")
        text = m[1].removeprefix("mailto:")
        address = safe_address(f"mailto:{text}")
        if address is None:
            return None, None, None
        link = Element("a", {"href": address})
        link.text = AtomicString(text)
        return link, *((m.start(), m.end()) if bracketed else (m.start(1), m.end(1)))


class _LineBreaks(Treeprocessor):
    """Turn the line ends that are left inside text into `<br>`.

    As an inline pattern this would copy the whole paragraph once for each of its lines.
    """

    def run(self, root: Element) -> None:
        for element in list(root.iter()):
            if element.tag in {"code", "pre"}:
                texts: list[tuple[Element | None, str | None]] = []
            else:
                texts = [(None, element.text)]
            texts.extend((child, child.tail) for child in element)
            if any(text and "\n" in text for _, text in texts):
                _rebuild(element, texts)


def _rebuild(element: Element, texts: list[tuple[Element | None, str | None]]) -> None:
    element.text = None
    for former in list(element):
        element.remove(former)
    for child, text in texts:
        if child is not None:
            child.tail = None
            element.append(child)
        for number, line in enumerate((text or "").split("\n")):
            if number:
                SubElement(element, "br")
            if len(element):
                element[-1].tail = line if number else (element[-1].tail or "") + line
            else:
                element.text = line


def _shown_picture(key: str, alt: str, width: int | None, height: int | None) -> Element:
    link = Element("a", {"class": "picture", "href": f"/blobs/{key}"})
    image = SubElement(link, "img", {"src": f"/blobs/{key}/thumb", "alt": alt, "loading": "lazy"})
    if width and height:
        scale = min(1.0, THUMBNAIL_SIDE / max(width, height))
        image.set("width", str(max(1, round(width * scale))))
        image.set("height", str(max(1, round(height * scale))))
    return link


def _link_or_words(address: str, words: str, m: re.Match[str]) -> Outcome:
    target = safe_address(address)
    if target is None:
        return None, None, None
    link = Element("a", {"href": target})
    link.text = AtomicString(words)
    return link, m.start(), m.end()


def _plain(text: str) -> str:
    """Characters the escape pattern has already set aside, put back."""
    return re.sub(f"{STX}(\\d{{1,7}}){ETX}", lambda m: chr(int(m[1])), text)


def _without_trailing_punctuation(text: str) -> str:
    """A full stop after an address belongs to the sentence, a closing bracket to whoever opened it."""
    while text:
        last = text[-1]
        if last in _CLOSERS:
            if text.count(_CLOSERS[last]) >= text.count(last):
                break
        elif last not in ".,;:!?'\"’»…*_~":
            break
        text = text[:-1]
    return text


def _shortened(text: str) -> str:
    shown = text.removeprefix("https://").removeprefix("http://")
    return shown if len(shown) <= _SHOWN_LENGTH else f"{shown[: _SHOWN_LENGTH - 1]}…"
