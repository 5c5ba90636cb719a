"""A browser without JavaScript: sends what a form of ours would send."""

from __future__ import annotations

import contextvars
import secrets
from typing import Any

from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from app.extensions import db

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


class Client(FlaskClient):
    """Each request runs as if alone in its process, and unsafe ones carry the session's CSRF token.

    `client.post(..., csrf=False)` leaves the token out. Rows loaded by the test are read anew after a request.
    """

    def open(self, *args: Any, csrf: bool = True, **kwargs: Any) -> TestResponse:
        if csrf and kwargs.get("method", "GET").upper() in UNSAFE:
            kwargs["headers"] = [*_pairs(kwargs.get("headers")), ("X-CSRFToken", self._csrf_token())]
        # Were the test's own application context seen, its session and signed-in person would leak into the request.
        try:
            return contextvars.Context().run(super().open, *args, **kwargs)
        finally:
            db.session.rollback()
            db.session.expire_all()

    def set_cookie(self, key: str, value: str = "", *, domain: str | None = None, **kwargs: Any) -> None:
        # Werkzeug's default host is not ours: such a cookie would never be sent, and the test not notice.
        host = str(self.application.config["SERVER_NAME"]).partition(":")[0]
        super().set_cookie(key, value, domain=domain or host, **kwargs)

    def _csrf_token(self) -> str:
        def read() -> str:
            with self.session_transaction() as session:
                raw: str = session.setdefault("csrf_token", secrets.token_hex(20))
                return raw

        raw = contextvars.Context().run(read)
        serializer = URLSafeTimedSerializer(self.application.config["SECRET_KEY"], salt="wtf-csrf-token")
        return str(serializer.dumps(raw))


def _pairs(headers: Any) -> list[tuple[str, str]]:
    if headers is None:
        return []
    return list(headers.items()) if hasattr(headers, "items") else list(headers)
