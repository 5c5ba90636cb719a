"""`python -m bench.growth`: the same pages on two sizes of data by turns; a page must not cost more where more is written."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median

from bench.browsing import Reader, cost_of, costs_of
from bench.data import PASSWORD, days_of, measured_pages, prepare, settings_for
from bench.figures import Figure, report
from bench.processes import Server, start

ROUNDS = 5
MOST = 1.2


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--sizes", nargs=2, default=["medium", "large"], metavar=("FROM", "TO"))
    parser.add_argument("--requests", type=int, default=60, help="requests per page and round")
    parser.add_argument("--out", type=Path, default=Path("var/bench/growth.json"))
    chosen = parser.parse_args()
    servers: list[Server] = []
    readers, wanted, weeks, posts = [], [], [], []
    prepared = []
    for port, size in zip((8393, 8394), chosen.sizes, strict=True):
        folder, environ = settings_for(size, port)
        prepared.append((port, environ, prepare(folder, environ, size)))
    try:
        for port, environ, facts in prepared:
            servers.append(start(["-m", "app.cli", "serve", "--port", str(port)], port, environ, "/healthz"))
            reader = Reader(servers[-1])
            reader.sign_in(facts["email"], PASSWORD)
            readers.append(reader)
            wanted.append([(name, path) for name, path, *_limits in measured_pages(facts)])
            weeks.append([(lab["machines"], days_of(lab)) for lab in facts["labs"]])
            posts.append(facts["posts"])
        figures = []
        for (machines, few_days), (_machines, many_days) in zip(*weeks, strict=True):
            few_ms, many_ms = costs_of(readers[0], few_days)[0], costs_of(readers[1], many_days)[0]
            figures.append(
                _grown(f"a day of {machines} machines asked for the first time", few_ms, many_ms, posts)
            )
        for (name, few_path), (_name, many_path) in zip(*wanted, strict=True):
            few, many = [], []
            for _round in range(ROUNDS):
                few.append(cost_of(readers[0], few_path, chosen.requests).cpu_ms)
                many.append(cost_of(readers[1], many_path, chosen.requests).cpu_ms)
            figures.append(_grown(name, median(few), median(many), posts))
    finally:
        for server in servers:
            server.stop()
    return report(figures, chosen.out)


def _grown(name: str, few: float, many: float, posts: list[int]) -> Figure:
    ratio = many / few
    return Figure(
        f"{name}: {posts[0]} → {posts[1]} posts", round(many, 2), "ms", round(few, 2), round(ratio, 2),
        f"≤ × {MOST}", ratio <= MOST,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
