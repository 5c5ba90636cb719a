"""What templates look like: their words and icons, and the two switches in the footer of every page.

Language and light or dark are kept in a cookie of the browser, not in an account, so that they work before signing in
and the server draws the right page at once.
"""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug import Response as BaseResponse

from app.core import fragments, icons, indentation, phrases
from app.core.doors import public
from app.core.errors import Refusal
from app.core.redirects import safe_next

THEMES = ("auto", "light", "dark")
LOCALES = ("fr", "en")
ONE_YEAR = 365 * 24 * 3600

bp = Blueprint("appearance", __name__)


@bp.post("/apparence")
@public("a cookie of the browser", exempt=("second_factor",))
def choose_theme() -> ResponseReturnValue:
    return _remember("theme", request.form.get("theme", ""), THEMES)


@bp.post("/langue")
@public("a cookie of the browser", exempt=("second_factor",))
def choose_locale() -> ResponseReturnValue:
    return _remember("locale", request.form.get("locale", ""), LOCALES)


def _remember(name: str, value: str, choices: tuple[str, ...]) -> ResponseReturnValue:
    if value not in choices:
        raise Refusal("", status=400)
    response = redirect(safe_next())
    keep(response, name, value)
    return response


def keep(response: BaseResponse, name: str, value: str) -> None:
    """Have the browser remember a choice: at its switch, and when somebody who chose a language signs in."""
    response.set_cookie(
        name,
        value,
        max_age=ONE_YEAR,
        samesite="Lax",
        httponly=True,
        secure=bool(current_app.config.get("SESSION_COOKIE_SECURE")),
    )


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    indentation.init_app(app)
    phrases.init_app(app)
    icons.init_app(app)
    fragments.init_app(app)
