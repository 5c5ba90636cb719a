"""Words taken out of sight by a decision, and kept so that an appeal can give them back.

They are moved here from the row they stood in, so that no page, list, export or index can show them by oversight.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import JSON, Index, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import BigId, UTCDateTime, current_unit
from app.core.errors import Refusal
from app.extensions import db


class WithheldWords(db.Model):
    """What a thing said when it was hidden: words by the name of the field they stood in."""

    __tablename__ = "withheld_words"
    __table_args__ = (Index("ix_withheld_words_object", "object_type", "object_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    object_type: Mapped[str] = mapped_column(String(40))
    object_id: Mapped[int] = mapped_column(BigId)
    words: Mapped[dict[str, str]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


def keep(object_type: str, object_id: int, words: Mapping[str, str], *, at: datetime) -> None:
    """Keep the words of a thing, inside the transaction that empties their fields."""
    current_unit()
    db.session.add(WithheldWords(object_type=object_type, object_id=object_id, words=dict(words), at=at))
    db.session.flush()


def take_back(object_type: str, object_id: int, *, hidden_at: datetime) -> dict[str, str]:
    """The words that the hiding of that instant left out of sight, which are kept here no longer.

    A hiding that confirmed an earlier one moved nothing itself: the newest words not younger than it are meant.
    """
    current_unit()
    kept = next((one for one in _kept(object_type, object_id) if one.at <= hidden_at), None)
    if kept is None:
        return {}
    db.session.delete(kept)
    db.session.flush()
    return kept.words


def of(object_type: str, object_id: int) -> list[dict[str, str]]:
    """Everything kept of a thing, newest first: for its author and those who decide."""
    return [one.words for one in _kept(object_type, object_id)]


def refuse_same(object_type: str, object_id: int, words: Mapping[str, str]) -> None:
    """Refuse words that a decision put out of sight: they are changed or contested, not published again."""
    for kept in of(object_type, object_id):
        for name, text in words.items():
            if text.strip() and _plain(kept.get(name, "")) == _plain(text):
                raise Refusal(
                    _("Ce texte est masqué par une décision : écrivez-le autrement, ou contestez-la."),
                    field=name,
                )


def forget(object_type: str, object_id: int) -> None:
    """Erase everything kept of a thing whose author is gone."""
    current_unit()
    db.session.execute(
        delete(WithheldWords).where(
            WithheldWords.object_type == object_type, WithheldWords.object_id == object_id
        )
    )


def _kept(object_type: str, object_id: int) -> list[WithheldWords]:
    return list(
        db.session.execute(
            select(WithheldWords)
            .where(WithheldWords.object_type == object_type, WithheldWords.object_id == object_id)
            .order_by(WithheldWords.at.desc(), WithheldWords.id.desc())
        ).scalars()
    )


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
