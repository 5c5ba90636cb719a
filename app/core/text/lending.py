"""Helpers that keep state while they work and cost more to make than to use: lent to one text at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Helper = TypeVar("Helper")

KEPT = 8


class Lent(Generic[Helper]):
    """Helpers of one kind: taken by one thread at a time, made when none is free, dropped when a text made them fail."""

    def __init__(self, make: Callable[[], Helper]) -> None:
        self._make = make
        self._free: deque[Helper] = deque(maxlen=KEPT)

    @contextmanager
    def one(self) -> Iterator[Helper]:
        """A helper nobody else uses meanwhile."""
        try:
            helper = self._free.pop()
        except IndexError:
            helper = self._make()
        yield helper
        self._free.append(helper)
