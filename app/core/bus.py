"""How a message reaches the sockets of another process.

With Redis, through Redis. Embedded, there is one web process: the job process and the commands hand it their messages
through a local datagram socket. A lost message is no loss: pages catch up from the journal.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog
from socketio import PubSubManager, RedisManager

from app.config import Settings

log = structlog.get_logger(__name__)

CHANNEL = "convergence"
BUFFER_BYTES = 4_000_000
LARGEST_BYTES = 1_000_000
# What the kernel takes as the path of a local socket, less a margin.
LONGEST_PATH = 100


class LocalBus(PubSubManager):
    """Messages between the processes of one machine; the one web process listens, the others only send."""

    name = "local"

    def __init__(self, path: Path, *, listens: bool) -> None:
        super().__init__(channel=CHANNEL, write_only=not listens)
        self.path = path
        self._outgoing: socket.socket | None = None

    def _publish(self, data: Any) -> None:
        if not self.write_only:
            # The only process with sockets: PubSubManager has already served them.
            return
        if self._outgoing is None:
            self._outgoing = _datagram_socket()
            self._outgoing.setblocking(False)
        try:
            self._outgoing.sendto(json.dumps(data).encode(), str(self.path))
        except (FileNotFoundError, ConnectionRefusedError):
            pass  # No server runs: nobody to tell.
        except OSError as error:
            log.warning("bus_message_dropped", reason=str(error))

    def _listen(self) -> Iterator[bytes]:
        self.path.unlink(missing_ok=True)
        with contextlib.closing(_datagram_socket()) as incoming:
            incoming.bind(str(self.path))
            self.path.chmod(0o600)
            while True:
                yield incoming.recv(LARGEST_BYTES)


def client_manager(settings: Settings, *, served: bool) -> dict[str, Any]:
    """The argument that tells Socket.IO how to reach other processes' sockets."""
    if settings.redis_url is not None:
        return {"client_manager": RedisManager(settings.redis_url, channel=CHANNEL)}
    return {"client_manager": LocalBus(socket_path(settings.data_dir), listens=served)}


def socket_path(data_dir: Path) -> Path:
    """Where the web process listens: in the data folder, or under a short name when its path is too long."""
    path = data_dir / "bus.sock"
    if len(str(path)) <= LONGEST_PATH:
        return path
    return (
        Path(tempfile.gettempdir())
        / f"convergence-{hashlib.sha256(str(data_dir).encode()).hexdigest()[:16]}.sock"
    )


def _datagram_socket() -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        with contextlib.suppress(OSError):
            made.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
    return made
