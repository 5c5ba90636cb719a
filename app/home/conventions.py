"""Addresses that browsers, search engines and researchers try without having been told."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, current_app, make_response, redirect
from flask.typing import ResponseReturnValue

from app.accounts.gates import BEFORE_PROOF
from app.core.doors import public
from app.core.time import clock
from app.home.legal import is_local_address

bp = Blueprint("conventions", __name__)

OPEN_TO_SEARCH = (
    "/$",
    "/chiffres$",
    "/communautes/",
    "/regions/",
    "/rejoindre$",
    "/charte$",
    "/mentions-legales$",
    "/donnees-personnelles$",
    "/conditions$",
    "/accessibilite$",
    "/contact-signalement$",
    "/static/",
)
"""Public pages that make sense in a search engine; `$` ends an address (RFC 9309)."""

A_DAY = "public, max-age=86400"
CONTACT_HOLDS = timedelta(days=180)
"""How long a reader of security.txt may believe it; the standard asks for less than a year."""


@bp.get("/favicon.ico")
@public("the sign of the product, for browsers that ask by habit", exempt=BEFORE_PROOF)
def show_icon() -> ResponseReturnValue:
    """Lead to the built icon, whose name changes with its content."""
    response = make_response(redirect(current_app.extensions["assets"].url("favicon.svg")))
    response.headers["Cache-Control"] = A_DAY
    return response


@bp.get("/robots.txt")
@public("says which public pages search engines may list", exempt=BEFORE_PROOF)
def show_robots() -> ResponseReturnValue:
    """The public pages are allowed, everything else is not."""
    return _plain(["User-agent: *", *(f"Allow: {address}" for address in OPEN_TO_SEARCH), "Disallow: /"])


@bp.get("/.well-known/security.txt")
@public("where to report a vulnerability (RFC 9116)", exempt=BEFORE_PROOF)
def show_security_contact() -> ResponseReturnValue:
    """Whom to write to; never out of date while the installation runs."""
    public_url, address = current_app.config["PUBLIC_URL"], current_app.config["SECURITY_CONTACT"]
    expires = (clock.now() + CONTACT_HOLDS).replace(hour=0, minute=0, second=0, microsecond=0)
    contacts = [] if is_local_address(address) else [f"Contact: mailto:{address}"]
    return _plain(
        [
            *contacts,
            f"Contact: {public_url}/contact-signalement",
            f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
            "Preferred-Languages: fr, en",
            f"Canonical: {public_url}/.well-known/security.txt",
        ]
    )


def _plain(lines: list[str]) -> Response:
    response = make_response("\n".join(lines) + "\n")
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Cache-Control"] = A_DAY
    return response
