"""One table for everything that can be found.

`terms` holds stemmed, accent-folded words written by us. Tokens for the scopes that may find the thing (`scope12`) and
for its type (`typetopic`) lead it, so that the index itself narrows by right; then come the words of the title, a bar,
and the words of the text. SQLite searches it through an FTS5 table kept by triggers, PostgreSQL through a GIN index on
`to_tsvector('simple', terms)`: see `schema`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import BigId, UTCDateTime
from app.extensions import db


class SearchEntry(db.Model):
    """A thing as the scopes named in `terms` may find it: only what every member of those may see is here.

    One row a thing, whatever the number of its scopes, so that nothing is found or counted twice. Ids rise with time:
    newest first is a walk down the key.
    """

    __tablename__ = "search_entry"
    __table_args__ = (UniqueConstraint("object_type", "object_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    object_type: Mapped[str] = mapped_column(String(20))
    object_id: Mapped[int] = mapped_column(BigId)
    title: Mapped[str] = mapped_column(String(250))
    url: Mapped[str] = mapped_column(String(300))
    excerpt: Mapped[str] = mapped_column(Text, default="")
    terms: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
