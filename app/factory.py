"""The whole application, put together: every feature is imported here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from babel import Locale
from flask import Flask, Request, has_request_context, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import MapAdapter

from app import (
    accounts,
    communities,
    config,
    forums,
    home,
    library,
    moderation,
    notifications,
    resources,
    search,
    subscribers,
)
from app.core import (
    appearance,
    assets,
    blobs,
    bus,
    cookies,
    database,
    demo,
    design,
    doors,
    engine,
    error_pages,
    health,
    jobs,
    limits,
    logs,
    pages,
    security,
    shell,
    time,
)
from app.extensions import babel, csrf, db, login_manager, socketio

# In the order in which they stand before a request: what guards, then what decides, then what serves.
CORE = (
    engine,
    database,
    cookies,
    jobs,
    security,
    error_pages,
    limits,
    appearance,
    doors,
    demo,
    shell,
    pages,
    design,
    time,
    health,
    blobs,
)
FEATURES = (accounts, communities, notifications, search, moderation, forums, resources, library, home)


def build(environ: Mapping[str, str] | None = None, *, served: bool = False) -> Flask:
    """See `app.create_app`."""
    settings = config.load(environ)
    app = _Application("app", static_folder=None, template_folder="core/templates")
    app.config.from_mapping(settings.for_flask())
    app.extensions["settings"] = settings
    logs.configure(settings)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # the way Flask documents
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=0, x_prefix=0
        )

    db.init_app(app)
    login_manager.init_app(app)
    babel.init_app(
        app, default_locale="fr", default_timezone=settings.time_zone, locale_selector=_chosen_locale
    )
    csrf.init_app(app)
    for part in (*CORE, *FEATURES, subscribers, assets):
        part.init_app(app)
    # Last: handlers imported after this line would be missing from the second application of a process.
    socketio.init_app(
        app, **settings.for_socketio(served=served), **bus.client_manager(settings, served=served)
    )
    return app


class _Application(Flask):
    """Flask, with every absolute address built from PUBLIC_URL, whatever Host the request named."""

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        adapter = super().create_url_adapter(request)
        if adapter is not None:
            adapter.server_name = self.config["SERVER_NAME"]
            adapter.url_scheme = self.config["PREFERRED_URL_SCHEME"]
            adapter.subdomain = ""
        return adapter

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view of ours is a coroutine: Flask asks of ten functions a request whether they are."""
        return func


_LOCALES = {name: Locale.parse(name) for name in appearance.LOCALES}


def _chosen_locale() -> Locale:
    """The language of the page's reader; jobs, which have no reader, say theirs with `force_locale`."""
    chosen = request.cookies.get("locale", "") if has_request_context() else ""
    return _LOCALES.get(chosen, _LOCALES["fr"])
