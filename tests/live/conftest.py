"""Real sockets on the real server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import socketio
from flask import Flask

from tests.support import cast as casting
from tests.support.browsers import cookies_of
from tests.support.cast import Cast


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Everybody of `tests.support.cast`."""
    return casting.build()


class Reader:
    """An open page as the server sees it: a socket that notes everything it is told."""

    def __init__(self, url: str, cookie: str) -> None:
        self.told: list[tuple[str, Any]] = []
        self.socket = socketio.Client(reconnection=False)
        for event in ("entry", "seqs", "ended", "typing"):
            self.socket.on(event, lambda data=None, event=event: self.told.append((event, data)))
        self.socket.on("disconnect", lambda *_reason: self.told.append(("disconnect", None)))
        self.socket.connect(url, headers={"Cookie": cookie}, transports=["websocket"], wait_timeout=10)

    def join(self, **scopes: int) -> Any:
        return self.socket.call(
            "join", {"scopes": {key.removeprefix("s"): seq for key, seq in scopes.items()}}
        )

    def wait_for(self, condition: Callable[[list[tuple[str, Any]]], bool], seconds: float = 8) -> float:
        """How long it took until `condition(told)`; fails after `seconds`."""
        start = time.monotonic()
        while time.monotonic() - start < seconds:
            if condition(self.told):
                return time.monotonic() - start
            time.sleep(0.02)
        raise AssertionError(f"not told within {seconds} s: {self.told}")

    def entries(self, kind: str) -> list[Any]:
        return [data for event, data in self.told if event == "entry" and data["kind"] == kind]


Connect = Callable[..., Reader]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """`connect(server, client)` opens the socket of a signed-in client's page."""
    opened: list[Reader] = []

    def open_one(server: Any, client: Any) -> Reader:
        cookie = "; ".join(f"{c['name']}={c['value']}" for c in cookies_of(client, server.url))
        reader = Reader(server.url, cookie)
        opened.append(reader)
        return reader

    yield open_one
    for reader in opened:
        reader.socket.disconnect()
