"""Finding blobs for somebody: the thing they belong to decides."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from app.core import things
from app.core.blobs.models import Blob
from app.core.errors import NotFound
from app.extensions import db


def blob_for(user: Any, key: str) -> Blob:
    """The blob under `key`. Raises `NotFound` for one the person may not see, as for one that is not."""
    blob = db.session.execute(select(Blob).where(Blob.key == key)).scalar_one_or_none()
    if blob is None or not _may_see(user, blob):
        raise NotFound
    return blob


def attached_to(thing_type: str, ids: Collection[int]) -> dict[int, list[Blob]]:
    """The blobs of things, oldest first, without asking who reads: callers have found the things for the person."""
    found: dict[int, list[Blob]] = {thing_id: [] for thing_id in ids}
    if ids:
        rows = db.session.execute(
            select(Blob).where(Blob.attached_type == thing_type, Blob.attached_id.in_(ids)).order_by(Blob.id)
        ).scalars()
        for blob in rows:
            found[blob.attached_id or 0].append(blob)
    return found


def by_keys(keys: Collection[str]) -> dict[str, Blob]:
    """Blobs by key, without asking who reads."""
    if not keys:
        return {}
    return {blob.key: blob for blob in db.session.execute(select(Blob).where(Blob.key.in_(keys))).scalars()}


def waiting_of(user_id: int) -> list[Blob]:
    """What a person sent and attached to nothing yet, newest first."""
    rows = db.session.execute(
        select(Blob)
        .where(Blob.uploader_id == user_id, Blob.unattached_since.is_not(None))
        .order_by(Blob.id.desc())
        .limit(50)
    )
    return list(rows.scalars())


def _may_see(user: Any, blob: Blob) -> bool:
    if blob.attached_type is None or blob.attached_id is None:
        return blob.uploader_id is not None and blob.uploader_id == user.id
    return things.is_visible(user, blob.attached_type, blob.attached_id)
