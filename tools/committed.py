"""The repository holds what we wrote: no package of others, nothing built, nothing heavy."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAVIEST = 400_000
FOREIGN = re.compile(
    r"(^|/)(node_modules|vendor|third_party|dist|\.venv)/|\.min\.(js|css)$|\.(woff2?|ttf|otf|eot|whl|map|sqlite3|pyc|mo)$"
)
# Catalogues hold every sentence of the interface twice: written by hand, and longer with each feature.
HEAVY_ALLOWED = re.compile(
    r"\.lock$|^package-lock\.json$|^docs/.*\.(png|jpg|webp)$|^app/translations/.*\.po$"
)
# An address inside a shared text is someone's machine or someone's registry.
HOSTS = re.compile(r"registry\.npmjs\.org|pypi\.org/simple|files\.pythonhosted\.org")


def main() -> int:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    faults = []
    for name in filter(None, listed.decode().split("\0")):
        path = ROOT / name
        if not path.is_file():
            continue
        if FOREIGN.search(name):
            faults.append(f"{name}: built or written by others, must not be committed")
        if path.stat().st_size > HEAVIEST and not HEAVY_ALLOWED.search(name):
            faults.append(f"{name}: {path.stat().st_size // 1000} KB, heavier than anything written by hand")
        if path != Path(__file__) and HOSTS.search(path.read_bytes().decode(errors="replace")):
            faults.append(f"{name}: names a package registry")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
