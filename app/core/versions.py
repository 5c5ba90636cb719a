"""Numbers that rise with what seldom changes, so that a page reads one number instead of computing the same thing again.

The **tree** is everything rights and names are made of: nodes, firms, employments, memberships, roles, rooms and their
members, people's names, and what search says of firms, people and places. The **tags** are those that topics carry, and
the rooms these stand in. A **person**'s number rises with how far they read, what they follow, what they are writing and
what they are qualified for. Triggers of the database raise them (migrations 0009, 0010 and 0019), so no statement can
forget to. A number is read with the session that asks for a page, in the snapshot that everything else of the page is
read in: what was computed under the same number is what would be computed again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, NamedTuple, TypeVar

from flask import g, has_request_context
from sqlalchemy import CheckConstraint, String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import BigId, in_transaction
from app.extensions import db

Value = TypeVar("Value")

TREE, TAGS, PERSON = "tree", "tags", "person"


class DataVersion(db.Model):
    """One number. `ref` is the person's id, 0 for the tree and the tags."""

    __tablename__ = "data_version"
    __table_args__ = (CheckConstraint("subject IN ('tree', 'tags', 'person')", name="subject_known"),)

    subject: Mapped[str] = mapped_column(String(10), primary_key=True)
    ref: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigId)


class Versions(NamedTuple):
    """What the request knows of the tree and of the person signed in; `dates` are those of their rights that came last."""

    tree: int
    tags: int
    person: int | None
    dates: tuple[Any, ...] = ()


Dates = Callable[[int], Any]

_dates: list[Dates] = []


def dated_by(function: Dates) -> Dates:
    """Register what says, of a person's id, which date changed last what they may do: no row of the tree does."""
    if function not in _dates:
        _dates.append(function)
    return function


def number_of(subject: str, ref: Any) -> Any:
    """The number as a scalar subquery, for the statement that asks who is signed in."""
    return (
        select(DataVersion.number)
        .where(DataVersion.subject == subject, DataVersion.ref == ref)
        .scalar_subquery()
        .correlate_except(DataVersion)
    )


def know(versions: Versions, user_id: int) -> None:
    """Remember for this request what was read with its session, and what the clock adds to it."""
    g.versions = versions
    g.versions = versions._replace(dates=tuple(function(user_id) for function in _dates))


def known() -> Versions | None:
    """The numbers this request read; None where nothing may be taken from memory.

    That is inside a transaction, which decides by what it reads itself, and behind any request that changes something.
    """
    if not has_request_context() or in_transaction():
        return None
    versions: Versions | None = g.get("versions")
    return versions


class Remembered(Generic[Value]):
    """Values by key, each true for one version; the ones asked for least recently are forgotten."""

    every: list[Remembered[Any]] = []  # the one list of them all is the point
    doubted = False
    """Whether each value found is computed again and compared: the tests doubt, and so prove the versions."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, tuple[Any, Value]] = OrderedDict()
        Remembered.every.append(self)

    def get(self, key: Hashable, version: Any, make: Callable[[], Value]) -> Value:
        """The value made under this version, made now if there is none. Values must be comparable."""
        kept = self._values.get(key)
        if kept is not None and kept[0] == version:
            if Remembered.doubted and (fresh := make()) != kept[1]:
                raise AssertionError(f"{key} changed without its version: {kept[1]!r} is {fresh!r}")
            self._values.move_to_end(key)
            return kept[1]
        value = make()
        self.put(key, version, value)
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()

    def peek(self, key: Hashable) -> tuple[Any, Value] | None:
        """The version and the value last made, whatever is true now."""
        return self._values.get(key)

    def put(self, key: Hashable, version: Any, value: Value) -> tuple[Any, Value]:
        """Remember a value, and give it back with its version."""
        self._values[key] = kept = (version, value)
        self._values.move_to_end(key)
        if len(self._values) > self._most:
            self._values.popitem(last=False)
        return kept
