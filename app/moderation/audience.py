"""Whom reports, decisions and appeals concern, and how it is told in one sentence; `adapters` registers it.

The author of what was reported learns neither who reported nor who decided: those duties carry no actor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.communities.access import access_of
from app.core.duties import Duty
from app.core.news import News, Recipient, Told
from app.extensions import db
from app.moderation import permissions, queries
from app.moderation.models import Appeal, Decision, Report
from app.moderation.registry import adapter_of, place_in_words


def _moderators_of_report(duty: Duty) -> list[Recipient]:
    report = db.session.get(Report, duty.object_id)
    if report is None or report.state == "decided":
        return []
    people = queries.moderators_to_tell(report.level_node_id, report.author_id, report.author_company_id)
    cause = f"level:{report.level_node_id}"
    return [Recipient(user_id, cause=cause) for user_id in people]


def _author_of_decision(duty: Duty) -> list[Recipient]:
    decision = db.session.get(Decision, duty.object_id)
    if decision is None:
        return []
    return [Recipient(user_id) for user_id in queries.who_answers_for(decision)]


def _reporters_of_decision(duty: Duty) -> list[Recipient]:
    rows = db.session.execute(
        select(Report.reporter_id, Report.receipt).where(
            Report.decision_id == duty.object_id, Report.reporter_id.is_not(None)
        )
    )
    return [
        Recipient(reporter_id, detail={"receipt": receipt})
        for reporter_id, receipt in rows
        if reporter_id is not None
    ]


def _moderators_of_appeal(duty: Duty) -> list[Recipient]:
    appeal = db.session.get(Appeal, duty.object_id)
    if appeal is None or appeal.decided_at is not None:
        return []
    decision = db.session.get_one(Decision, appeal.decision_id)
    people = queries.moderators_to_tell(appeal.level_node_id, appeal.author_id, decision.author_company_id)
    return [Recipient(user_id) for user_id in people if user_id != decision.decided_by_id]


def _author_of_appeal(duty: Duty) -> list[Recipient]:
    appeal = db.session.get(Appeal, duty.object_id)
    if appeal is None:
        return []
    return [Recipient(appeal.author_id, detail={"decision": appeal.decision_id})]


def _successor(duty: Duty) -> list[Recipient]:
    return (
        [Recipient(int(duty.detail["to"]), cause=f"by:{duty.actor_id}:{duty.id}")]
        if duty.detail.get("to")
        else []
    )


def _taken(told: Told) -> str:
    """What was decided about what somebody wrote, and about themselves."""
    decision = db.session.get_one(Decision, told.object_id)
    words = _named(told)
    about_thing = {
        "hide": _("Votre %(noun)s %(where)s est masqué.", **words),
        "delete": _("Votre %(noun)s %(where)s est supprimé.", **words),
        "move": _("Votre %(noun)s %(where)s est déplacé.", **words),
    }.get(decision.measure, _("Votre %(noun)s %(where)s a été relu.", **words))
    about_author = {
        "warn": _("Vous recevez un avertissement."),
        "suspend": _("Votre écriture est suspendue pour un temps."),
        "remove_from_room": _("Vous ne lisez plus la salle."),
    }.get(decision.sanction, "")
    return " ".join(part for part in (about_thing, about_author, _("Les motifs vous sont exposés.")) if part)


def _restored(told: Told) -> str:
    """What is given back: what was written, or the right to write."""
    words = _named(told)
    restored = db.session.get_one(Decision, told.object_id)
    undone = queries.undone_by(restored)
    if undone is None or undone.measure == "hide":
        return _("Votre %(noun)s %(where)s est de nouveau visible.", **words)
    return _("Une décision sur votre %(noun)s %(where)s est levée.", **words)


def _named(told: Told) -> dict[str, str]:
    """What the decision was about, in the words of its author."""
    decision = db.session.get_one(Decision, told.object_id)
    return {
        "noun": str(adapter_of(decision.object_type).noun),
        "where": place_in_words(decision.object_type, told.title),
    }


def _moderates(user: Any) -> bool:
    return permissions.can_moderate(access_of(user))


def _awaits(name: str, label: Any, recipients: Callable[[Duty], list[Recipient]], sentence: Any) -> News:
    """Something waits for those who moderate the place: told at once, and offered to them alone."""
    return News(
        name,
        label,
        lambda told: sentence(title=told.title),
        recipients,
        mail="moderation/mail/report_added",
        urgent=True,
        order=70,
        concerns=_moderates,
    )


def _becomes_of_mine(name: str, label: Any, sentence: Any, *, mail: str, urgent: bool = False) -> News:
    """What becomes of what somebody wrote: the rules oblige us to tell."""
    return News(
        name,
        label,
        lambda told: sentence(**_named(told)),
        _author_of_decision,
        mail=mail,
        urgent=urgent,
        is_chosen=False,
    )


NEWS = (
    _awaits(
        "report_added",
        _l("Un signalement attend dans un lieu que je modère"),
        _moderators_of_report,
        lambda **named: _("Un signalement attend : « %(title)s ».", **named),
    ),
    _becomes_of_mine(
        "decision_provisional",
        _l("Ce que j’ai écrit est masqué en attendant une lecture"),
        lambda **named: _("Votre %(noun)s %(where)s est masqué, le temps qu’un modérateur le lise.", **named),
        mail="moderation/mail/provisional",
    ),
    _becomes_of_mine(
        "decision_hidden",
        _l("Une décision sur ce que j’ai écrit"),
        lambda **named: _("Votre %(noun)s %(where)s est masqué. Les motifs vous sont exposés.", **named),
        mail="moderation/mail/statement",
        urgent=True,
    ),
    News(
        "decision_taken",
        _l("Une décision sur ce que j’ai écrit"),
        _taken,
        _author_of_decision,
        mail="moderation/mail/statement",
        urgent=True,
        is_chosen=False,
    ),
    News(
        "decision_restored",
        _l("Ce que j’ai écrit est de nouveau visible"),
        _restored,
        _author_of_decision,
        mail="moderation/mail/restored",
        is_chosen=False,
    ),
    News(
        "desk_handed",
        label=_l("Un cas que l’on me confie"),
        recipients=_successor,
        sentence=lambda t: _("%(who)s vous confie « %(title)s ».", who=t.who, title=t.title),
        mail="moderation/mail/handed",
        urgent=True,
        order=71,
        concerns=_moderates,
    ),
    News(
        "report_decided",
        label=_l("Une décision sur ce que j’ai signalé"),
        recipients=_reporters_of_decision,
        sentence=lambda t: _(
            "Une décision est prise sur votre signalement %(receipt)s.", receipt=t.detail.get("receipt", "")
        ),
        url=lambda t: f"/signalement/{t.detail.get('receipt', '')}",
        mail="moderation/mail/decided",
        # The reporter is told of the outcome without being shown the decision.
        checks_rights=False,
        is_chosen=False,
    ),
    _awaits(
        "appeal_added",
        _l("Un recours attend dans un lieu que je modère"),
        _moderators_of_appeal,
        lambda **named: _("Un recours attend : « %(title)s ».", **named),
    ),
    News(
        "appeal_answered",
        label=_l("Une réponse à mon recours"),
        recipients=_author_of_appeal,
        sentence=lambda t: _("Votre recours sur « %(title)s » a une réponse.", title=t.title),
        url=lambda t: f"/decisions/{t.detail.get('decision', 0)}",
        mail="moderation/mail/appeal_answered",
        is_chosen=False,
    ),
)
