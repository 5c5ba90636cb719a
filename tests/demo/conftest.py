"""The demonstration, loaded once per test process and come back to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask

from app.core import jobs
from app.demo import loading
from tests.support.databases import Database

KEPT = "demonstration"
TODAY = date(2026, 11, 20)
SEED = 7


@pytest.fixture
def demonstration(app: Flask, database: Database) -> Iterator[Flask]:
    """The application on the small demonstration, for the day `TODAY`."""
    if database.knows(KEPT):
        database.reset(KEPT)
    else:
        loading.load(size="small", seed=SEED, today=TODAY)
        assert jobs.drain() == 0
        database.keep(KEPT)
    app.extensions.pop("installation", None)
    yield app
    app.extensions.pop("installation", None)
