"""Reports, decisions and appeals as things, and what people are told of them.

The author of what was reported learns neither who reported nor who decided: those duties carry no actor.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import select

from app.communities.access import access_of
from app.core import news, things
from app.core.duties import Duty
from app.core.news import News, Recipient, Told
from app.core.things import Description
from app.extensions import db
from app.moderation import permissions, queries, statements
from app.moderation.models import Appeal, Decision, Report
from app.moderation.registry import adapter_of, place_in_words


def register() -> None:
    """Make reports, decisions and appeals known to the lower layers."""
    things.register("report", visible_ids=visible_report_ids, describe=describe_reports)
    things.register("decision", visible_ids=visible_decision_ids, describe=describe_decisions)
    things.register("appeal", visible_ids=visible_appeal_ids, describe=describe_appeals)
    news.register(*NEWS)


def visible_report_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Reports that the person made or may decide."""
    access = access_of(user)
    rows = db.session.execute(select(Report).where(Report.id.in_(ids))).scalars()
    return {
        report.id
        for report in rows
        if permissions.can_see_report(
            access,
            level_node_id=report.level_node_id,
            author_id=report.author_id,
            company_ids=queries.companies_of(report.author_id, report.author_company_id),
            reporter_id=report.reporter_id,
        )
    }


def visible_decision_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Decisions about what the person wrote, or in a place they moderate."""
    access = access_of(user)
    rows = db.session.execute(select(Decision).where(Decision.id.in_(ids))).scalars()
    return {
        decision.id
        for decision in rows
        if permissions.can_see_decision(
            access, decision, queries.companies_of(decision.author_id, decision.author_company_id)
        )
    }


def visible_appeal_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Appeals that the person made or may answer."""
    access = access_of(user)
    rows = db.session.execute(
        select(Appeal, Decision).join(Decision, Decision.id == Appeal.decision_id).where(Appeal.id.in_(ids))
    )
    return {
        appeal.id
        for appeal, decision in rows
        if appeal.author_id == user.id
        or permissions.can_answer_appeal(
            access,
            appeal,
            decision,
            queries.companies_of(decision.author_id, decision.author_company_id),
        )
    }


def describe_reports(ids: Collection[int]) -> dict[int, Description]:
    """Reports, named by what they are about."""
    rows = list(db.session.execute(select(Report).where(Report.id.in_(ids))).scalars())
    about = queries.descriptions_of([(row.object_type, row.object_id) for row in rows])
    return {
        row.id: Description(
            title=_title(about, row.object_type, row.object_id) or row.address,
            url=f"/moderation/cas/{row.id}",
            node_id=row.node_id,
            text=row.details,
        )
        for row in rows
    }


def describe_decisions(ids: Collection[int]) -> dict[int, Description]:
    """Decisions, named by what they are about, with their statement."""
    rows = list(db.session.execute(select(Decision).where(Decision.id.in_(ids))).scalars())
    about = queries.descriptions_of([(row.object_type, row.object_id) for row in rows])
    return {
        row.id: Description(
            title=_title(about, row.object_type, row.object_id),
            url=f"/decisions/{row.id}",
            node_id=row.node_id,
            author_id=row.author_id,
            text=row.facts,
        )
        for row in rows
    }


def describe_appeals(ids: Collection[int]) -> dict[int, Description]:
    """Appeals, named by what the decision was about."""
    rows = list(
        db.session.execute(
            select(Appeal, Decision)
            .join(Decision, Decision.id == Appeal.decision_id)
            .where(Appeal.id.in_(ids))
        )
    )
    about = queries.descriptions_of([(decision.object_type, decision.object_id) for _a, decision in rows])
    return {
        appeal.id: Description(
            title=_title(about, decision.object_type, decision.object_id),
            url=f"/moderation/recours/{appeal.id}",
            node_id=decision.node_id,
            text=appeal.text,
        )
        for appeal, decision in rows
    }


def statement_text(decision_id: int) -> str:
    """The statement of reasons of a decision, for its mail."""
    statement = queries.statement_of(decision_id)
    return statement.text if statement is not None else ""


def statement_html(decision_id: int) -> Markup:
    """The same, as paragraphs."""
    return statements.as_html(statement_text(decision_id))


def _named(told: Told) -> dict[str, str]:
    """What the decision was about, in the words of its author."""
    decision = db.session.get_one(Decision, told.object_id)
    return {
        "noun": str(adapter_of(decision.object_type).noun),
        "where": place_in_words(decision.object_type, told.title),
    }


def _moderates(user: Any) -> bool:
    return permissions.can_moderate(access_of(user))


def _title(about: dict[tuple[str, int], Description], object_type: str | None, object_id: int | None) -> str:
    description = about.get((object_type or "", object_id or 0))
    if description is not None:
        return description.title
    return str(adapter_of(object_type).noun)


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


NEWS = (
    News(
        "report_added",
        label=_l("Un signalement attend dans un lieu que je modère"),
        recipients=_moderators_of_report,
        sentence=lambda t: _("Un signalement attend : « %(title)s ».", title=t.title),
        mail="moderation/mail/report_added",
        urgent=True,
        order=70,
        concerns=_moderates,
    ),
    News(
        "decision_provisional",
        label=_l("Ce que j’ai écrit est masqué en attendant une lecture"),
        recipients=_author_of_decision,
        sentence=lambda t: _(
            "Votre %(noun)s %(where)s est masqué, le temps qu’un modérateur le lise.", **_named(t)
        ),
        mail="moderation/mail/provisional",
        is_chosen=False,
    ),
    News(
        "decision_hidden",
        label=_l("Une décision sur ce que j’ai écrit"),
        recipients=_author_of_decision,
        sentence=lambda t: _(
            "Votre %(noun)s %(where)s est masqué. Les motifs vous sont exposés.", **_named(t)
        ),
        mail="moderation/mail/statement",
        urgent=True,
        is_chosen=False,
    ),
    News(
        "decision_restored",
        label=_l("Ce que j’ai écrit est de nouveau visible"),
        recipients=_author_of_decision,
        sentence=lambda t: _("Votre %(noun)s %(where)s est de nouveau visible.", **_named(t)),
        mail="moderation/mail/restored",
        is_chosen=False,
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
    News(
        "appeal_added",
        label=_l("Un recours attend dans un lieu que je modère"),
        recipients=_moderators_of_appeal,
        sentence=lambda t: _("Un recours attend : « %(title)s ».", title=t.title),
        mail="moderation/mail/report_added",
        urgent=True,
        order=70,
        concerns=_moderates,
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
