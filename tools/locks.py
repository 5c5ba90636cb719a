"""Locks name versions and hashes, never an address: they must work behind any mirror."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ADDRESS = re.compile(r"https?://|file://|--index|--find-links|--extra-index")

# Even unused, these change which driver Socket.IO picks.
UNWANTED = ("eventlet", "gevent-websocket")
FLOORS = {"python-engineio": (4, 13, 3), "python-socketio": (5, 16, 3)}
EXACT = {"socket.io-client": "4.8.4"}


def main() -> int:
    faults = [fault for path in sorted(ROOT.glob("requirements*.lock")) for fault in python_faults(path)]
    faults += npm_faults(json.loads((ROOT / "package-lock.json").read_text()))
    manifest = json.loads((ROOT / "package.json").read_text())
    for name, version in EXACT.items():
        if manifest["dependencies"].get(name) != version:
            faults.append(f"package.json: {name} must be exactly {version}")
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def python_faults(path: Path) -> list[str]:
    text = path.read_text()
    faults = [
        f"{path.name}:{number}: names an address"
        for number, line in enumerate(text.splitlines(), 1)
        if ADDRESS.search(line)
    ]
    pinned = dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))
    faults += [f"{path.name}: {name} must not be installed" for name in UNWANTED if name in pinned]
    for name, floor in FLOORS.items():
        if name in pinned and tuple(int(part) for part in pinned[name].split(".")[:3]) < floor:
            faults.append(f"{path.name}: {name} {pinned[name]} has known flaws")
    hashed = len(re.findall(r"--hash=sha256:", text))
    if hashed < len(pinned):
        faults.append(f"{path.name}: packages without hashes")
    return faults


def npm_faults(lock: dict[str, Any]) -> list[str]:
    faults = []
    for name, package in lock["packages"].items():
        if "resolved" in package:
            faults.append(f"package-lock.json: {name} names an address")
        if name and "integrity" not in package:
            faults.append(f"package-lock.json: {name} has no hash")
    return faults


if __name__ == "__main__":
    sys.exit(main())
