"""What people are told: every kind of news in one shape, whichever feature causes it.

A feature lists its `News` and registers them; the layer that tells people (notifications) reads them here. Sentences
are made when they are read or mailed, in the language of the reader, from a `Told`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.core.duties import Duty
from app.core.things import Description

WHAT_WAS_WRITTEN = "notifications/mail/line"
"""The part of a mail that quotes what somebody wrote, and nothing for the rest."""


@dataclass(frozen=True)
class Recipient:
    """Somebody to tell. Of several for one person the first counts, so the most personal come first.

    `cause` tells apart lines of one kind about one thing. `kind` makes it another kind of line than the duty's.
    `thread` names what belongs together (`topic:12`): one mail carries it, reading it settles all of it.
    """

    user_id: int
    cause: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    kind: str | None = None
    thread: str = ""


@dataclass(frozen=True)
class Told:
    """One line for one person, as its sentence speaks of it: `who` acted, on which `thing`."""

    who: str
    thing: Description
    object_id: int
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return self.thing.title


class Attachment(NamedTuple):
    """A file of text that travels with a mail. `type` is its media type with its parameters, without a character set."""

    name: str
    type: str
    text: str


@dataclass(frozen=True)
class News:
    """One kind of news.

    `label` is its line on the page of choices. `recipients(duty)` says whom a duty of this name concerns; None when
    lines of this kind only come from another kind's recipients. `sentence` and `url` speak of one line. `mail` is the
    template (without extension) of the mail's part about one line; None: no mail. `urgent` skips the wait that lets
    several news travel together. `checks_rights` asks for each person whether they may see the thing. `attachment` gives
    the file that travels with the mail to this person, made when the mail is written. `is_chosen` is false for what the
    law or the rules oblige us to tell: it cannot be switched off. `order` is its place on the page of choices, where
    `concerns(user)` keeps it from those it can never reach.
    """

    name: str
    label: Any
    sentence: Callable[[Told], str]
    recipients: Callable[[Duty], Sequence[Recipient]] | None = None
    url: Callable[[Told], str] | None = None
    mail: str | None = WHAT_WAS_WRITTEN
    urgent: bool = False
    checks_rights: bool = True
    is_chosen: bool = True
    order: int = 50
    attachment: Callable[[Told, Any], Attachment | None] | None = None
    concerns: Callable[[Any], bool] | None = None

    @property
    def default_mail(self) -> bool:
        """Whether it is mailed to whoever chose nothing."""
        return self.mail is not None


_known: dict[str, News] = {}


def register(*kinds: News) -> None:
    """Make kinds of news known; registering one again replaces it (a second application in one process)."""
    _known.update({news.name: news for news in kinds})


def find(kind: str) -> News | None:
    """The news of this name, or None."""
    return _known.get(kind)


def known() -> list[News]:
    """Every kind, in the order of the page of choices."""
    return sorted(_known.values(), key=lambda news: news.order)
