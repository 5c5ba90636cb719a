"""Fill an empty database with a demonstration of the size asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from flask import current_app
from sqlalchemy import func, select

from app.accounts.models import User
from app.core import schema
from app.core.database import release
from app.demo import describing, play, script
from app.extensions import db

DESCRIPTION_FILE = "demo.json"


class NotEmpty(Exception):
    """The database holds people already; a demonstration never mixes with them."""


def load(*, size: str, seed: int, today: date) -> None:
    """Migrate, play the written script, then, for the larger sizes, add the bulk around it. Raises NotEmpty."""
    # An open read would outlive the connections that migrating gives back.
    release()
    schema.upgrade()
    if db.session.execute(select(func.count()).select_from(User)).scalar_one():
        raise NotEmpty(
            "Cette base contient déjà des comptes : la démonstration ne se charge que dans une base vide "
            "(changez DATA_DIR ou DATABASE_URL)."
        )
    release()
    with _in_haste():
        stage = play.play(script.read(today), seed)
    # The news are told and the mails written: the jobs that were to do so have nothing left.
    current_app.extensions["jobs"].flush()
    if size != "small":
        from app.demo import bulk

        bulk.load(stage, size=size, seed=seed)
    description = Path(current_app.extensions["settings"].data_dir) / DESCRIPTION_FILE
    description.parent.mkdir(parents=True, exist_ok=True)
    description.write_text(json.dumps(describing.describe(), ensure_ascii=False, indent=1), encoding="utf-8")


@contextmanager
def _in_haste() -> Iterator[None]:
    """Let SQLite wait for the disk once, at the end: a play that is cut short is thrown away with its file."""
    if db.engine.dialect.name != "sqlite":
        yield
        return
    _pragma("synchronous=OFF")
    try:
        yield
    finally:
        _pragma("synchronous=FULL")
        _pragma("wal_checkpoint(TRUNCATE)")


def _pragma(setting: str) -> None:
    # One thread, one connection: the pool gives the same one to whatever comes next.
    raw = db.engine.raw_connection()
    raw.cursor().execute(f"PRAGMA {setting}")
    raw.close()
