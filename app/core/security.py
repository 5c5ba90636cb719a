"""What every answer carries and every request must satisfy before a view sees it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request, session
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest, SecurityError
from werkzeug.routing import IntegerConverter, ValidationError

from app.core.doors import is_asset
from app.core.errors import Refusal

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": with it browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_OURS = frozenset(name.lower() for name in HEADERS)

PLAIN_BODY_LIMIT = 1_000_000
"""Bytes of a body that carries no file: the longest text of the product is a tenth of it."""

LARGEST_ID = 2**63 - 1
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class BoundedInteger(IntegerConverter):
    """`<int:…>` in an address, as far as a database can hold it; anything larger is an address that does not exist."""

    def to_python(self, value: str) -> Any:
        if len(value) > len(str(LARGEST_ID)) or int(value) > LARGEST_ID:
            raise ValidationError
        return super().to_python(value)


def is_cross_site() -> bool:
    """Whether another site's page made the browser send this request, as far as the browser tells."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "cross-site"
    origin = request.headers.get("Origin")
    if origin is None or origin == "null":
        return False
    settings = current_app.extensions["settings"]
    # The header as it came: `request.host` refuses a forged one by raising, and answers pass here too.
    return origin not in settings.allowed_origins and urlsplit(origin).netloc != request.headers.get("Host")


def guard() -> None:
    """Refuse what no page of ours sends, before its body is read."""
    if isinstance(request.routing_exception, SecurityError):
        raise request.routing_exception
    if request.method in SAFE_METHODS:
        if "\x00" in request.path or b"%00" in request.query_string:
            raise BadRequest
        return
    if is_cross_site():
        raise Refusal(
            _(
                "Cette demande vient d’un autre site : elle n’est pas suivie. Refaites l’action depuis nos pages."
            ),
            status=403,
        )
    if request.mimetype != "multipart/form-data":
        request.max_content_length = PLAIN_BODY_LIMIT


def refuse_nul() -> None:
    """No text holds a NUL: PostgreSQL cannot store it, and people cannot type it."""
    if request.method in SAFE_METHODS:
        return
    if "\x00" in request.path or b"%00" in request.query_string:
        raise BadRequest
    for values in request.form.listvalues():
        if any("\x00" in value for value in values):
            raise BadRequest


def protect(response: Response) -> Response:
    """Add the headers; a view that set its own (files in their sandbox) keeps them."""
    if _OURS.isdisjoint([name.lower() for name, _value in response.headers]):
        response.headers.extend(HEADERS)
    else:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
    if current_app.config.get("SESSION_COOKIE_SECURE"):
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if "Cache-Control" not in response.headers and not (request.endpoint and is_asset(request.endpoint)):
        # Asking the session makes the answer vary by cookie, which is the truth for every page.
        response.headers["Cache-Control"] = "no-store" if "sid" in session else "no-cache, private"
    if request.method not in SAFE_METHODS and is_cross_site():
        # Lax keeps our cookie away from such a request; an answer that set a new one would sign the person out.
        session.modified = False
    return response


def init_app(app: Flask) -> None:
    """Stand first before the views and last behind them."""
    app.url_map.converters["int"] = BoundedInteger
    # Before every other check: the CSRF one already reads the body.
    app.before_request_funcs.setdefault(None, []).insert(0, guard)
    app.before_request(refuse_nul)
    app.after_request(protect)
