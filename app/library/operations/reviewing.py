"""What becomes of a proposed sheet, and of a published one: published, returned, confirmed, withdrawn, hidden."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, update

from app.core import audit, duties, indexing, journal, links
from app.core.database import rows_changed
from app.core.errors import Refusal, require
from app.core.slugs import slug_of
from app.core.text import clean_text, plain_excerpt
from app.core.time import clock, local
from app.extensions import db
from app.library import permissions
from app.library.models import Practice, PracticeTechnology, PracticeVersion
from app.moderation.broadcasts import desk_changed

GOOD_FOR = timedelta(days=365)
"""How long a sheet holds before somebody looks at it again."""

EXCERPT = 200
REASON_LENGTH = (10, 2000)


def publish(practice: Practice, version: PracticeVersion, *, by: Any, revision: int) -> None:
    """Give the proposed version to readers; the one before stays in the history.

    Of two who decide at once the second is refused: the UPDATE names the state and the revision that was read.
    """
    require(permissions.can_review(by, practice, version))
    _decide(practice, version, by, revision, state="published", remarks="")
    if practice.published_version_id is not None:
        db.session.execute(
            update(PracticeVersion)
            .where(PracticeVersion.id == practice.published_version_id)
            .values(state="superseded")
        )
    is_first = practice.published_at is None
    now = clock.now()
    practice.state, practice.published_version_id = "published", version.id
    practice.published_at = practice.published_at or now
    practice.withdrawn_at, practice.withdrawn_by_id, practice.withdrawn_because = None, None, ""
    practice.updated_at = now
    practice.title, practice.slug = version.title, slug_of(version.title)
    practice.facet, practice.dimension = version.facet, version.dimension
    practice.evidence, practice.technologies = version.evidence, list(version.technologies)
    practice.excerpt = plain_excerpt(version.situation_html, EXCERPT)
    _sign(practice)
    _keep_technologies(practice)
    if is_first and practice.source_type is not None and practice.source_id is not None:
        links.connect(
            ("practice", practice.id), (practice.source_type, practice.source_id), by_id=version.author_id
        )
    _changed(practice, "practice.published" if is_first else "practice.changed", by)
    audit.record(
        by, "practice_published", "practice", practice.id, node_id=practice.node_id, version=version.number
    )
    duties.owe("practice_published", "practice", practice.id, by.id, author=version.author_id)


def return_for_changes(
    practice: Practice, version: PracticeVersion, *, by: Any, revision: int, remarks: str
) -> None:
    """Give the version back to its author with what is to be mended; readers keep what they had."""
    require(permissions.can_review(by, practice, version))
    remarks = _reason(
        remarks, "remarks", _("Dites à l’auteur ce qu’il faut reprendre, en une phrase au moins.")
    )
    _decide(practice, version, by, revision, state="returned", remarks=remarks)
    practice.version += 1
    audit.record(
        by, "practice_returned", "practice", practice.id, node_id=practice.node_id, version=version.number
    )
    duties.owe("practice_returned", "practice_version", version.id, by.id, author=version.author_id)


def confirm(practice: Practice, *, by: Any) -> None:
    """Say that the sheet still holds, for another year."""
    require(permissions.can_confirm(by, practice))
    _sign(practice)
    _changed(practice, "practice.changed", by)
    audit.record(by, "practice_confirmed", "practice", practice.id, node_id=practice.node_id)


def withdraw(practice: Practice, *, by: Any, reason: str) -> None:
    """Take a sheet away from its readers, for a reason its author is told."""
    require(permissions.can_withdraw(by, practice))
    reason = _reason(reason, "reason", _("Dites en une phrase pourquoi la fiche est retirée."))
    practice.state, practice.withdrawn_at, practice.withdrawn_by_id = "withdrawn", clock.now(), by.id
    practice.withdrawn_because = reason
    _changed(practice, "practice.withdrawn", by)
    audit.record(by, "practice_withdrawn", "practice", practice.id, node_id=practice.node_id)
    if by.id != practice.author_id:
        duties.owe("practice_withdrawn", "practice", practice.id, by.id, author=practice.author_id)


def reinstate(practice: Practice, *, by: Any) -> None:
    """Give a withdrawn sheet back to its readers."""
    require(permissions.can_reinstate(by, practice))
    practice.state = "published"
    practice.withdrawn_at, practice.withdrawn_by_id, practice.withdrawn_because = None, None, ""
    _sign(practice)
    _changed(practice, "practice.changed", by)
    audit.record(by, "practice_reinstated", "practice", practice.id, node_id=practice.node_id)


def hide_practice(practice_id: int, *, provisionally: bool = False) -> None:
    """Take a sheet out of sight, by a decision made in moderation (its rights are checked there)."""
    practice = db.session.get_one(Practice, practice_id, with_for_update=True, populate_existing=True)
    if practice.hidden_at is not None and (provisionally or not practice.hidden_provisionally):
        return
    practice.hidden_at = practice.hidden_at or clock.now()
    practice.hidden_provisionally = provisionally
    _changed(practice, "practice.hidden", None)


def restore_practice(practice_id: int) -> None:
    """Give a hidden sheet back, by a decision made in moderation."""
    practice = db.session.get_one(Practice, practice_id, with_for_update=True, populate_existing=True)
    if practice.hidden_at is None:
        return
    practice.hidden_at, practice.hidden_provisionally = None, False
    _changed(practice, "practice.restored", None)


def _decide(
    practice: Practice, version: PracticeVersion, by: Any, revision: int, *, state: str, remarks: str
) -> None:
    changed = rows_changed(
        update(PracticeVersion)
        .where(
            PracticeVersion.id == version.id,
            PracticeVersion.state == "proposed",
            PracticeVersion.revision == revision,
        )
        .values(state=state, reviewed_by_id=by.id, reviewed_at=clock.now(), remarks=remarks)
    )
    if not changed:
        raise Refusal(
            _("Quelqu’un a décidé avant vous, ou l’auteur a repris sa fiche. Rechargez la page."), status=409
        )
    db.session.refresh(version)
    desk_changed(practice.node_id, "practice", practice.id)


def _sign(practice: Practice) -> None:
    today: date = local(clock.now()).date()
    practice.verified_on, practice.review_due_on = today, today + GOOD_FOR


def _keep_technologies(practice: Practice) -> None:
    db.session.execute(delete(PracticeTechnology).where(PracticeTechnology.practice_id == practice.id))
    db.session.add_all(
        PracticeTechnology(practice_id=practice.id, technology=name) for name in practice.technologies
    )


def _changed(practice: Practice, kind: str, by: Any) -> None:
    practice.version += 1
    journal.record(
        practice.scope_id, kind, "practice", practice.id,
        version=practice.version, actor_id=by.id if by is not None else None,
    )  # fmt: skip
    indexing.changed("practice", practice.id)


def _reason(text: str, field: str, sentence: str) -> str:
    text = clean_text(text or "").strip()
    least, most = REASON_LENGTH
    if len(text) < least:
        raise Refusal(sentence, field=field)
    if len(text) > most:
        raise Refusal(_("2 000 caractères au plus : allez à l’essentiel."), field=field)
    return text
