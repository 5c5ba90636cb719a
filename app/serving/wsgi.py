"""The application as a WSGI server carries it, inside the layers that stand before Flask."""

from __future__ import annotations

import io
import secrets
import struct
import zlib
from collections.abc import Callable, Iterable
from typing import Any

import gevent

from app import create_app

StartResponse = Callable[..., Any]
WSGI = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

READ_BYTES = 65_536
DRAINED_BYTES = 100_000_000
HEAD_BYTES = 300_000
WORTH_COMPRESSING_BYTES = 1_000
COMPRESSED_TYPES = ("text/html", "application/json", "text/calendar", "text/plain", "image/svg+xml")


def application() -> WSGI:
    """The application and its layers, outermost last."""
    app = create_app(served=True)
    settings = app.extensions["settings"]
    carried: WSGI = app
    carried = compressed(carried)
    carried = with_bodies_drained(carried, settings.max_body_bytes)
    carried = yielding(carried)
    return without_socket_compression(carried)


def without_socket_compression(inner: WSGI) -> WSGI:
    """Drop the browsers' offer to compress WebSocket messages.

    Accepting it costs 2.4 to 4 times the memory of a connection, for messages too small to gain from it.
    """

    def wrapped(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        return inner(environ, start_response)

    return wrapped


def yielding(inner: WSGI) -> WSGI:
    """Give way once per request: a client that keeps its connection busy would starve all the others."""

    def wrapped(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        gevent.sleep(0)
        return inner(environ, start_response)

    return wrapped


def with_bodies_drained(inner: WSGI, limit: int) -> WSGI:
    """Read to its end a body that Flask will refuse by its declared length, and keep only how it begins.

    A browser shows the refusal only once it has sent everything; left unread, it would see a broken connection. The
    beginning holds the words of a form whose files are too heavy together: they are given back.
    """

    def wrapped(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        declared = environ.get("CONTENT_LENGTH") or "0"
        if declared.isascii() and declared.isdigit() and limit < int(declared) <= DRAINED_BYTES:
            left, head = int(declared), io.BytesIO()
            while left > 0 and (chunk := environ["wsgi.input"].read(min(READ_BYTES, left))):
                left -= len(chunk)
                if head.tell() < HEAD_BYTES:
                    head.write(chunk)
            head.seek(0)
            environ["wsgi.input"] = head
        return inner(environ, start_response)

    return wrapped


def compressed(inner: WSGI) -> WSGI:
    """Compress pages for browsers that accept gzip."""

    def wrapped(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if "gzip" not in environ.get("HTTP_ACCEPT_ENCODING", "") or environ["REQUEST_METHOD"] == "HEAD":
            return inner(environ, start_response)
        answer: dict[str, Any] = {}

        def remember(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[[bytes], Any]:
            answer.update(status=status, headers=headers, exc_info=exc_info)
            return lambda _data: None

        body = inner(environ, remember)
        headers = {name.lower(): value for name, value in answer.get("headers", [])}
        if not _is_worth_compressing(headers):
            if answer:
                start_response(answer["status"], answer["headers"], answer["exc_info"])
            return body
        try:
            content = compress(b"".join(body))
        finally:
            if hasattr(body, "close"):
                body.close()
        kept = [
            (name, value)
            for name, value in answer["headers"]
            if name.lower() not in ("content-length", "vary")
        ]
        vary = ", ".join(filter(None, (headers.get("vary"), "Accept-Encoding")))
        added = [("Content-Encoding", "gzip"), ("Content-Length", str(len(content))), ("Vary", vary)]
        start_response(answer["status"], kept + added, answer["exc_info"])
        return [content]

    return wrapped


def compress(content: bytes) -> bytes:
    """gzip `content` behind a file name of random length.

    The length of a compressed page tells an attacker who can have words repeated in it whether they match a secret of
    the page, such as its CSRF token. A hundred random lengths drown that.
    """
    name = b"a" * secrets.randbelow(100)
    squeeze = zlib.compressobj(3, zlib.DEFLATED, -zlib.MAX_WBITS)
    header = b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\xff" + name + b"\x00"
    ending = struct.pack("<LL", zlib.crc32(content), len(content) & 0xFFFFFFFF)
    return header + squeeze.compress(content) + squeeze.flush() + ending


def _is_worth_compressing(headers: dict[str, str]) -> bool:
    length = headers.get("content-length", "")
    return (
        headers.get("content-type", "").partition(";")[0] in COMPRESSED_TYPES
        and "content-encoding" not in headers
        and length.isdigit()
        and int(length) >= WORTH_COMPRESSING_BYTES
    )
