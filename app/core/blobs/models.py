"""What is known of each stored picture or file; the bytes are in the store, under the key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import BigId, UTCDateTime
from app.extensions import db


class Blob(db.Model):
    """A picture or a file. While attached it has the rights of the one thing it belongs to, else its uploader's alone.

    `unattached_since` is the instant from which it waits for a thing, or None: what waits too long is swept.
    """

    __tablename__ = "blob"
    __table_args__ = (
        CheckConstraint("kind IN ('image', 'file')", name="kind_known"),
        CheckConstraint("size > 0", name="size_positive"),
        CheckConstraint(
            "(attached_type IS NULL) = (attached_id IS NULL)"
            " AND (attached_type IS NULL) = (unattached_since IS NOT NULL)",
            name="attached_or_waiting",
        ),
        Index("ix_blob_attached", "attached_type", "attached_id"),
        Index("ix_blob_uploader", "uploader_id"),
        Index(
            "ix_blob_waiting",
            "unattached_since",
            sqlite_where=text("unattached_since IS NOT NULL"),
            postgresql_where=text("unattached_since IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(8))
    content_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int | None]
    height: Mapped[int | None]
    original_name: Mapped[str] = mapped_column(String(160))
    alt: Mapped[str] = mapped_column(String(300), default="")
    uploader_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    attached_type: Mapped[str | None] = mapped_column(String(40))
    attached_id: Mapped[int | None] = mapped_column(BigId)
    unattached_since: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @property
    def is_image(self) -> bool:
        return self.kind == "image"

    @property
    def url(self) -> str:
        return f"/blobs/{self.key}"

    @property
    def thumb_url(self) -> str | None:
        """The small version of a picture."""
        return f"/blobs/{self.key}/thumb" if self.is_image else None
