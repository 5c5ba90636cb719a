"""Backup while running, restore into an empty place.

A backup is one tar file: a manifest, every table as lines of JSON read in one snapshot of the database, and every blob.
It does not depend on the kind of database, so it is also the way from the embedded default to PostgreSQL. Restoring
loads it, then reads everything again and compares counts and hashes with the manifest.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Boolean, Connection, Date, Integer, Table, delete, func, insert, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.types import JSON

from app import __version__
from app.core import blobs, schema
from app.core.database import UTCDateTime
from app.core.time import clock
from app.extensions import db

FORMAT = 1
BATCH = 500
# The database raises its own numbers while rows are loaded.
LEFT_OUT = frozenset({"alembic_version", "data_version"})


class BackupError(Exception):
    """A backup that cannot be made or restored; the message is for the person at the keyboard."""


@dataclass(frozen=True)
class TableSummary:
    """How many rows, and the SHA-256 of their lines."""

    rows: int
    sha256: str


@dataclass(frozen=True)
class Report:
    """What a backup holds, or what a restore found equal."""

    tables: dict[str, TableSummary]
    blobs: int
    bytes: int


def write(path: Path) -> Report:
    """Write a backup of the running installation; the file appears under its name only once it is whole."""
    if path.exists():
        raise BackupError(f"{path} existe déjà : choisissez un autre nom, un ancien n’est jamais écrasé.")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as stream, tarfile.open(fileobj=stream, mode="w") as archive:
            report = _write_into(archive)
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
    return report


def restore(path: Path) -> Report:
    """Load a backup into an empty installation, then prove counts and hashes. Raises BackupError.

    The schema is brought to this version first; a backup of a later version is refused.
    """
    if not path.exists():
        raise BackupError(f"{path} n’existe pas.")
    _refuse_unless_empty()
    schema.upgrade()
    with tarfile.open(path) as archive:
        manifest = _manifest_of(archive)
        with db.engine.connect() as connection:
            _prepare(connection)
            _clear_seeds(connection)
            for table in _tables():
                _load(connection, table, _member(archive, f"tables/{table.name}.jsonl"))
            _close_cycles(connection, archive)
            _set_sequences(connection)
            connection.commit()
        count, size = _restore_blobs(archive, manifest)
    db.engine.dispose()
    found = summaries()
    for name, wanted in manifest["tables"].items():
        if found.get(name) != TableSummary(wanted["rows"], wanted["sha256"]):
            raise BackupError(
                f"La table {name} ne correspond pas à la sauvegarde : ne mettez pas ce résultat en service."
            )
    return Report(found, count, size)


def summaries() -> dict[str, TableSummary]:
    """Count and hash of every table as it stands."""
    result = {}
    with db.engine.connect() as connection:
        snapshot(connection)
        for table in _tables():
            digest, rows = hashlib.sha256(), 0
            for line in _lines(connection, table):
                digest.update(line)
                rows += 1
            result[table.name] = TableSummary(rows, digest.hexdigest())
    return result


def snapshot(connection: Connection) -> None:
    """Have every read of this connection see the same instant, whatever is written meanwhile."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
    else:
        # A deferred SQLite transaction takes its snapshot at its first read.
        connection.execute(text("SELECT count(*) FROM sqlite_master"))


def _tables() -> list[Table]:
    return [table for table in db.metadata.sorted_tables if table.name not in LEFT_OUT]


def _write_into(archive: tarfile.TarFile) -> Report:
    tables: dict[str, TableSummary] = {}
    keys: list[str] = []
    with db.engine.connect() as connection:
        snapshot(connection)
        revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        for table in _tables():
            with tempfile.TemporaryFile() as file:
                digest, rows = hashlib.sha256(), 0
                for line in _lines(connection, table):
                    digest.update(line)
                    file.write(line)
                    rows += 1
                tables[table.name] = TableSummary(rows, digest.hexdigest())
                _add(archive, f"tables/{table.name}.jsonl", file)
        blob = db.metadata.tables["blob"]
        keys = list(connection.execute(select(blob.c.key).order_by(blob.c.id)).scalars())
    count, size, listed = _write_blobs(archive, keys)
    manifest = {
        "format": FORMAT,
        "version": __version__,
        "revision": revision,
        "made_at": clock.now().isoformat(),
        "tables": {name: {"rows": item.rows, "sha256": item.sha256} for name, item in tables.items()},
        "blobs": listed,
    }
    encoded = json.dumps(manifest, indent=1).encode()
    _add(archive, "manifest.json", io.BytesIO(encoded))
    return Report(tables, count, size)


def _write_blobs(archive: tarfile.TarFile, keys: list[str]) -> tuple[int, int, dict[str, str]]:
    store = blobs.store()
    listed: dict[str, str] = {}
    size = 0
    for key in keys:
        for name in (key, f"{key}.thumb"):
            if not store.exists(name):
                continue
            with store.open(name) as stream:
                content = stream.read()
            listed[name] = hashlib.sha256(content).hexdigest()
            size += len(content)
            _add(archive, f"blobs/{name}", io.BytesIO(content))
    return len(listed), size, listed


