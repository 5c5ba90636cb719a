"""Parts of the frame that look the same on many pages: drawn once, then kept.

The frame stands around every page; drawing its footer, doors and menus anew cost more than many pages' own content.
A kept part may depend on the language and on the values given to it, and on nothing else of the request.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, g
from markupsafe import Markup

from app.core.phrases import language
from app.core.time import clock, minute_of
from app.core.versions import Remembered

KEPT = 1024
"""Parts kept by one process: a rail or an answer form takes some 4 KB."""


def init_app(app: Flask) -> None:
    """Give templates `kept("core/_foot.html", theme=…)`: like an include that sees only what it is given, values that hash.

    The filter `tuple` makes such a value of a list.
    """

    app.jinja_env.filters["tuple"] = tuple

    # Using one of these would keep one reader's page for the next: they are undefined there, and say so.
    hidden = {
        name: app.jinja_env.undefined(hint=f"a kept part was not given {name!r}", name=name)
        for name in ("shell", "request", "session", "g", "current_user", "csrf_token")
    }

    def draw(template: str, _language: str, _build: str, values: tuple[tuple[str, Any], ...]) -> Markup:
        return Markup(app.jinja_env.get_template(template).render(hidden | dict(values)))

    drawn = draw if app.config.get("DEVELOPMENT") else lru_cache(maxsize=KEPT)(draw)

    def kept(template: str, **values: Any) -> Markup:
        # The sprite's address changes with each build, and every part shows an icon of it.
        return drawn(template, language(), app.extensions["assets"].url("icons.svg"), tuple(values.items()))

    app.jinja_env.globals["kept"] = app.extensions["fragments"] = kept
    app.extensions["fragments_anew"] = lambda template, values: Markup(
        app.jinja_env.get_template(template).render(hidden | values)
    )


def kept(template: str, **values: Any) -> Markup:
    """What `kept` gives to templates, for markup that is put together in Python."""
    drawn: Markup = current_app.extensions["fragments"](template, **values)
    return drawn


def drawn(template: str, key: Hashable, version: Any, **values: Any) -> Markup:
    """A part kept by the version of what it shows, for values too many to compare; None draws it anew.

    The key tells parts of one template apart. Times in it stand in the zone of the place, and hold for a minute.
    """

    def draw() -> Markup:
        made: Markup = current_app.extensions["fragments_anew"](template, values)
        return made

    if version is None:
        return draw()
    looks = (language(), g.get("time_zone"), minute_of(clock.now()))
    return _drawn.get(
        (template, key), (version, looks, current_app.extensions["assets"].url("icons.svg")), draw
    )


def looks() -> tuple[Any, ...]:
    """What a part kept by its readers' versions depends on besides: language, zone, year (a day of this year is written
    without it) and the icons of this build."""
    sprite = current_app.extensions["assets"].url("icons.svg")
    return language(), g.get("time_zone"), clock.now().year, sprite


_drawn: Remembered[Markup] = Remembered(200)
"""Some 20 KB each at most."""
