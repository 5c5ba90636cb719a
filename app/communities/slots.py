"""What the layers above add to the pages of a community, which cannot know them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from app.communities.models import Node

Section = Callable[[Any, Node], Markup | None]
Act = Callable[[Any, Node], tuple[str, str] | None]

_sections: list[tuple[int, Section]] = []
_acts: list[Act] = []


def community_section(section: Section, *, order: int = 50) -> None:
    """Register a part of the community's page: `section(user, node)` gives markup, or None to stay away."""
    if all(known is not section for _order, known in _sections):
        _sections.append((order, section))
        _sections.sort(key=lambda pair: pair[0])


def welcome_act(act: Act) -> None:
    """Register where a newcomer writes: `act(user, node)` gives (label, url), or None."""
    if act not in _acts:
        _acts.append(act)


def sections_for(user: Any, node: Node) -> list[Markup]:
    """The parts this person sees on the community's page, in order."""
    parts = (section(user, node) for _order, section in _sections)
    return [part for part in parts if part]


def first_act_for(user: Any, node: Node) -> tuple[str, str] | None:
    """Where this person may write at once."""
    for act in _acts:
        found = act(user, node)
        if found is not None:
            return found
    return None
