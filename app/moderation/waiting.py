"""What waits on the moderators' desk, kind by kind: each feature says how much, and which.

The badge of the frame adds the numbers up in one statement; the queue asks every kind for its lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import literal, select

from app.communities.access import Access
from app.core.database import read
from app.core.shell import Count

MOST = 500
"""Lines of one kind that a queue shows; kinds give the oldest, so nothing is forgotten behind them."""


@dataclass(frozen=True)
class Waiting:
    """One thing that waits for somebody. `kind` and `id` name it; `url` is where it is dealt with.

    `node_id` is the place it belongs to, `text` a line that says more. Who takes it is known by the desk, unless the kind
    says it itself (`taken_by_id`).
    """

    kind: str
    id: int
    title: str
    url: str
    node_id: int | None
    since: datetime
    urgent: bool = False
    text: str = ""
    taken_by_id: int | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of thing that waits: its name, its words, its number and its lines."""

    name: str
    label: Any
    icon: str
    order: int
    pending: Callable[[Access], Count]
    items: Callable[[Any], Sequence[Waiting]]


_kinds: dict[str, Kind] = {}


def register(
    kind: str,
    *,
    label: Any,
    order: int,
    pending: Callable[[Access], Count],
    items: Callable[[Any], Sequence[Waiting]],
    icon: str = "inbox",
) -> None:
    """Have things of this kind wait on the desk; registering it again replaces it.

    `label` names them in the plural (« Signalements »). `pending(access)` gives their number for somebody who moderates,
    as a SELECT of one number **built once** (`@cache`) and its values: the frame of every page asks it together with the
    others. The values of `queries.judging.judge(access)` serve for most. `items(user)` gives those that wait for this
    person, at most `MOST`, exactly those that `pending` counts. The page of each decides its right anew.
    """
    _kinds[kind] = Kind(kind, label, icon, order, pending, items)


def kinds() -> list[Kind]:
    """Every kind, in the order of the desk."""
    return sorted(_kinds.values(), key=lambda kind: (kind.order, kind.name))


def pending(access: Access) -> Count:
    """How much waits for somebody who moderates, all kinds together, as one statement."""
    counts = [kind.pending(access) for kind in kinds()]
    values = {name: value for count in counts for name, value in count.values.items()}
    return Count(_sum(tuple(count.statement for count in counts)), values)


def pending_count(access: Access) -> int:
    """The number itself."""
    asked = pending(access)
    return int(read(asked.statement, **asked.values).scalar_one())


def everything(user: Any) -> list[Waiting]:
    """All that waits for this person: what presses first, then the oldest."""
    found = [item for kind in kinds() for item in kind.items(user)]
    return sorted(found, key=lambda item: (not item.urgent, item.since, item.kind, item.id))


def find(user: Any, kind: str, thing_id: int) -> Waiting | None:
    """One thing that waits for this person, or None when it does not wait for them."""
    known = _kinds.get(kind)
    if known is None:
        return None
    return next((item for item in known.items(user) if item.id == thing_id), None)


Part = Callable[[Any], Any]

_parts: list[Part] = []


def desk_part(part: Part) -> Part:
    """Register what a feature adds beside the queue, as markup or None, for somebody who moderates."""
    if part not in _parts:
        _parts.append(part)
    return part


def desk_parts(user: Any) -> list[Any]:
    """What features add beside the queue for this person."""
    return [drawn for part in _parts if (drawn := part(user)) is not None]


@cache
def _sum(statements: tuple[Any, ...]) -> Any:
    total: Any = literal(0)
    for statement in statements:
        total = total + statement.scalar_subquery()
    return select(total)
