"""What every test may lean on: a clean database, the application, a client, the outside world.

`docs/contributing.md` tells how to write a test with these.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from flask import Flask

from app.core.schema import upgrade
from app.core.versions import Remembered
from app.extensions import db
from tests.support import applications, mail, postgresql, redis
from tests.support.client import Client
from tests.support.databases import EMPTY, Database, PostgreSQLDatabase, SQLiteDatabase
from tests.support.mail import Mailbox
from tests.support.ports import free_port

if TYPE_CHECKING:
    from tests.support.servers import SharedServer

pytest_plugins = ["tests.support.servers", "tests.support.browsers"]

SERVER_VARIABLE = "TEST_POSTGRESQL_URL"

# Fixtures that make a test slow, and the marks by which `make quick` leaves it out.
MARKED_BY_FIXTURE = {"chromium": "browser", "live_server": "server", "start_server": "server"}

# How long one example lasts says how busy the machine is.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")

_run = ExitStack()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--db", choices=("sqlite", "postgresql"), default="sqlite", help="the database to run on"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start one PostgreSQL for the whole run, before the workers that share it."""
    is_worker = hasattr(config, "workerinput")
    if config.getoption("--db") == "postgresql" and not is_worker and SERVER_VARIABLE not in os.environ:
        os.environ[SERVER_VARIABLE] = _run.enter_context(postgresql.running())


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        _run.close()
        os.environ.pop(SERVER_VARIABLE, None)


def pytest_itemcollected(item: pytest.Item) -> None:
    for fixture, mark in MARKED_BY_FIXTURE.items():
        if fixture in getattr(item, "fixturenames", ()):
            item.add_marker(mark)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what does not concern this database, and the long proofs unless they are asked for."""
    chosen = config.getoption("--db")
    left_out = {"sqlite": ["postgresql"], "postgresql": ["sqlite", "once"]}[chosen]
    if "prove" not in (config.getoption("-m") or ""):
        left_out.append("prove")
    kept, dropped = [], []
    for item in items:
        (dropped if any(item.get_closest_marker(name) for name in left_out) else kept).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
    # Last, so that the server they share is started once (and after the random order was drawn).
    items[:] = sorted(kept, key=lambda item: "live_server" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`."""
    kind: str = request.config.getoption("--db")
    return kind


@pytest.fixture(scope="session")
def mail_server() -> Iterator[tuple[str, Mailbox]]:
    with mail.running() as server:
        yield server


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis, for tests of what needs one."""
    with redis.running() as url:
        yield url


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def database(database_kind: str, data_dir: Path, worker_id: str) -> Iterator[Database]:
    """The database of this test process."""
    made: Database
    if database_kind == "sqlite":
        made = SQLiteDatabase(data_dir)
    else:
        made = PostgreSQLDatabase(os.environ[SERVER_VARIABLE], f"convergence_{worker_id}")
    yield made
    made.drop()


@pytest.fixture(scope="session")
def environ(database: Database, data_dir: Path, mail_server: tuple[str, Mailbox]) -> dict[str, str]:
    """The settings of the application under test, as a live server would be given them."""
    return {
        "DATABASE_URL": database.url,
        "DATA_DIR": str(data_dir),
        "SECRET_KEY": "a key for tests alone, long enough",
        "PORT": str(free_port()),
        "SMTP_URL": mail_server[0],
        "MAIL_FROM": "Convergence <bonjour@convergence.test>",
        "RATE_LIMITS": "non",
        "LOG_LEVEL": "warning",
    }


@pytest.fixture(scope="session")
def built_app(environ: dict[str, str], database: Database) -> Iterator[Flask]:
    """The application and its migrated database, made once per test process."""
    Remembered.doubted = True
    with applications.built(environ) as built:
        with built.app_context():
            upgrade()
        database.keep(EMPTY)
        built.extensions["test_database"] = database
        yield built


@pytest.fixture
def app(
    built_app: Flask, database: Database, shared_server: SharedServer, request: pytest.FixtureRequest
) -> Iterator[Flask]:
    """The application on an empty database, with an application context for calling queries and operations."""
    if "live_server" not in request.fixturenames:
        shared_server.stop()
    # Before, since numbers begin anew with the rows; and after, for what was asked for in between.
    built_app.extensions["jobs"].flush()
    database.reset()
    built_app.extensions["jobs"].flush()
    built_app.extensions.pop("installation", None)
    with built_app.app_context():
        yield built_app
        db.session.remove()


@pytest.fixture
def client(app: Flask) -> Client:
    """A visitor; `app.test_client()` gives further ones."""
    visitor = app.test_client()
    assert isinstance(visitor, Client)
    return visitor


@pytest.fixture
def mailbox(app: Flask, mail_server: tuple[str, Mailbox]) -> Mailbox:
    """Mails really sent by SMTP, once `jobs.drain()` has run what the act asked for."""
    mail_server[1].clear()
    return mail_server[1]
