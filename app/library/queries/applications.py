"""What firms say of having applied a sheet, and what it comes to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from statistics import median
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.communities.models import Company
from app.core.database import BigId, read
from app.core.errors import NotFound
from app.core.prepared import prepared
from app.core.text import plain_excerpt
from app.core.things import Description
from app.extensions import db
from app.library import permissions
from app.library.models import Practice, PracticeApplication
from app.library.queries.sheets import practice_to_change

MOST = 300
"""Applications looked at for one page, the newest first."""

SAME_UNIT = 3
"""Firms that measured in one unit, from which on a median says something."""


@dataclass(frozen=True)
class Common:
    """What firms that measured in the same unit come to: changes in per cent, the median and both ends."""

    unit: str
    firms: int
    median: int
    least: int
    most: int
    pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Applications:
    """The applications of one sheet, newest first; `common` when enough firms measured alike."""

    rows: list[Any]
    firms: int
    measured: int
    common: Common | None


def applications_of(practice_id: int) -> Applications:
    """Everything told of a sheet, without asking who reads."""
    rows = read(_applications(), practice_id=practice_id, most=MOST).all()
    newest: dict[int, Any] = {}
    for row in rows:
        if row.before_value is not None:
            newest.setdefault(row.company_id, row)
    return Applications(
        rows, len({row.company_id for row in rows}), len(newest), _common(list(newest.values()))
    )


def _common(rows: list[Any]) -> Common | None:
    by_unit: dict[str, list[Any]] = {}
    for row in rows:
        if row.before_value:
            by_unit.setdefault(row.unit.casefold(), []).append(row)
    alike = max(by_unit.values(), key=len, default=[])
    if len(alike) < SAME_UNIT:
        return None
    changes = [round((row.after_value - row.before_value) * 100 / abs(row.before_value)) for row in alike]
    return Common(
        unit=alike[0].unit,
        firms=len(alike),
        median=round(median(changes)),
        least=min(abs(change) for change in changes),
        most=max(abs(change) for change in changes),
        pairs=tuple((row.before_value, row.after_value) for row in alike),
    )


@prepared
def _applications() -> Any:
    verifier = aliased(User)
    return (
        select(
            PracticeApplication.id,
            PracticeApplication.company_id,
            PracticeApplication.person_id,
            PracticeApplication.applied_on,
            PracticeApplication.place,
            PracticeApplication.indicator,
            PracticeApplication.unit,
            PracticeApplication.before_value,
            PracticeApplication.after_value,
            PracticeApplication.method,
            PracticeApplication.note_html,
            PracticeApplication.state,
            PracticeApplication.verified_at,
            Company.name.label("company_name"),
            User.given_name,
            User.family_name,
            verifier.given_name.label("verifier_given_name"),
            verifier.family_name.label("verifier_family_name"),
        )
        .join(Company, Company.id == PracticeApplication.company_id)
        .join(User, User.id == PracticeApplication.person_id)
        .outerjoin(verifier, verifier.id == PracticeApplication.verified_by_id)
        .where(PracticeApplication.practice_id == bindparam("practice_id", type_=BigId))
        .order_by(PracticeApplication.applied_on.desc(), PracticeApplication.id.desc())
        .limit(bindparam("most", type_=BigId))
    )


def application_to_change(user: Any, application_id: int) -> tuple[Practice, PracticeApplication]:
    """An application with its sheet, locked, inside the transaction. Raises NotFound."""
    application = db.session.get(PracticeApplication, application_id, populate_existing=True)
    if application is None:
        raise NotFound
    practice = practice_to_change(user, application.practice_id)
    if not permissions.can_read(user, practice):
        raise NotFound
    return practice, application


def visible_application_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Applications of sheets the person reads."""
    rows = db.session.execute(
        select(PracticeApplication.id, Practice)
        .join(Practice, Practice.id == PracticeApplication.practice_id)
        .where(PracticeApplication.id.in_(ids))
    )
    return {application_id for application_id, practice in rows if permissions.can_read(user, practice)}


def describe_applications(ids: Collection[int]) -> dict[int, Description]:
    """Applications, named by their sheet."""
    rows = db.session.execute(
        select(PracticeApplication, Practice)
        .join(Practice, Practice.id == PracticeApplication.practice_id)
        .where(PracticeApplication.id.in_(ids))
    )
    return {
        application.id: Description(
            title=practice.title,
            url=f"/apprendre/{practice.id}-{practice.slug}#application-{application.id}",
            node_id=practice.node_id,
            scope_id=practice.scope_id,
            author_id=application.person_id,
            company_id=application.company_id,
            text=plain_excerpt(application.note_html, 240),
            html=application.note_html,
        )
        for application, practice in rows
    }
