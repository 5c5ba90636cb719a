"""One sheet: as its readers have it, as it is being written, as it is reviewed, as it was."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.communities.models import Company
from app.core.database import BigId, read
from app.core.errors import NotFound
from app.core.prepared import prepared
from app.core.versions import Remembered
from app.extensions import db
from app.library import permissions
from app.library.models import OPEN_STATES, PUBLIC_STATES, Practice, PracticeCredit, PracticeVersion

PRACTICE_COLUMNS = (
    Practice.id,
    Practice.node_id,
    Practice.scope_id,
    Practice.author_id,
    Practice.company_id,
    Practice.byline,
    Practice.state,
    Practice.published_version_id,
    Practice.slug,
    Practice.applied_by,
    Practice.source_type,
    Practice.source_id,
    Practice.published_at,
    Practice.updated_at,
    Practice.verified_on,
    Practice.review_due_on,
    Practice.withdrawn_at,
    Practice.withdrawn_because,
    Practice.hidden_at,
    Practice.version,
)
WORDS = (
    PracticeVersion.title,
    PracticeVersion.facet,
    PracticeVersion.dimension,
    PracticeVersion.technologies,
    PracticeVersion.situation_html,
    PracticeVersion.solution_html,
    PracticeVersion.effect_html,
    PracticeVersion.pitfalls_html,
    PracticeVersion.indicator,
    PracticeVersion.unit,
    PracticeVersion.before_value,
    PracticeVersion.after_value,
    PracticeVersion.figure,
    PracticeVersion.measured_from,
    PracticeVersion.measured_until,
    PracticeVersion.method,
    PracticeVersion.evidence,
    PracticeVersion.source,
    PracticeVersion.source_url,
    PracticeVersion.cost,
    PracticeVersion.time_spent,
    PracticeVersion.team,
    PracticeVersion.contact_id,
    PracticeVersion.contact_note,
    PracticeVersion.reviewed_at,
)


@dataclass(frozen=True)
class SheetPage:
    """A sheet with the words its readers have, and the state of the version that is open, for who may know of it.

    `said` is the row as the database gave it: the same one means the same sheet, with the same applications (each raises
    the number of its sheet).
    """

    practice: Any
    open_state: str | None
    said: tuple[Any, ...]


def sheet_for(user: Any, practice_id: int) -> SheetPage:
    """A published sheet the person may read, with the version readers have. Raises NotFound.

    Whoever writes or judges a withdrawn or hidden one still reads it.
    """
    found = read(_sheet(), practice_id=practice_id)
    row = _rows.get(practice_id, found.raw, found.one_or_none) if found.raw else None
    if row is None or not permissions.can_read(user, row):
        raise NotFound
    may_know = permissions.can_edit(user, row) or (
        row.open_state in ("proposed", "returned") and permissions.can_judge(user, row)
    )
    return SheetPage(row, row.open_state if may_know else None, found.raw[0])


_rows: Remembered[Any] = Remembered(200)


@prepared
def _sheet() -> Any:
    author, contact, reviewer = aliased(User), aliased(User), aliased(User)
    opened = (
        select(PracticeVersion.state)
        .where(PracticeVersion.practice_id == Practice.id, PracticeVersion.state.in_(OPEN_STATES))
        .correlate(Practice)
        .scalar_subquery()
    )
    versions = (
        select(func.count())
        .where(PracticeVersion.practice_id == Practice.id, PracticeVersion.state.in_(PUBLIC_STATES))
        .correlate(Practice)
        .scalar_subquery()
    )
    return (
        select(
            *PRACTICE_COLUMNS,
            *WORDS,
            Company.name.label("company_name"),
            author.given_name,
            author.family_name,
            contact.given_name.label("contact_given_name"),
            contact.family_name.label("contact_family_name"),
            contact.state.label("contact_state"),
            reviewer.given_name.label("reviewer_given_name"),
            reviewer.family_name.label("reviewer_family_name"),
            opened.label("open_state"),
            versions.label("versions"),
        )
        .join(PracticeVersion, PracticeVersion.id == Practice.published_version_id)
        .join(author, author.id == Practice.author_id)
        .outerjoin(Company, Company.id == Practice.company_id)
        .outerjoin(contact, contact.id == PracticeVersion.contact_id)
        .outerjoin(reviewer, reviewer.id == PracticeVersion.reviewed_by_id)
        .where(Practice.id == bindparam("practice_id", type_=BigId))
    )


def credits_of(practice_id: int) -> Sequence[Any]:
    """Those whose words in a discussion became the sheet."""
    return read(_credits(), practice_id=practice_id).all()


@prepared
def _credits() -> Any:
    return (
        select(User.id, User.given_name, User.family_name, User.state)
        .join(PracticeCredit, PracticeCredit.user_id == User.id)
        .where(PracticeCredit.practice_id == bindparam("practice_id", type_=BigId))
        .order_by(User.id)
    )


@dataclass(frozen=True)
class DraftPage:
    """A sheet and its open version, as rows of the session."""

    practice: Practice
    version: PracticeVersion


def draft_for(user: Any, practice_id: int) -> DraftPage:
    """The open version that the person writes. Raises NotFound."""
    practice = db.session.get(Practice, practice_id)
    if practice is None or not permissions.can_edit(user, practice):
        raise NotFound
    version = open_version(practice_id)
    if version is None:
        raise NotFound
    return DraftPage(practice, version)


def draft_under(user: Any, request_id: str) -> int | None:
    """The sheet of this person begun under a request id."""
    return db.session.execute(
        select(Practice.id).where(Practice.author_id == user.id, Practice.request_id == request_id)
    ).scalar_one_or_none()


def draft_to_change(user: Any, practice_id: int) -> tuple[Practice, PracticeVersion]:
    """The same inside the transaction, the practice locked. Raises NotFound."""
    practice = practice_to_change(user, practice_id)
    version = open_version(practice_id)
    if version is None or not permissions.can_edit(user, practice):
        raise NotFound
    return practice, version


def practice_to_change(user: Any, practice_id: int) -> Practice:
    """The practice locked, for whoever sees it or its open version. Raises NotFound."""
    practice = db.session.get(Practice, practice_id, with_for_update=True, populate_existing=True)
    if practice is None:
        raise NotFound
    if not permissions.can_read(user, practice):
        version = open_version(practice_id)
        if version is None or not permissions.can_see_version(user, practice, version):
            raise NotFound
    return practice


def review_for(user: Any, practice_id: int) -> DraftPage:
    """A proposed or returned version, for those who write or judge it. Raises NotFound."""
    practice = db.session.get(Practice, practice_id)
    version = open_version(practice_id) if practice is not None else None
    if practice is None or version is None or version.state == "draft":
        raise NotFound
    if not permissions.can_see_version(user, practice, version):
        raise NotFound
    return DraftPage(practice, version)


def version_to_review(user: Any, practice_id: int) -> tuple[Practice, PracticeVersion]:
    """The same inside the transaction, the practice locked.

    What somebody decided meanwhile is given all the same, for the operation to refuse with its reason.
    """
    practice = practice_to_change(user, practice_id)
    version = db.session.execute(
        select(PracticeVersion)
        .where(PracticeVersion.practice_id == practice_id)
        .order_by(PracticeVersion.number.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).scalar_one()
    if not permissions.can_see_version(user, practice, version):
        raise NotFound
    return practice, version


def open_version(practice_id: int) -> PracticeVersion | None:
    """The version that is not public yet; the partial unique index knows one at most."""
    return db.session.execute(
        select(PracticeVersion)
        .where(PracticeVersion.practice_id == practice_id, PracticeVersion.state.in_(OPEN_STATES))
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def last_number(practice_id: int) -> int:
    """The number of the newest version."""
    return int(
        db.session.execute(
            select(func.max(PracticeVersion.number)).where(PracticeVersion.practice_id == practice_id)
        ).scalar_one()
        or 0
    )


def history_of(practice_id: int) -> Sequence[Any]:
    """Every version that was published, newest first, with who wrote and who published it."""
    author, reviewer = aliased(User), aliased(User)
    return db.session.execute(
        select(
            PracticeVersion,
            author.given_name,
            author.family_name,
            reviewer.given_name.label("reviewer_given_name"),
            reviewer.family_name.label("reviewer_family_name"),
        )
        .join(author, author.id == PracticeVersion.author_id)
        .outerjoin(reviewer, reviewer.id == PracticeVersion.reviewed_by_id)
        .where(PracticeVersion.practice_id == practice_id, PracticeVersion.state.in_(PUBLIC_STATES))
        .order_by(PracticeVersion.number.desc())
    ).all()


def visible_practice_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Sheets the person reads, writes, or is asked to judge."""
    return {
        row.id
        for row in read(_with_open(), ids=list(ids))
        if permissions.can_read(user, row)
        or (row.open_state is not None and permissions.can_see_version(user, row, _Opened(row.open_state)))
    }


@dataclass(frozen=True)
class _Opened:
    """As much of an open version as its rights ask."""

    state: str


@prepared
def _with_open() -> Any:
    opened = (
        select(PracticeVersion.state)
        .where(PracticeVersion.practice_id == Practice.id, PracticeVersion.state.in_(OPEN_STATES))
        .correlate(Practice)
        .scalar_subquery()
    )
    return select(*PRACTICE_COLUMNS, opened.label("open_state")).where(
        Practice.id.in_(bindparam("ids", expanding=True))
    )


def visible_version_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Versions whose words, and so whose pictures, the person may see."""
    rows = db.session.execute(
        select(PracticeVersion, Practice)
        .join(Practice, Practice.id == PracticeVersion.practice_id)
        .where(PracticeVersion.id.in_(ids))
    )
    return {version.id for version, practice in rows if permissions.can_see_version(user, practice, version)}
