"""Templates keep to the content policy, and every word of the interface can be translated.

Refused: style attributes and elements, event attributes, scripts without a source, htmx's ways of running code, and
text or readable attributes written outside gettext.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment

ROOT = Path(__file__).resolve().parent.parent
READABLE = (
    "alt",
    "aria-description",
    "aria-label",
    "aria-roledescription",
    "placeholder",
    "summary",
    "title",
)
BUTTON_TYPES = ("submit", "button", "reset")
WORD = re.compile(r"[^\W\d_]{2,}")
# Left as they are in every language.
NAMES = {
    "Convergence",
    "Markdown",
    "ID",
    "Message",
    "SIREN",
    "SIRET",
    "FR",
    "EN",
    "Français",
    "English",
    "utf",
    "doctype",
    "html",
}
# Shows believable content of the product's own, on demonstrations only.
CONTENT = {"app/core/templates/core/design.html"}
# Blocks that fill the inside of a tag.
INSIDE_TAGS = {"page_class", "main_attrs", "scopes"}
# Stands for what an expression will print: made of no letter.
HOLE = "\u2063"
SKIPPED = ("code", "kbd", "samp", "script", "style")


def main() -> int:
    faults = [fault for path in templates() for fault in check(path)]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def templates() -> list[Path]:
    """Every page and partial; mails obey another world's rules for styles, and are pages in nothing else."""
    return sorted(path for path in (ROOT / "app").glob("*/templates/**/*.html"))


def check(path: Path) -> list[str]:
    """What is wrong in one template, as lines ready to print."""
    name = path.relative_to(ROOT)
    reader = _Reader(is_mail="mail" in name.parts, is_content=str(name) in CONTENT)
    reader.feed(static_markup(path.read_text(encoding="utf-8")))
    reader.close()
    return [f"{name}:{line}: {fault}" for line, fault in reader.faults]


def static_markup(source: str) -> str:
    """The template with its expressions as holes, its statements and translated blocks left out, lines kept."""
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    parts: list[str] = []
    statement: list[str] = []
    left_out = ""
    for _line, kind, value in environment.lex(source):
        newlines = "\n" * value.count("\n")
        if kind == "data":
            parts.append(newlines if left_out else value)
            continue
        if kind == "variable_begin" and not left_out:
            # An expression may choose the very tag.
            parts.append("x-hole" if parts and parts[-1].endswith(("<", "</")) else HOLE)
        elif kind == "block_begin":
            statement = []
        elif kind == "name":
            statement.append(value)
        elif kind == "block_end" and statement:
            left_out = _still_left_out(left_out, statement)
        parts.append(newlines)
    return "".join(parts)


def _still_left_out(left_out: str, statement: list[str]) -> str:
    """The statement whose end is waited for before text counts again: a translated block, the inside of a tag."""
    if left_out:
        return "" if statement[0] == left_out else left_out
    if statement[0] == "trans":
        return "endtrans"
    if statement[0] == "block" and statement[1] in INSIDE_TAGS:
        return "endblock"
    return ""


class _Reader(HTMLParser):
    def __init__(self, *, is_mail: bool, is_content: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.is_mail, self.is_content = is_mail, is_content
        self.faults: list[tuple[int, str]] = []
        self.skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SKIPPED:
            self.skipping.append(tag)
        for fault in self._attribute_faults(tag, dict(attrs)):
            self.faults.append((self.getpos()[0], fault))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.faults += [(self.getpos()[0], fault) for fault in self._attribute_faults(tag, dict(attrs))]

    def handle_endtag(self, tag: str) -> None:
        if tag in self.skipping:
            self.skipping.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self._refuse_words(data, "text outside gettext")

    def _attribute_faults(self, tag: str, attributes: dict[str, str | None]) -> Iterator[str]:
        if tag == "style" and not self.is_mail:
            yield "a style element"
        if tag == "script" and "src" not in attributes and attributes.get("type") != "application/json":
            yield "a script without a source"
        for name, value in attributes.items():
            value = value or ""
            if name == "style" and not self.is_mail:
                yield "a style attribute"
            if name.startswith(("on", "hx-on")):
                yield f"an event attribute: {name}"
            if re.match(r"\s*(js|javascript):", value, re.IGNORECASE):
                yield f"code in {name}"
            if name == "hx-trigger" and "[" in value:
                yield "a trigger filter, which htmx evaluates"
            is_button = tag == "input" and name == "value" and attributes.get("type") in BUTTON_TYPES
            if name in READABLE or is_button:
                self._refuse_words(value, f"{name} outside gettext")

    def _refuse_words(self, text: str, why: str) -> None:
        words = [word for word in WORD.findall(text) if word not in NAMES]
        if words and not self.is_content:
            self.faults.append((self.getpos()[0], f"{why}: {' '.join(words[:6])}"))


if __name__ == "__main__":
    sys.exit(main())
