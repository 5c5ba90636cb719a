"""What stands behind a proxy of Flask, for what outlives the request."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app


def this_app() -> Flask:
    """The application itself, to be given to a thread, a greenlet or a context of its own."""
    proxy: Any = current_app
    app: Flask = proxy._get_current_object()
    return app
