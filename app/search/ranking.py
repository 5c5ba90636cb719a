"""Which of the newest matches say most about what was asked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from app.search.matching import as_written

RANKED = 2_000
"""A ranking looks at so many of the newest matches: at any size of the index it costs the same."""

TITLE_WEIGHT = 4.0
HALF_LIFE_DAYS = 500.0


def best_first(rows: Iterable[Any], words: Sequence[str], *, now: datetime) -> list[int]:
    """Ids of the candidates, the best first; of two as good, the newest.

    A word counts more in the title, again and again counts little more, and an old text a little less than a new one.
    """
    wanted = [as_written(word) for word in words]
    scored = [(_score(row, wanted, now), row.id) for row in rows]
    scored.sort(reverse=True)
    return [entry_id for _score_of, entry_id in scored]


def _score(row: Any, wanted: Sequence[str], now: datetime) -> float:
    terms: str = row.terms
    bar = terms.find(" | ") + 1
    total = 0.0
    for word in wanted:
        if terms.find(word, 0, bar) >= 0:
            total += TITLE_WEIGHT
        # Twice the same word in a row share the space between them: good enough to compare texts.
        times = terms.count(word, bar)
        total += times / (times + 1.2)
    age = max(0.0, (now - row.at).total_seconds() / 86_400)
    return total * math.exp2(-age / HALF_LIFE_DAYS)
