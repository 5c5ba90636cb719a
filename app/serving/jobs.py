"""The job process: runs what was queued, and queues what is due."""

from __future__ import annotations

import os
import threading
import time

import structlog
from flask import Flask
from huey.consumer import Consumer

from app import create_app
from app.core import jobs
from app.serving import lifeline, loading

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
FASTEST_POLL_SECONDS = 0.05
SLOWEST_POLL_SECONDS = 0.5


def main() -> None:
    """Work until told to stop; the job under way is finished first."""
    lifeline.hold_on()
    with loading.without_collecting():
        app = create_app()
    threading.Thread(target=_keep_time, args=(app,), daemon=True, name="rhythms").start()
    consumer = Consumer(
        app.extensions["jobs"],
        workers=app.config["JOB_WORKERS"],
        # Rhythms are ours: huey's turn once a minute, and once per process.
        periodic=False,
        initial_delay=FASTEST_POLL_SECONDS,
        max_delay=SLOWEST_POLL_SECONDS,
        graceful_signal="TERM",
        shutdown_timeout=20,
    )
    consumer.run()
    # Threads that slept through the end of their time must not keep the process.
    os._exit(0)


def _keep_time(app: Flask) -> None:
    done: dict[str, int] = {}
    while True:
        try:
            jobs.run_due(app, done)
        except Exception:
            log.exception("rhythms_failed")
        time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    main()
