"""Starts the web server and the job process together, and ends them together."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

from app.config import LOOPBACK, Settings
from app.serving import lifeline
from app.serving.lifeline import GRACE_SECONDS, SOCKET_VARIABLE

LOOK_SECONDS = 0.2
JOBS_RESTART_SECONDS = 2.0
WATCHED = ("*.py", "*.html", "*.txt", "*.mo")

# Told to glibc, which would otherwise keep for good, in each thread's own heap, the 19 MB that hashing a password takes
# for a moment, and what decoding a picture takes. Whoever sets them otherwise is obeyed.
MEMORY = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "1048576"}


class CannotServe(Exception):
    """Nothing was started; the message is a sentence for whoever typed the command."""


@dataclass
class Family:
    """The processes of one launcher."""

    settings: Settings
    listener: socket.socket
    web: subprocess.Popen[bytes] | None = None
    jobs: subprocess.Popen[bytes] | None = None
    pipe: tuple[int, int] = field(default_factory=os.pipe)

    def start_web(self) -> None:
        self.web = self._start(
            "app.serving.web", {SOCKET_VARIABLE: str(self.listener.fileno())}, self.listener.fileno()
        )

    def start_jobs(self) -> None:
        self.jobs = self._start("app.serving.jobs", {})

    def end(self) -> None:
        """Ask both to finish what they do, then insist."""
        alive = [
            process for process in (self.web, self.jobs) if process is not None and process.poll() is None
        ]
        for process in alive:
            process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS + 5
        for process in alive:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, module: str, variables: dict[str, str], *descriptors: int) -> subprocess.Popen[bytes]:
        reading = self.pipe[0]
        return subprocess.Popen(
            [sys.executable, "-m", module],
            env={
                **MEMORY,
                **os.environ,
                **_as_environment(self.settings),
                **variables,
                lifeline.VARIABLE: str(reading),
            },
            pass_fds=(reading, *descriptors),
            stdin=subprocess.DEVNULL,
            # Ctrl-C reaches the launcher alone, which ends the others in order.
            start_new_session=True,
        )


def serve(settings: Settings, *, reload: bool = False, when_ready: Callable[[], None] | None = None) -> int:
    """Run until told to stop; gives the exit status. Raises `CannotServe` when the port cannot be had."""
    told = _Told()
    family = Family(settings, listen(settings.host, settings.port))
    with told.listening():
        family.start_web()
        family.start_jobs()
        try:
            return _keep(family, told, _watch() if reload else None, when_ready)
        finally:
            family.end()


def work() -> NoReturn:
    """Become a job process: what ends this command then ends the work itself, and nothing is left behind."""
    os.environ.update({name: value for name, value in MEMORY.items() if name not in os.environ})
    os.execv(sys.executable, [sys.executable, "-m", "app.serving.jobs"])  # noqa: S606 - no shell, our own words


def listen(host: str, port: int) -> socket.socket:
    """Open the port. Raises `CannotServe` with a sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(2048)
    except OSError as error:
        opened.close()
        raise CannotServe(_why_not(host, port, error)) from error
    return opened


def check_exposure(settings: Settings, *, is_demo: bool) -> None:
    """Keep a demonstration, whose passwords everybody knows, off the network unless that is meant."""
    if is_demo and settings.host not in LOOPBACK and not settings.demo_on_network:
        raise CannotServe(
            f"Cette base est une démonstration, aux mots de passe connus de tous : elle n’écoute que sur cette machine, "
            f"pas sur {settings.host}. Pour l’ouvrir au réseau en connaissance de cause : DEMO_ON_NETWORK=oui."
        )


class _Told:
    """Remembers that someone asked to stop."""

    def __init__(self) -> None:
        self.to_stop = False

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        before = {
            number: signal.signal(number, self._note)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.to_stop = True


def _keep(
    family: Family, told: _Told, changes: Iterator[bool] | None, when_ready: Callable[[], None] | None
) -> int:
    jobs_due = 0.0
    while not told.to_stop:
        assert family.web is not None
        assert family.jobs is not None
        if when_ready is not None and _answers(family.settings):
            when_ready()
            when_ready = None
        if family.web.poll() is not None:
            print("Le serveur web s’est arrêté de lui-même ; la raison est ci-dessus.", file=sys.stderr)
            return 1
        if family.jobs.poll() is not None:
            # Whatever it was doing is queued or swept again; pages are served meanwhile.
            if not jobs_due:
                jobs_due = time.monotonic() + JOBS_RESTART_SECONDS
            elif time.monotonic() >= jobs_due:
                jobs_due = 0.0
                family.start_jobs()
        if changes is not None and next(changes):
            family.end()
            family.start_web()
            family.start_jobs()
        time.sleep(LOOK_SECONDS)
    return 0


def _answers(settings: Settings) -> bool:
    import http.client

    host = "127.0.0.1" if settings.host in ("0.0.0.0", "") else settings.host  # noqa: S104 - compared, not listened on
    connection = http.client.HTTPConnection(host, settings.port, timeout=30)
    try:
        connection.request("GET", "/healthz", headers={"Host": settings.allowed_hosts[0]})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _watch() -> Iterator[bool]:
    """Say, each time it is asked, whether a source changed since the last time."""
    package = Path(__file__).resolve().parent.parent
    before: dict[Path, int] | None = None
    while True:
        now = {
            path: path.stat().st_mtime_ns
            for pattern in WATCHED
            for path in package.rglob(pattern)
            if path.exists()
        }
        yield before is not None and now != before
        before = now


def _as_environment(settings: Settings) -> dict[str, str]:
    """What options of the command replaced, for those who read the environment."""
    return {
        "HOST": settings.host,
        "PORT": str(settings.port),
        "WEB_WORKERS": str(settings.web_workers),
    }


def _why_not(host: str, port: int, error: OSError) -> str:
    import errno

    if error.errno == errno.EADDRINUSE:
        return f"Le port {port} est déjà pris sur {host} : arrêtez ce qui l’occupe ou choisissez-en un autre, PORT=8001."
    if error.errno == errno.EACCES:
        return f"Le port {port} est réservé à l’administrateur : choisissez-en un au-dessus de 1023."
    return f"Impossible d’écouter sur {host}, port {port} : {error.strerror or error}."
