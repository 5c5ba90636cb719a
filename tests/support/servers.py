"""The product as it really runs: `convergence serve`, in its own processes, on a free port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from app.core.demo import Installation
from app.extensions import db
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 40


@dataclass
class Server:
    """A running server and everything it started."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait_until_ready(self) -> None:
        """Come back once it answers that it can serve."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended by itself:\n{self.output()}")
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        raise AssertionError(f"the server did not get ready:\n{self.output()}")

    def output(self) -> str:
        """What it has written so far."""
        return self.log.read_text(errors="replace")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it as an operator would; gives its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(20)


Start = Callable[..., Server]


@pytest.fixture
def start_server(app: Flask, environ: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Start servers on the test's database: `start_server(WEB_WORKERS="2", REDIS_URL=redis_url)`.

    Settings given replace those of the application under test; `SETTING=None` takes one away.
    """
    started: list[Server] = []

    def start(*, wait: bool = True, **settings: str | None) -> Server:
        merged: dict[str, str | None] = {**environ, "PORT": str(free_port()), **settings}
        server = launch(
            {name: value for name, value in merged.items() if value is not None},
            tmp_path / f"{len(started)}.log",
        )
        started.append(server)
        if wait:
            server.wait_until_ready()
        return server

    yield start
    for server in started:
        server.stop()


class SharedServer:
    """The server that the tests of one process share, alive only while tests that use it follow each other.

    Its job process works on the database of the tests: left running, it would meddle with those that do without it.
    """

    def __init__(self, environ: dict[str, str], folder: Path) -> None:
        self.environ, self.folder = environ, folder
        self.running: Server | None = None

    def started(self) -> Server:
        if self.running is None or self.running.process.poll() is not None:
            self.running = launch(self.environ, self.folder / "log")
            self.running.wait_until_ready()
        return self.running

    def stop(self) -> None:
        if self.running is not None:
            self.running.stop()
            self.running = None


@pytest.fixture(scope="session")
def shared_server(
    environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SharedServer]:
    shared = SharedServer(environ, tmp_path_factory.mktemp("server"))
    yield shared
    shared.stop()


@pytest.fixture
def live_server(app: Flask, shared_server: SharedServer) -> Iterator[Server]:
    """A server shared by the tests of this process, on the database of the test.

    A worker remembers for good that its database is a demonstration: after a test that made it one, the server ends and
    the next test gets a fresh one.
    """
    yield shared_server.started()
    db.session.rollback()
    if db.session.query(Installation).filter_by(is_demo=True).count():
        shared_server.stop()


def launch(settings: dict[str, str], log: Path, command: str = "serve") -> Server:
    """Start `convergence serve`, or another command that serves, with exactly these settings."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "LANG", "COVERAGE_PROCESS_CONFIG")
        if name in os.environ
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", command],
            cwd=ROOT,
            env={**kept, "PYTHONUNBUFFERED": "1", **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Server(f"http://127.0.0.1:{settings['PORT']}", process, log)
