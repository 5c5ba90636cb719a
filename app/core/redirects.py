"""Where to go next, when the address comes from the request: only ever a path of this site."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

MAX_LENGTH = 1_500


def is_local(target: str | None) -> bool:
    """Whether `target` is a plain path of this site.

    Browsers read a backslash as a slash, drop tabs and line ends inside addresses, and take `//host` for another
    site: what holds any of these is refused rather than mended.
    """
    if not target or len(target) > MAX_LENGTH or not target.startswith("/") or target.startswith("//"):
        return False
    if "\\" in target or any(ord(character) <= 32 or ord(character) == 127 for character in target):
        return False
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc


def safe_next(default: str = "/") -> str:
    """The `next` of the form or of the address when it is local, `default` otherwise."""
    target = request.form.get("next") or request.args.get("next")
    return target if target and is_local(target) else default


def here() -> str:
    """The address being asked for, to come back to it; for anything but a page, the page it came from is unknown."""
    query = request.query_string.decode("ascii", "replace")
    target = request.path + (f"?{query}" if query else "")
    return target if request.method in ("GET", "HEAD") and is_local(target) else "/"
