"""Fill an empty database with a demonstration of the size asked for."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import structlog
from flask import current_app
from sqlalchemy import func, select, text

from app.accounts.models import User
from app.core import demo, schema
from app.core.database import release, transaction
from app.demo import describing, play, script
from app.extensions import db
from app.search.schema import STATEMENTS

log = structlog.get_logger(__name__)

DESCRIPTION_FILE = "demo.json"
LOCK = 0x64656D6F
"""The number of PostgreSQL's advisory lock on a load."""


class Busy(Exception):
    """Another process loads a demonstration into this database."""


class NotEmpty(Exception):
    """The database holds people already; a demonstration never mixes with them."""


def load(*, size: str, seed: int, today: date) -> None:
    """Migrate, play the written script, then, for the larger sizes, add the bulk around it. Raises NotEmpty, or Busy.

    What a load that was cut short left here is dropped first.
    """
    with _alone():
        _load(size, seed, today)


def _load(size: str, seed: int, today: date) -> None:
    # An open read would outlive the connections that migrating gives back.
    release()
    schema.upgrade()
    if demo.is_unfinished():
        log.warning("demonstration_started_over")
        release()
        _drop_everything()
        demo.forget()
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
    with transaction():
        demo.complete(today)
    description = Path(current_app.extensions["settings"].data_dir) / DESCRIPTION_FILE
    description.parent.mkdir(parents=True, exist_ok=True)
    description.write_text(json.dumps(describing.describe(), ensure_ascii=False, indent=1), encoding="utf-8")


TRIGGER_FUNCTIONS = """
SELECT pg_proc.oid::regprocedure::text FROM pg_proc
JOIN pg_namespace ON pg_namespace.oid = pg_proc.pronamespace
WHERE pg_namespace.nspname = current_schema() AND pg_proc.prorettype = 'trigger'::regtype
"""


def _drop_everything() -> None:
    # Not by the downgrades: a large load cut short stands without its indexes.
    raw = db.engine.raw_connection()
    try:
        cursor = raw.cursor()
        if db.engine.dialect.name == "sqlite":
            cursor.execute("PRAGMA foreign_keys=OFF")
            drop = 'DROP TABLE IF EXISTS "{}"'
        else:
            drop = 'DROP TABLE IF EXISTS "{}" CASCADE'
            # What triggers call; on SQLite it goes with their tables.
            cursor.execute(TRIGGER_FUNCTIONS)
            for (function,) in cursor.fetchall():
                cursor.execute(f"DROP FUNCTION {function} CASCADE")
        for statement in STATEMENTS[db.engine.dialect.name][1]:
            cursor.execute(statement)
        for name in [*db.metadata.tables, "alembic_version"]:
            cursor.execute(drop.format(name))
        raw.commit()
    finally:
        # Its settings must serve nobody else.
        raw.invalidate()
    db.engine.dispose()


@contextmanager
def _alone() -> Iterator[None]:
    """Hold this database's load for oneself: what another process is loading must not be taken for cut short.

    The lock ends with the process, however that ends.
    """
    busy = Busy("Une autre commande charge la démonstration dans cette base : attendez qu’elle ait fini.")
    if db.engine.dialect.name == "sqlite":
        path = Path(f"{db.engine.url.database}.loading-lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise busy from None
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
        return
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Closed at the end, not given back: migrating replaces the pool meanwhile.
        connection.detach()
        if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}).scalar_one():
            raise busy
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})


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
