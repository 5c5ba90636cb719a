"""Every static check, one after the other; all are run, so that one go shows everything to mend."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS: dict[str, list[Path | str]] = {
    "format": [BIN / "ruff", "format", "--check", "--output-format=concise", "."],
    "lint and banned names": [BIN / "ruff", "check", "--quiet", "--output-format=concise", "."],
    "transaction boundary": [sys.executable, "-m", "tools.boundary"],
    "types": [BIN / "mypy"],
    "import layers": [BIN / "lint-imports", "--no-logo"],
    "templates": [sys.executable, "-m", "tools.templates"],
    "template syntax": [BIN / "djlint", "app", "--lint", "--quiet"],
    "translations": [sys.executable, "-m", "tools.messages", "--check"],
    "locks": [sys.executable, "-m", "tools.locks"],
    "committed files": [sys.executable, "-m", "tools.committed"],
}


def main() -> int:
    failed = []
    for name, command in CHECKS.items():
        started = time.monotonic()
        done = subprocess.run(
            [str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False
        )
        passed = done.returncode == 0
        print(f"{'ok' if passed else 'FAILED':7} {name} ({time.monotonic() - started:.1f} s)", flush=True)
        if not passed:
            failed.append(name)
            print(
                "\n".join(f"    {line}" for line in (done.stdout + done.stderr).rstrip().splitlines()),
                flush=True,
            )
    if failed:
        print(f"\n{len(failed)} of {len(CHECKS)} checks failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
