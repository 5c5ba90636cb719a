"""Convergence: where industrial companies of one community learn from one another."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping

from flask import Flask

from app import config
from app.core import engine
from app.extensions import babel, csrf, db, limiter, login_manager, migrate, socketio

__version__ = "0.1.0"

FEATURES = (
    "app.core.database",
    "app.core.jobs",
    "app.core.assets",
    "app.core.health",
    "app.core.shell",
    "app.accounts",
    "app.communities",
    "app.notifications",
    "app.search",
    "app.moderation",
    "app.forums",
    "app.home",
    "app.demo",
    "app.subscribers",
)


def create_app(environ: Mapping[str, str] | None = None, *, served: bool = False) -> Flask:
    """Build the application from `environ` (the process's own unless given).

    `served` says that gevent carries it; otherwise sockets live in threads. Raises `config.SettingsError`, with a
    sentence per fault, before anything is opened.
    """
    settings = config.load(environ)
    app = Flask(__name__, static_folder=None)
    app.config.from_mapping(settings.for_flask())
    app.extensions["settings"] = settings

    db.init_app(app)
    engine.init_app(app)
    migrate.init_app(app, db, directory=str(config.migrations_directory()))
    login_manager.init_app(app)
    babel.init_app(app, default_locale="fr", default_timezone=settings.time_zone)
    csrf.init_app(app)
    limiter.init_app(app)
    for name in FEATURES:
        if importlib.util.find_spec(name) is not None:
            module = importlib.import_module(name)
            if hasattr(module, "init_app"):
                module.init_app(app)
    # Last: handlers imported after this line would be missing from the second application of a process.
    socketio.init_app(app, **settings.for_socketio(served=served))
    return app
