"""`python -m bench.storm`: eight processes book the same slots at once, beside eight that only insert guarded rows.

Both ask for the same slots in the same order, on the same database with the same durability. What a booking does more
than the insert (rights, rules, journal, news) is the price that is measured; overlaps are counted afterwards over every
row that holds its unit.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path
from statistics import quantiles
from typing import Any

from bench.data import prepare, settings_for
from bench.figures import Figure, report

PROCESSES = 8
SECONDS = 5.0
ROUNDS = 3
HOUR = 3600
LEAST_RATE = 0.25
MOST_WAIT_MS = 600.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.storm", description=__doc__)
    parser.add_argument("--database", help="an existing, empty PostgreSQL database (default: SQLite)")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--out", type=Path, default=Path("var/bench/storm.json"))
    chosen = parser.parse_args()
    folder, environ = settings_for("storm", 8395, chosen.database)
    if chosen.database is None:
        shutil.rmtree(folder, ignore_errors=True)
    facts = prepare(folder, environ, "small")
    _ask(environ, f"prepare({facts['email']!r})")
    bare, real = [], []
    for turn in range(ROUNDS):
        bare.append(_round(environ, "insert", chosen.seconds, 2 * turn))
        real.append(_round(environ, "book", chosen.seconds, 2 * turn + 1))
    return report(_figures(bare, real, _ask(environ, "overlaps()")), chosen.out)


def _figures(bare: list[dict[str, Any]], real: list[dict[str, Any]], overlaps: int) -> list[Figure]:
    ours, theirs = (sorted(one["rate"] for one in rounds)[ROUNDS // 2] for rounds in (real, bare))
    waits = [wait for one in real for wait in one["waits"]]
    p95 = quantiles(waits, n=20)[-1]
    failures = sum(one["failed"] for one in real)
    booked = sum(one["taken"] for one in real)
    return [
        Figure(
            f"{PROCESSES} processes book the same slots: attempts", round(ours), "/s", round(theirs),
            round(ours / theirs, 2), f"≥ {LEAST_RATE} × a bare guarded insert", ours >= LEAST_RATE * theirs,
        ),
        Figure("booking in the storm: p95", round(p95), "ms", None, None, f"≤ {MOST_WAIT_MS:.0f} ms", p95 <= MOST_WAIT_MS),
        Figure("booking in the storm: booked", booked, "slots", None, None, "some", booked > 0),
        Figure("booking in the storm: neither booked nor refused", failures, "", None, None, "0", failures == 0),
        Figure("overlaps over every row", overlaps, "", None, None, "0", overlaps == 0),
    ]  # fmt: skip


def _round(environ: dict[str, str], act: str, seconds: float, turn: int) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    ready, results = context.Barrier(PROCESSES), context.Queue()
    workers = [
        context.Process(target=_work, args=(environ, act, seconds, turn, number, ready, results))
        for number in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    told = [results.get(timeout=120 + seconds) for _worker in workers]
    for worker in workers:
        worker.join()
    return {
        "rate": sum(one["attempts"] for one in told) / seconds,
        "waits": [wait for one in told for wait in one["waits"]],
        "taken": sum(one["taken"] for one in told),
        "failed": sum(one["failed"] for one in told),
    }


def _work(
    environ: dict[str, str], act: str, seconds: float, turn: int, number: int, ready: Any, results: Any
) -> None:
    os.environ.update(environ)
    from app import create_app

    app = create_app()
    with app.app_context():
        from bench import booking

        slots = booking.slots(turn)
        attempt = booking.ACTS[act](number)
        ready.wait(60)
        told: dict[str, Any] = {"attempts": 0, "taken": 0, "failed": 0, "waits": []}
        end = time.perf_counter() + seconds
        for slot in slots:
            began = time.perf_counter()
            if began > end:
                break
            outcome = attempt(*slot, uuid.uuid4())
            told["waits"].append((time.perf_counter() - began) * 1000)
            told["attempts"] += 1
            told["taken"] += outcome == "taken"
            told["failed"] += outcome == "failed"
    results.put(told)


def _ask(environ: dict[str, str], question: str) -> int:
    code = (
        "import json\nfrom app import create_app\nfrom bench import booking\napp = create_app()\n"
        f"with app.app_context(): print('ANSWER' + json.dumps(booking.{question} or 0))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environ},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return int(json.loads(told.rsplit("ANSWER", 1)[1]))


if __name__ == "__main__":
    sys.exit(main())
