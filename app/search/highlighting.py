"""The found words shown where they stand, in the text as it was written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from markupsafe import Markup, escape

from app.core.stemming import terms
from app.search.matching import as_written

_LETTERS = {
    "a": "aàáâãäåæ", "c": "cç", "e": "eèéêë", "i": "iìíîï", "n": "nñ", "o": "oòóôõöœ", "u": "uùúûü", "y": "yýÿ",
}  # fmt: skip
"""Letters as a text may write the one of a stem."""

SHOWN = 240
"""Characters of a text shown under a result."""

READ = 20_000
"""Characters of a long text in which the best passage is looked for."""


def marked(text: str, words: Sequence[str]) -> Markup:
    """The text, escaped, with each found word in `<mark>`."""
    return _marked(text, _found(text, words))


def passage(text: str, words: Sequence[str]) -> Markup | None:
    """The part of the text that holds most of the found words, marked; None when it holds none of them."""
    text = " ".join(text[:READ].split())
    found = _found(text, words)
    if not found:
        return None
    start, end = _best_window(text, found)
    inside = [(a - start, b - start, word) for a, b, word in found if a >= start and b <= end]
    return Markup("{}{}{}").format(
        "… " if start > 0 else "", _marked(text[start:end], inside), " …" if end < len(text) else ""
    )


Span = tuple[int, int, str]


def _found(text: str, words: Sequence[str]) -> list[Span]:
    found = []
    wanted = tuple(words)
    for match in _candidate(wanted).finditer(text):
        word = _meant(match.group().lower(), wanted)
        if word is not None:
            found.append((match.start(), match.end(), word))
    return found


@lru_cache(maxsize=256)
def _candidate(words: tuple[str, ...]) -> re.Pattern[str]:
    """Words of a text that may be one of these: a stem begins as its word does, accents and capitals aside.

    Each other word of the text would have to be stemmed to be told apart. One set of first letters in front, in both
    cases, is what the pattern's machine runs through a text quickest for.
    """
    starts = {word.removesuffix("*")[:2] for word in words}
    # « œ » and « æ » are both letters in one.
    is_short = any(len(start) < 2 or start in ("oe", "ae") for start in starts)
    second = "" if is_short else _any_of(start[1] for start in starts)
    return re.compile(rf"{_any_of(start[0] for start in starts)}(?<![^\W_].){second}[^\W_]*", re.DOTALL)


def _any_of(letters: Iterable[str]) -> str:
    written = "".join(sorted({variant for letter in letters for variant in _LETTERS.get(letter, letter)}))
    return f"[{re.escape(written + written.upper())}]"


@lru_cache(maxsize=5000)
def _meant(written: str, wanted: tuple[str, ...]) -> str | None:
    stems = f" {_stems(written)} "
    return next((word for word in wanted if as_written(word) in stems), None)


_stems = lru_cache(maxsize=5000)(terms)


def _best_window(text: str, found: list[Span]) -> tuple[int, int]:
    """Where to cut: the passage with most different words, then most words, then the earliest."""
    best: tuple[int, int, int] = (-1, -1, 0)
    found = found[:300]
    for first, (at, _end, _word) in enumerate(found):
        inside = [word for a, b, word in found[first:] if b - at <= SHOWN - 60]
        score = (len(set(inside)), len(inside), -at)
        if score > best:
            best = score
    at = -best[2]
    start = max(0, at - 60)
    if start:
        start = text.rfind(" ", 0, start) + 1
    end = min(len(text), start + SHOWN)
    if end < len(text):
        cut = text.rfind(" ", start, end)
        end = cut if cut > at else end
    return start, end


def _marked(text: str, found: list[Span]) -> Markup:
    parts: list[str] = []
    done = 0
    for start, end, _word in found:
        parts += (escape(text[done:start]), "<mark>", escape(text[start:end]), "</mark>")
        done = end
    parts.append(escape(text[done:]))
    return Markup("".join(parts))
