"""Which of the newest matches say most about what was asked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from app.search.matching import as_written

RANKED = 2_000
"""A ranking looks at so many of the newest matches: at any size of the index it costs the same."""

TITLE_WEIGHT = 4.0
HALF_LIFE_DAYS = 500.0


def best_first(rows: Sequence[Any], words: Sequence[str]) -> list[int]:
    """Ids of the candidates, the best first; of two as good, the newest.

    A word counts more in the title, again and again counts little more, and an old text a little less than a new one:
    all lose the same share of what they are worth from one day to the next, so that the day of the search does not matter.
    """
    wanted = [as_written(word) for word in words]
    newest = max((row.day for row in rows), default=0.0)
    scored = [
        (_score(row.terms, wanted) * math.exp2((row.day - newest) / HALF_LIFE_DAYS), row.id) for row in rows
    ]
    scored.sort(reverse=True)
    return [entry_id for _score_of, entry_id in scored]


def _score(terms: str, wanted: Sequence[str]) -> float:
    bar = terms.find(" | ") + 1
    total = 0.0
    for word in wanted:
        if terms.find(word, 0, bar) >= 0:
            total += TITLE_WEIGHT
        # Twice the same word in a row share the space between them: good enough to compare texts.
        times = terms.count(word, bar)
        total += times / (times + 1.2)
    return total
