"""Links between things of features that ignore each other: a machine's topics, a practice's machine.

A link has no direction and stands once, whoever makes it. It opens nothing: each side shows of the other what the
reader may see anyway.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, bindparam, delete, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core import things
from app.core.database import UTCDateTime, read, rows_changed, upsert
from app.core.prepared import Prepared
from app.core.things import Description
from app.core.time import clock
from app.extensions import db

Thing = tuple[str, int]
"""A type and an id, as `things` knows them."""

MOST = 200
"""Links of one thing that are looked at, the newest first."""


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

    Who may is for the callers to say: a link is made by somebody who may change one side and see the other.
    """
    if one == other:
        raise ValueError("a thing is not linked to itself")
    return upsert(Link, _pair(one, other), {"made_by_id": by_id, "made_at": clock.now()}, keep=True)


def disconnect(one: Thing, other: Thing) -> bool:
    """Take a link away in the open transaction; whether there was one."""
    return bool(rows_changed(delete(Link).filter_by(**_pair(one, other))))


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


def _others(thing: Thing) -> list[Thing]:
    return [
        (row.other_type, row.other_id) if (row.one_type, row.one_id) == thing else (row.one_type, row.one_id)
        for row in read(_LINKED, type=thing[0], id=thing[1])
    ]


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
