"""Slow work away from the event loop that serves everybody."""

from __future__ import annotations

import contextvars
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def run_off_hub(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `function` in gevent's thread pool when gevent serves, directly otherwise, and return its result.

    For what computes (rendering, hashing): never inside `transaction()`, and never with the session or a row, which
    belong to the greenlet that waits. The language of the reader is known there too.
    """
    if not _gevent_serves():
        return function(*args, **kwargs)
    import gevent

    return _run_in(gevent.get_hub().threadpool, function, *args, **kwargs)


def run_one_at_a_time(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Like `run_off_hub`, in a thread of its own where such calls wait for one another.

    For what takes much memory (pictures): there it neither multiplies nor keeps quicker work from a thread.
    """
    if not _gevent_serves():
        return function(*args, **kwargs)
    return _run_in(_single_thread(), function, *args, **kwargs)


def _gevent_serves() -> bool:
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))


@lru_cache(maxsize=1)
def _single_thread() -> Any:
    from gevent.threadpool import ThreadPool

    return ThreadPool(1)


def _run_in(pool: Any, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    context = contextvars.copy_context()
    result: T = pool.apply(context.run, (function, *args), kwargs)
    return result
