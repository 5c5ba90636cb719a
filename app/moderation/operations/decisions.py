"""Deciding: do nothing, hide with a statement of reasons, show again."""

from __future__ import annotations

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import update

from app.accounts.models import User
from app.communities.access import access_of
from app.core import audit, post
from app.core.duties import owe
from app.core.errors import Refusal, require
from app.core.time import clock
from app.extensions import db
from app.moderation import broadcasts, permissions, queries, statements
from app.moderation.models import Decision, Report, StatementOfReasons, subject_of
from app.moderation.operations.cases import decided_meanwhile, require_decides
from app.moderation.operations.provisional import free_places
from app.moderation.queries import Case
from app.moderation.registry import adapter_of, is_hidden
from app.moderation.statements import Outline
from app.moderation.vocabulary import GROUND_LABELS
from app.notifications.letters import absolute


def decide(
    moderator: User,
    case: Case,
    *,
    measure: str,
    ground: str = "",
    ground_detail: str = "",
    facts: str = "",
    statement: str | Outline = "",
) -> Decision:
    """Decide a case: do nothing, or hide with a ground, facts and a statement of reasons for the author.

    A `statement` that nobody edited comes as its outline, and leaves in the language of whoever gets it. Every open
    report about the thing is decided with it. Of two moderators deciding at once, the second is refused: the UPDATE that
    closes the reports says who was first.
    """
    require_decides(moderator, case)
    report = case.first
    adapter = adapter_of(report.object_type)
    was_hidden = is_hidden(report.object_type, report.object_id)
    if measure not in ("none", "hide"):
        raise Refusal(_("Choisissez une décision."), field="measure")
    if measure == "hide":
        _require_grounds(ground, ground_detail, facts, statement)
        if report.object_id is None or adapter.hide is None:
            raise Refusal(_("Ce contenu ne peut pas être masqué d’ici."), field="measure")
    at_once = queries.provisional_hiding_of(report) if was_hidden else None
    decision = _keep_decision(moderator, case, measure, ground, ground_detail, facts)
    if measure == "hide":
        assert report.object_id is not None
        act = adapter.confirm if at_once is not None else None if was_hidden else adapter.hide
        if act is not None:
            act(report.object_id, decision)
        _send_statement(decision, statement)
        owe("decision_hidden", "decision", decision.id)
    elif at_once is not None:
        assert adapter.restore is not None and report.object_id is not None
        adapter.restore(report.object_id, at_once)
        owe("decision_restored", "decision", decision.id)
    _answer_reporters(case, decision, moderator)
    return decision


def restore(moderator: User, decision: Decision, *, facts: str) -> Decision:
    """Show again what a decision hid, saying why; the author is told."""
    companies = queries.companies_of(decision.author_id, decision.author_company_id)
    require(permissions.can_restore(access_of(moderator), decision, companies))
    if not facts.strip():
        raise Refusal(_("Dites pourquoi ce contenu est rétabli."), field="facts")
    return show_again(moderator, decision, facts)


def show_again(moderator: User, decision: Decision, facts: str, *, is_told: bool = True) -> Decision:
    """Undo a hiding, whoever asked for it; the author is told, unless they learn it otherwise."""
    adapter = adapter_of(decision.object_type)
    restored = Decision(
        **subject_of(decision),
        measure="restore",
        reason=decision.reason,
        facts=facts.strip(),
        decided_by_id=moderator.id,
        report_id=decision.report_id,
        at=clock.now(),
    )
    db.session.add(restored)
    db.session.flush()
    if adapter.restore is not None and decision.object_id is not None:
        adapter.restore(decision.object_id, decision)
    if decision.report_id is not None:
        free_places([decision.report_id])
    if is_told:
        owe("decision_restored", "decision", restored.id)
    audit.record(
        moderator, "restored", decision.object_type or "", decision.object_id or 0, node_id=decision.node_id
    )
    return restored


def _require_grounds(ground: str, ground_detail: str, facts: str, statement: str | Outline) -> None:
    if ground not in GROUND_LABELS:
        raise Refusal(_("Choisissez le fondement de la décision."), field="ground")
    if ground == "law" and not ground_detail.strip():
        raise Refusal(_("Précisez l’article de loi."), field="ground_detail")
    if not facts.strip():
        raise Refusal(_("Dites les faits en une phrase : son auteur doit comprendre."), field="facts")
    if isinstance(statement, str) and not statement.strip():
        raise Refusal(_("L’exposé des motifs est vide."), field="statement")


def _keep_decision(
    moderator: User, case: Case, measure: str, ground: str, ground_detail: str, facts: str
) -> Decision:
    report = case.first
    closed = list(
        db.session.execute(
            update(Report)
            .where(queries.same_thing(report), Report.state != "decided")
            .values(state="decided", version=Report.version + 1)
            .returning(Report.id)
            .execution_options(synchronize_session=False)
        ).scalars()
    )
    if not set(closed) & {one.id for one in case.reports}:
        raise decided_meanwhile()
    decision = Decision(
        **subject_of(report),
        measure=measure,
        reason=case.reason,
        ground=ground if measure == "hide" else "",
        ground_detail=ground_detail.strip() if measure == "hide" else "",
        facts=facts.strip(),
        decided_by_id=moderator.id,
        report_id=report.id,
        at=clock.now(),
    )
    db.session.add(decision)
    db.session.flush()
    db.session.execute(
        update(Report)
        .where(Report.id.in_(closed))
        .values(decision_id=decision.id)
        .execution_options(synchronize_session=False)
    )
    free_places(closed)
    broadcasts.tell_moderators(report.level_node_id, "report.decided", case.id)
    audit.record(
        moderator,
        "decided",
        "decision",
        decision.id,
        node_id=report.node_id,
        measure=measure,
        ground=decision.ground,
        reports=closed,
    )
    return decision


def _send_statement(decision: Decision, statement: str | Outline) -> None:
    if decision.author_id is None and decision.author_company_id is None:
        return
    locale = queries.language_of(decision)
    with force_locale(locale):
        text = statements.as_sent(statement, decision.id, decision.at)
    db.session.add(
        StatementOfReasons(
            decision_id=decision.id,
            recipient_id=decision.author_id,
            text=text,
            locale=locale,
            outline=statement.kept() if isinstance(statement, Outline) else None,
            at=decision.at,
        )
    )
    db.session.flush()


def _answer_reporters(case: Case, decision: Decision, moderator: User) -> None:
    owe("report_decided", "decision", decision.id)
    for report in case.reports:
        if report.reporter_id is None and report.reporter_email:
            # Somebody without an account: in the language of the place, not in that of whoever decides.
            with force_locale("fr"):
                post.send(
                    address=report.reporter_email,
                    kind="report_outcome",
                    subject=_("Votre signalement %(receipt)s : décision prise", receipt=report.receipt),
                    template="moderation/mail/outcome",
                    context={
                        "receipt": report.receipt,
                        "is_hidden": decision.measure == "hide",
                        "url": absolute(f"/signalement/{report.receipt}"),
                        "contact": current_app.config["ABUSE_CONTACT"],
                    },
                )
