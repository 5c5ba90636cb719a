"""What moderation itself puts on the desk: reports, appeals, firms and newcomers who ask in."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.communities.queries import asking_in
from app.core.shell import Count
from app.moderation import queries, waiting
from app.moderation.vocabulary import REASON_LABELS, URGENT_REASONS
from app.moderation.waiting import Waiting


def register() -> None:
    """Make these kinds known to the desk."""
    waiting.register(
        "report",
        label=_l("Signalements"),
        icon="flag",
        order=10,
        pending=queries.cases_pending,
        items=_cases,
    )
    waiting.register(
        "appeal",
        label=_l("Recours"),
        icon="scale",
        order=20,
        pending=queries.appeals_pending,
        items=_appeals,
    )
    waiting.register(
        "membership",
        label=_l("Entreprises qui demandent"),
        icon="building",
        order=30,
        pending=lambda access: Count(asking_in.firms_number(), asking_in.asked(access)),
        items=_firms,
    )
    waiting.register(
        "join_request",
        label=_l("Collègues sans référent"),
        icon="user",
        order=40,
        pending=lambda access: Count(asking_in.newcomers_number(), asking_in.asked(access)),
        items=_newcomers,
    )


def _cases(user: Any) -> list[Waiting]:
    return [
        Waiting(
            kind="report",
            id=case.id,
            title=_("%(reason)s : %(title)s", reason=REASON_LABELS[case.reason], title=case.title),
            url=f"/moderation/cas/{case.id}",
            node_id=case.first.level_node_id if case.first.node_id is None else case.first.node_id,
            since=case.first.created_at,
            urgent=case.reason in URGENT_REASONS,
            text=case.first.details,
            taken_by_id=case.taken_by_id,
        )
        for case in queries.queue(user)
    ]


def _appeals(user: Any) -> list[Waiting]:
    appeals = queries.appeals_for(user)
    about = queries.descriptions_of([(decision.object_type, decision.object_id) for _a, decision in appeals])
    return [
        Waiting(
            kind="appeal",
            id=appeal.id,
            title=described.title
            if (described := about.get((decision.object_type or "", decision.object_id or 0)))
            else _("Contenu"),
            url=f"/moderation/recours/{appeal.id}",
            node_id=decision.node_id,
            since=appeal.at,
            text=appeal.text,
        )
        for appeal, decision in appeals
    ]


def _firms(user: Any) -> list[Waiting]:
    return [
        Waiting(
            kind="membership",
            id=row.id,
            title=row.name,
            url=f"/communautes/{row.slug}/admissions?demande={row.id}",
            node_id=row.node_id,
            since=row.requested_at,
            text=row.message or row.town,
        )
        for row in asking_in.firms_asking(user, waiting.MOST)
    ]


def _newcomers(user: Any) -> list[Waiting]:
    return [
        Waiting(
            kind="join_request",
            id=row.id,
            title=f"{row.given_name} {row.family_name}".strip(),
            url=f"/demandes-de-collegues/{row.id}",
            node_id=row.node_id,
            since=row.asked_at,
            text=row.name,
        )
        for row in asking_in.newcomers_asking(user, waiting.MOST)
    ]
