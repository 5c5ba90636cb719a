"""Many open pages in one process: Socket.IO over raw WebSocket frames, so that the client costs little."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

HANDSHAKE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
    "{offer}Origin: {origin}\r\nCookie: {cookie}\r\n\r\n"
)
OFFER = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
"""What every browser offers: a server that accepts it pays for it in memory."""

COMPRESSED = 0x40


class Listener:
    """One open page: joins, then notes the instant of every message whose text passes `wanted`."""

    def __init__(
        self,
        url: str,
        cookie: str,
        join: Any,
        wanted: Callable[[str], bool],
        *,
        offers_compression: bool = False,
    ) -> None:
        self.url, self.cookie, self.join, self.wanted = url, cookie, join, wanted
        self.offer = OFFER if offers_compression else ""
        self.inflater = zlib.decompressobj(-15)
        self.received: list[float] = []
        self.joined = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        parts = urlsplit(self.url)
        self.reader, self.writer = await asyncio.open_connection(parts.hostname, parts.port)
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write(
            HANDSHAKE.format(
                host=parts.netloc, key=key, origin=self.url, cookie=self.cookie, offer=self.offer
            ).encode()
        )
        head = await self.reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(head.split(b"\r\n", 1)[0].decode())
        self.task = asyncio.create_task(self._listen())
        await asyncio.wait_for(self.joined.wait(), 60)

    async def close(self) -> None:
        if self.task is not None:
            self.task.cancel()
        self.writer.close()

    async def _listen(self) -> None:
        while True:
            text = await self._frame()
            if text is None:
                return
            if text.startswith("0"):
                self._send("40")
            elif text.startswith("40"):
                self._send("420" + json.dumps(["join", self.join]))
            elif text.startswith("430"):
                self.joined.set()
            elif text == "2":
                self._send("3")
            elif text.startswith("42") and self.wanted(text):
                self.received.append(time.perf_counter())

    async def _frame(self) -> str | None:
        first, second = await self.reader.readexactly(2)
        length = second & 127
        if length == 126:
            length = int.from_bytes(await self.reader.readexactly(2), "big")
        elif length == 127:
            length = int.from_bytes(await self.reader.readexactly(8), "big")
        payload = await self.reader.readexactly(length) if length else b""
        if first & 15 == 8:
            return None
        if first & COMPRESSED:
            payload = self.inflater.decompress(payload + b"\x00\x00\xff\xff")
        return payload.decode()

    def _send(self, text: str) -> None:
        payload = text.encode()
        mask = os.urandom(4)
        head = (
            bytes([0x81, 0x80 | len(payload)])
            if len(payload) < 126
            else (bytes([0x81, 0x80 | 126]) + len(payload).to_bytes(2, "big"))
        )
        self.writer.write(head + mask + bytes(b ^ mask[n % 4] for n, b in enumerate(payload)))


async def open_many(count: int, make: Callable[[], Listener]) -> list[Listener]:
    """Open so many pages, a few at a time."""
    listeners = [make() for _n in range(count)]
    for start in range(0, count, 20):
        await asyncio.gather(*(listener.open() for listener in listeners[start : start + 20]))
    return listeners
