"""Convergence: where industrial companies of one community learn from one another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

__version__ = "0.1.0"


def create_app(environ: Mapping[str, str] | None = None, *, served: bool = False) -> Flask:
    """Build the application from `environ` (the process's own unless given).

    `served` says that gevent carries it; otherwise sockets live in threads. Raises `config.SettingsError`, with a
    sentence per fault, before anything is opened.
    """
    # Here and not above: what only starts processes (the launcher, gunicorn's master) imports this package too, and
    # would pay a second for libraries it never uses.
    from app.factory import build

    return build(environ, served=served)
