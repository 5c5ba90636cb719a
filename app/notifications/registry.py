"""The kinds of news people are told, as the features that cause them describe them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.core.duties import Duty
from app.core.things import Description
from app.notifications.models import Notification


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


RecipientsOf = Callable[[Duty], Sequence[Recipient]]
Sentence = Callable[[Notification, Description], str]
UrlOf = Callable[[Notification, Description], str | None]


@dataclass(frozen=True)
class Kind:
    """What is registered for one kind of news."""

    name: str
    label: Any
    sentence: Sentence
    recipients: RecipientsOf | None = None
    url: UrlOf | None = None
    mail: str | None = None
    default_mail: bool = True
    urgent: bool = False
    checks_rights: bool = True
    is_chosen: bool = True
    order: int = 50
    concerns: Callable[[Any], bool] | None = None


_kinds: dict[str, Kind] = {}


def register(
    kind: str,
    *,
    label: Any,
    sentence: Sentence,
    recipients: RecipientsOf | None = None,
    url: UrlOf | None = None,
    mail: str | None = None,
    default_mail: bool = True,
    urgent: bool = False,
    checks_rights: bool = True,
    is_chosen: bool = True,
    order: int = 50,
    concerns: Callable[[Any], bool] | None = None,
) -> None:
    """Describe a kind of news.

    `label` is its line on the page of choices. `recipients(duty)` says whom a duty of this name concerns; None when
    lines of this kind only come from another kind's recipients. `sentence` and `url` speak of one line. `mail` is the
    template (without extension) of the mail's part about one line; None: no mail. `urgent` skips the wait that lets
    several news travel together. `checks_rights` asks for each person whether they may see the thing (the default).
    `is_chosen` is false for what the law or the rules oblige us to tell: it cannot be switched off. `order` is its place
    on the page of choices, where `concerns(user)` keeps it from those it can never reach.
    """
    _kinds[kind] = Kind(
        kind,
        label,
        sentence,
        recipients,
        url,
        mail,
        default_mail and mail is not None,
        urgent,
        checks_rights,
        is_chosen,
        order,
        concerns,
    )


def find(kind: str) -> Kind | None:
    """The kind of this name, or None."""
    return _kinds.get(kind)


def known() -> list[Kind]:
    """Every kind, in the order of the page of choices."""
    return sorted(_kinds.values(), key=lambda kind: kind.order)
