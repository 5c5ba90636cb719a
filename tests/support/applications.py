"""Further applications, beside the one that every test shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from flask import Flask

from app import create_app
from app.extensions import db
from tests.support.client import Client


@contextmanager
def built(environ: Mapping[str, str]) -> Iterator[Flask]:
    """An application with these settings; its connections end with it, or a later test would be told of them."""
    app = create_app(environ)
    app.testing = True
    app.test_client_class = Client
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            for engine in db.engines.values():
                engine.dispose()
