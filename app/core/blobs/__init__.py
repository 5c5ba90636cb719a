"""Pictures and files that people join to what they write.

A *blob* belongs to its uploader alone until it is attached to one thing, whose readers then see it. *Receiving* is the
slow work on what arrives, *keeping* makes it known, *sweeping* removes what nobody attached within a day.
"""

from __future__ import annotations

from flask import Flask

from app.core.blobs import jobs as jobs
from app.core.blobs.models import Blob
from app.core.blobs.operations import (
    attach,
    attach_keys,
    detach_missing,
    from_form,
    keep,
    receive,
    store,
    sweep,
    sweep_store,
)
from app.core.blobs.preparing import PreparedUpload, prepare_upload
from app.core.blobs.queries import attached_to, blob_for, by_keys, waiting_of
from app.core.blobs.recognising import OFFERED
from app.core.blobs.stores import Store, open_store
from app.core.blobs.views import bp

__all__ = [
    "OFFERED",
    "Blob",
    "PreparedUpload",
    "Store",
    "attach",
    "attach_keys",
    "attached_to",
    "blob_for",
    "by_keys",
    "detach_missing",
    "from_form",
    "init_app",
    "keep",
    "open_store",
    "prepare_upload",
    "receive",
    "store",
    "sweep",
    "sweep_store",
    "waiting_of",
]


def init_app(app: Flask) -> None:
    """Open the store that BLOB_URL names, and the doors."""
    app.extensions["blobs"] = open_store(app.extensions["settings"].blob_url)
    app.register_blueprint(bp)