def _add(archive: tarfile.TarFile, name: str, stream: IO[bytes]) -> None:
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    member = tarfile.TarInfo(name)
    member.size = size
    member.mtime = int(clock.now().timestamp())
    member.mode = 0o600
    archive.addfile(member, stream)


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    order = list(table.primary_key.columns)
    result = connection.execution_options(yield_per=BATCH).execute(select(table).order_by(*order))
    for row in result.mappings():
        values = {name: _encoded(value) for name, value in row.items()}
        yield json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _encoded(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value


def _decoded(table: Table, values: dict[str, Any]) -> dict[str, Any]:
    result = {}
    for name, value in values.items():
        column = table.c[name]
        if value is None or isinstance(column.type, JSON):
            result[name] = value
        elif isinstance(column.type, UTCDateTime):
            result[name] = datetime.fromisoformat(value)
        elif isinstance(column.type, Date):
            result[name] = date.fromisoformat(value)
        elif isinstance(column.type, Boolean):
            result[name] = bool(value)
        else:
            result[name] = value
    return result


def _refuse_unless_empty() -> None:
    try:
        with db.engine.connect() as connection:
            found = connection.execute(
                select(func.count()).select_from(db.metadata.tables["user_account"])
            ).scalar_one()
    except OperationalError:
        found = 0
    except Exception as error:
        if "does not exist" not in str(error):
            raise
        found = 0
    if found:
        raise BackupError(
            "Cette installation n’est pas vide : restaurez dans une base neuve (DATABASE_URL, DATA_DIR)."
        )


def _manifest_of(archive: tarfile.TarFile) -> dict[str, Any]:
    try:
        manifest = json.loads(_member(archive, "manifest.json").read())
    except (KeyError, ValueError) as error:
        raise BackupError(
            "Ce fichier n’est pas une sauvegarde de Convergence, ou il est incomplet."
        ) from error
    if manifest.get("format") != FORMAT:
        raise BackupError("Cette sauvegarde vient d’une version plus récente de Convergence.")
    unknown = set(manifest["tables"]) - {table.name for table in _tables()}
    if unknown:
        raise BackupError(
            f"Cette sauvegarde contient des tables inconnues de cette version : {', '.join(sorted(unknown))}."
        )
    return dict(manifest)


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    stream = archive.extractfile(name)
    if stream is None:
        raise KeyError(name)
    return stream


def _prepare(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.commit()
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        connection.detach()


def _cyclic_columns(table: Table) -> list[str]:
    """Columns whose foreign key points at a table loaded later (or at the table itself)."""
    order = {item.name: index for index, item in enumerate(_tables())}
    return [
        key.parent.name
        for key in table.foreign_keys
        if order[key.column.table.name] >= order[table.name] and key.parent.nullable
    ]


def _clear_seeds(connection: Connection) -> None:
    """Take away what migrations wrote into the empty installation: the backup brings its own."""
    for table in reversed(_tables()):
        if connection.execute(select(func.count()).select_from(table)).scalar_one():
            connection.execute(delete(table))


def _load(connection: Connection, table: Table, stream: IO[bytes]) -> None:
    later = _cyclic_columns(table)
    batch: list[dict[str, Any]] = []
    for line in stream:
        values = _decoded(table, json.loads(line))
        batch.append({**values, **dict.fromkeys(later)})
        if len(batch) == BATCH:
            connection.execute(insert(table), batch)
            batch = []
    if batch:
        connection.execute(insert(table), batch)


def _close_cycles(connection: Connection, archive: tarfile.TarFile) -> None:
    for table in _tables():
        later = _cyclic_columns(table)
        if not later:
            continue
        (key,) = table.primary_key.columns
        for line in _member(archive, f"tables/{table.name}.jsonl"):
            values = _decoded(table, json.loads(line))
            known = {name: values[name] for name in later if values[name] is not None}
            if known:
                connection.execute(update(table).where(key == values[key.name]).values(known))


def _set_sequences(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        return
    for table in _tables():
        columns = list(table.primary_key.columns)
        if (
            len(columns) == 1
            and isinstance(columns[0].type, Integer)
            and columns[0].autoincrement is not False
        ):
            name = columns[0].name
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', '{name}'), "  # noqa: S608 - our own names
                    f"greatest((SELECT coalesce(max({name}), 0) FROM {table.name}), 1))"
                )
            )


def _restore_blobs(archive: tarfile.TarFile, manifest: dict[str, Any]) -> tuple[int, int]:
    store = blobs.store()
    size = 0
    for name, wanted in manifest["blobs"].items():
        content = _member(archive, f"blobs/{name}").read()
        if hashlib.sha256(content).hexdigest() != wanted:
            raise BackupError(f"Le fichier {name} de la sauvegarde est abîmé.")
        store.put(name, io.BytesIO(content))
        size += len(content)
    return len(manifest["blobs"]), size
