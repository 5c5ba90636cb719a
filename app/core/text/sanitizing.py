"""The last gate before the page: an allow-list, then our own look at every address.

The renderer should never produce anything to stop here. This holds if it does.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from bleach.html5lib_shim import Filter
from bleach.sanitizer import Cleaner

from app.core.text.addresses import SCHEMES, own_blob, safe_address
from app.core.text.lending import Lent

TAGS = frozenset(
    {
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    }
)
REL = "nofollow noopener ugc"
_NUMBER = re.compile(r"\d{1,5}")
_VALUES = {
    ("a", "class"): re.compile("mention|picture|file"),
    ("th", "class"): re.compile("align-(?:left|center|right)"),
    ("td", "class"): re.compile("align-(?:left|center|right)"),
    ("ol", "start"): _NUMBER,
    ("img", "width"): _NUMBER,
    ("img", "height"): _NUMBER,
    ("img", "loading"): re.compile("lazy"),
}
_FREE = {("a", "href"), ("img", "src"), ("img", "alt")}


def sanitize(markup: str) -> str:
    """Markup with nothing but the allowed tags, attributes, values and addresses."""
    with _cleaners.one() as cleaner:
        return str(cleaner.clean(markup))


def _allows(tag: str, name: str, value: str) -> bool:
    if (tag, name) in _FREE:
        return True
    expected = _VALUES.get((tag, name))
    return expected is not None and expected.fullmatch(value) is not None


class _CheckedAddresses(Filter):
    """Checks schemes again: bleach 6.4 takes `javascript:123` for a host and its port."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for token in super().__iter__():
            if token["type"] in {"StartTag", "EmptyTag"}:
                attributes = token["data"]
                if token["name"] == "a":
                    _check_link(attributes)
                elif token["name"] == "img" and not _is_own_picture(attributes.get((None, "src"), "")):
                    continue
            yield token


_cleaners = Lent(
    lambda: Cleaner(tags=TAGS, attributes=_allows, protocols=SCHEMES, filters=[_CheckedAddresses])
)


def _check_link(attributes: dict[tuple[None, str], str]) -> None:
    href = attributes.pop((None, "href"), None)
    if href is None:
        return
    address = safe_address(html.unescape(href))
    if address is None:
        return
    attributes[(None, "href")] = href
    if not address.startswith(("/personnes/", "/blobs/")):
        attributes[(None, "rel")] = REL


def _is_own_picture(src: str) -> bool:
    return own_blob(html.unescape(src)) is not None
