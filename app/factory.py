"""The whole application, put together: every feature is imported here."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping

from flask import Flask, Request, has_request_context, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import MapAdapter

from app import config
from app.core import bus, engine, logs
from app.core.appearance import LOCALES
from app.extensions import babel, csrf, db, login_manager, migrate, socketio

FEATURES = (
    "app.core.database",
    "app.core.jobs",
    "app.core.security",
    "app.core.error_pages",
    "app.core.limits",
    "app.core.appearance",
    "app.core.doors",
    "app.core.demo",
    "app.core.shell",
    "app.core.design",
    "app.core.time",
    "app.core.health",
    "app.core.blobs",
    "app.accounts",
    "app.communities",
    "app.notifications",
    "app.search",
    "app.moderation",
    "app.forums",
    "app.home",
    "app.demo",
    "app.subscribers",
    "app.core.assets",
)


TABLES = (
    "app.core.audit",
    "app.core.blobs.models",
    "app.core.duties",
    "app.core.idempotency",
    "app.core.journal",
    "app.accounts.models",
    "app.communities.models",
    "app.notifications.models",
    "app.search.models",
    "app.moderation.models",
    "app.forums.models",
)


class _Application(Flask):
    """Flask, with every absolute address built from PUBLIC_URL, whatever Host the request named."""

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        adapter = super().create_url_adapter(request)
        if adapter is not None:
            adapter.server_name = self.config["SERVER_NAME"]
            adapter.url_scheme = self.config["PREFERRED_URL_SCHEME"]
            adapter.subdomain = ""
        return adapter


def build(environ: Mapping[str, str] | None = None, *, served: bool = False) -> Flask:
    """See `app.create_app`."""
    settings = config.load(environ)
    app = _Application("app", static_folder=None, template_folder="core/templates")
    app.config.from_mapping(settings.for_flask())
    app.extensions["settings"] = settings
    logs.configure(settings)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0, x_prefix=0)  # type: ignore[method-assign]

    db.init_app(app)
    engine.init_app(app)
    migrate.init_app(app, db, directory=str(config.migrations_directory()))
    login_manager.init_app(app)
    babel.init_app(
        app, default_locale="fr", default_timezone=settings.time_zone, locale_selector=_chosen_locale
    )
    csrf.init_app(app)
    for name in (*TABLES, *FEATURES):
        if importlib.util.find_spec(name) is not None:
            try:
                module = importlib.import_module(name)
                if hasattr(module, "init_app"):
                    module.init_app(app)
            except ImportError as error:
                print(f"** {name}: {error}", file=sys.stderr)
    # Last: handlers imported after this line would be missing from the second application of a process.
    socketio.init_app(
        app, **settings.for_socketio(served=served), **bus.client_manager(settings, served=served)
    )
    return app


def _chosen_locale() -> str | None:
    """The language of the page's reader; jobs, which have no reader, say theirs with `force_locale`."""
    chosen = request.cookies.get("locale") if has_request_context() else None
    return chosen if chosen in LOCALES else None
