"""What was measured, what it is held against, and how it is told."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass
class Figure:
    """One measured thing: its value, the baseline's, their ratio, what is aimed at, and whether it is met."""

    name: str
    value: float
    unit: str
    baseline: float | None
    ratio: float | None
    target: str
    met: bool


def report(figures: list[Figure], path: Path) -> int:
    """Write the figures as JSON and as a table; the exit status says whether all were met."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps([asdict(figure) for figure in figures], ensure_ascii=False, indent=2), encoding="utf-8"
    )
    for figure in figures:
        beside = (
            f"beside {figure.baseline} {figure.unit}, × {figure.ratio}" if figure.baseline is not None else ""
        )
        print(
            f"{'ok  ' if figure.met else 'MISS'}  {figure.name:<48} {figure.value:>9} {figure.unit:<6} {beside:<28} {figure.target}"
        )
    missed = [figure.name for figure in figures if not figure.met]
    print(f"\n{len(figures) - len(missed)} of {len(figures)} met, written to {path}")
    return 1 if missed else 0
