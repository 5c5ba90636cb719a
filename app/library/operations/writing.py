"""Writing a sheet: begun, saved again and again, proposed, taken back, thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, update

from app.communities.access import access_of
from app.communities.models import Node
from app.communities.queries import byline
from app.core import audit, idempotency, links
from app.core.blobs import attach_keys, detach_missing
from app.core.database import rows_changed
from app.core.errors import NotFound, Refusal, require
from app.core.time import clock
from app.extensions import db
from app.library import permissions, queries
from app.library.models import Practice, PracticeCredit, PracticeVersion
from app.library.sheets import LINES, Sheet, faults_of
from app.moderation.broadcasts import desk_changed
from app.moderation.suspensions import require_may_write

COPIED = (
    *LINES,
    *(f"{name}{ending}" for name in ("situation", "solution", "effect", "pitfalls") for ending in ("", "_html")),
    "facet", "dimension", "technologies", "evidence", "before_value", "after_value", "measured_from",
    "measured_until", "contact_id", "renderer_version",
)  # fmt: skip
"""What a new version takes over from the published one."""


@dataclass(frozen=True)
class Origin:
    """The discussion a sheet is drawn from, and those whose words it takes."""

    type: str
    id: int
    author_ids: tuple[int, ...] = ()


def begin(
    node_id: int,
    sheet: Sheet,
    *,
    author: Any,
    request_id: str,
    company_id: int | None = None,
    origin: Origin | None = None,
) -> tuple[Practice, PracticeVersion, bool]:
    """The draft that this request id stands for, made now if it is the first time; whether it was.

    A draft is saved many times under one request id, with other words each time: the receipt's primary key makes one
    practice of two first savings at the same instant.
    """
    require_may_write(author, node_id)
    require(permissions.can_write_in(author, node_id), _("Vous n’écrivez pas dans ce lieu."))
    hashed = idempotency.content_hash("practice", request_id)
    sender = idempotency.sender_of(author.id)
    made = idempotency.already_made(sender, request_id, hashed, "practice")
    if made is not None:
        practice, version = queries.draft_to_change(author, made)
        return practice, version, False
    now = clock.now()
    node = db.session.get_one(Node, node_id)
    company_id = _speaking_for(author, company_id)
    practice = Practice(
        node_id=node.id,
        scope_id=node.scope_id,
        author_id=author.id,
        company_id=company_id,
        byline=byline(author.id, company_id),
        request_id=request_id,
        source_type=origin.type if origin else None,
        source_id=origin.id if origin else None,
        created_at=now,
        updated_at=now,
    )
    db.session.add(practice)
    db.session.flush()
    version = PracticeVersion(
        practice_id=practice.id, number=1, author_id=author.id, created_at=now, saved_at=now, **sheet.values
    )
    db.session.add(version)
    db.session.flush()
    _attach(version, sheet, author)
    if origin is not None:
        db.session.add_all(
            PracticeCredit(practice_id=practice.id, user_id=user_id)
            for user_id in sorted(set(origin.author_ids) - {author.id})
        )
    idempotency.remember(sender, request_id, hashed, "practice", practice.id)
    audit.record(author, "practice_begun", "practice", practice.id, node_id=node.id)
    return practice, version, True


def save(
    practice: Practice,
    version: PracticeVersion,
    sheet: Sheet,
    *,
    author: Any,
    base_revision: int,
    node_id: int | None = None,
) -> int:
    """Keep what is being written; the new revision.

    Raises Refusal (409) when it was saved elsewhere since: the UPDATE names the revision it started from. The same words
    saved again, because the answer was lost, are saved already.
    """
    require(permissions.can_edit(author, practice))
    if version.state == "proposed":
        raise Refusal(_("Cette fiche est en relecture : reprenez-la pour la changer."), status=409)
    changed = rows_changed(
        update(PracticeVersion)
        .where(
            PracticeVersion.id == version.id,
            PracticeVersion.revision == base_revision,
            PracticeVersion.state.in_(("draft", "returned")),
        )
        .values(revision=base_revision + 1, saved_at=clock.now(), **sheet.values)
    )
    if not changed and _says(version, sheet):
        return version.revision
    if not changed:
        raise Refusal(
            _(
                "Cette fiche a été enregistrée entre-temps depuis un autre onglet ou un autre appareil. "
                "Votre texte est gardé : relisez, puis enregistrez."
            ),
            status=409,
        )
    if node_id is not None and node_id != practice.node_id:
        _move(practice, node_id, author)
    db.session.refresh(version)
    _attach(version, sheet, author)
    return base_revision + 1


def write_anew(practice: Practice, *, author: Any) -> PracticeVersion:
    """Open another version of a published sheet, with its words; the one already open if there is one.

    Of two at once one opens it: the practice's row is locked, and the partial unique index of open versions stands.
    """
    require(permissions.can_edit(author, practice) and practice.state == "published")
    version = queries.open_version(practice.id)
    if version is not None:
        return version
    published = db.session.get_one(PracticeVersion, practice.published_version_id)
    now = clock.now()
    version = PracticeVersion(
        practice_id=practice.id,
        number=queries.last_number(practice.id) + 1,
        author_id=author.id,
        created_at=now,
        saved_at=now,
        **{name: getattr(published, name) for name in COPIED},
    )
    db.session.add(version)
    db.session.flush()
    audit.record(author, "practice_written_anew", "practice", practice.id, node_id=practice.node_id)
    return version


def propose(practice: Practice, version: PracticeVersion, *, author: Any) -> None:
    """Hand the sheet over to those who review its place. Raises Refusal naming what is missing."""
    require(permissions.can_edit(author, practice))
    require_may_write(author, practice.node_id)
    require(permissions.can_write_in(author, practice.node_id), _("Vous n’écrivez plus dans ce lieu."))
    faults = faults_of(version)
    if faults:
        name, sentence = next(iter(faults.items()))
        raise Refusal(sentence, field=name, reasons=list(faults.values())[1:])
    changed = rows_changed(
        update(PracticeVersion)
        .where(PracticeVersion.id == version.id, PracticeVersion.state.in_(("draft", "returned")))
        .values(state="proposed", proposed_at=clock.now(), author_id=author.id)
    )
    if not changed:
        raise Refusal(_("Cette fiche est déjà en relecture."), status=409)
    db.session.refresh(version)
    practice.version += 1
    desk_changed(practice.node_id, "practice", practice.id)
    audit.record(author, "practice_proposed", "practice", practice.id, node_id=practice.node_id)


def take_back(practice: Practice, version: PracticeVersion, *, author: Any) -> None:
    """Take a proposed version back to write on; a reviewer who decided first wins (the UPDATE names its state)."""
    require(permissions.can_edit(author, practice))
    changed = rows_changed(
        update(PracticeVersion)
        .where(PracticeVersion.id == version.id, PracticeVersion.state == "proposed")
        .values(state="draft", proposed_at=None)
    )
    if not changed:
        raise Refusal(_("Cette fiche n’est plus en relecture."), status=409)
    db.session.refresh(version)
    desk_changed(practice.node_id, "practice", practice.id)
    audit.record(author, "practice_taken_back", "practice", practice.id, node_id=practice.node_id)


def discard(practice: Practice, version: PracticeVersion, *, author: Any) -> None:
    """Throw a version away that nobody has read; a sheet never published goes with it."""
    require(permissions.can_edit(author, practice) and version.state in ("draft", "returned"))
    audit.record(author, "practice_discarded", "practice", practice.id, node_id=practice.node_id)
    forget_version(version.id)
    if practice.state == "draft":
        forget_practice(practice.id)


def forget_version(version_id: int) -> None:
    """Delete an open version; its pictures wait a day, then go."""
    detach_missing("practice_version", version_id)
    db.session.execute(delete(PracticeVersion).where(PracticeVersion.id == version_id))


def forget_practice(practice_id: int) -> None:
    """Delete a sheet that was never published, with its credit and links."""
    db.session.execute(delete(PracticeCredit).where(PracticeCredit.practice_id == practice_id))
    links.forget(("practice", practice_id))
    db.session.execute(delete(Practice).where(Practice.id == practice_id))


def _says(version: PracticeVersion, sheet: Sheet) -> bool:
    return all(getattr(version, name) == value for name, value in sheet.values.items())


def _attach(version: PracticeVersion, sheet: Sheet, author: Any) -> None:
    detach_missing("practice_version", version.id, sheet.images)
    attach_keys(author.id, "practice_version", version.id, sheet.images)


def _move(practice: Practice, node_id: int, author: Any) -> None:
    """A sheet nobody has read yet may belong elsewhere."""
    if practice.state != "draft":
        raise Refusal(_("Une fiche publiée reste dans son lieu."), field="node_id")
    if not permissions.can_write_in(author, node_id):
        raise NotFound
    node = db.session.get_one(Node, node_id)
    practice.node_id, practice.scope_id = node.id, node.scope_id
    db.session.flush()


def _speaking_for(author: Any, company_id: int | None) -> int | None:
    companies = access_of(author).companies
    if company_id is not None and company_id not in companies:
        raise Refusal(_("Vous ne pouvez pas écrire au nom de cette entreprise."), field="company_id")
    return company_id if company_id is not None else next(iter(companies), None)
