"""What the browser loads: built under hashed names, served by this process and kept for ever by the browser."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

from flask import Flask
from whitenoise import WhiteNoise

DIST = Path(__file__).resolve().parent.parent / "static" / "dist"
PREFIX = "/static/"
LOOK_AGAIN_SECONDS = 1.0
"""A page names some twenty assets: the file is not asked each time."""
HASHED = re.compile(r"-[0-9A-Z]{8}\.\w+$")


class Manifest:
    """The names of the last build, read again when a newer build replaced them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._names: dict[str, str] = {}
        self._version: int | None = None
        self._looked_at = -LOOK_AGAIN_SECONDS

    def url(self, name: str) -> str:
        """The address of a built file by its source's name. Raises LookupError for a file that was not built."""
        if time.monotonic() - self._looked_at > LOOK_AGAIN_SECONDS:
            self._look()
        if name not in self._names:
            raise LookupError(f"no built asset is called {name!r}")
        return PREFIX + self._names[name]

    def _look(self) -> None:
        try:
            version = self.path.stat().st_mtime_ns
        except FileNotFoundError:
            raise LookupError("the front end is not built: run `make build`") from None
        if version != self._version:
            self._names = json.loads(self.path.read_text(encoding="utf-8"))
            self._version = version
        self._looked_at = time.monotonic()


def init_app(app: Flask) -> None:
    """Give templates `asset('main.js')` and serve the built files."""
    manifest = Manifest(DIST / "manifest.json")
    app.jinja_env.globals["asset"] = manifest.url
    app.extensions["assets"] = manifest
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]  # the way Flask documents
        app.wsgi_app,
        root=str(DIST) if DIST.is_dir() else None,
        prefix=PREFIX,
        autorefresh=app.config["DEVELOPMENT"],
        immutable_file_test=_is_hashed,
        add_headers_function=_add_headers,
        allow_all_origins=False,
    )


def _is_hashed(_path: str, url: str) -> bool:
    return HASHED.search(url) is not None


def _add_headers(headers: Any, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    # A picture opened by itself runs nothing.
    headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
