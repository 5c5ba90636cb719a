"""Words as the index knows them: French endings and accents set aside, codes kept."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import lru_cache

import Stemmer

from app.core.slugs import fold
from app.core.text import clean_text

LONGEST = 40
SHORTEST_PREFIX = 3

_WORD = re.compile(r"[^\W_]+")
_ELISION = re.compile(r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)['’ʼ](?=\w)", re.IGNORECASE)
_own = threading.local()


def terms(text: str) -> str:
    """The words of a text for the index, in order, parted by spaces.

    A word whose stem depends on its accents comes twice, as if it had also been typed without them: people on a phone
    leave them out.
    """
    return " ".join(term for word in _words(text) for term in _indexed_forms(word))


def query_terms(text: str) -> list[str]:
    """The words of a search; the last one, still being typed perhaps, ends in `*` when any longer word would do."""
    words = list(_words(text))
    if not words:
        return []
    return [stem(word) for word in words[:-1]] + [_last_term(words[-1], is_ended=text[-1:].isspace())]


@lru_cache(maxsize=5000)
def stem(word: str) -> str:
    """One lower-case word without its ending and accents; anything with a digit (316L, S235) only loses its capitals."""
    if any(character.isdigit() for character in word):
        return fold(word)[:LONGEST]
    folded = fold(_stemmer().stemWord(word))
    # « usinée » gives "usin", "usinee" gives "usine": without this the accent would decide.
    if len(folded) >= 4 and folded.endswith("e"):
        folded = folded[:-1]
    return folded[:LONGEST]


@lru_cache(maxsize=5000)
def _indexed_forms(word: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((stem(word), stem(fold(word)))))


def _last_term(word: str, *, is_ended: bool) -> str:
    stemmed, folded = stem(word), fold(word)
    if is_ended or len(folded) < SHORTEST_PREFIX:
        return stemmed
    length = 0
    while length < min(len(stemmed), len(folded)) and stemmed[length] == folded[length]:
        length += 1
    # « fraiseuses » is kept as "fraiseux": only what both share is sure to begin the word that is meant.
    return f"{folded[:length]}*" if length >= SHORTEST_PREFIX else stemmed


def _words(text: str) -> Iterator[str]:
    lowered = _ELISION.sub(" ", clean_text(text).lower())
    for match in _WORD.finditer(lowered):
        yield match[0]


def _stemmer() -> Stemmer.Stemmer:
    stemmer = getattr(_own, "stemmer", None)
    if stemmer is None:
        # It keeps a cache while it works, hence one for each thread.
        stemmer = _own.stemmer = Stemmer.Stemmer("french")
    return stemmer
