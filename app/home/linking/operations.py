"""Who may link two things, and doing it: both features are asked, neither knows the other."""

from __future__ import annotations

from typing import Any

from app.core import audit, links, things
from app.core.errors import Forbidden, NotFound
from app.core.links import Thing


def can_link(user: Any, thing: Thing) -> bool:
    """Who sees the thing, and of whom its feature says that they may link it."""
    side = links.side_of(thing[0])
    return side is not None and things.is_visible(user, *thing) and side.may_link(user, thing[1])


def can_unlink(user: Any, one: Thing, other: Thing) -> bool:
    """Who made the link, and whoever answers for one of both things."""
    exists, maker_id = links.maker_of(one, other)
    if not exists or not (things.is_visible(user, *one) and things.is_visible(user, *other)):
        return False
    sides = [(links.side_of(kind), thing_id) for kind, thing_id in (one, other)]
    return maker_id == user.id or any(
        side is not None and side.may_unlink(user, found) for side, found in sides
    )


def connect(one: Thing, other: Thing, *, by: Any) -> None:
    """Link two things; linked already, nothing changes. Raises Forbidden and NotFound."""
    if one[0] == other[0] or links.side_of(other[0]) is None or not things.is_visible(by, *other):
        raise NotFound
    if not can_link(by, one):
        raise Forbidden
    if links.connect(one, other, by_id=by.id):
        _remember(by, "linked", one, other)


def disconnect(one: Thing, other: Thing, *, by: Any) -> None:
    """Take a link away. Raises NotFound when there is none, Forbidden."""
    if not links.maker_of(one, other)[0] or not all(things.is_visible(by, *thing) for thing in (one, other)):
        raise NotFound
    if not can_unlink(by, one, other):
        raise Forbidden
    if links.disconnect(one, other, by_id=by.id):
        _remember(by, "unlinked", one, other)


def _remember(by: Any, act: str, one: Thing, other: Thing) -> None:
    said = things.describe_one(*one)
    node_id = said.node_id if said is not None else None
    audit.record(by, act, *one, node_id=node_id, other_type=other[0], other_id=other[1])
