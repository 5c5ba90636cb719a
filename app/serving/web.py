"""The web server: gunicorn's gevent workers on the socket that the launcher opened."""

from __future__ import annotations

import contextlib
import os
import resource
from typing import Any

from gunicorn.app.base import BaseApplication

from app import config
from app.serving import lifeline, loading
from app.serving.lifeline import GRACE_SECONDS, SOCKET_VARIABLE

CONNECTIONS = 20_000


class Web(BaseApplication):
    """gunicorn, set up by our settings alone."""

    def __init__(self, settings: config.Settings, bind: str) -> None:
        self.settings, self.bind = settings, bind
        super().__init__()

    def load_config(self) -> None:
        chosen: dict[str, Any] = {
            "bind": self.bind,
            "workers": self.settings.web_workers,
            "worker_class": "gevent",
            "worker_connections": CONNECTIONS,
            "backlog": 2048,
            # Open sockets never end by themselves: pages reconnect and catch up.
            "graceful_timeout": GRACE_SECONDS,
            "timeout": 60,
            "keepalive": 20,
            "limit_request_line": 8190,
            "limit_request_field_size": 16_380,
            # Whose forwarded headers count is TRUSTED_PROXIES' affair.
            "forwarded_allow_ips": "",
            "secure_scheme_headers": {},
            "control_socket_disable": True,
            "proc_name": "convergence",
            "loglevel": "warning",
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        with loading.without_collecting():
            # In the worker, once gevent has patched: the application's libraries must be imported after that.
            from app.serving import wsgi

            return wsgi.application()


def main() -> None:
    """Serve until told to stop."""
    settings = config.load()
    lifeline.hold_on()
    _allow_many_connections()
    descriptor = os.environ.pop(SOCKET_VARIABLE, None)
    bind = f"fd://{descriptor}" if descriptor is not None else f"{settings.host}:{settings.port}"
    Web(settings, bind).run()


def _allow_many_connections() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
