"""Icons drawn from the one sprite that the build makes out of `static/core/icons.txt`."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask, current_app
from markupsafe import Markup, escape

SPRITE = "icons.svg"


def icon(name: str, label: str | None = None, size: int = 20) -> Markup:
    """An icon 16, 20 or 24 pixels high; silent beside a word unless it has a `label` of its own."""
    return _drawn(current_app.extensions["assets"].url(SPRITE), name, label, size)


@lru_cache(maxsize=2048)
def _drawn(sprite: str, name: str, label: str | None, size: int) -> Markup:
    classes = "icon" if size == 20 else f"icon icon-{size}"
    said = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="{}" {}><use href="{}#{}"/></svg>').format(classes, said, sprite, escape(name))


def init_app(app: Flask) -> None:
    app.jinja_env.globals["icon_markup"] = icon
