"""Loading the application in a process that will live long."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """Keep the collector away while modules are loaded, and from what they leave afterwards.

    A quarter of a start would go into collecting garbage that imports do not make.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        # A page makes some thousand objects that reference counting frees by itself: looking for cycles after each of
        # them finds nothing.
        gc.set_threshold(10_000, 20, 20)
        gc.enable()
