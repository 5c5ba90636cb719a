"""`python -m bench`: prepare data, start the bare and the real server, measure them by turns, write what was met."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

from bench.browsing import Reader, cost_of, costs_of
from bench.data import PASSWORD, days_of, measured_pages, prepare, settings_for
from bench.figures import Figure, report
from bench.listening import Listener, open_many
from bench.processes import Server, start

ROUNDS = 15


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--size", default="medium", choices=["small", "medium", "large"])
    parser.add_argument("--requests", type=int, default=40, help="requests per page and round")
    parser.add_argument("--listeners", type=int, nargs="*", default=[100, 500])
    parser.add_argument("--idle", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path("var/bench/results.json"))
    parser.add_argument(
        "--database", help="an existing PostgreSQL database to fill and measure (default: SQLite)"
    )
    chosen = parser.parse_args()

    folder, environ = settings_for(chosen.size, 8391, chosen.database)
    facts = prepare(folder, environ, chosen.size)
    real = start(["-m", "app.cli", "serve", "--port", "8391"], 8391, environ, "/healthz")
    bare = start(
        ["-m", "bench.bare", "8392", environ["DATABASE_URL"]], 8392, {}, f"/page/1000/{facts['topic']}"
    )
    figures: list[Figure] = []
    try:
        reader = Reader(real)
        reader.sign_in(facts["email"], PASSWORD)
        figures += pages(reader, Reader(bare), facts, chosen.requests)
        figures.append(first_readings(reader, Reader(bare), facts))
        figures.append(first_searches(reader, Reader(bare), facts))
        figures += first_weeks(reader, Reader(bare), facts)
        figures.append(first_sheets(reader, Reader(bare), facts))
        figures.append(memory(real))
        figures += replies(reader, facts)
        for count in chosen.listeners:
            figures += asyncio.run(fan_out(real, bare, reader, facts, count))
        figures.append(asyncio.run(idle(real, bare, reader, facts, chosen.idle)))
    finally:
        real.stop()
        bare.stop()
    return report(figures, chosen.out)


def pages(reader: Reader, bare: Reader, facts: dict[str, Any], requests: int) -> list[Figure]:
    """Every page beside a bare page of the same bytes, by turns."""
    figures = []
    for name, path, most, bytes_at_most in measured_pages(facts):
        size = len(reader.request(path)[1])
        bare_path = f"/page/{size}/{facts['topic']}"
        ours, theirs, waits = [], [], []
        for _round in range(ROUNDS):
            theirs.append(cost_of(bare, bare_path, requests).cpu_ms)
            cost = cost_of(reader, path, requests)
            ours.append(cost.cpu_ms)
            waits.append(cost.median_ms)
        ratio = median(ours) / median(theirs)
        figures.append(
            Figure(
                f"{name}: server CPU", round(median(ours), 2), "ms", round(median(theirs), 2), round(ratio, 2),
                f"≤ {most} × bare page", ratio <= most,
            )
        )  # fmt: skip
        figures.append(
            Figure(f"{name}: HTML", size, "bytes", None, None, f"≤ {bytes_at_most}", size <= bytes_at_most)
        )
    return figures


def first_readings(reader: Reader, bare: Reader, facts: dict[str, Any]) -> Figure:
    """Topics that nobody asked for since the start, one after the other: nothing of them is remembered yet."""
    paths = [f"/sujets/{topic}-x" for topic in facts["topics"]]
    return _first_time("a topic", paths, reader, bare, facts)


def first_searches(reader: Reader, bare: Reader, facts: dict[str, Any]) -> Figure:
    """Words of titles that nobody looked for since the start."""
    paths = [f"/recherche?q={quote(word)}" for word in facts["words"]]
    return _first_time("a search", paths, reader, bare, facts)


def first_weeks(reader: Reader, bare: Reader, facts: dict[str, Any]) -> list[Figure]:
    """Days of a lab that nobody looked at since the start; its machines and hours are remembered."""
    return [
        _first_time(f"a day of {lab['machines']} machines", days_of(lab), reader, bare, facts)
        for lab in facts["labs"]
    ]


def first_sheets(reader: Reader, bare: Reader, facts: dict[str, Any]) -> Figure:
    """Sheets that nobody opened since the start."""
    return _first_time("a sheet", [f"/apprendre/{sheet}-x" for sheet in facts["sheets"]], reader, bare, facts)


def _first_time(what: str, paths: list[str], reader: Reader, bare: Reader, facts: dict[str, Any]) -> Figure:
    used, size = costs_of(reader, paths)
    theirs = cost_of(bare, f"/page/{size}/{facts['topic']}", len(paths)).cpu_ms
    return Figure(
        f"{what} asked for the first time, of {len(paths)}: server CPU", round(used, 2), "ms", round(theirs, 2),
        round(used / theirs, 2), "told, without an aim", met=True,
    )  # fmt: skip


def memory(real: Server) -> Figure:
    """What the worker holds after serving pages, without open sockets."""
    held = real.rss() / 1e6
    return Figure("worker memory after pages", round(held, 1), "MB", None, None, "≤ 150 MB", held <= 150)


def replies(reader: Reader, facts: dict[str, Any], times: int = 100) -> list[Figure]:
    """Posting a reply, commit included."""
    rounds = []
    for _round in range(ROUNDS):
        before = reader.server.cpu()
        for n in range(times // ROUNDS):
            post(reader, facts["own_topic"], f"Réponse mesurée {n} : 12 bar, 3 kW, azote.")
        rounds.append((reader.server.cpu() - before) * 1000 / (times // ROUNDS))
    used = median(rounds)
    return [Figure("post a reply: server CPU", round(used, 2), "ms", None, None, "≤ 8 ms", used <= 8)]


def post(reader: Reader, topic: int, body: str) -> None:
    status, content, _headers = reader.form(
        f"/sujets/{topic}/messages",
        {"body": body, "request_id": str(uuid.uuid4())},
        Accept="application/json",
    )
    if status != 201:
        raise RuntimeError(f"a reply was answered {status}: {content[:200]!r}")


async def fan_out(
    real: Server, bare: Server, reader: Reader, facts: dict[str, Any], count: int
) -> list[Figure]:
    """A reply seen by so many open pages, beside a bare emit of the same bytes to as many."""
    cookie = "; ".join(f"{k}={v}" for k, v in reader.cookies.items())
    join = {"scopes": {str(facts["scope"]): 10**9}}
    pages_open = await open_many(
        count, lambda: Listener(real.url, cookie, join, lambda text: '"post.added"' in text)
    )
    theirs = await open_many(
        count, lambda: Listener(bare.url, "", {}, lambda text: text.startswith('42["entry"'))
    )
    ours_ms, bare_ms, bad = [], [], 0
    for n in range(10):
        bare_ms.append(await _once(theirs, lambda: _poke(bare.url + "/emit/2600")))
        ours_ms.append(
            await _once(pages_open, lambda n=n: post(reader, facts["own_topic"], f"À tous {count} : {n}"))
        )
    bad = sum(len(listener.received) != 10 for listener in pages_open)
    for listener in [*pages_open, *theirs]:
        await listener.close()
    ours, theirs_median = median(ours_ms), median(bare_ms)
    return [
        Figure(
            f"reply → {count} readers: request to receipt", round(ours, 1), "ms", round(theirs_median, 1),
            round(ours / theirs_median, 2), "≤ bare + 15 ms", ours <= theirs_median + 15,
        ),
        Figure(f"reply → {count} readers: lost or doubled", bad, "pages", None, None, "0", bad == 0),
    ]  # fmt: skip


async def _once(listeners: list[Listener], act: Callable[[], None]) -> float:
    """Median over the listeners of the time from before `act` to receipt."""
    before = [len(listener.received) for listener in listeners]
    sent = time.perf_counter()
    await asyncio.to_thread(act)
    deadline = time.perf_counter() + 20
    while any(len(listener.received) <= n for listener, n in zip(listeners, before, strict=True)):
        if time.perf_counter() > deadline:
            break
        await asyncio.sleep(0.002)
    waits = [
        (listener.received[n] - sent) * 1000
        for listener, n in zip(listeners, before, strict=True)
        if len(listener.received) > n
    ]
    await asyncio.sleep(0.1)
    return median(waits) if waits else float("inf")


def _poke(url: str) -> None:
    urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=20).read()


async def idle(real: Server, bare: Server, reader: Reader, facts: dict[str, Any], count: int) -> Figure:
    """What an open page that does nothing costs in memory, beside a bare one."""
    cookie = "; ".join(f"{k}={v}" for k, v in reader.cookies.items())
    held = []
    for server, sent, join in ((bare, "", {}), (real, cookie, {"scopes": {str(facts["scope"]): 10**9}})):
        before = server.memory()
        opened = await open_many(
            count,
            lambda s=server, c=sent, j=join: Listener(
                s.url, c, j, lambda _text: False, offers_compression=True
            ),
        )
        await asyncio.sleep(3)
        held.append((server.memory() - before) / count / 1024)
        for listener in opened:
            await listener.close()
    theirs, ours = held
    ratio = ours / theirs
    return Figure(
        f"idle connection, of {count}", round(ours, 1), "KB", round(theirs, 1), round(ratio, 2),
        "≤ 1.3 × a bare connection", ratio <= 1.3,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
