"""What the layers above offer on the page of a topic, which cannot know them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Offer = tuple[str, str, str]
"""Words, address and icon of what may be done."""

TopicAct = Callable[[Any, Any, Any], Offer | None]

_acts: list[TopicAct] = []


def topic_act(act: TopicAct) -> None:
    """Register `act(user, topic, room)`: what may be done with this topic elsewhere, or None.

    It may depend on nothing but the topic, its room and the person's rights: the page keeps what it draws by these.
    """
    if act not in _acts:
        _acts.append(act)


def acts_for(user: Any, topic: Any, room: Any) -> tuple[Offer, ...]:
    """Everything offered to this person for this topic."""
    return tuple(offer for act in _acts if (offer := act(user, topic, room)) is not None)
