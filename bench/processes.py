"""Starting servers for a measurement, and reading what their workers cost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Server:
    """A running server and its web worker."""

    process: subprocess.Popen[bytes]
    url: str
    worker: int = 0

    def cpu(self) -> float:
        """Seconds of CPU the web worker has used so far, threads included."""
        told = [
            path.read_text(encoding="ascii") for path in Path(f"/proc/{self.worker}/task").glob("*/schedstat")
        ]
        if told:
            return sum(int(text.split()[0]) for text in told) / 1e9
        # A kernel without scheduler statistics counts in hundredths of a second.
        fields = Path(f"/proc/{self.worker}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self) -> int:
        """Bytes the worker holds alone (its private pages), so that what it shares with its parent counts once."""
        total = 0
        for line in Path(f"/proc/{self.worker}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith(("Private_Clean:", "Private_Dirty:")):
                total += int(line.split()[1]) * 1024
        return total

    def rss(self) -> int:
        """Resident bytes of the worker."""
        for line in Path(f"/proc/{self.worker}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(arguments: list[str], port: int, environ: dict[str, str], path: str) -> Server:
    """Start a server and wait until it answers; finds its web worker by its open port."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, **environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if not os.environ.get("BENCH_LOG") else None,
    )
    server = Server(process, f"http://127.0.0.1:{port}")
    deadline = time.monotonic() + 90
    while True:
        try:
            urllib.request.urlopen(server.url + path, timeout=5).read()
            break
        except OSError as error:
            if time.monotonic() > deadline or process.poll() is not None:
                server.stop()
                raise RuntimeError(f"the server did not start: {arguments}") from error
            time.sleep(0.2)
    server.worker = _worker_of(process.pid)
    return server


def _worker_of(root: int) -> int:
    """The deepest process below `root` that listens: gunicorn's worker."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))

    def depth(pid: int) -> tuple[int, int]:
        deepest = (0, pid)
        for child in children.get(pid, []):
            below = depth(child)
            if below[0] + 1 > deepest[0]:
                deepest = (below[0] + 1, below[1])
        return deepest

    return depth(root)[1]
