"""Deciding: what becomes of the thing and of its author, with a statement of reasons; undoing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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
from app.moderation.operations import sanctions
from app.moderation.operations.cases import require_decides
from app.moderation.operations.provisional import free_places
from app.moderation.operations.taking import decided_meanwhile, forget_taking
from app.moderation.queries import Case
from app.moderation.registry import adapter_of, is_hidden
from app.moderation.statements import Outline
from app.moderation.vocabulary import GROUND_LABELS, MEASURE_CHOICES, SANCTION_CHOICES
from app.notifications.letters import absolute


@dataclass(frozen=True)
class Measures:
    """What a moderator chose: a measure for the thing, one for its author, and what each needs."""

    measure: str
    sanction: str = ""
    until: datetime | None = None
    target_id: int | None = None

    @property
    def needs_reasons(self) -> bool:
        return self.measure != "none" or bool(self.sanction)


def decide(
    moderator: User,
    case: Case,
    *,
    measure: str,
    sanction: str = "",
    until: datetime | None = None,
    target_id: int | None = None,
    ground: str = "",
    ground_detail: str = "",
    facts: str = "",
    statement: str | Outline = "",
) -> Decision:
    """Decide a case: nothing, or measures with a ground, facts and a statement of reasons for the author.

    A `statement` that nobody edited comes as its outline, and leaves in the language of whoever gets it. Every open
    report about the thing is decided with it. Of two moderators deciding at once, the second is refused: the UPDATE that
    closes the reports says who was first.
    """
    require_decides(moderator, case)
    chosen = Measures(
        measure,
        sanction,
        until if sanction == "suspend" else None,
        target_id if measure == "move" else None,
    )
    _require_possible(moderator, case, chosen)
    if chosen.needs_reasons:
        _require_grounds(ground, ground_detail, facts, statement)
    report = case.first
    was_hidden = is_hidden(report.object_type, report.object_id)
    at_once = queries.provisional_hiding_of(report) if was_hidden else None
    decision = _keep_decision(moderator, case, chosen, ground, ground_detail, facts)
    _act_on_thing(moderator, decision, at_once, was_hidden=was_hidden)
    if chosen.needs_reasons:
        # Sent before anything is done to the account: a closed one has no address left.
        _send_statement(decision, statement)
        owe(
            "decision_hidden" if measure == "hide" and not sanction else "decision_taken",
            "decision",
            decision.id,
        )
        sanctions.carry_out(moderator, decision)
    elif at_once is not None:
        owe("decision_restored", "decision", decision.id)
    _answer_reporters(case, decision)
    return decision


def restore(moderator: User, decision: Decision, *, facts: str) -> Decision:
    """Undo a decision, saying why; the author is told."""
    companies = queries.companies_of(decision.author_id, decision.author_company_id)
    require(permissions.can_restore(access_of(moderator), decision, companies))
    if queries.is_undone(decision):
        raise Refusal(_("Cette décision est déjà levée."), status=409)
    if not facts.strip():
        raise Refusal(_("Dites pourquoi ce contenu est rétabli."), field="facts")
    return show_again(moderator, decision, facts)


def show_again(moderator: User, decision: Decision, facts: str, *, is_told: bool = True) -> Decision:
    """Undo what a decision did, whoever asked for it; the author is told, unless they learn it otherwise."""
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
    if decision.measure == "hide" and adapter.restore is not None and decision.object_id is not None:
        adapter.restore(decision.object_id, decision)
    if decision.measure == "move" and adapter.move is not None:
        assert decision.object_id is not None and decision.origin_id is not None
        adapter.move(decision.object_id, decision.origin_id, moderator)
    sanctions.undo(moderator, decision)
    if decision.report_id is not None:
        free_places([decision.report_id])
    if is_told:
        owe("decision_restored", "decision", restored.id)
    audit.record(
        moderator, "restored", decision.object_type or "", decision.object_id or 0, node_id=decision.node_id
    )
    return restored


def _require_possible(moderator: User, case: Case, chosen: Measures) -> None:
    if chosen.measure not in MEASURE_CHOICES:
        raise Refusal(_("Choisissez une décision."), field="measure")
    report = case.first
    adapter = adapter_of(report.object_type)
    able = {"hide": adapter.hide, "delete": adapter.delete, "move": adapter.move}
    if chosen.measure != "none" and (report.object_id is None or able[chosen.measure] is None):
        raise Refusal(_("Ce contenu ne peut pas être masqué d’ici."), field="measure")
    if chosen.measure == "move":
        rooms = queries.targets_of(moderator, case)
        if chosen.target_id not in {room.id for room in rooms}:
            raise Refusal(_("Choisissez la salle où il va."), field="target_id")
    if chosen.sanction not in SANCTION_CHOICES:
        raise Refusal(_("Choisissez une décision."), field="sanction")
    if chosen.sanction and chosen.sanction not in queries.sanctions_for(moderator, case):
        raise Refusal(_("Cette mesure ne peut pas être prise ici."), field="sanction")
    if chosen.sanction == "suspend":
        sanctions.require_end(chosen.until)


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
    moderator: User, case: Case, chosen: Measures, ground: str, ground_detail: str, facts: str
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
        measure=chosen.measure,
        sanction=chosen.sanction,
        until=chosen.until,
        origin_id=_origin(report, chosen),
        target_id=chosen.target_id,
        reason=case.reason,
        ground=ground if chosen.needs_reasons else "",
        ground_detail=ground_detail.strip() if chosen.needs_reasons else "",
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
    forget_taking("report", closed)
    broadcasts.tell_moderators(report.level_node_id, "report.decided", case.id)
    audit.record(
        moderator,
        "decided",
        "decision",
        decision.id,
        node_id=report.node_id,
        measure=decision.measure,
        sanction=decision.sanction,
        ground=decision.ground,
        reports=closed,
    )
    return decision


def _origin(report: Report, chosen: Measures) -> int | None:
    """The room that a thing or a person is about to leave."""
    adapter = adapter_of(report.object_type)
    if report.object_id is None or adapter.room_of is None:
        return None
    if chosen.measure != "move" and chosen.sanction != "remove_from_room":
        return None
    room = adapter.room_of(report.object_id)
    return room.id if room is not None else None


def _act_on_thing(moderator: User, decision: Decision, at_once: Decision | None, *, was_hidden: bool) -> None:
    """Do to the thing what was decided; whatever leaves it in sight gives back what a report had hidden at once."""
    adapter, thing_id = adapter_of(decision.object_type), decision.object_id
    if thing_id is None:
        return
    if decision.measure == "hide":
        act = adapter.confirm if at_once is not None else None if was_hidden else adapter.hide
        if act is not None:
            act(thing_id, decision)
    elif decision.measure == "delete":
        assert adapter.delete is not None
        adapter.delete(thing_id, decision)
    else:
        if at_once is not None:
            assert adapter.restore is not None
            adapter.restore(thing_id, at_once)
        if decision.measure == "move":
            assert adapter.move is not None and decision.target_id is not None
            adapter.move(thing_id, decision.target_id, moderator)


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


def _answer_reporters(case: Case, decision: Decision) -> None:
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
                        "measure": decision.measure,
                        "has_effect": permissions.has_effect(decision),
                        "url": absolute(f"/signalement/{report.receipt}"),
                        "contact": current_app.config["ABUSE_CONTACT"],
                    },
                )
