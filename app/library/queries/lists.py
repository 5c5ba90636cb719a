"""Sheets by list: what is new, by what they are about; one's own; one for home."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, bindparam, case, exists, func, or_, select, text

from app.communities.access import access_of
from app.core.database import BigId, read
from app.core.prepared import prepared
from app.core.shell import everything_read
from app.core.versions import Remembered
from app.library.models import OPEN_STATES, Practice, PracticeTechnology, PracticeVersion

PER_PAGE = 20


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to; empty means anything."""

    facet: str = ""
    dimension: str = ""
    evidence: str = ""
    technology: str = ""
    node_id: int = 0

    def values(self, *but: str) -> dict[str, Any]:
        """The filters that are set, by name."""
        return {name: value for name, value in vars(self).items() if value and name not in but}


@dataclass(frozen=True)
class Counted:
    """How many sheets there are under each value, the other filters being as they are."""

    facet: dict[str, int] = field(default_factory=dict)
    dimension: dict[str, int] = field(default_factory=dict)
    evidence: dict[str, int] = field(default_factory=dict)
    technology: dict[str, int] = field(default_factory=dict)
    node_id: dict[int, int] = field(default_factory=dict)
    total: int = 0


def practices_for(user: Any, wanted: Wanted, page: int = 1) -> tuple[Sequence[Any], bool]:
    """Published sheets of the places the person reads, the newest first, and whether there are more."""
    nodes = _nodes(user, wanted)
    if not nodes:
        return [], False
    filters = wanted.values("node_id")
    rows = read(
        _listed(tuple(sorted(filters))),
        nodes=nodes,
        **filters,
        most=PER_PAGE + 1,
        skipped=(page - 1) * PER_PAGE,
    ).all()
    return rows[:PER_PAGE], len(rows) > PER_PAGE


def facets_for(user: Any, wanted: Wanted) -> Counted:
    """The counts beside the filters; asked of the database once while nothing moves in what the person reads."""
    places = access_of(user).places.keys()
    version = everything_read(places)

    def ask() -> Counted:
        return _count(sorted(places), wanted)

    return ask() if version is None else _counted_before.get((user.id, wanted), version, ask)


_counted_before: Remembered[Counted] = Remembered(500)


def _count(places: list[int], wanted: Wanted) -> Counted:
    if not places:
        return Counted()
    narrowed = {"technology": wanted.technology} if wanted.technology else {}
    groups = read(_grouped(bool(narrowed)), nodes=places, **narrowed).all()
    counts: dict[str, Counter[Any]] = {}
    for name in ("facet", "dimension", "evidence", "node_id"):
        others = wanted.values("technology", name)
        counts[name] = Counter()
        for row in groups:
            if all(getattr(row, other) == value for other, value in others.items()):
                counts[name][getattr(row, name)] += row.n
    chosen = wanted.values("technology")
    total = sum(row.n for row in groups if all(getattr(row, name) == value for name, value in chosen.items()))
    filters = wanted.values("technology", "node_id")
    technologies = read(
        _by_technology(tuple(sorted(filters))),
        nodes=[wanted.node_id] if wanted.node_id in places else places,
        **filters,
    )
    return Counted(
        **{name: dict(counter) for name, counter in counts.items()},
        technology={row.technology: row.n for row in technologies},
        total=total,
    )


def mine(user: Any) -> Sequence[Any]:
    """What the person writes: open versions, then what they published, the newest first."""
    return read(_mine(), reader_id=user.id).all()


@prepared
def _mine() -> Any:
    opened = PracticeVersion.state.in_(OPEN_STATES)
    return (
        select(
            Practice.id,
            Practice.node_id,
            Practice.slug,
            Practice.state,
            Practice.hidden_at,
            Practice.applied_by,
            PracticeVersion.title,
            PracticeVersion.state.label("version_state"),
            PracticeVersion.saved_at,
            PracticeVersion.remarks,
        )
        .join(PracticeVersion, PracticeVersion.practice_id == Practice.id)
        .where(
            Practice.author_id == bindparam("reader_id", type_=BigId),
            opened | (PracticeVersion.id == Practice.published_version_id),
        )
        .order_by(case((opened, 0), else_=1), PracticeVersion.saved_at.desc(), PracticeVersion.id.desc())
        .limit(100)
    )


