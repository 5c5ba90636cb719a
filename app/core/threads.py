"""Slow work away from the event loop that serves everybody."""

from __future__ import annotations

import contextvars
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def run_off_hub(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `function` in gevent's thread pool when gevent serves, directly otherwise, and return its result.

    For what computes (rendering, hashing, images): never inside `transaction()`, and never with the session or a row,
    which belong to the greenlet that waits. The language of the reader is known there too.
    """
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not monkey.is_module_patched("threading"):
        return function(*args, **kwargs)
    import gevent

    context = contextvars.copy_context()
    return gevent.get_hub().threadpool.apply(context.run, (function, *args), kwargs)
