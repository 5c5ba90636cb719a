"""Work done later, by another process: registered by name, asked for by name and ids after the commit.

The store forgets: a job is lost with the machine between commit and enqueue. So every job may run twice, and what must
not be lost keeps its own state column, which an `@every` job sweeps.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from flask import Flask, current_app
from huey import RedisHuey, SqliteHuey, crontab

from app.config import Settings
from app.core.proxies import this_app

log = structlog.get_logger(__name__)

RETRIES = 5
RETRY_SECONDS = 20
SLOW_SECONDS = 1.0

Job = Callable[..., Any]


@dataclass(frozen=True)
class Rhythm:
    """When a periodic job is due: every so many seconds, or at the minutes a cron line names (local time)."""

    seconds: int | None
    matches: Callable[[datetime], bool] | None

    def slot(self, now: float, zone: ZoneInfo) -> int | None:
        """The number of the turn that `now` belongs to; None when no turn is due."""
        if self.seconds is not None:
            return int(now // self.seconds)
        assert self.matches is not None
        return int(now // 60) if self.matches(datetime.fromtimestamp(now, zone)) else None


_jobs: dict[str, Job] = {}
_rhythms: dict[str, Rhythm] = {}


def job(name: str) -> Callable[[Job], Job]:
    """Register a function as the job `name`; it runs inside an application context of its own."""

    def register(function: Job) -> Job:
        known = _jobs.get(name)
        if known is not None and (known.__module__, known.__qualname__) != (
            function.__module__,
            function.__qualname__,
        ):
            raise ValueError(f"two jobs are called {name!r}")
        _jobs[name] = function
        return function

    return register


def every(rhythm: int | str) -> Callable[[Job], Job]:
    """Run a registered job periodically: `@every(60)` in seconds, `@every("30 7 * * 1-5")` as a cron line.

    Stands above `@job(...)`. A rhythm in seconds also has a turn when the job process starts. However many job processes
    there are, one of them takes each turn.
    """
    read = _read_rhythm(rhythm)

    def register(function: Job) -> Job:
        names = [name for name, known in _jobs.items() if known is function]
        if not names:
            raise ValueError("@every stands above @job")
        _rhythms[names[0]] = read
        return function

    return register


def enqueue(name: str, *ids: int | str, delay: float | None = None) -> None:
    """Ask for the job `name` to run, at once or after `delay` seconds. Raises LookupError for an unknown name."""
    if name not in _jobs:
        raise LookupError(f"no job is called {name!r}")
    store = _store()
    if delay is None:
        store.enqueue(store.runner.s(name, *ids))
    else:
        store.runner.schedule(args=(name, *ids), delay=delay)


def run(name: str, *ids: int | str) -> None:
    """Run one job here and now, in a fresh application context."""
    _run_in(this_app(), name, ids)


def drain() -> int:
    """Run every queued job in this process until none is left, delays disregarded; returns how many ran.

    For tests and commands: a job that fails raises here.
    """
    store = _store()
    count = 0
    while (task := store.dequeue()) is not None:
        arguments, _ = task.data
        run(*arguments)
        count += 1
    return count


def run_due(app: Flask, done: dict[str, int], *, now: float | None = None) -> None:
    """Queue the periodic jobs whose turn has come and that no other process has taken; `done` is the caller's."""
    now = time.time() if now is None else now
    zone = ZoneInfo(app.config["TIME_ZONE"])
    store: Any = app.extensions["jobs"]
    for name, rhythm in _rhythms.items():
        slot = rhythm.slot(now, zone)
        if slot is None or done.get(name) == slot:
            continue
        previous, done[name] = done.get(name), slot
        if store.put_if_empty(f"turn:{name}:{slot}", 1):
            store.enqueue(store.runner.s(name))
        if previous is not None:
            store.storage.delete_data(f"turn:{name}:{previous}")


def names() -> frozenset[str]:
    """Every registered job."""
    return frozenset(_jobs)


def init_app(app: Flask) -> None:
    """Open the job store: a SQLite file of its own, or Redis where there is one."""
    settings: Settings = app.extensions["settings"]
    store = _open(settings)

    def runner(name: str, *ids: int | str) -> None:
        _run_in(app, name, ids)

    store.runner = store.task(retries=RETRIES, retry_delay=RETRY_SECONDS, retry_backoff=2, name="job")(runner)
    app.extensions["jobs"] = store


def _open(settings: Settings) -> Any:
    if settings.redis_url is not None:
        return RedisHuey("convergence", url=settings.redis_url, results=False)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    # No fsync: a killed process loses nothing, and what a power cut may lose is swept from the state columns.
    return SqliteHuey(
        "convergence", filename=str(settings.data_dir / "jobs.sqlite3"), fsync=False, results=False
    )


def _store() -> Any:
    return current_app.extensions["jobs"]


def _run_in(app: Flask, name: str, ids: tuple[int | str, ...]) -> None:
    function = _jobs.get(name)
    if function is None:
        # Queued by another version of the product: retrying cannot help.
        log.error("job_unknown", job=name)
        return
    started = time.perf_counter()
    with app.app_context():
        function(*ids)
    seconds = round(time.perf_counter() - started, 3)
    # Sweeps pass every few seconds: only what took its time is worth a line.
    log.log(
        logging.INFO if seconds >= SLOW_SECONDS else logging.DEBUG,
        "job_done",
        job=name,
        ids=ids,
        seconds=seconds,
    )


def _read_rhythm(rhythm: int | str) -> Rhythm:
    if isinstance(rhythm, int):
        return Rhythm(rhythm, None)
    fields = rhythm.split()
    if len(fields) != 5:
        raise ValueError(f"a cron line has five fields: {rhythm!r}")
    minute, hour, day, month, day_of_week = fields
    return Rhythm(
        None, crontab(minute=minute, hour=hour, day=day, month=month, day_of_week=day_of_week, strict=True)
    )
