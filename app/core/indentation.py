"""Templates are indented for those who read them, pages are not: the indentation of a template's lines stays behind."""

from __future__ import annotations

import re

from flask import Flask
from jinja2.ext import Extension

_INDENTATION = re.compile(r"\n[ \t]+")


class Unindented(Extension):
    """Drops what stands at the head of a line in HTML templates, where a line break means the same alone.

    Lines stay lines, so that a fault names the right one. Mails in plain text are left as written.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        if name is None or not name.endswith(".html") or "<pre" in source:
            return source
        return _INDENTATION.sub("\n", source)


def init_app(app: Flask) -> None:
    """Must come before the first template is read."""
    app.jinja_env.add_extension(Unindented)
