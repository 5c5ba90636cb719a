"""A creating form sent twice creates once.

Every creating form carries a request id. The first time, `remember` stores which thing it made together with a hash of
the content; sent again with the same content the first thing is returned; sent again with other content `Repeated` is
raised, and the door keeps the text and lets the person choose.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import Index, String, bindparam, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import BigId, UTCDateTime, rows_changed, upsert, write
from app.core.errors import Refusal, Repeated
from app.core.prepared import Prepared
from app.core.time import clock
from app.extensions import db

KEPT = timedelta(days=30)


class RequestReceipt(db.Model):
    """What a request id made, per sender; the primary key is what makes two simultaneous sendings one."""

    __tablename__ = "request_receipt"
    __table_args__ = (Index("ix_request_receipt_at", "at"),)

    sender: Mapped[str] = mapped_column(String(80), primary_key=True)
    request_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int] = mapped_column(BigId)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


def content_hash(*parts: object) -> str:
    """A hash of what was sent, to tell a retry from a second thought."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr(part).encode())
        digest.update(b"\x00")
    return digest.hexdigest()


def parse_request_id(text: str | None) -> str:
    """The canonical form of a request id sent by a form. Raises Refusal (400) when it is not a UUID."""
    try:
        return str(uuid.UUID(str(text)))
    except ValueError:
        raise Refusal(
            _("Ce formulaire est incomplet. Rechargez la page, puis envoyez de nouveau."), status=400
        ) from None


def already_made(sender: str, request_id: str, hashed: str, object_type: str) -> int | None:
    """The id of what this request made before; None the first time, when the request is claimed.

    The claim is a row of its own, so that two sendings at the same instant meet its primary key: the second waits for
    the first and gets what it made. `remember` completes it in the same transaction. Raises `Repeated` when the content
    is another.
    """
    claimed = upsert(
        RequestReceipt,
        {"sender": sender, "request_id": request_id},
        {"content_hash": hashed, "object_type": object_type, "object_id": 0, "at": clock.now()},
        keep=True,
    )
    return None if claimed else _made_before(sender, request_id, hashed, object_type)


def remember(sender: str, request_id: str, hashed: str, object_type: str, object_id: int) -> None:
    """Say what the claimed request made, inside the transaction that makes it."""
    completed = write(
        _COMPLETED,
        b_sender=sender,
        b_request_id=request_id,
        hashed=hashed,
        made_type=object_type,
        made_id=object_id,
    )
    if completed.rowcount != 1:
        raise RuntimeError("a request was remembered that nobody claimed")


_COMPLETED = Prepared(
    update(RequestReceipt.__table__)
    .where(
        RequestReceipt.sender == bindparam("b_sender"), RequestReceipt.request_id == bindparam("b_request_id")
    )
    .values(
        {
            RequestReceipt.content_hash: bindparam("hashed"),
            RequestReceipt.object_type: bindparam("made_type"),
            RequestReceipt.object_id: bindparam("made_id", type_=BigId),
        }
    )
)


def purge() -> int:
    """Forget receipts older than `KEPT`, inside `transaction()`; how many. No page keeps a form open that long."""
    return rows_changed(delete(RequestReceipt).where(RequestReceipt.at < clock.now() - KEPT))


def _made_before(sender: str, request_id: str, hashed: str, object_type: str) -> int | None:
    receipt = db.session.execute(
        select(RequestReceipt.content_hash, RequestReceipt.object_type, RequestReceipt.object_id).where(
            RequestReceipt.sender == sender, RequestReceipt.request_id == request_id
        )
    ).one_or_none()
    if receipt is None:
        return None
    if receipt.content_hash != hashed or receipt.object_type != object_type:
        raise Repeated(
            _(
                "Ce formulaire a déjà été envoyé avec un autre texte. Votre texte est gardé : "
                "modifiez ce qui est publié, ou publiez celui-ci à part."
            )
        )
    return receipt.object_id


def sender_of(user_id: int) -> str:
    """The sender key of a person."""
    return f"person:{user_id}"
