"""Ready wordings of facts, kept per place by those who moderate it."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import delete

from app.accounts.models import User
from app.communities.access import access_of
from app.core import audit
from app.core.errors import NotFound, Refusal, require
from app.core.time import clock
from app.extensions import db
from app.moderation import permissions
from app.moderation.models import CannedText
from app.moderation.vocabulary import GROUND_LABELS


def change_text(
    moderator: User, known: CannedText | None, *, node_id: int | None, ground: str, title: str, text: str
) -> CannedText:
    """Keep a ready text, new or changed. One without a place serves everywhere: the national team's."""
    access = access_of(moderator)
    require(permissions.can_change_texts(access, node_id))
    if known is not None:
        require(permissions.can_change_texts(access, known.node_id))
    if ground not in GROUND_LABELS:
        raise Refusal(_("Choisissez le fondement de la décision."), field="ground")
    if not title.strip():
        raise Refusal(_("Donnez un titre à ce texte."), field="title")
    if not text.strip():
        raise Refusal(_("Écrivez le texte."), field="text")
    kept = known or CannedText()
    kept.node_id, kept.ground, kept.title, kept.text = node_id, ground, title.strip(), text.strip()
    kept.changed_by_id, kept.changed_at = moderator.id, clock.now()
    db.session.add(kept)
    db.session.flush()
    audit.record(moderator, "changed_text", "canned_text", kept.id, node_id=node_id)
    return kept


def remove_text(moderator: User, known: CannedText) -> None:
    """Take a ready text off the list; decisions that used it keep their words."""
    if not permissions.can_change_texts(access_of(moderator), known.node_id):
        raise NotFound
    db.session.execute(delete(CannedText).where(CannedText.id == known.id))
    audit.record(moderator, "removed_text", "canned_text", known.id, node_id=known.node_id)
