"""Run the suite once per database; what no database can change runs with the first."""

from __future__ import annotations

import subprocess
import sys
import time
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
    for database in DATABASES:
        started = time.monotonic()
        print(f"== {database}", flush=True)
        command = [sys.executable, "-m", "pytest", "-q", f"--db={database}", *arguments]
        status = subprocess.run(command, cwd=ROOT, check=False).returncode
        if status == TESTS_FAILED:
            status = run_again_alone(database)
        # A selection may concern one of the two only.
        failed = failed or status not in (0, NOTHING_COLLECTED)
        print(f"== {database} : {time.monotonic() - started:.0f} s", flush=True)
    if measures:
        report = [sys.executable, "-m", "coverage", "report"]
        failed = subprocess.run(report, cwd=ROOT, check=False).returncode != 0 or failed
    return 1 if failed else 0


def run_again_alone(database: str) -> int:
    """Run what failed once more, one at a time: a busy machine must not pass for a fault, nor a fault for one.

    What fails again has failed; what passes alone is named, so that somebody looks at it.
    """
    print(f"== {database} : what failed, again and alone", flush=True)
    command = [sys.executable, "-m", "pytest", "-v", f"--db={database}", "--last-failed", "-p", "no:randomly"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