def practices_by_ids(user: Any, ids: Collection[int]) -> dict[int, Any]:
    """Published sheets among these that the person reads, as a list shows them."""
    nodes = list(access_of(user).places)
    if not ids or not nodes:
        return {}
    return {row.id: row for row in read(_by_ids(), nodes=nodes, ids=list(ids))}


def sheet_for_home(user: Any) -> Any | None:
    """One sheet worth a look, not of their own firm: one with a figure and applied elsewhere first, then one with either, then of the
    person's own communities, then the newest."""
    access = access_of(user)
    if not access.places:
        return None
    return read(
        _for_home(),
        nodes=list(access.places),
        home=list(access.home_ids),
        companies=list(access.companies),
        reader_id=user.id,
    ).first()


def _nodes(user: Any, wanted: Wanted) -> list[int]:
    places = access_of(user).places
    if wanted.node_id:
        return [wanted.node_id] if wanted.node_id in places else []
    return list(places)


def _is_listed() -> Any:
    # In the words of the partial indexes, so that SQLite sees that they hold the answer.
    return and_(
        text("practice.state = 'published' AND practice.hidden_at IS NULL"),
        Practice.node_id.in_(bindparam("nodes", type_=BigId, expanding=True)),
    )


def _narrowed(statement: Any, filters: tuple[str, ...]) -> Any:
    for name in filters:
        if name == "technology":
            statement = statement.where(
                exists().where(
                    PracticeTechnology.practice_id == Practice.id,
                    PracticeTechnology.technology == bindparam("technology"),
                )
            )
        else:
            statement = statement.where(getattr(Practice, name) == bindparam(name))
    return statement


def _rows() -> Any:
    return select(
        Practice.id,
        Practice.node_id,
        Practice.slug,
        Practice.title,
        Practice.facet,
        Practice.dimension,
        Practice.evidence,
        Practice.technologies,
        Practice.excerpt,
        Practice.byline,
        Practice.applied_by,
        Practice.updated_at,
        PracticeVersion.indicator,
        PracticeVersion.unit,
        PracticeVersion.before_value,
        PracticeVersion.after_value,
        PracticeVersion.figure,
    ).join(PracticeVersion, PracticeVersion.id == Practice.published_version_id)


@prepared
def _listed(filters: tuple[str, ...]) -> Any:
    # The page's ids first, along the index; their words afterwards.
    ids = _narrowed(select(Practice.id).where(_is_listed()), filters)
    ids = ids.order_by(Practice.updated_at.desc(), Practice.id.desc())
    ids = ids.limit(bindparam("most", type_=BigId)).offset(bindparam("skipped", type_=BigId)).subquery()
    return _rows().join(ids, ids.c.id == Practice.id).order_by(Practice.updated_at.desc(), Practice.id.desc())


@prepared
def _by_ids() -> Any:
    return _rows().where(_is_listed(), Practice.id.in_(bindparam("ids", expanding=True)))


@prepared
def _for_home() -> Any:
    home = Practice.node_id.in_(bindparam("home", type_=BigId, expanding=True))
    has_figure, is_applied = Practice.evidence.in_(("measured", "public", "single")), Practice.applied_by > 0
    elsewhere = Practice.company_id.not_in(bindparam("companies", type_=BigId, expanding=True))
    recent = (
        select(Practice.id)
        .where(_is_listed(), Practice.author_id != bindparam("reader_id", type_=BigId))
        .where(Practice.company_id.is_(None) | elsewhere)
        .order_by(Practice.updated_at.desc(), Practice.id.desc())
        .limit(40)
        .subquery()
    )
    return (
        _rows()
        .join(recent, recent.c.id == Practice.id)
        .order_by(
            case((and_(has_figure, is_applied), 0), (or_(has_figure, is_applied), 1), else_=2),
            case((home, 0), else_=1),
            Practice.updated_at.desc(),
            Practice.id.desc(),
        )
        .limit(1)
    )


@prepared
def _grouped(by_technology: bool) -> Any:
    columns = (Practice.node_id, Practice.facet, Practice.dimension, Practice.evidence)
    statement = select(*columns, func.count().label("n")).where(_is_listed())
    return _narrowed(statement, ("technology",) if by_technology else ()).group_by(*columns)


@prepared
def _by_technology(filters: tuple[str, ...]) -> Any:
    statement = (
        select(PracticeTechnology.technology, func.count().label("n"))
        .join(Practice, Practice.id == PracticeTechnology.practice_id)
        .where(_is_listed())
    )
    return _narrowed(statement, filters).group_by(PracticeTechnology.technology)
