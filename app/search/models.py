"""One table for everything that can be found.

`terms` holds stemmed, accent-folded words written by us, led by a token for the scope (`scope12`), so that the index
itself narrows by right. SQLite searches it through an FTS5 table kept by triggers, PostgreSQL through a GIN index on
`to_tsvector('simple', terms)`; both are made by the migration.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import BigId, UTCDateTime
from app.extensions import db


class SearchEntry(db.Model):
    """A thing as one scope may find it: only what every member of the scope may see is here."""

    __tablename__ = "search_entry"
    __table_args__ = (
        UniqueConstraint("object_type", "object_id", "scope_id"),
        Index("ix_search_entry_scope", "scope_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    object_type: Mapped[str] = mapped_column(String(20))
    object_id: Mapped[int] = mapped_column(BigId)
    scope_id: Mapped[int] = mapped_column(ForeignKey("scope.id"))
    title: Mapped[str] = mapped_column(String(250))
    url: Mapped[str] = mapped_column(String(300))
    excerpt: Mapped[str] = mapped_column(Text, default="")
    terms: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
