"""A demonstration whose load was cut short is never taken for a whole one, nor for a real installation."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import config
from app.core import demo
from app.core.database import transaction
from app.serving import state
from tests.conftest import SERVER_VARIABLE
from tests.support.databases import PostgreSQLDatabase
from tests.support.ports import free_port
from tests.support.servers import ROOT


@pytest.fixture
def settings(database_kind: str, tmp_path: Path, worker_id: str) -> Iterator[dict[str, str]]:
    """Settings of an installation of its own, on the database of this run."""
    given = {
        "DATA_DIR": str(tmp_path),
        "PORT": str(free_port()),
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "SECRET_KEY": "a key for tests alone, long enough",
    }
    if database_kind == "sqlite":
        yield given
        return
    database = PostgreSQLDatabase(os.environ[SERVER_VARIABLE], f"convergence_interrupted_{worker_id}")
    yield {**given, "DATABASE_URL": database.url}
    database.drop()


def command(settings: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=ROOT,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def done(settings: dict[str, str], *arguments: str) -> tuple[int, str]:
    process = command(settings, *arguments)
    output, _nothing = process.communicate(timeout=120)
    return process.returncode, output


def look(settings: dict[str, str]) -> Any:
    return state.look(config.load(settings))


def cut_short(settings: dict[str, str], process: subprocess.Popen[str]) -> None:
    """Kill a load once its first accounts stand."""
    until = time.monotonic() + 60
    while not look(settings).is_unfinished:
        assert process.poll() is None, process.stdout and process.stdout.read()
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_mark_without_its_day_is_a_load_that_did_not_end(app: Flask, environ: dict[str, str]) -> None:
    with transaction():
        demo.mark(is_demo=True)
    assert demo.is_unfinished()
    found = look(environ)
    assert (found.is_demo, found.is_unfinished, found.is_filled) == (True, True, False)

    with transaction():
        demo.complete(date(2026, 11, 23))
    assert not demo.is_unfinished()
    assert look(environ) == state.State(is_current=True, is_filled=True, is_demo=True)


def test_a_real_installation_is_whole_from_its_first_row(app: Flask, environ: dict[str, str]) -> None:
    with transaction():
        demo.mark(is_demo=False)
    assert not demo.is_unfinished()
    assert look(environ) == state.State(is_current=True, is_filled=True)


@pytest.mark.server
@pytest.mark.prove
def test_a_load_cut_short_is_refused_by_a_server_and_begun_anew(settings: dict[str, str]) -> None:
    first = command(settings, "demo")
    cut_short(settings, first)

    code, said = done(settings, "demo")
    assert (code, "Une autre commande charge la démonstration" in said) == (1, True), said
    assert first.poll() is None, "the load was over before it could be cut short"
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=10)

    assert look(settings).is_demo
    assert not look(settings).is_filled
    code, said = done(settings, "serve")
    assert (code, "n’est pas allé à son terme" in said) == (1, True), said

    code, said = done(settings, "demo")
    assert (code, "est en place" in said) == (0, True), said
    assert look(settings) == state.State(is_current=True, is_filled=True, is_demo=True)
    code, said = done(settings, "demo")
    assert (code, "contient déjà des comptes" in said) == (1, True), said
