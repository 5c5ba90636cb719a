"""Objects as lower layers know them: a type and an id.

Each feature registers, for its types, who sees which ids and how one is described. Blobs, links, search, moderation
and notifications ask here and never import the feature.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Description:
    """What may be said of a thing to somebody who may see it. `text` is its source, for moderators and diffs."""

    title: str
    url: str
    node_id: int | None = None
    scope_id: int | None = None
    author_id: int | None = None
    company_id: int | None = None
    text: str = ""
    html: str = ""


@dataclass(frozen=True)
class ThingType:
    """What a feature registers for one type of thing."""

    name: str
    visible_ids: Callable[[Any, Collection[int]], set[int]]
    describe: Callable[[Collection[int]], dict[int, Description]]


_types: dict[str, ThingType] = {}


def register(
    name: str,
    *,
    visible_ids: Callable[[Any, Collection[int]], set[int]],
    describe: Callable[[Collection[int]], dict[int, Description]],
) -> None:
    """Make a type known; registering it again replaces it (a second application in one process)."""
    _types[name] = ThingType(name, visible_ids, describe)


def visible_ids(user: Any, name: str, ids: Collection[int]) -> set[int]:
    """Which of `ids` the person may see; nothing for a type nobody registered."""
    kind = _types.get(name)
    if kind is None or not ids:
        return set()
    return kind.visible_ids(user, ids)


def is_visible(user: Any, name: str, thing_id: int) -> bool:
    """Whether the person may see this one thing."""
    return thing_id in visible_ids(user, name, [thing_id])


def describe(name: str, ids: Collection[int]) -> dict[int, Description]:
    """Descriptions by id, without asking who reads: callers filter with `visible_ids` first."""
    kind = _types.get(name)
    if kind is None or not ids:
        return {}
    return kind.describe(ids)


def describe_one(name: str, thing_id: int) -> Description | None:
    """The description of one thing, or None when it is gone."""
    return describe(name, [thing_id]).get(thing_id)
