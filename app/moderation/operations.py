"""What happens to a report, in the words of those who moderate: report, take, hand over, decide, restore, appeal."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import and_, delete, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.models import User
from app.communities.access import access_of
from app.core import audit, idempotency, journal, post, things
from app.core.database import upsert
from app.core.duties import owe
from app.core.errors import NotFound, Refusal, require
from app.core.time import clock
from app.extensions import db
from app.moderation import permissions, queries, statements
from app.moderation.models import (
    HIDDEN_AT_ONCE,
    Appeal,
    Decision,
    ProvisionalHiding,
    Report,
    StatementOfReasons,
)
from app.moderation.queries import Case
from app.moderation.registry import adapter_of
from app.moderation.vocabulary import GROUND_LABELS, REASON_LABELS, URGENT_REASONS
from app.notifications.letters import absolute

RECEIPT_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
TEXT_KEPT = 20_000
VISITOR = "visitor"
"""Who sends a form without an account: its request id, drawn by us at random, is known to nobody else."""


@dataclass(frozen=True)
class Notice:
    """What somebody says when they report."""

    reason: str
    details: str = ""
    name: str = ""
    email: str = ""
    good_faith: bool = False


def report_thing(
    reporter: User, object_type: str, object_id: int, notice: Notice, *, request_id: str | None = None
) -> Report:
    """Report something the person sees; sent twice with the same request id, it returns the first report.

    Reported again while it waits, it is one report, which says more. A sensitive exchange between competitors is hidden
    at once, until a moderator has looked: three things at most for one person, and nothing of those who moderate there.
    """
    if request_id is None:
        return _report_thing(reporter, object_type, object_id, notice)
    sender = idempotency.sender_of(reporter.id)
    hashed = idempotency.content_hash(object_type, object_id, notice)
    made = idempotency.already_made(sender, request_id, hashed, "report")
    if made is not None:
        return db.session.get_one(Report, made)
    report = _report_thing(reporter, object_type, object_id, notice)
    idempotency.remember(sender, request_id, hashed, "report", report.id)
    return report


def _report_thing(reporter: User, object_type: str, object_id: int, notice: Notice) -> Report:
    if not things.is_visible(reporter, object_type, object_id):
        raise NotFound
    description = things.describe_one(object_type, object_id)
    if description is None:
        raise NotFound
    if description.author_id == reporter.id:
        raise Refusal(_("Vous avez écrit ceci : vous pouvez le modifier ou le supprimer vous-même."))
    known = queries.open_report_of(reporter.id, object_type, object_id)
    if known is not None:
        _say_more(known, notice, reporter)
        return known
    report = _open(notice, reporter=reporter, object_type=object_type, object_id=object_id)
    if notice.reason == "competition":
        _hide_at_once(report)
    _announce(report, reporter.email, reporter.id)
    return report


def report_address(
    address: str,
    notice: Notice,
    *,
    found: tuple[str, int] | None,
    request_id: str | None = None,
    sender: User | None = None,
) -> Report:
    """Report content by its address, without an account. `found` is the thing of ours that the address points at.

    Sent twice with the same request id, it returns the first report. A `sender` is signed in, which the report itself
    does not say.
    """
    if request_id is None:
        return _report_address(address, notice, found)
    who = idempotency.sender_of(sender.id) if sender is not None else VISITOR
    hashed = idempotency.content_hash(address, notice)
    made = idempotency.already_made(who, request_id, hashed, "report")
    if made is not None:
        return db.session.get_one(Report, made)
    report = _report_address(address, notice, found)
    idempotency.remember(who, request_id, hashed, "report", report.id)
    return report


def _report_address(address: str, notice: Notice, found: tuple[str, int] | None) -> Report:
    object_type, object_id = found or (None, None)
    report = _open(notice, address=address, object_type=object_type, object_id=object_id)
    _announce(report, notice.email or None, None)
    return report


def take(moderator: User, case: Case) -> None:
    """Say « I look after this », so that two people do not."""
    _require_decides(moderator, case)
    _change(case, state="taken", taken_by_id=moderator.id, taken_at=clock.now())
    audit.record(moderator, "took_report", "report", case.id, node_id=case.first.level_node_id)


def put_back(moderator: User, case: Case) -> None:
    """Leave the case to the others of the level."""
    _require_decides(moderator, case)
    _change(case, state="open", taken_by_id=None, taken_at=None)
    audit.record(moderator, "put_back_report", "report", case.id, node_id=case.first.level_node_id)


def hand_up(moderator: User, case: Case) -> None:
    """Hand the case to the level above, whose moderators are told."""
    _require_decides(moderator, case)
    level = queries.level_above(case.first.level_node_id)
    if level is None or level == case.first.level_node_id:
        raise Refusal(
            _("Il n’y a pas de niveau au-dessus : une autre personne de l’équipe nationale peut décider.")
        )
    _change(case, state="open", taken_by_id=None, taken_at=None, level_node_id=level)
    owe("report_added", "report", case.id, moderator.id, handed_up=True, level=level)
    audit.record(moderator, "handed_up_report", "report", case.id, node_id=level)


def decide(
    moderator: User,
    case: Case,
    *,
    measure: str,
    ground: str = "",
    ground_detail: str = "",
    facts: str = "",
    statement: str = "",
) -> Decision:
    """Decide a case: do nothing, or hide with a ground, facts and a statement of reasons for the author.

    Every open report about the thing is decided with it. Of two moderators deciding at once, the second is refused: the
    UPDATE that closes the reports says who was first.
    """
    _require_decides(moderator, case)
    report = case.first
    adapter = adapter_of(report.object_type)
    is_hidden = _is_hidden(report)
    if measure not in ("none", "hide"):
        raise Refusal(_("Choisissez une décision."), field="measure")
    if measure == "hide":
        _require_grounds(ground, ground_detail, facts, statement)
        if report.object_id is None or adapter.hide is None:
            raise Refusal(_("Ce contenu ne peut pas être masqué d’ici."), field="measure")
    at_once = _provisional_hiding(report) if is_hidden else None
    decision = _keep_decision(moderator, case, measure, ground, ground_detail, facts)
    if measure == "hide":
        act = adapter.confirm if at_once is not None else None if is_hidden else adapter.hide
        assert report.object_id is not None
        if act is not None:
            act(report.object_id, decision)
    elif measure == "none" and at_once is not None:
        assert adapter.restore is not None
        assert report.object_id is not None
        adapter.restore(report.object_id, at_once)
    if measure == "hide":
        _send_statement(decision, statement)
        owe("decision_hidden", "decision", decision.id)
    elif at_once is not None:
        owe("decision_restored", "decision", decision.id)
    _answer_reporters(case, decision, moderator)
    return decision


def restore(moderator: User, decision: Decision, *, facts: str) -> Decision:
    """Show again what a decision hid, saying why; the author is told."""
    companies = queries.companies_of(decision.author_id, decision.author_company_id)
    require(permissions.can_restore(access_of(moderator), decision, companies))
    if not facts.strip():
        raise Refusal(_("Dites pourquoi ce contenu est rétabli."), field="facts")
    return _restore(moderator, decision, facts)


def appeal(author: User, decision: Decision, *, text: str) -> Appeal:
    """Contest a decision about what one wrote: once, within six months. It goes one level up, to somebody else."""
    known = queries.appeal_of(decision.id)
    if not permissions.can_appeal(
        access_of(author), decision, has_appealed=known is not None, now=clock.now()
    ):
        raise Refusal(_("Cette décision ne peut pas, ou ne peut plus, être contestée."))
    if not text.strip():
        raise Refusal(_("Dites en quelques mots pourquoi vous contestez."), field="text")
    made = Appeal(
        decision_id=decision.id,
        author_id=author.id,
        text=text.strip(),
        level_node_id=queries.level_above(decision.level_node_id),
        at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    owe("appeal_added", "appeal", made.id, author.id)
    _tell_moderators(made.level_node_id, "report.added", made.id)
    audit.record(author, "appealed", "decision", decision.id, node_id=made.level_node_id)
    return made


def answer_appeal(moderator: User, made: Appeal, *, upheld: bool, answer: str) -> None:
    """Answer an appeal, never one's own decision. Upheld, what was hidden is shown again."""
    decision = db.session.get_one(Decision, made.decision_id)
    companies = queries.companies_of(decision.author_id, decision.author_company_id)
    require(permissions.can_answer_appeal(access_of(moderator), made, decision, companies))
    if not answer.strip():
        raise Refusal(_("Répondez en quelques mots à la personne."), field="answer")
    first = db.session.execute(
        update(Appeal)
        .where(Appeal.id == made.id, Appeal.decided_at.is_(None))
        .values(upheld=upheld, answer=answer.strip(), decided_by_id=moderator.id, decided_at=clock.now())
        .returning(Appeal.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if first is None:
        raise Refusal(_("Une réponse vient d’être donnée à ce recours."), status=409)
    db.session.refresh(made)
    if upheld:
        _restore(moderator, decision, answer, is_told=False)
    owe("appeal_answered", "appeal", made.id)
    _tell_moderators(made.level_node_id, "report.decided", made.id)
    audit.record(moderator, "answered_appeal", "appeal", made.id, node_id=made.level_node_id, upheld=upheld)


def _open(
    notice: Notice,
    *,
    reporter: User | None = None,
    address: str = "",
    object_type: str | None = None,
    object_id: int | None = None,
) -> Report:
    description = None
    if object_type is not None and object_id is not None:
        description = things.describe_one(object_type, object_id)
    author_id = description.author_id if description is not None else None
    company_id = description.company_id if description is not None else None
    node_id = description.node_id if description is not None else None
    report = Report(
        receipt="".join(secrets.choice(RECEIPT_ALPHABET) for _i in range(10)),
        object_type=object_type,
        object_id=object_id,
        address=address,
        object_text=(description.text if description is not None else "")[:TEXT_KEPT],
        node_id=node_id,
        level_node_id=queries.level_for(node_id or queries.root_id(), author_id, company_id),
        author_id=author_id,
        author_company_id=company_id,
        reporter_id=reporter.id if reporter is not None else None,
        reporter_name=notice.name,
        reporter_email=notice.email,
        reason=notice.reason,
        details=notice.details,
        good_faith=notice.good_faith,
        state="open",
        created_at=clock.now(),
    )
    db.session.add(report)
    try:
        db.session.flush()
    except IntegrityError:
        # The same person reported the same thing a moment ago, in another tab.
        raise Refusal(_("Vous avez déjà signalé ceci. Un modérateur va le lire."), status=409) from None
    return report


def _say_more(report: Report, notice: Notice, reporter: User) -> None:
    """Add to a report that waits what its author says besides; the more pressing reason counts."""
    words = (
        f"{REASON_LABELS[notice.reason]} : {notice.details}"
        if notice.details
        else str(REASON_LABELS[notice.reason])
    )
    if notice.reason == report.reason and (not notice.details or notice.details in report.details):
        return
    report.details = "\n\n".join(part for part in (report.details, words) if part)[:TEXT_KEPT]
    if notice.reason in URGENT_REASONS and report.reason not in URGENT_REASONS:
        report.reason = notice.reason
    report.version += 1
    if notice.reason == "competition":
        _hide_at_once(report)
    _tell_moderators(report.level_node_id, "report.changed", report.id)
    audit.record(
        reporter, "completed_report", "report", report.id, node_id=report.node_id, reason=notice.reason
    )


def _announce(report: Report, email: str | None, user_id: int | None) -> None:
    _tell_moderators(report.level_node_id, "report.added", report.id)
    owe("report_added", "report", report.id, report.reporter_id)
    reporter = db.session.get(User, user_id) if user_id is not None else None
    audit.record(reporter, "reported", "report", report.id, node_id=report.node_id, reason=report.reason)
    if email:
        post.send(
            address=email,
            kind="report_receipt",
            subject=_("Votre signalement %(receipt)s est reçu", receipt=report.receipt),
            template="moderation/mail/receipt",
            context={
                "receipt": report.receipt,
                "reason": REASON_LABELS[report.reason],
                "url": absolute(f"/signalement/{report.receipt}"),
                "at": report.created_at,
            },
            user_id=user_id,
        )


def _hide_at_once(report: Report) -> None:
    adapter = adapter_of(report.object_type)
    if adapter.hide is None or report.object_id is None or _is_hidden(report):
        return
    if not report.object_text.strip():
        # A person or a firm that says nothing of itself: the report stands, there is nothing to hide.
        return
    if queries.moderates_at(report.author_id, report.node_id) or not _take_place(report):
        return
    decision = Decision(
        object_type=report.object_type,
        object_id=report.object_id,
        node_id=report.node_id,
        level_node_id=report.level_node_id,
        measure="hide",
        provisional=True,
        reason=report.reason,
        author_id=report.author_id,
        author_company_id=report.author_company_id,
        report_id=report.id,
        at=clock.now(),
    )
    db.session.add(decision)
    db.session.flush()
    adapter.hide(report.object_id, decision)
    owe("decision_provisional", "decision", decision.id)
    audit.record(
        None, "hid_provisionally", report.object_type or "", report.object_id, node_id=report.node_id
    )


def _take_place(report: Report) -> bool:
    """Keep one of the reporter's places for this hiding; whether one was free."""
    if report.reporter_id is None:
        return False
    held = select(ProvisionalHiding.place).where(ProvisionalHiding.report_id == report.id)
    if db.session.execute(held).first() is not None:
        return True
    return any(
        upsert(
            ProvisionalHiding,
            {"reporter_id": report.reporter_id, "place": place},
            {"report_id": report.id},
            keep=True,
        )
        for place in range(1, HIDDEN_AT_ONCE + 1)
    )


def _free_places(report_ids: Collection[int]) -> None:
    db.session.execute(
        delete(ProvisionalHiding)
        .where(ProvisionalHiding.report_id.in_(report_ids))
        .execution_options(synchronize_session=False)
    )


def _require_decides(moderator: User, case: Case) -> None:
    report = case.first
    companies = queries.companies_of(report.author_id, report.author_company_id)
    require(
        all(
            permissions.can_decide(access_of(moderator), one.level_node_id, one.author_id, companies)
            for one in case.reports
        )
    )


def _require_grounds(ground: str, ground_detail: str, facts: str, statement: str) -> None:
    if ground not in GROUND_LABELS:
        raise Refusal(_("Choisissez le fondement de la décision."), field="ground")
    if ground == "law" and not ground_detail.strip():
        raise Refusal(_("Précisez l’article de loi."), field="ground_detail")
    if not facts.strip():
        raise Refusal(_("Dites les faits en une phrase : son auteur doit comprendre."), field="facts")
    if not statement.strip():
        raise Refusal(_("L’exposé des motifs est vide."), field="statement")


def _change(case: Case, **values: Any) -> None:
    """Change every open report of the case, unless somebody decided it meanwhile."""
    changed = db.session.execute(
        update(Report)
        .where(Report.id.in_([report.id for report in case.reports]), Report.state != "decided")
        .values(version=Report.version + 1, **values)
        .returning(Report.id)
        .execution_options(synchronize_session=False)
    ).scalars()
    if not list(changed):
        raise _decided_meanwhile()
    level = values.get("level_node_id")
    _tell_moderators(case.first.level_node_id, "report.changed", case.id)
    if level is not None and level not in {report.level_node_id for report in case.reports}:
        _tell_moderators(level, "report.added", case.id)
    for report in case.reports:
        db.session.refresh(report)


def _keep_decision(
    moderator: User, case: Case, measure: str, ground: str, ground_detail: str, facts: str
) -> Decision:
    report = case.first
    same = Report.id == report.id
    if report.object_id is not None:
        same = and_(Report.object_type == report.object_type, Report.object_id == report.object_id)
    closed = list(
        db.session.execute(
            update(Report)
            .where(same, Report.state != "decided")
            .values(state="decided", version=Report.version + 1)
            .returning(Report.id)
            .execution_options(synchronize_session=False)
        ).scalars()
    )
    if not set(closed) & {one.id for one in case.reports}:
        raise _decided_meanwhile()
    decision = Decision(
        object_type=report.object_type,
        object_id=report.object_id,
        node_id=report.node_id,
        level_node_id=report.level_node_id,
        measure=measure,
        reason=case.reason,
        ground=ground if measure == "hide" else "",
        ground_detail=ground_detail.strip() if measure == "hide" else "",
        facts=facts.strip(),
        author_id=report.author_id,
        author_company_id=report.author_company_id,
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
    _free_places(closed)
    _tell_moderators(report.level_node_id, "report.decided", case.id)
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


def _send_statement(decision: Decision, text: str) -> None:
    if decision.author_id is None and decision.author_company_id is None:
        return
    address = absolute(f"/recours/{decision.id}")
    db.session.add(
        StatementOfReasons(
            decision_id=decision.id,
            recipient_id=decision.author_id,
            text=statements.with_appeal_address(text, address),
            at=clock.now(),
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


def _restore(moderator: User, decision: Decision, facts: str, *, is_told: bool = True) -> Decision:
    adapter = adapter_of(decision.object_type)
    restored = Decision(
        object_type=decision.object_type,
        object_id=decision.object_id,
        node_id=decision.node_id,
        level_node_id=decision.level_node_id,
        measure="restore",
        reason=decision.reason,
        facts=facts.strip(),
        author_id=decision.author_id,
        author_company_id=decision.author_company_id,
        decided_by_id=moderator.id,
        report_id=decision.report_id,
        at=clock.now(),
    )
    db.session.add(restored)
    db.session.flush()
    if adapter.restore is not None and decision.object_id is not None:
        adapter.restore(decision.object_id, decision)
    if decision.report_id is not None:
        _free_places([decision.report_id])
    if is_told:
        owe("decision_restored", "decision", restored.id)
    audit.record(
        moderator, "restored", decision.object_type or "", decision.object_id or 0, node_id=decision.node_id
    )
    return restored


def _is_hidden(report: Report) -> bool:
    adapter = adapter_of(report.object_type)
    if adapter.is_hidden is None or report.object_id is None:
        return False
    return adapter.is_hidden(report.object_id)


def _provisional_hiding(report: Report) -> Decision | None:
    """The last decision about the thing, when it is a hiding that nobody has confirmed."""
    last = (
        db.session.execute(
            select(Decision)
            .where(Decision.object_type == report.object_type, Decision.object_id == report.object_id)
            .order_by(Decision.id.desc())
            .limit(1)
        )
        .scalars()
        .first()
    )
    return last if last is not None and last.provisional else None


def _tell_moderators(level_node_id: int | None, kind: str, report_id: int) -> None:
    # Without an actor: a moderator in conflict listens too, and must not learn who reported.
    for scope_id in queries.scopes_above(level_node_id):
        journal.record(scope_id, kind, "report", report_id)


def _decided_meanwhile() -> Refusal:
    return Refusal(_("Une autre personne vient de décider de ce cas."), status=409)
