"""Links between things of features that ignore each other: a machine's topics, a practice's machine.

A link has no direction and stands once, whoever makes it. It opens nothing: each side shows of the other what the
reader may see anyway. Features offer their types (`offer`); each of their pages shows `panel`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ForeignKey, Index, String, bindparam, delete, exists, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core import journal, things, versions
from app.core.database import UTCDateTime, read, rows_changed, upsert
from app.core.prepared import Prepared
from app.core.things import Description
from app.core.time import clock
from app.core.versions import Remembered
from app.extensions import db

Thing = tuple[str, int]
"""A type and an id, as `things` knows them."""

MOST = 200
"""Links of one thing that are looked at, the newest first."""


@dataclass(frozen=True)
class Side:
    """What a feature says of one linkable type.

    `may_link(user, id)`: who may link this thing with others they see; `may_unlink`: who may take away links that
    somebody else made. `heading` stands above things of this type on the pages of others.
    """

    kind: str
    heading: Any
    icon: str
    order: int
    may_link: Callable[[Any, int], bool]
    may_unlink: Callable[[Any, int], bool]


class Section(NamedTuple):
    """The things of one type linked to another, as a page shows them: title and address of each."""

    kind: str
    heading: str
    icon: str
    things: tuple[tuple[str, str], ...]


_sides: dict[str, Side] = {}


def offer(
    kind: str,
    *,
    heading: Any,
    icon: str,
    order: int,
    may_link: Callable[[Any, int], bool],
    may_unlink: Callable[[Any, int], bool],
) -> None:
    """Make a type linkable; offering it again replaces it (a second application in one process)."""
    _sides[kind] = Side(kind, heading, icon, order, may_link, may_unlink)


def sides() -> list[Side]:
    """Every linkable type, in the order of the pages."""
    return sorted(_sides.values(), key=lambda side: side.order)


def side_of(kind: str) -> Side | None:
    """What is said of this type, None when it cannot be linked."""
    return _sides.get(kind)


class Link(db.Model):
    """Two things that belong together; the lesser (by type, then id) stands first, so that a pair stands once."""

    __tablename__ = "link"
    __table_args__ = (
        Index("ix_link_other", "other_type", "other_id"),
        Index("ix_link_made_by", "made_by_id"),
    )

    one_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    one_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    other_type: Mapped[str] = mapped_column(String(40), primary_key=True)
    other_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)


def connect(one: Thing, other: Thing, *, by_id: int | None) -> bool:
    """Link two things in the open transaction; whether they were not linked before (the primary key decides).

    Open pages of both are told. Who may is for the callers to say: a link is made by somebody who may change one side
    and see the other.
    """
    if one == other:
        raise ValueError("a thing is not linked to itself")
    made = upsert(Link, _pair(one, other), {"made_by_id": by_id, "made_at": clock.now()}, keep=True)
    if made:
        _tell(one, other, by_id)
    return made


def disconnect(one: Thing, other: Thing, *, by_id: int | None) -> bool:
    """Take a link away in the open transaction; whether there was one. Open pages of both are told."""
    gone = rows_changed(delete(Link).filter_by(**_pair(one, other))) > 0
    if gone:
        _tell(one, other, by_id)
    return gone


def _tell(one: Thing, other: Thing, by_id: int | None) -> None:
    """Each side is told in its own scope, where the other is not named: some of its readers may not see it."""
    for thing in (one, other):
        said = things.describe_one(*thing)
        if said is not None and said.scope_id is not None:
            journal.record(said.scope_id, "link.changed", *thing, actor_id=by_id)


def forget(thing: Thing) -> None:
    """Take away every link of a thing that is deleted for good."""
    kind, thing_id = thing
    rows_changed(
        delete(Link).where(
            or_(
                (Link.one_type == kind) & (Link.one_id == thing_id),
                (Link.other_type == kind) & (Link.other_id == thing_id),
            )
        )
    )


def maker_of(one: Thing, other: Thing) -> tuple[bool, int | None]:
    """Whether two things are linked, and the id of who linked them."""
    row = db.session.execute(select(Link.made_by_id).filter_by(**_pair(one, other))).first()
    return (False, None) if row is None else (True, row.made_by_id)


def linked_ids(thing: Thing, kind: str) -> list[int]:
    """The ids of this type linked to a thing, the newest link first; rights are not asked."""
    return [other_id for other, other_id in _others(thing) if other == kind]


def linked(user: Any, thing: Thing, kinds: Collection[str]) -> dict[str, dict[int, Description]]:
    """What this person may see of the things linked to one, by type and id, the newest link first."""
    found: dict[str, list[int]] = {kind: [] for kind in kinds}
    for kind, other_id in _others(thing):
        if kind in found:
            found[kind].append(other_id)
    return {kind: _seen(user, kind, ids) for kind, ids in found.items()}


def is_linked(kind: str, thing_id: Any) -> Any:
    """Whether a thing is linked with anything, as a column of the statement that reads it (`thing_id`: its column)."""
    one = exists().where(Link.one_type == kind, Link.one_id == thing_id)
    other = exists().where(Link.other_type == kind, Link.other_id == thing_id)
    return or_(one, other).label("is_linked")


def panel(user: Any, thing: Thing) -> tuple[Section, ...]:
    """What else is known of a thing, type by type, as far as this person may see it; empty types are left out.

    One statement, none while no link changes anywhere, and two more for each type that is linked.
    """
    known = versions.known()
    others = _others(thing) if known is None else _rows.get(thing, known.tags, lambda: _others(thing))
    found = []
    for side in sides():
        ids = [other_id for kind, other_id in others if kind == side.kind]
        seen = _seen(user, side.kind, ids) if ids else {}
        if seen:
            named = tuple((one.title, one.url) for one in seen.values())
            found.append(Section(side.kind, str(side.heading), side.icon, named))
    return tuple(found)


_rows: Remembered[tuple[Thing, ...]] = Remembered(2000)


def _others(thing: Thing) -> tuple[Thing, ...]:
    return tuple(
        (row.other_type, row.other_id) if (row.one_type, row.one_id) == thing else (row.one_type, row.one_id)
        for row in read(_LINKED, type=thing[0], id=thing[1])
    )


def _seen(user: Any, kind: str, ids: list[int]) -> dict[int, Description]:
    visible = things.visible_ids(user, kind, ids)
    described = things.describe(kind, visible)
    return {thing_id: described[thing_id] for thing_id in ids if thing_id in described}


def _pair(one: Thing, other: Thing) -> dict[str, Any]:
    first, second = sorted((one, other))
    return {"one_type": first[0], "one_id": first[1], "other_type": second[0], "other_id": second[1]}


_LINKED = Prepared(
    select(Link.one_type, Link.one_id, Link.other_type, Link.other_id)
    .where(
        or_(
            (Link.one_type == bindparam("type")) & (Link.one_id == bindparam("id")),
            (Link.other_type == bindparam("type")) & (Link.other_id == bindparam("id")),
        )
    )
    .order_by(Link.made_at.desc(), Link.one_id.desc(), Link.other_id.desc())
    .limit(MOST)
)
