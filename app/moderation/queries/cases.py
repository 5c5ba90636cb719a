"""A case: a thing with its open reports, and what stands around it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.sql.elements import ColumnElement

from app.accounts.models import User
from app.communities.access import Access, Place, access_of
from app.core import things
from app.core.things import Description
from app.extensions import db
from app.moderation import permissions
from app.moderation.models import Decision, Report
from app.moderation.queries.decisions import measures_against, near_decisions
from app.moderation.queries.judging import judge, waits
from app.moderation.registry import ContextPost, Readers, RoomChoice, adapter_of, is_hidden, written_by
from app.moderation.vocabulary import URGENT_REASONS


@dataclass(frozen=True)
class Case:
    """A thing with its open reports. `id` is the oldest report's, and names the case in addresses."""

    id: int
    reports: tuple[Report, ...]
    description: Description | None
    author: User | None
    place: Place | None
    level: Place | None

    @property
    def first(self) -> Report:
        return self.reports[0]

    @property
    def reason(self) -> str:
        """The reason that presses most."""
        known = [report.reason for report in self.reports]
        return next((reason for reason in URGENT_REASONS if reason in known), known[0])

    @property
    def is_taken(self) -> bool:
        return any(report.state == "taken" for report in self.reports)

    @property
    def taken_by_id(self) -> int | None:
        return next((report.taken_by_id for report in self.reports if report.state == "taken"), None)

    @property
    def title(self) -> str:
        if self.description is not None:
            return self.description.title
        return self.first.address


@dataclass(frozen=True)
class Dossier:
    """What a moderator should know besides the text: the author's past, near cases, what is already so."""

    context: Sequence[ContextPost]
    is_hidden: bool
    taken_by: User | None
    member_since: datetime | None
    written: int
    measures: int
    reports_about: int
    near: Sequence[Decision]
    near_number: int
    readers: Readers | None
    targets: Sequence[RoomChoice]
    sanctions: Sequence[str]
    room: RoomChoice | None
    reporters: dict[int, User] = field(default_factory=dict)


def case_for(user: Any, report_id: int) -> Case | None:
    """A case this person may decide, named by any of its open reports."""
    access = access_of(user)
    report = db.session.get(Report, report_id)
    if report is None or report.state == "decided" or not permissions.can_moderate(access):
        return None
    reports = db.session.execute(
        select(Report).where(waits(), same_thing(report)).order_by(Report.created_at, Report.id),
        judge(access),
    ).scalars()
    return next(iter(cases_of(access, list(reports))), None)


def dossier_of(user: Any, found: Case) -> Dossier:
    """Everything the case page shows besides the case itself."""
    report = found.first
    adapter = adapter_of(report.object_type)
    context: Sequence[ContextPost] = ()
    if report.object_id is not None and adapter.context is not None:
        context = adapter.context(report.object_id, user)
    author_id = report.author_id
    measures = reports_about = 0
    if author_id is not None:
        measures = measures_against(author_id)
        reports_about = int(
            db.session.execute(
                select(func.count()).select_from(Report).where(Report.author_id == author_id)
            ).scalar_one()
        )
    near, near_number = near_decisions(user, found.reason)
    ids = {found.taken_by_id, *(report.reporter_id for report in found.reports)} - {None}
    people = {user.id: user for user in db.session.execute(select(User).where(User.id.in_(ids))).scalars()}
    return Dossier(
        context=context,
        is_hidden=is_hidden(report.object_type, report.object_id),
        taken_by=people.get(found.taken_by_id or 0),
        member_since=found.author.created_at if found.author is not None else None,
        written=written_by(author_id) if author_id is not None else 0,
        measures=measures,
        reports_about=reports_about,
        near=near,
        near_number=near_number,
        readers=adapter.readers(report.object_id)
        if adapter.readers is not None and report.object_id is not None
        else None,
        targets=targets_of(user, found),
        sanctions=sanctions_for(user, found),
        room=_restricted_room(found),
        reporters=people,
    )


def targets_of(user: Any, found: Case) -> Sequence[RoomChoice]:
    """The rooms that this moderator may move the thing to."""
    adapter, thing_id = adapter_of(found.first.object_type), found.first.object_id
    return adapter.targets(thing_id, user) if adapter.targets is not None and thing_id is not None else ()


def sanctions_for(user: Any, found: Case) -> list[str]:
    """What this moderator may decide about the author: nothing when nobody in particular wrote it."""
    report = found.first
    if report.author_id is None:
        return []
    possible = ["warn", "suspend"]
    if _restricted_room(found) is not None:
        possible.append("remove_from_room")
    if permissions.can_close_account(access_of(user), report.level_node_id):
        possible.append("close_account")
    return possible


def _restricted_room(found: Case) -> RoomChoice | None:
    adapter, thing_id = adapter_of(found.first.object_type), found.first.object_id
    if adapter.membership_of is None or adapter.remove_from_room is None or thing_id is None:
        return None
    return adapter.membership_of(thing_id)


def same_thing(report: Report) -> ColumnElement[bool]:
    """Reports about what this one is about; content that is not ours stands alone."""
    if report.object_id is None:
        return Report.id == report.id
    return and_(Report.object_type == report.object_type, Report.object_id == report.object_id)


def cases_of(access: Access, reports: Sequence[Report]) -> list[Case]:
    """Reports gathered by what they are about, in the order of the first of each."""
    groups: dict[Any, list[Report]] = {}
    for report in reports:
        key = (report.object_type, report.object_id) if report.object_id is not None else report.id
        groups.setdefault(key, []).append(report)
    described = descriptions_of([(report.object_type, report.object_id) for report in reports])
    author_ids = {report.author_id for report in reports} - {None}
    authors = {
        user.id: user for user in db.session.execute(select(User).where(User.id.in_(author_ids))).scalars()
    }
    return [
        Case(
            id=group[0].id,
            reports=tuple(group),
            description=described.get((group[0].object_type or "", group[0].object_id or 0)),
            author=authors.get(group[0].author_id or 0),
            place=access.places.get(group[0].node_id or 0),
            level=access.places.get(group[0].level_node_id or 0),
        )
        for group in groups.values()
    ]


def descriptions_of(pairs: Collection[tuple[str | None, int | None]]) -> dict[tuple[str, int], Description]:
    """Descriptions of things of several types."""
    by_type: dict[str, set[int]] = {}
    for object_type, object_id in pairs:
        if object_type is not None and object_id is not None:
            by_type.setdefault(object_type, set()).add(object_id)
    return {
        (object_type, object_id): description
        for object_type, ids in by_type.items()
        for object_id, description in things.describe(object_type, ids).items()
    }
