"""The people as whom a demonstration may be visited, offered on its sign-in page; a real installation offers nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.core.demo import is_demo


@dataclass(frozen=True)
class Visitor:
    """Somebody to be for a visit: who they are there, and the known way in."""

    name: str
    title: str
    identifier: str
    password: str


_offers: list[Callable[[], Iterable[Visitor]]] = []


def offered_by(function: Callable[[], Iterable[Visitor]]) -> None:
    """Register who knows the people of the demonstration."""
    _offers[:] = [function]


def offered() -> list[Visitor]:
    """Whom the sign-in page offers to be."""
    return [visitor for function in _offers for visitor in function()] if is_demo() else []
