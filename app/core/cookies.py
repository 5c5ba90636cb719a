"""The signed cookie and the token of forms, verified and signed once instead of once per page.

Both are pure functions of their text and of our key. Only what never changes is kept: the age of a cookie is looked at
each time, and what a request does to its session stays its own.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

from flask import Flask, Request, current_app, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, URLSafeTimedSerializer

KEPT = 5000


class SignedCookies(SecureCookieSessionInterface):
    """Flask's own sessions; a cookie that was verified is not verified again."""

    def __init__(self) -> None:
        self._verified = lru_cache(maxsize=KEPT)(self._verify)

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the cookie, empty for one that is missing, forged or too old."""
        cookie = request.cookies.get(self.get_cookie_name(app))
        if not cookie or not app.secret_key:
            return super().open_session(app, request)
        try:
            values, signed_at = self._verified(cookie, app)
        except BadSignature:
            return self.session_class()
        if time.time() - signed_at > app.permanent_session_lifetime.total_seconds():
            return self.session_class()
        if not all(isinstance(value, (str, int)) for value in values.values()):
            # A list could be changed by one request under the eyes of another.
            return super().open_session(app, request)
        return self.session_class(values)

    def _verify(self, cookie: str, app: Flask) -> tuple[dict[str, Any], float]:
        serializer = self.get_signing_serializer(app)
        assert serializer is not None
        values, signed_at = serializer.loads(cookie, return_timestamp=True)
        return dict(values), signed_at.timestamp()


def csrf_token() -> str:
    """The token of a form: the session's own, signed; tokens have no age (`WTF_CSRF_TIME_LIMIT`)."""
    kept = session.get("csrf_token")
    if not isinstance(kept, str):
        # Made by Flask-WTF, signed by us: one page holds one token, whatever second it is drawn in.
        generate_csrf()
        kept = session["csrf_token"]
    return _signed(kept, _key())


def _key() -> str:
    return str(current_app.config.get("WTF_CSRF_SECRET_KEY") or current_app.secret_key)


@lru_cache(maxsize=KEPT)
def _signed(token: str, key: str) -> str:
    signed = URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(token)
    return signed.decode() if isinstance(signed, bytes) else signed


def init_app(app: Flask) -> None:
    """After `csrf.init_app`, whose function it replaces in templates."""
    app.session_interface = SignedCookies()
    app.jinja_env.globals["csrf_token"] = csrf_token
    # Flask-WTF names its own in each context, which goes before what is global.
    app.context_processor(lambda: {"csrf_token": csrf_token})
