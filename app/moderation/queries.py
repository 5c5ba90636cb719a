"""What is read of moderation: the queue of a subtree, one case with its context, decisions and appeals."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, case, exists, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from app.accounts.models import User
from app.communities.access import MODERATING_ROLES, Access, Place, access_of
from app.communities.models import Employment, Node, RoleGrant
from app.communities.queries import referents_of
from app.core import things
from app.core.database import BigId, read
from app.core.shell import Count
from app.core.things import Description
from app.core.time import clock
from app.extensions import db
from app.moderation import permissions
from app.moderation.models import Appeal, Decision, Report, StatementOfReasons
from app.moderation.registry import ContextPost, adapter_of
from app.moderation.vocabulary import URGENT_REASONS

QUEUE_LIMIT = 500
"""Reports looked at for one queue; the oldest come first, so nothing is forgotten behind them."""

SIMILAR_WITHIN = timedelta(days=365)


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
    measures: int
    reports_about: int
    similar: int
    similar_hidden: int
    reporters: dict[int, User] = field(default_factory=dict)


def pending_count(user: Any) -> int:
    """How many cases and appeals wait for this person."""
    access = access_of(user)
    if not permissions.can_moderate(access):
        return 0
    asked = pending(access)
    return int(read(asked.statement, **asked.values).scalar_one())


def pending(access: Access) -> Count:
    """The same number for somebody who moderates, for the frame to ask together with others."""
    mine = list(access.companies)
    return Count(
        _pending(),
        {
            "judge_id": access.user_id,
            "judged_nodes": list(access.moderated_ids),
            "judge_companies": mine,
            "judge_companies_outside": mine,
        },
    )


@cache
def _pending() -> Any:
    things_waiting = (
        select(
            Report.object_type, Report.object_id, case((Report.object_id.is_(None), Report.id)).label("alone")
        )
        .where(_waits())
        .distinct()
        .subquery()
    )
    cases = select(func.count()).select_from(things_waiting).scalar_subquery()
    appeals = select(func.count()).select_from(Appeal).join(Decision, Decision.id == Appeal.decision_id)
    return select(cases + appeals.where(_appeal_waits()).scalar_subquery())


def queue(user: Any) -> list[Case]:
    """The cases that wait for this person, those that press first, then the oldest."""
    access = access_of(user)
    if not permissions.can_moderate(access):
        return []
    reports = (
        db.session.execute(
            select(Report).where(_waits()).order_by(Report.created_at, Report.id).limit(QUEUE_LIMIT),
            _judge(access),
        )
        .scalars()
        .all()
    )
    cases = _cases(access, reports)
    return sorted(cases, key=lambda found: (found.reason not in URGENT_REASONS, found.first.created_at))


def case_for(user: Any, report_id: int) -> Case | None:
    """A case this person may decide, named by any of its open reports."""
    access = access_of(user)
    report = db.session.get(Report, report_id)
    if report is None or report.state == "decided" or not permissions.can_moderate(access):
        return None
    same = Report.id == report.id
    if report.object_id is not None:
        same = and_(Report.object_type == report.object_type, Report.object_id == report.object_id)
    reports = db.session.execute(
        select(Report).where(_waits(), same).order_by(Report.created_at, Report.id), _judge(access)
    ).scalars()
    return next(iter(_cases(access, list(reports))), None)


def dossier_of(user: Any, found: Case) -> Dossier:
    """Everything the case page shows besides the case itself."""
    report = found.first
    adapter = adapter_of(report.object_type)
    context: Sequence[ContextPost] = ()
    is_hidden = False
    if report.object_id is not None:
        if adapter.context is not None:
            context = adapter.context(report.object_id, user)
        if adapter.is_hidden is not None:
            is_hidden = adapter.is_hidden(report.object_id)
    author_id = report.author_id
    measures = reports_about = 0
    if author_id is not None:
        measures = _count(Decision.author_id == author_id, Decision.measure == "hide", ~Decision.provisional)
        reports_about = int(
            db.session.execute(
                select(func.count()).select_from(Report).where(Report.author_id == author_id)
            ).scalar_one()
        )
    near = (
        Decision.reason == found.reason,
        Decision.at > clock.now() - SIMILAR_WITHIN,
        ~Decision.provisional,
    )
    ids = {found.taken_by_id, *(report.reporter_id for report in found.reports)} - {None}
    people = {user.id: user for user in db.session.execute(select(User).where(User.id.in_(ids))).scalars()}
    in_place = Decision.node_id.in_(access_of(user).moderated_ids)
    return Dossier(
        context=context,
        is_hidden=is_hidden,
        taken_by=people.get(found.taken_by_id or 0),
        member_since=found.author.created_at if found.author is not None else None,
        measures=measures,
        reports_about=reports_about,
        similar=_count(in_place, *near),
        similar_hidden=_count(in_place, *near, Decision.measure == "hide"),
        reporters=people,
    )


def report_by_receipt(receipt: str) -> Report | None:
    """A report by the number given back to whoever made it."""
    return db.session.execute(select(Report).where(Report.receipt == receipt)).scalar_one_or_none()


def open_report_of(user_id: int, object_type: str, object_id: int) -> Report | None:
    """The report this person already made about the thing and that waits."""
    return db.session.execute(
        select(Report).where(
            Report.object_type == object_type,
            Report.object_id == object_id,
            Report.reporter_id == user_id,
            Report.state != "decided",
        )
    ).scalar_one_or_none()


def decision_for(user: Any, decision_id: int) -> Decision | None:
    """A decision, for its author and for the moderators of the place."""
    decision = db.session.get(Decision, decision_id)
    if decision is None:
        return None
    companies = companies_of(decision.author_id, decision.author_company_id)
    return decision if permissions.can_see_decision(access_of(user), decision, companies) else None


def statement_of(decision_id: int) -> StatementOfReasons | None:
    """The statement of reasons sent with a decision."""
    return db.session.execute(
        select(StatementOfReasons).where(StatementOfReasons.decision_id == decision_id)
    ).scalar_one_or_none()


def stays_in_sight(report: Report) -> bool:
    """Whether a reported sensitive exchange waits without being hidden."""
    if report.reason != "competition" or report.state == "decided":
        return False
    if report.reporter_id is None or report.object_id is None:
        return False
    is_hidden = adapter_of(report.object_type).is_hidden
    return is_hidden is not None and bool(report.object_text.strip()) and not is_hidden(report.object_id)


def outcome_of(report: Report) -> Decision | None:
    """The decision that closed a report."""
    return db.session.get(Decision, report.decision_id) if report.decision_id is not None else None


def decision_of_report(report_id: int) -> int | None:
    """The id of the decision that closed a report."""
    return db.session.execute(select(Report.decision_id).where(Report.id == report_id)).scalar_one_or_none()


def appeal_of(decision_id: int) -> Appeal | None:
    """The appeal against a decision."""
    return db.session.execute(select(Appeal).where(Appeal.decision_id == decision_id)).scalar_one_or_none()


def appeals_for(user: Any) -> list[tuple[Appeal, Decision]]:
    """The appeals that wait for this person, the oldest first."""
    access = access_of(user)
    if not permissions.can_moderate(access):
        return []
    rows = db.session.execute(
        select(Appeal, Decision)
        .join(Decision, Decision.id == Appeal.decision_id)
        .where(_appeal_waits())
        .order_by(Appeal.at)
        .limit(100),
        _judge(access),
    )
    return [(appeal, decision) for appeal, decision in rows]


def appeal_for(user: Any, appeal_id: int) -> tuple[Appeal, Decision] | None:
    """An appeal this person may answer."""
    appeal = db.session.get(Appeal, appeal_id)
    if appeal is None:
        return None
    decision = db.session.get_one(Decision, appeal.decision_id)
    companies = companies_of(decision.author_id, decision.author_company_id)
    if not permissions.can_answer_appeal(access_of(user), appeal, decision, companies):
        return None
    return appeal, decision


def register_for(user: Any, *, before: int | None = None, limit: int = 40) -> tuple[list[Any], int | None]:
    """The decisions of the person's subtree, newest first, with who decided; those in conflict are left out."""
    access = access_of(user)
    statement = (
        select(Decision, User)
        .outerjoin(User, User.id == Decision.decided_by_id)
        .where(
            or_(Decision.node_id.in_(access.moderated_ids), Decision.level_node_id.in_(access.moderated_ids)),
            _free_of_conflict(Decision.author_id, Decision.author_company_id),
        )
        .order_by(Decision.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        statement = statement.where(Decision.id < before)
    rows = list(db.session.execute(statement, _judge(access)).all())
    return rows[:limit], rows[limit - 1][0].id if len(rows) > limit else None


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


def companies_of(author_id: int | None, company_id: int | None) -> set[int]:
    """The firms a case is about: the one spoken for, and those the author works for now."""
    companies = {company_id} if company_id is not None else set()
    if author_id is not None:
        companies |= set(
            db.session.execute(
                select(Employment.company_id).where(
                    Employment.user_id == author_id, Employment.ended_at.is_(None)
                )
            ).scalars()
        )
    return companies


def who_answers_for(decision: Decision) -> list[int]:
    """Who is told of a decision: the author, or the referents of a firm for what it says of itself."""
    if decision.author_id is not None:
        return [decision.author_id]
    if decision.author_company_id is None:
        return []
    return [person.id for person in referents_of(decision.author_company_id)]


def level_for(node_id: int | None, author_id: int | None, company_id: int | None) -> int | None:
    """The node whose moderators should decide: the nearest with somebody free of conflict, and above the author.

    An author who moderates at some level is judged above it. The nation is the last resort: another national
    administrator decides there.
    """
    path = _path_up(node_id)
    if not path:
        return None
    holders = _moderators_at(path)
    companies = companies_of(author_id, company_id)
    employed = _employed_by(companies)
    own = [place for place in path if author_id in holders.get(place, set())]
    for place in path[path.index(own[-1]) + 1 if own else 0 :]:
        if holders.get(place, set()) - employed - {author_id}:
            return place
    return path[-1]


def moderates_at(user_id: int | None, node_id: int | None) -> bool:
    """Whether somebody moderates a place, by a role there or above it."""
    path = _path_up(node_id) if user_id is not None else []
    return any(user_id in holders for holders in _moderators_at(path).values())


def level_above(node_id: int | None) -> int | None:
    """The parent of a level; the nation stays the nation."""
    path = _path_up(node_id)
    return path[1] if len(path) > 1 else (path[0] if path else None)


def moderators_to_tell(level_node_id: int | None, author_id: int | None, company_id: int | None) -> list[int]:
    """Who is told of a report: the moderators of its very level, free of conflict."""
    if level_node_id is None:
        return []
    holders = _moderators_at([level_node_id]).get(level_node_id, set())
    return sorted(holders - _employed_by(companies_of(author_id, company_id)) - {author_id})


def scopes_above(node_id: int | None) -> list[int]:
    """The moderators' scopes of a node and of those above it: whoever may decide here listens to one of them."""
    path = _path_up(node_id)
    rows = db.session.execute(select(Node.moderators_scope_id).where(Node.id.in_(path)))
    return sorted(scope_id for scope_id in rows.scalars() if scope_id is not None)


def listening_scopes(access: Access) -> set[int]:
    """The scopes a moderator's pages listen to: those of the topmost places they moderate."""
    moderated = access.moderated_ids
    return {
        place.moderators_scope_id
        for place in access.places.values()
        if place.id in moderated
        and place.moderators_scope_id is not None
        and not (set(place.ancestor_ids) & moderated)
    }


def root_id() -> int | None:
    """The nation's node: where content that belongs to no place is looked at."""
    return db.session.execute(select(Node.id).where(Node.parent_id.is_(None))).scalars().first()


def _cases(access: Access, reports: Sequence[Report]) -> list[Case]:
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


_JUDGE = bindparam("judge_id", type_=BigId)
_JUDGED_NODES = bindparam("judged_nodes", type_=BigId, expanding=True)
_JUDGE_COMPANIES = bindparam("judge_companies", type_=BigId, expanding=True)
# One parameter, one operator: an empty list is written otherwise for IN than for NOT IN, once for all its places.
_OUTSIDE_COMPANIES = bindparam("judge_companies_outside", type_=BigId, expanding=True)


def _judge(access: Access) -> dict[str, Any]:
    """Who decides, as the values of the conditions below."""
    return pending(access).values


def _waits() -> ColumnElement[bool]:
    return and_(
        Report.state != "decided",
        Report.level_node_id.in_(_JUDGED_NODES),
        _free_of_conflict(Report.author_id, Report.author_company_id),
    )


def _appeal_waits() -> ColumnElement[bool]:
    return and_(
        Appeal.decided_at.is_(None),
        Appeal.level_node_id.in_(_JUDGED_NODES),
        Decision.decided_by_id != _JUDGE,
        _free_of_conflict(Appeal.author_id, Decision.author_company_id),
    )


def _free_of_conflict(author: Any, company: Any) -> ColumnElement[bool]:
    """The predicate `has_conflict`, for lists."""
    return and_(
        or_(author.is_(None), author != _JUDGE),
        or_(company.is_(None), company.not_in(_OUTSIDE_COMPANIES)),
        ~exists().where(
            Employment.user_id == author,
            Employment.company_id.in_(_JUDGE_COMPANIES),
            Employment.ended_at.is_(None),
        ),
    )


def _path_up(node_id: int | None) -> list[int]:
    """Ids from a node up to the root."""
    if node_id is None:
        return []
    path = db.session.execute(select(Node.path).where(Node.id == node_id)).scalar_one_or_none()
    return [int(part) for part in reversed((path or "").split(".")) if part]


def _moderators_at(node_ids: Sequence[int]) -> dict[int, set[int]]:
    now = clock.now()
    rows = db.session.execute(
        select(RoleGrant.node_id, RoleGrant.user_id)
        .join(User, User.id == RoleGrant.user_id)
        .where(
            RoleGrant.node_id.in_(node_ids),
            RoleGrant.role.in_(MODERATING_ROLES),
            RoleGrant.revoked_at.is_(None),
            RoleGrant.starts_at <= now,
            or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > now),
            User.state == "active",
        )
    )
    holders: dict[int, set[int]] = {}
    for node_id, user_id in rows:
        if node_id is not None:
            holders.setdefault(node_id, set()).add(user_id)
    return holders


def _employed_by(companies: Collection[int]) -> set[int]:
    if not companies:
        return set()
    return set(
        db.session.execute(
            select(Employment.user_id).where(
                Employment.company_id.in_(companies), Employment.ended_at.is_(None)
            )
        ).scalars()
    )


def _count(*conditions: Any) -> int:
    return int(db.session.execute(select(func.count()).select_from(Decision).where(*conditions)).scalar_one())
