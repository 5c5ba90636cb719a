"""Who looks after what on the desk: take, give back, hand over to somebody named, with a note."""

from __future__ import annotations

from collections.abc import Collection

from flask_babel import gettext as _
from sqlalchemy import delete, update

from app.accounts.models import User
from app.core import audit
from app.core.database import rows_changed, upsert
from app.core.duties import owe
from app.core.errors import NotFound, Refusal
from app.core.time import clock
from app.extensions import db
from app.moderation import broadcasts, queries
from app.moderation.models import Report, Taking
from app.moderation.waiting import Waiting

LONGEST_NOTE = 1_000


def take_item(moderator: User, item: Waiting) -> None:
    """Say « I look after this ». The primary key of `taking` lets one of two pass."""
    made = upsert(
        Taking,
        {"kind": item.kind, "thing_id": item.id},
        {"taken_by_id": moderator.id, "taken_at": clock.now(), "handed_by_id": None, "note": ""},
        keep=True,
    )
    if not made:
        holder = queries.taking_of(item.kind, item.id)
        if holder is not None and holder.taken_by_id != moderator.id:
            raise Refusal(_("Une autre personne s’en occupe déjà."), status=409)
    _told(moderator, "took", item)


def give_back_item(moderator: User, item: Waiting) -> None:
    """Leave it to the others of the place."""
    given = rows_changed(
        delete(Taking).where(
            Taking.kind == item.kind, Taking.thing_id == item.id, Taking.taken_by_id == moderator.id
        )
    )
    if not given:
        raise Refusal(_("Vous ne vous en occupez pas."), status=409)
    _told(moderator, "gave_back", item)


def hand_over(moderator: User, item: Waiting, *, to_id: int | None, note: str) -> User:
    """Give it to another moderator by name, with a note. They must be able to decide it themselves."""
    people = {person.id: person for person in queries.successors_of(moderator, item)}
    if to_id not in people:
        raise Refusal(_("Choisissez la personne à qui vous le confiez."), field="to_id")
    if len(note) > LONGEST_NOTE:
        raise Refusal(_("1 000 caractères au plus."), field="note")
    holder = queries.taking_of(item.kind, item.id)
    if holder is not None and holder.taken_by_id != moderator.id:
        raise Refusal(_("Une autre personne s’en occupe déjà."), status=409)
    upsert(
        Taking,
        {"kind": item.kind, "thing_id": item.id},
        {"taken_by_id": to_id, "taken_at": clock.now(), "handed_by_id": moderator.id, "note": note.strip()},
    )
    owe("desk_handed", item.kind, item.id, moderator.id, to=to_id)
    _told(moderator, "handed_over", item, to=to_id)
    return people[to_id]


def forget_taking(kind: str, ids: Collection[int]) -> None:
    """What is decided is nobody's any more."""
    db.session.execute(delete(Taking).where(Taking.kind == kind, Taking.thing_id.in_(ids)))


def decided_meanwhile() -> Refusal:
    """What the second of two people deciding at once is told."""
    return Refusal(_("Une autre personne vient de décider de ce cas."), status=409)


def _told(moderator: User, act: str, item: Waiting, **detail: int | None) -> None:
    if item.kind == "report":
        _mirror(item)
    else:
        broadcasts.desk_changed(item.node_id, item.kind, item.id)
    audit.record(moderator, f"{act}_on_desk", item.kind, item.id, node_id=item.node_id, **detail)


def _mirror(item: Waiting) -> None:
    """A report says by its own state that somebody reads it: whoever made it follows that on its receipt."""
    holder = queries.taking_of("report", item.id)
    report = db.session.get(Report, item.id)
    if report is None:
        raise NotFound
    changed = rows_changed(
        update(Report)
        .where(queries.same_thing(report), Report.state != "decided")
        .values(
            version=Report.version + 1,
            state="taken" if holder is not None else "open",
            taken_by_id=holder.taken_by_id if holder is not None else None,
            taken_at=holder.taken_at if holder is not None else None,
        )
    )
    if not changed:
        raise decided_meanwhile()
    broadcasts.tell_moderators(report.level_node_id, "report.changed", report.id)
