"""What changed from one version of a sheet to the next, in words a reader follows."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.time import short_day
from app.library.vocabulary import DIMENSIONS, EVIDENCE, FACETS, TECHNOLOGIES, effect_in_words

FIELDS = (
    ("title", _l("Titre")),
    ("situation", _l("La situation")),
    ("solution", _l("Ce que nous avons fait")),
    ("figures", _l("L’effet")),
    ("effect", _l("Ce que cela a changé d’autre")),
    ("pitfalls", _l("Les pièges")),
    ("means", _l("Coût et temps")),
    ("sorting", _l("Classement")),
)
_WORDS = re.compile(r"\s+|[^\s]+")
LITTLE = 0.3
"""Below such a share of common words, a mix of old and new reads worse than both."""


class Piece(NamedTuple):
    """A stretch of words: `same`, `added` or `removed`."""

    kind: str
    text: str


class Change(NamedTuple):
    """A version with what it changed, field by field; the first one changed nothing."""

    version: Any
    author: str
    reviewer: str
    fields: list[tuple[str, list[Piece]]]
    is_first: bool


def changes_of(rows: Sequence[Any]) -> list[Change]:
    """Rows of `queries.history_of`, newest first, each compared with the one before it."""
    return [
        Change(
            row.PracticeVersion,
            f"{row.given_name} {row.family_name}",
            f"{row.reviewer_given_name} {row.reviewer_family_name}" if row.reviewer_given_name else "",
            differences(rows[index + 1].PracticeVersion, row.PracticeVersion)
            if index + 1 < len(rows)
            else [],
            index + 1 == len(rows),
        )
        for index, row in enumerate(rows)
    ]


def differences(before: Any, after: Any) -> list[tuple[str, list[Piece]]]:
    """The fields that differ, with the words added and removed."""
    told = []
    for name, label in FIELDS:
        one, other = said(before, name), said(after, name)
        if one != other:
            told.append((str(label), pieces(one, other)))
    return told


def said(version: Any, name: str) -> str:
    """A field of a version as text that can be compared."""
    if name == "figures":
        dates = [short_day(day, year=True) for day in (version.measured_from, version.measured_until) if day]
        parts = [
            effect_in_words(version) or str(EVIDENCE[version.evidence]),
            version.method,
            " – ".join(dates),
            version.source,
        ]
        return "\n".join(part for part in parts if part)
    if name == "means":
        means = (
            (_("Coût"), version.cost),
            (_("Temps passé"), version.time_spent),
            (_("Équipe"), version.team),
        )
        return "\n".join(f"{label} : {text}" for label, text in means if text)
    if name == "sorting":
        sorted_by = [
            str(FACETS.get(version.facet, "")),
            str(DIMENSIONS.get(version.dimension, "")),
            *(str(TECHNOLOGIES[one]) for one in version.technologies if one in TECHNOLOGIES),
        ]
        return ", ".join(part for part in sorted_by if part)
    return str(getattr(version, name))


def pieces(before: str, after: str) -> list[Piece]:
    """Two wordings as stretches of words, for people to read; those with little in common stand whole, one after the other."""
    if before and after and _matched(before.split(), after.split()).ratio() < LITTLE:
        return [Piece("removed", before), Piece("added", after)]
    one, other = _WORDS.findall(before), _WORDS.findall(after)
    result: list[Piece] = []
    for act, i1, i2, j1, j2 in _matched(one, other).get_opcodes():
        if act == "equal":
            result.append(Piece("same", "".join(one[i1:i2])))
            continue
        if i2 > i1:
            result.append(Piece("removed", "".join(one[i1:i2])))
        if j2 > j1:
            result.append(Piece("added", "".join(other[j1:j2])))
    return result


def _matched(one: list[str], other: list[str]) -> difflib.SequenceMatcher[str]:
    return difflib.SequenceMatcher(None, one, other, autojunk=False)
