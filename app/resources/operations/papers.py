"""The photo of a machine and its papers: files that the readers of its lab see.

What is sent stands as a blob of its sender's (`core.blobs`) until it is attached to the machine here.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update

from app.core import blobs, idempotency
from app.core.blobs import Blob
from app.core.errors import NotFound, Refusal, require
from app.core.text import clean_line
from app.core.time import clock
from app.extensions import db
from app.resources import permissions
from app.resources.models import Machine, MachineDocument
from app.resources.operations.changing import lab_of, machine_changed, write_version

DOCUMENT_KINDS = ("notice", "conformity", "check", "safety", "other")


def set_photo(machine: Machine, key: str | None, *, by: Any, alt: str = "") -> None:
    """Show this picture of a machine, sent by `by`, or none; the one before is let go of."""
    lab = lab_of(machine)
    require(permissions.can_describe_machine(by, lab, machine))
    papers = _paper_keys(machine.id)
    if key is None:
        blobs.detach_missing("machine", machine.id, papers)
    else:
        picture = _sent_by(by, key)
        if picture.kind != "image":
            raise Refusal(_("Choisissez une photo : JPEG, PNG, WebP ou HEIC."), field="photo")
        blobs.detach_missing("machine", machine.id, [*papers, key])
        blobs.attach(picture, "machine", machine.id)
        picture.alt = clean_line(alt, limit=300, field="alt")
        db.session.flush()
    write_version(machine, None)
    machine_changed(machine, lab, "machine_photo_set", by)


def add_document(
    machine: Machine, key: str, *, kind: str, title: str, by: Any, request_id: str
) -> MachineDocument:
    """Add a paper of a machine. Sent twice with the same request id (whose receipt has a primary key), it stands once."""
    lab = lab_of(machine)
    require(permissions.can_describe_machine(by, lab, machine))
    if kind not in DOCUMENT_KINDS:
        raise Refusal(_("Choisissez dans la liste."), field="kind")
    title = clean_line(title, limit=160, field="title")
    sender, hashed = idempotency.sender_of(by.id), idempotency.content_hash(machine.id, key, kind, title)
    made = idempotency.already_made(sender, request_id, hashed, "machine_document")
    if made is not None:
        return db.session.get_one(MachineDocument, made)
    paper = _sent_by(by, key)
    blobs.attach(paper, "machine", machine.id)
    document = MachineDocument(
        machine_id=machine.id,
        kind=kind,
        title=title or paper.original_name,
        blob_id=paper.id,
        added_by_id=by.id,
        added_at=clock.now(),
    )
    db.session.add(document)
    db.session.flush()
    idempotency.remember(sender, request_id, hashed, "machine_document", document.id)
    write_version(machine, None)
    machine_changed(machine, lab, "machine_document_added", by, document_id=document.id, kind=kind)
    return document


def remove_document(machine: Machine, document_id: int, *, by: Any) -> None:
    """Take a paper of a machine away; its file is let go of."""
    lab = lab_of(machine)
    require(permissions.can_describe_machine(by, lab, machine))
    document = db.session.get(MachineDocument, document_id)
    if document is None or document.machine_id != machine.id:
        raise NotFound
    blob_id = document.blob_id
    db.session.delete(document)
    db.session.flush()
    db.session.execute(
        update(Blob)
        .where(Blob.id == blob_id, Blob.attached_type == "machine", Blob.attached_id == machine.id)
        .values(attached_type=None, attached_id=None, unattached_since=clock.now())
    )
    write_version(machine, None)
    machine_changed(machine, lab, "machine_document_removed", by, document_id=document_id)


def _paper_keys(machine_id: int) -> list[str]:
    return list(
        db.session.execute(
            select(Blob.key)
            .join(MachineDocument, MachineDocument.blob_id == Blob.id)
            .where(MachineDocument.machine_id == machine_id)
        ).scalars()
    )


def _sent_by(by: Any, key: str) -> Blob:
    """What this person sent and nothing else has; a paper that was swept, or somebody else's, is asked for again."""
    blob = blobs.by_keys([key]).get(key)
    if blob is None or blob.uploader_id != by.id or blob.attached_type is not None:
        raise Refusal(_("Ce fichier n’est pas arrivé. Choisissez-le de nouveau."), field="file")
    return blob
