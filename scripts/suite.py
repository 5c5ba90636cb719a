"""Run the suite once per database; what no database can change runs with the first."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATABASES = ("sqlite", "postgresql")
TESTS_FAILED = 1
NOTHING_COLLECTED = 5


def main() -> int:
    arguments = sys.argv[1:]
    measures = "--coverage" in arguments
    arguments = [argument for argument in arguments if argument != "--coverage"]
    if measures:
        arguments += ["--cov", "--cov-report=", "--cov-append"]
        subprocess.run([sys.executable, "-m", "coverage", "erase"], cwd=ROOT, check=False)
    failed = False
    summary: list[str] = []
    for database in DATABASES:
        started = time.monotonic()
        print(f"== {database}", flush=True)
        status = pytest(database, "-q", "--cache-clear", *arguments)
        if status == TESTS_FAILED:
            status, told = run_again_alone(database, selection(arguments))
            summary += told
        # A selection may concern one of the two only.
        failed = failed or status not in (0, NOTHING_COLLECTED)
        print(f"== {database} : {time.monotonic() - started:.0f} s", flush=True)
    if measures:
        report = [sys.executable, "-m", "coverage", "report"]
        failed = subprocess.run(report, cwd=ROOT, check=False).returncode != 0 or failed
    print("\n".join(summary), end="\n" if summary else "", flush=True)
    return 1 if failed else 0


def selection(arguments: list[str]) -> list[str]:
    """What chooses among the tests: without it some of those that failed would not be found again."""
    return [
        part
        for option, value in pairwise([*arguments, ""])
        if option in ("-m", "-k")
        for part in (option, value)
    ]


def run_again_alone(database: str, chosen: list[str]) -> tuple[int, list[str]]:
    """Run what failed once more, one at a time: a busy machine must not pass for a fault, nor a fault for one.

    What fails again has failed. What passes alone is named at the very end of the run, so that somebody looks at it.
    """
    print(f"== {database} : what failed, again and alone", flush=True)
    before = last_failed()
    status = pytest(database, "-v", "--last-failed", "-p", "no:randomly", *chosen)
    after = last_failed()
    return status, [
        *(f"!! {database} : FAILED TWICE: {name}" for name in sorted(after)),
        *(f"!! {database} : FAILED BESIDE OTHERS, passed alone: {name}" for name in sorted(before - after)),
    ]


def pytest(database: str, *arguments: str) -> int:
    command = [sys.executable, "-m", "pytest", f"--db={database}", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def last_failed() -> set[str]:
    """The tests that pytest remembers as failed."""
    try:
        return set(json.loads((ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed").read_text()))
    except FileNotFoundError:
        return set()


if __name__ == "__main__":
    sys.exit(main())
