"""`python -m bench.growth`: the same pages on two sizes of data by turns; a page must not cost more where more is written."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median

from bench.browsing import Reader, cost_of
from bench.data import PASSWORD, measured_pages, prepare, settings_for
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
    readers, wanted, posts = [], [], []
    try:
        for port, size in zip((8393, 8394), chosen.sizes, strict=True):
            folder, environ = settings_for(size, port)
            facts = prepare(folder, environ, size)
            servers.append(start(["-m", "app.cli", "serve", "--port", str(port)], port, environ, "/healthz"))
            reader = Reader(servers[-1])
            reader.sign_in(facts["email"], PASSWORD)
            readers.append(reader)
            wanted.append([(name, path) for name, path, *_limits in measured_pages(facts)])
            posts.append(facts["posts"])
        figures = []
        for (name, few_path), (_name, many_path) in zip(*wanted, strict=True):
            few, many = [], []
            for _round in range(ROUNDS):
                few.append(cost_of(readers[0], few_path, chosen.requests).cpu_ms)
                many.append(cost_of(readers[1], many_path, chosen.requests).cpu_ms)
            ratio = median(many) / median(few)
            label = f"{name}: {posts[0]} → {posts[1]} posts"
            figures.append(
                Figure(
                    label,
                    round(median(many), 2),
                    "ms",
                    round(median(few), 2),
                    round(ratio, 2),
                    f"≤ × {MOST}",
                    ratio <= MOST,
                )
            )
    finally:
        for server in servers:
            server.stop()
    return report(figures, chosen.out)


if __name__ == "__main__":
    sys.exit(main())
