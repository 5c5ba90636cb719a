"""The translation catalogues: French is the source, every other language is complete.

python -m tools.messages            gather the texts into every catalogue
python -m tools.messages --check    say what a catalogue lacks
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
TRANSLATIONS = ROOT / "app" / "translations"
# French is written in the sources; its catalogue repeats it and adds how French counts (zero is singular).
SOURCE = "fr"
LANGUAGES = (SOURCE, "en")
# Headers that change at every run, or say nothing of ours.
PASSING = tuple(
    f'"{name}'
    for name in (
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Last-Translator",
        "Language-Team",
        "Report-Msgid",
        "Generated-By",
        "Project-Id",
    )
)
# What stands in a text for something else: %(name)s for templates, {name} for scripts, %%, tags and entities.
CARRIED = re.compile(r"%\(\w+\)[a-z]|\{\w+\}|%%|<[^>]+>|&\w+;")
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2"), ("**/templates/**.txt", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true"}, "**/templates/**.txt": {"trimmed": "true"}}
# A text, or its singular and plural.
Forms = str | list[str] | tuple[str, ...]
KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "_l": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def main() -> int:
    if "--check" in sys.argv[1:]:
        template = gather()
        faults = [fault for language in LANGUAGES for fault in lacks(catalogue_of(language), template)]
        for fault in faults:
            print(fault)
        return 1 if faults else 0
    for language in LANGUAGES:
        update(language)
    return 0


def gather() -> Catalog:
    """Every text of the interface, with the files it stands in."""
    template = Catalog(project="Convergence", charset="utf-8")
    found = extract_from_dir(str(ROOT / "app"), METHODS, OPTIONS, KEYWORDS, ("translators:",))
    for name, _line, message, comments, context in found:
        # Files without lines: a catalogue changes when words do, not when code moves.
        template.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return template


def catalogue_of(language: str) -> Path:
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def update(language: str) -> None:
    """Add what is new, drop what is gone, keep every translation; nothing is guessed."""
    path = catalogue_of(language)
    if path.exists():
        catalogue = _read(path)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue = Catalog(locale=language, project="Convergence", charset="utf-8", fuzzy=False)
    catalogue.header_comment = f"# The texts of Convergence in {language}. Gathered by `make messages`."
    # Gathered anew each time: a catalogue keeps the very entries it is given.
    catalogue.update(gather(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    if language == SOURCE:
        for message in catalogue:
            if message.id:
                message.string = message.id
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=110, sort_output=True, include_lineno=False)
    lines = buffer.getvalue().decode().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(PASSING)), encoding="utf-8")


def lacks(path: Path, template: Catalog) -> list[str]:
    """What keeps a catalogue from being complete, as lines ready to print."""
    name = path.relative_to(ROOT)
    if not path.exists():
        return [f"{name} is missing: `make messages` makes it"]
    catalogue = _read(path)
    faults = []
    for message in template:
        if not message.id:
            continue
        words = message.id if isinstance(message.id, str) else message.id[0]
        known = catalogue.get(words, message.context)
        if known is None:
            faults.append(f"{name}: lacks « {words} »")
        elif known.fuzzy or not _is_complete(known.string):
            faults.append(f"{name}: does not translate « {words} »")
        else:
            errors = [str(error) for error in known.check(catalogue)] or _mangled(message.id, known.string)
            faults += [f"{name}: « {words} »: {error}" for error in errors]
    return faults


def _mangled(source: Forms, translated: Forms | None) -> list[str]:
    """The forms whose translation does not carry exactly what the source does."""
    return [
        f"« {after} » does not carry the same placeholders"
        for before, after in zip(_forms(source), _forms(translated or ""), strict=True)
        if sorted(CARRIED.findall(before)) != sorted(CARRIED.findall(after))
    ]


def _forms(text: Forms) -> Sequence[str]:
    return [text] if isinstance(text, str) else text


def _is_complete(string: Forms | None) -> bool:
    return bool(string) if string is None or isinstance(string, str) else bool(string) and all(string)


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


if __name__ == "__main__":
    sys.exit(main())
