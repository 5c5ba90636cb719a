"""Two people at once: real threads, a session each."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from flask import Flask

from app.core.database import transaction
from app.core.errors import Refusal
from app.extensions import db


def together(app: Flask, *acts: Callable[[], Any]) -> list[Any]:
    """Run the acts at once, each in its own thread and application context; what each gave, or the Refusal it met."""
    # The acts bring ids only: rows of this test belong to its own session and thread.
    db.session.commit()
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(index: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            barrier.wait()
            try:
                with transaction():
                    results[index] = act()
            except Refusal as refusal:
                results[index] = refusal
            except Exception as error:
                results[index] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(index, act)) for index, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    db.session.expire_all()
    return results
