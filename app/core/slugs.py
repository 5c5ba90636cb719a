"""Words as addresses carry them, and as two spellings of one word compare."""

from __future__ import annotations

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "’": "'"})
_NOT_WORD = re.compile(r"[^a-z0-9]+")


def fold(text: str) -> str:
    """Lower case without accents: « Décolletage » and « decolletage » become the same."""
    lowered = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    return "".join(character for character in lowered if not unicodedata.combining(character))


def slug_of(text: str, *, limit: int = 80, empty: str = "sans-nom") -> str:
    """`Vallée de la Bresle` → `vallee-de-la-bresle`, cut at a word within `limit` characters."""
    slug = _NOT_WORD.sub("-", fold(text)).strip("-")
    if len(slug) > limit:
        slug = slug[:limit].rsplit("-", 1)[0] or slug[:limit]
    return slug or empty
