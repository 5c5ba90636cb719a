"""What the launcher and what it starts agree on.

A pipe between them tells when the launcher is gone, however it went: its end closes.
"""

from __future__ import annotations

import os
import signal
import threading

VARIABLE = "CONVERGENCE_LIFELINE"
SOCKET_VARIABLE = "CONVERGENCE_SOCKET"
GRACE_SECONDS = 3


def hold_on() -> None:
    """End this process, as an operator would, when the launcher that started it is gone."""
    descriptor = os.environ.pop(VARIABLE, None)
    if descriptor is not None:
        threading.Thread(target=_wait, args=(int(descriptor),), daemon=True, name="lifeline").start()


def _wait(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
