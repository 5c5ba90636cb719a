"""Receiving, attaching, letting go.

A picture or file arrives in two steps: `receive` does the slow work and stores the bytes, then `keep` makes it known
inside a transaction. Bytes whose transaction never came are swept like everything that nobody attached.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import BinaryIO, cast

import structlog
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import delete, select, update
from werkzeug.datastructures import FileStorage

from app.core.blobs.models import Blob
from app.core.blobs.preparing import MAX_BYTES, PreparedUpload, clean_name, prepare_upload
from app.core.blobs.stores import Store
from app.core.database import after_commit, current_unit, rows_changed, transaction
from app.core.errors import Refusal
from app.core.limits import Rate
from app.core.threads import run_one_at_a_time
from app.core.time import clock
from app.extensions import db

log = structlog.get_logger(__name__)

UPLOADS = Rate("uploads", 120, 3600)
WAITING_TIME = timedelta(hours=24)
MAX_FILES = 10
_BATCH = 200


def store() -> Store:
    """The store of this application."""
    found: Store = current_app.extensions["blobs"]
    return found


def receive(stream: BinaryIO, filename: str | None, *, max_bytes: int = MAX_BYTES) -> PreparedUpload:
    """Recognise, rewrite and store what somebody sends, off the event loop. Raises `Refusal`.

    Never inside a transaction; `keep` follows in one.
    """
    # One at a time: decoding the largest picture takes 200 MB, and a second one would double it for nothing.
    return run_one_at_a_time(_receive, store(), stream, filename, max_bytes)


def from_form(
    files: Iterable[FileStorage], uploader_id: int, *, max_bytes: int = MAX_BYTES
) -> tuple[list[PreparedUpload], list[str]]:
    """Receive and keep the files of a plain form, fields left empty aside: what came, and why others did not.

    One file refused loses none of the others. Opens its own transaction, so that they are known whatever becomes of
    the form they came with.
    """
    chosen = [file for file in files if file.filename]
    if len(chosen) > MAX_FILES:
        return [], [
            _(
                "%(count)s fichiers à la fois, c’est trop : la limite est de %(limit)s.",
                count=len(chosen),
                limit=MAX_FILES,
            )
        ]
    received, refused = [], []
    for file in chosen:
        UPLOADS.spend(uploader_id)
        try:
            received.append(receive(cast(BinaryIO, file.stream), file.filename, max_bytes=max_bytes))
        except Refusal as refusal:
            refused.append(_("%(name)s : %(why)s", name=clean_name(file.filename), why=refusal.sentence))
    if received:
        with transaction():
            for prepared in received:
                keep(prepared, uploader_id)
    return received, refused


def keep(prepared: PreparedUpload, uploader_id: int | None, *, alt: str = "") -> Blob:
    """Make a received upload known; until attached it is seen by its uploader alone, then swept after a day."""
    current_unit()
    now = clock.now()
    blob = Blob(
        key=prepared.key,
        kind=prepared.kind,
        content_type=prepared.content_type,
        size=prepared.size,
        sha256=prepared.sha256,
        width=prepared.width,
        height=prepared.height,
        original_name=prepared.name,
        alt=alt[:300],
        uploader_id=uploader_id,
        created_at=now,
        unattached_since=now,
    )
    db.session.add(blob)
    db.session.flush()
    return blob


def attach(blob: Blob, thing_type: str, thing_id: int) -> None:
    """Give a blob that waits to the one thing whose rights it takes from now on.

    Raises ValueError for one that belongs to another thing: it would change readers.
    """
    if blob.attached_type is not None and (blob.attached_type, blob.attached_id) != (thing_type, thing_id):
        raise ValueError("the blob belongs to another thing")
    blob.attached_type, blob.attached_id, blob.unattached_since = thing_type, thing_id, None


def attach_keys(uploader_id: int, thing_type: str, thing_id: int, keys: Collection[str]) -> int:
    """Attach, among `keys`, what this person sent and nobody attached yet; returns how many.

    Other keys are left alone: naming somebody's picture in a text neither takes it nor shows it.
    """
    current_unit()
    if not keys:
        return 0
    return rows_changed(
        update(Blob)
        .where(Blob.key.in_(keys), Blob.uploader_id == uploader_id, Blob.attached_type.is_(None))
        .values(attached_type=thing_type, attached_id=thing_id, unattached_since=None),
        synchronize_session="auto",
    )


def detach_missing(thing_type: str, thing_id: int, kept_keys: Collection[str] = ()) -> int:
    """Let go of what the thing no longer shows; seen by its uploader alone, it is swept a day later."""
    current_unit()
    return rows_changed(
        update(Blob)
        .where(Blob.attached_type == thing_type, Blob.attached_id == thing_id, Blob.key.not_in(kept_keys))
        .values(attached_type=None, attached_id=None, unattached_since=clock.now()),
        synchronize_session="auto",
    )


def sweep(older_than: datetime | None = None) -> int:
    """Remove what has waited for a thing since before `older_than` (a day ago unless given); returns how many.

    Opens its own transactions. Rows go first: were the process to die between, `sweep_store` finds the bytes.
    """
    limit = older_than or clock.now() - WAITING_TIME
    count = 0
    while True:
        with transaction():
            gone = db.session.execute(
                select(Blob.id, Blob.key).where(Blob.unattached_since < limit).order_by(Blob.id).limit(_BATCH)
            ).all()
            if gone:
                db.session.execute(
                    delete(Blob).where(Blob.id.in_([row.id for row in gone]), Blob.unattached_since < limit)
                )
                after_commit(_forget_bytes, [row.key for row in gone])
        count += len(gone)
        if len(gone) < _BATCH:
            return count


def sweep_store(older_than: datetime | None = None) -> int:
    """Remove stored bytes that no row knows, when stored before `older_than`; returns how many."""
    limit = older_than or clock.now() - WAITING_TIME
    count = 0
    batch: list[str] = []
    for name, stored_at in store().iterate():
        if stored_at < limit:
            batch.append(name)
        if len(batch) == _BATCH:
            count += _forget_unknown(batch)
            batch = []
    return count + _forget_unknown(batch)


def _receive(place: Store, stream: BinaryIO, filename: str | None, max_bytes: int) -> PreparedUpload:
    prepared = prepare_upload(stream, filename, max_bytes)
    with prepared.content:
        # The small version first: whoever finds the picture finds both.
        if prepared.thumb is not None:
            place.put(f"{prepared.key}.thumb", io.BytesIO(prepared.thumb))
        place.put(prepared.key, prepared.content)
    return prepared


def _forget_unknown(names: list[str]) -> int:
    keys = {name.partition(".")[0] for name in names}
    known = set(db.session.execute(select(Blob.key).where(Blob.key.in_(keys))).scalars())
    unknown = [name for name in names if name.partition(".")[0] not in known]
    for name in unknown:
        store().delete(name)
    return len(unknown)


def _forget_bytes(keys: list[str]) -> None:
    for key in keys:
        for name in (key, f"{key}.thumb"):
            try:
                store().delete(name)
            except OSError:
                log.warning("blob_bytes_left", name=name)
