"""The block half of Markdown, as people type it.

Takes the place of Python-Markdown's block parser, whose dialect surprises those who never read its manual: there a list
right after a sentence is not a list, a sub-list needs four spaces, a row of dashes turns the line above into a title, a
line that happens to be indented becomes code. It is also linear: each level reads its lines once, and levels are capped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, ElementTree, SubElement

from markdown.blockparser import BlockParser
from markdown.util import AtomicString, code_escape

MAX_DEPTH = 8
MAX_COLUMNS = 30
HEADING_SHIFT = 2  # The page has its own h1, and the thing that is read an h2.

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ ]*[\w+#.-]{0,40}[ ]*$")
_HEADING = re.compile(r" {0,3}(#{1,6}) +(?=\S)")
_RULE = re.compile(r" {0,3}([-*_])[ ]*(?:\1[ ]*){2,}$")
_QUOTE = re.compile(r" {0,3}>[ ]?")
_ITEM = re.compile(r"( *)(?:([-*+])(?: +)|([•▪◦‣]) *|(\d{1,3})[.)] +)(?=\S)")
_SEPARATOR_CELL = re.compile(r"(:?)-+(:?)")
_CELL_END = re.compile(r"(?<!\\)\|")


class PlainBlockParser(BlockParser):
    """Builds the tree of blocks; the text inside is left for the inline patterns."""

    def parseDocument(self, lines: Iterable[str]) -> ElementTree:  # noqa: N802 (its name in Markdown)
        self.root = Element(self.md.doc_tag)
        add_blocks(self.root, [line.expandtabs(4).rstrip() for line in lines])
        return ElementTree(self.root)


def add_blocks(parent: Element, lines: Sequence[str], depth: int = 0) -> None:
    """Append to `parent` the blocks that `lines` make; deeper than `MAX_DEPTH` everything is a paragraph."""
    at = 0
    while at < len(lines):
        if not lines[at]:
            at += 1
        elif depth >= MAX_DEPTH:
            at = _add_paragraph(parent, lines, at, to_blank=True)
        else:
            at = _add_block(parent, lines, at, depth)


def _add_block(parent: Element, lines: Sequence[str], at: int, depth: int) -> int:
    line = lines[at]
    if _FENCE.match(line):
        return _add_code(parent, lines, at)
    if _HEADING.match(line):
        return _add_heading(parent, line, at)
    if _RULE.match(line):
        SubElement(parent, "hr")
        return at + 1
    if _QUOTE.match(line):
        return _add_quote(parent, lines, at, depth)
    if _ITEM.match(line):
        return _add_list(parent, lines, at, depth)
    end = _table_end(lines, at)
    if end:
        return _add_table(parent, lines, at, end)
    return _add_paragraph(parent, lines, at)


def _starts_block(lines: Sequence[str], at: int) -> bool:
    line = lines[at]
    item = _ITEM.match(line)
    if item:
        # "… depuis" + "2019. Nous" is a sentence that wrapped; only a list that starts at 1 interrupts one.
        return item[4] is None or item[4] == "1"
    return bool(
        _FENCE.match(line)
        or _HEADING.match(line)
        or _RULE.match(line)
        or _QUOTE.match(line)
        or _table_end(lines, at)
    )


def _add_paragraph(parent: Element, lines: Sequence[str], at: int, *, to_blank: bool = False) -> int:
    kept = [lines[at].strip()]
    at += 1
    while at < len(lines) and lines[at] and (to_blank or not _starts_block(lines, at)):
        kept.append(lines[at].strip())
        at += 1
    SubElement(parent, "p").text = "\n".join(kept)
    return at


def _add_heading(parent: Element, line: str, at: int) -> int:
    marks = _HEADING.match(line)
    assert marks is not None
    title = line[marks.end() :]
    shorn = title.rstrip("#")
    level = min(6, len(marks[1]) + HEADING_SHIFT)
    SubElement(parent, f"h{level}").text = shorn.rstrip() if shorn.endswith(" ") else title
    return at + 1


def _add_code(parent: Element, lines: Sequence[str], at: int) -> int:
    fence = _FENCE.match(lines[at])
    assert fence is not None
    mark = fence[1]
    closing = re.compile(rf" {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}$")
    start = at = at + 1
    while at < len(lines) and not closing.match(lines[at]):
        at += 1
    code = SubElement(SubElement(parent, "pre"), "code")
    code.text = AtomicString(code_escape("\n".join(lines[start:at])))
    return at + 1


def _add_quote(parent: Element, lines: Sequence[str], at: int, depth: int) -> int:
    inner = []
    while at < len(lines):
        mark = _QUOTE.match(lines[at])
        if mark is None:
            # The answer typed right under a quote is not part of it.
            break
        inner.append(lines[at][mark.end() :])
        at += 1
    if any(inner):
        add_blocks(SubElement(parent, "blockquote"), inner, depth + 1)
    return at


def _add_list(parent: Element, lines: Sequence[str], at: int, depth: int) -> int:
    first = _ITEM.match(lines[at])
    assert first is not None
    ordered = first[4] is not None
    listing = SubElement(parent, "ol" if ordered else "ul")
    if ordered and int(first[4]) != 1:
        listing.set("start", str(int(first[4])))
    inner_from = len(first[1]) + 2
    while at < len(lines):
        if not lines[at]:
            following = _next_text(lines, at)
            if following == len(lines) or not _is_sibling(lines[following], ordered, inner_from):
                break
            at = following
        elif not _is_sibling(lines[at], ordered, inner_from):
            break
        at = _add_item(listing, lines, at, inner_from, depth)
    return at


def _is_sibling(line: str, ordered: bool, inner_from: int) -> bool:
    item = _ITEM.match(line)
    return (
        item is not None
        and (item[4] is not None) == ordered
        and len(item[1]) < inner_from
        and not _RULE.match(line)
    )


def _add_item(listing: Element, lines: Sequence[str], at: int, inner_from: int, depth: int) -> int:
    mark = _ITEM.match(lines[at])
    assert mark is not None
    inner = [lines[at][mark.end() :]]
    at += 1
    while at < len(lines):
        following = at if lines[at] else _next_text(lines, at)
        if following == len(lines) or _indent(lines[following]) < inner_from:
            break
        inner.extend([""] * (following - at))
        inner.append(lines[following][min(_indent(lines[following]), mark.end()) :])
        at = following + 1
    item = SubElement(listing, "li")
    add_blocks(item, inner, depth + 1)
    _tighten(item)
    return at


def _tighten(item: Element) -> None:
    """An item of one paragraph shows as a line, with its sub-list under it."""
    if len(item) and item[0].tag == "p" and not any(child.tag == "p" for child in item[1:]):
        item.text = item[0].text
        item.remove(item[0])


def _next_text(lines: Sequence[str], at: int) -> int:
    while at < len(lines) and not lines[at]:
        at += 1
    return at


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _table_end(lines: Sequence[str], at: int) -> int:
    """Index after the table that starts here, 0 when none does."""
    if "|" not in lines[at] or at + 1 >= len(lines) or not _alignments(lines[at + 1]):
        return 0
    columns = len(_alignments(lines[at + 1]))
    if columns > MAX_COLUMNS or columns != len(_cells(lines[at])):
        return 0
    end = at + 2
    while end < len(lines) and "|" in lines[end]:
        end += 1
    return end


def _alignments(line: str) -> list[str]:
    if "-" not in line or "|" not in line or len(line) > 2000:
        return []
    found = []
    for cell in _cells(line):
        marks = _SEPARATOR_CELL.fullmatch(cell)
        if marks is None:
            return []
        found.append(
            {(":", ""): "left", (":", ":"): "center", ("", ":"): "right"}.get((marks[1], marks[2]), "")
        )
    return found


def _cells(line: str) -> list[str]:
    line = line.strip().removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    return [cell.strip() for cell in _CELL_END.split(line)]


def _add_table(parent: Element, lines: Sequence[str], at: int, end: int) -> int:
    alignments = _alignments(lines[at + 1])
    table = SubElement(parent, "table")
    _add_row(SubElement(table, "thead"), "th", lines[at], alignments)
    if end > at + 2:
        body = SubElement(table, "tbody")
        for row in lines[at + 2 : end]:
            _add_row(body, "td", row, alignments)
    return end


def _add_row(parent: Element, tag: str, line: str, alignments: Sequence[str]) -> None:
    # A short row stays short: filled up, two typed characters would make thirty cells.
    row = SubElement(parent, "tr")
    for text, alignment in zip(_cells(line), alignments, strict=False):
        cell = SubElement(row, tag)
        cell.text = text
        if alignment:
            cell.set("class", f"align-{alignment}")
