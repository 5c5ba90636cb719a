"""What a new sheet may be drawn from: features above offer it by type, the form asks here and knows none of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.core.inputs import whole
from app.library.operations import Origin


@dataclass(frozen=True)
class Prefill:
    """What a form begins with, and whose words these are: `names` are shown, `origin` is kept with the sheet."""

    origin: Origin
    title: str
    url: str
    node_id: int
    names: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)


Source = Callable[[Any, int], Prefill | None]

_sources: dict[str, Source] = {}


def register(thing_type: str, source: Source) -> None:
    """Offer things of a type: `source(user, id)` gives what this person may draw from one, or None."""
    _sources[thing_type] = source


def prefill_for(user: Any, named: str) -> Prefill | None:
    """What « topic:12 » gives this person; None for what is not offered, not there or not theirs to read."""
    thing_type, _colon, number = named.partition(":")
    source = _sources.get(thing_type)
    if source is None or not whole(number):
        return None
    return source(user, whole(number))
