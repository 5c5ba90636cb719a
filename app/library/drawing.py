"""What several firms measured, as dots over one axis: before and after."""

from __future__ import annotations

from dataclasses import dataclass

from app.library.queries.applications import Common
from app.library.vocabulary import number_in_words

WIDTH, STEP = 280, 10
MARGIN = 14
MOST_HIGH = 7
COLUMNS = (WIDTH - 2 * MARGIN) // STEP


@dataclass(frozen=True)
class Dots:
    """Places of the dots, and of the axis below them with its ticks."""

    before: tuple[tuple[int, int], ...]
    after: tuple[tuple[int, int], ...]
    ticks: tuple[tuple[int, str], ...]
    unit: str
    firms: int
    base: int


def dots_of(common: Common | None) -> Dots | None:
    """The drawing of what firms measured in the same unit; None without enough of them."""
    if common is None:
        return None
    values = [value for pair in common.pairs for value in pair]
    least, most = min(0, *values), max(values)
    span = (most - least) or 1

    def column(value: int) -> int:
        return round((value - least) * (COLUMNS - 1) / span)

    heights: dict[int, int] = {}

    def place(value: int) -> tuple[int, int]:
        at = column(value)
        heights[at] = min(heights.get(at, 0) + 1, MOST_HIGH)
        return MARGIN + at * STEP, heights[at]

    after = [place(pair[1]) for pair in common.pairs]
    before = [place(pair[0]) for pair in common.pairs]
    base = 8 + STEP * max(heights.values())

    def stacked(dots: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
        return tuple((x, base - 7 - STEP * (height - 1)) for x, height in dots)

    ticks = tuple(
        (MARGIN + column(value) * STEP, number_in_words(value))
        for value in (least, (least + most) // 2, most)
    )
    return Dots(stacked(before), stacked(after), ticks, common.unit, common.firms, base)
