"""One case: what stands around it, who looks after it, and the decision with its statement ready to send."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.communities.access import access_of
from app.core.database import transaction
from app.core.errors import NotFound, Refusal
from app.core.phrases import language
from app.core.shell import current_shell
from app.core.time import clock
from app.moderation import operations, queries, statements
from app.moderation.forms import DecisionForm
from app.moderation.queries import Case, Dossier
from app.moderation.registry import adapter_of
from app.moderation.statements import Outline
from app.moderation.views import bp, moderators
from app.moderation.vocabulary import (
    FACTS_OF_REASON,
    GROUND_LABELS,
    GROUND_OF_REASON,
    GROUND_SENTENCES,
    LANGUAGES,
    REASON_LABELS,
)


@bp.get("/moderation/cas/<int:report_id>")
@moderators
def show_case(report_id: int) -> ResponseReturnValue:
    """One case, what stands around it, and the decision with its statement ready to send."""
    # The frame's numbers are read before the case, so that nothing falls between.
    current_shell()
    case = queries.case_for(current_user, report_id)
    if case is None:
        return _already_decided(report_id)
    dossier = queries.dossier_of(current_user, case)
    return _case_page(case, dossier, _decision_form(case, dossier))


@bp.post("/moderation/cas/<int:report_id>/prise")
@moderators
def take_case(report_id: int) -> ResponseReturnValue:
    """« Je m’en occupe »."""
    with transaction():
        operations.take(current_user, _case(report_id))
    return redirect(url_for(".show_case", report_id=report_id))


@bp.post("/moderation/cas/<int:report_id>/remise")
@moderators
def put_case_back(report_id: int) -> ResponseReturnValue:
    """Leave the case to the others."""
    with transaction():
        operations.put_back(current_user, _case(report_id))
    return redirect(url_for(".list_cases"))


@bp.post("/moderation/cas/<int:report_id>/transmission")
@moderators
def hand_case_up(report_id: int) -> ResponseReturnValue:
    """Hand the case to the level above."""
    with transaction():
        operations.hand_up(current_user, _case(report_id))
    flash(_("Le cas est confié au niveau au-dessus."), "success")
    return redirect(url_for(".desk"))


@bp.post("/moderation/cas/<int:report_id>/decision")
@moderators
def decide_case(report_id: int) -> ResponseReturnValue:
    """Decide: nothing, or hide and send the statement."""
    form = DecisionForm()
    case = _case(report_id)
    dossier = queries.dossier_of(current_user, case)
    if not form.validate_on_submit():
        return _case_page(case, dossier, form), 422
    measure = request.form.get("measure", "")
    facts = form.facts.data or ""
    statement = _statement(form, case, dossier)
    try:
        with transaction():
            decision = operations.decide(
                current_user,
                _case(report_id),
                measure=measure,
                ground=form.ground.data or "",
                ground_detail=form.ground_detail.data or "",
                facts=facts,
                statement=statement,
            )
            decision_id = decision.id
    except Refusal as refusal:
        if refusal.field is None:
            raise
        case = _case(report_id)
        dossier = queries.dossier_of(current_user, case)
        form[refusal.field if refusal.field in form else "statement"].errors = [refusal.sentence]
        return _case_page(case, dossier, form), 422
    flash(
        _("Le contenu est masqué ; l’exposé des motifs est parti.")
        if measure == "hide"
        else _("C’est noté : aucune mesure. La personne qui a signalé est prévenue."),
        "success",
    )
    if queries.queue(current_user):
        return redirect(url_for(".desk"))
    return redirect(url_for(".show_decision", decision_id=decision_id))


def _case(report_id: int) -> Case:
    case = queries.case_for(current_user, report_id)
    if case is None:
        raise NotFound
    return case


def _already_decided(report_id: int) -> ResponseReturnValue:
    """A link from a mail may lead to a case that somebody has decided since: show what was decided."""
    decision_id = queries.decision_of_report(report_id)
    if decision_id is not None and queries.decision_for(current_user, decision_id) is not None:
        return redirect(url_for(".show_decision", decision_id=decision_id))
    raise NotFound


def _case_page(case: Case, dossier: Dossier, form: DecisionForm) -> str:
    cases = queries.queue(current_user)
    ids = [one.id for one in cases]
    position = ids.index(case.id) if case.id in ids else 0
    adapter = adapter_of(case.first.object_type)
    other_language = queries.language_of(case.first)
    level_above = queries.level_above(case.first.level_node_id)
    above = access_of(current_user).places.get(level_above or 0)
    return render_template(
        "moderation/case.html",
        case=case,
        dossier=dossier,
        form=form,
        noun=adapter.noun,
        can_hide=adapter.hide is not None and case.first.object_id is not None,
        reasons=REASON_LABELS,
        position=position + 1,
        number=len(cases),
        following=url_for(".show_case", report_id=ids[(position + 1) % len(ids)]) if len(ids) > 1 else None,
        above=above if level_above != case.first.level_node_id else None,
        has_above=level_above != case.first.level_node_id,
        sent_in=LANGUAGES[other_language] if other_language != language() else None,
        is_mine=case.taken_by_id == current_user.id,
        wording={
            "grounds": {key: str(value) for key, value in GROUND_SENTENCES.items()},
            "facts": str(statements.LEADS[0]),
            "ground": str(statements.LEADS[1]),
        },
    )


def _decision_form(case: Case, dossier: Dossier) -> DecisionForm:
    form = DecisionForm(formdata=None)
    form.ground.data = GROUND_OF_REASON[case.reason]
    form.facts.data = str(FACTS_OF_REASON[case.reason])
    outline = _outline(case, dossier, form.ground.data, "", form.facts.data)
    form.statement.data = form.prefilled.data = statements.compose(outline, clock.now())
    return form


def _statement(form: DecisionForm, case: Case, dossier: Dossier) -> str | Outline:
    """The statement as edited; left as it was composed, it follows the facts and the ground that were chosen."""
    written = form.statement.data or ""
    if written and written != (form.prefilled.data or "").replace("\r\n", "\n"):
        return written
    if form.ground.data not in GROUND_LABELS:
        return written
    return _outline(case, dossier, form.ground.data, form.ground_detail.data or "", form.facts.data or "")


def _outline(case: Case, dossier: Dossier, ground: str, ground_detail: str, facts: str) -> Outline:
    target = next((post for post in dossier.context if post.is_target), None)
    return Outline(
        object_type=case.first.object_type,
        title=case.title,
        written_at=target.at if target is not None else None,
        place=case.place.name if case.place is not None else "",
        ground=ground,
        ground_detail=ground_detail,
        facts=facts,
        usual=statements.usual_facts(facts),
        by_member=any(report.reporter_id is not None for report in case.reports),
        was_hidden_at_once=dossier.is_hidden,
    )
