"""What happens around firms and roles, as kinds of news: communities lies below and only lists them."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.communities.access import access_of
from app.communities.audience import NEWS, News
from app.core.duties import Duty
from app.core.things import Description
from app.notifications import registry
from app.notifications.models import Notification
from app.notifications.registry import Recipient


def register() -> None:
    """Register every kind of `communities.audience`."""
    for news in NEWS:
        registry.register(
            news.kind,
            label=news.label,
            recipients=_recipients(news),
            sentence=_sentence(news),
            mail="notifications/mail/line",
            is_chosen=news.is_chosen,
            order=60,
            concerns=_CONCERNS.get(news.kind),
        )


def _manages(user: Any) -> bool:
    access = access_of(user)
    return any(access.manages(node_id) for node_id in access.places)


def _speaks_for_a_firm(user: Any) -> bool:
    return bool(access_of(user).referent_of) or _manages(user)


_CONCERNS = {
    "membership_requested": _manages,
    "membership_place_free": _manages,
    "community_split_proposed": _manages,
    "company_without_referent": _speaks_for_a_firm,
    "colleague_asks": _speaks_for_a_firm,
}


def _recipients(news: News) -> Any:
    def recipients(duty: Duty) -> list[Recipient]:
        # One firm may ask, be refused and ask again: the instant tells them apart (ids of duties are used again).
        return [Recipient(user_id, cause=duty.created_at.isoformat()) for user_id in news.recipients(duty)]

    return recipients


def _sentence(news: News) -> Any:
    def sentence(notification: Notification, description: Description) -> str:
        actor = notification.actor.name if notification.actor is not None else _("Quelqu’un")
        return news.sentence(actor, description)

    return sentence
