"""The statements that reach the database meanwhile, whichever way they go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from app.core import prepared
from app.core.versions import Remembered
from app.extensions import db

FRAMES = ("BEGIN", "SAVEPOINT", "RELEASE", "PRAGMA")


def forget_everything() -> None:
    """Have the next page answered as by a process that remembers nothing."""
    for remembered in Remembered.every:
        remembered.clear()


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Collect them, what only opens and closes transactions left out; what is remembered is believed meanwhile."""
    seen: list[str] = []

    def note(statement: str) -> None:
        if not statement.startswith(FRAMES):
            seen.append(statement)

    def remember(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        note(statement)

    doubted, Remembered.doubted = Remembered.doubted, False
    event.listen(db.engine, "before_cursor_execute", remember)
    prepared.watchers.append(note)
    try:
        yield seen
    finally:
        prepared.watchers.remove(note)
        event.remove(db.engine, "before_cursor_execute", remember)
        Remembered.doubted = doubted
