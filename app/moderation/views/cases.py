"""One case: what stands around it, who looks after it, and the decision with its statement ready to send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from app.communities.access import access_of
from app.core.competition import marked
from app.core.database import transacted, transaction
from app.core.errors import NotFound, Refusal
from app.core.phrases import language, printed
from app.core.shell import current_shell
from app.core.time import clock, in_words, local
from app.moderation import operations, queries, statements
from app.moderation.forms import DecisionForm, int_or_none
from app.moderation.models import CannedText, Decision
from app.moderation.queries import Case, Dossier
from app.moderation.registry import ContextPost, adapter_of
from app.moderation.statements import Outline
from app.moderation.views import bp, moderators
from app.moderation.vocabulary import (
    FACTS_OF_REASON,
    GROUND_LABELS,
    GROUND_OF_REASON,
    GROUND_SENTENCES,
    LANGUAGES,
    MEASURE_CHOICES,
    MEASURE_LABELS,
    REASON_LABELS,
    SANCTION_CHOICES,
    SANCTION_LABELS,
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


@bp.post("/moderation/cas/<int:report_id>/transmission")
@moderators
def hand_case_up(report_id: int) -> ResponseReturnValue:
    """Hand the case to the level above."""
    with transaction():
        operations.hand_up(current_user, _case(report_id))
    flash(_("Le cas est confié au niveau au-dessus."), "success")
    return redirect(url_for(".next_case"))


@bp.post("/moderation/cas/<int:report_id>/decision")
@moderators
def decide_case(report_id: int) -> ResponseReturnValue:
    """Decide: nothing, or measures with their statement. A ready text that is asked for comes back in the form."""
    form = DecisionForm()
    case = _case(report_id)
    dossier = queries.dossier_of(current_user, case)
    if request.form.get("quick") == "none":
        form.measure.data, form.sanction.data = "none", ""
    if "insert" in request.form:
        _insert(form, case, dossier)
        return _case_page(case, dossier, form)
    if not form.validate_on_submit():
        return _case_page(case, dossier, form), 422
    statement = _statement(form, case, dossier)

    def decide() -> tuple[int, str]:
        decision = operations.decide(
            current_user,
            _case(report_id),
            measure=form.measure.data or "",
            sanction=form.sanction.data or "",
            until=_until(form),
            target_id=form.target_id.data,
            ground=form.ground.data or "",
            ground_detail=form.ground_detail.data or "",
            facts=form.facts.data or "",
            statement=statement,
        )
        return decision.id, _said(decision)

    try:
        decision_id, said = transacted(decide)
    except Refusal as refusal:
        if refusal.field is None:
            raise
        case = _case(report_id)
        dossier = queries.dossier_of(current_user, case)
        form[refusal.field if refusal.field in form else "statement"].errors = [refusal.sentence]
        return _case_page(case, dossier, form), 422
    flash(said, "success")
    if queries.queue(current_user):
        return redirect(url_for(".next_case"))
    return redirect(url_for(".show_decision", decision_id=decision_id))


def _said(decision: Decision) -> str:
    if decision.measure == "none" and not decision.sanction:
        return _("C’est noté : aucune mesure. La personne qui a signalé est prévenue.")
    if decision.measure == "hide":
        return _("Le contenu est masqué ; l’exposé des motifs est parti.")
    if decision.measure == "delete":
        return _("Le contenu est supprimé ; l’exposé des motifs est parti.")
    if decision.measure == "move":
        return _("Le sujet est déplacé ; l’exposé des motifs est parti.")
    return _("C’est décidé ; l’exposé des motifs est parti.")


def _until(form: DecisionForm) -> datetime | None:
    """The end of a suspension: so many days from now, or the end of the day that was given."""
    if form.sanction.data != "suspend":
        return None
    if form.duration.data == "date":
        if form.until.data is None:
            return None
        return datetime.combine(form.until.data + timedelta(days=1), time.min, local(clock.now()).tzinfo)
    return clock.now() + timedelta(days=int_or_none(form.duration.data) or 0)


def _insert(form: DecisionForm, case: Case, dossier: Dossier) -> None:
    """Put a ready text in the facts, its ground with it, and compose the statement anew."""
    chosen = next(
        (text for text in queries.texts_for(current_user, case.first.node_id) if text.id == form.canned.data),
        None,
    )
    if chosen is None:
        return
    form.facts.data, form.ground.data = chosen.text, chosen.ground
    composed = _statement(form, case, dossier)
    if isinstance(composed, Outline):
        form.statement.data = form.prefilled.data = statements.compose(composed, clock.now())


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
    texts = queries.texts_for(current_user, case.first.node_id)
    _offer(form, case, dossier, texts)
    taking = queries.taking_of("report", case.id)
    return render_template(
        "moderation/case.html",
        case=case,
        dossier=dossier,
        context=[_marked(post) for post in dossier.context],
        form=form,
        noun=adapter.noun,
        can_act=adapter.hide is not None and case.first.object_id is not None,
        reasons=REASON_LABELS,
        measures=MEASURE_LABELS,
        sanctions=SANCTION_LABELS,
        position=position + 1,
        number=len(cases),
        following=url_for(".show_case", report_id=ids[(position + 1) % len(ids)]) if len(ids) > 1 else None,
        above=above if level_above != case.first.level_node_id else None,
        has_above=level_above != case.first.level_node_id,
        sent_in=LANGUAGES[other_language] if other_language != language() else None,
        is_mine=case.taken_by_id == current_user.id,
        taking=taking,
        texts=texts,
        wording=_wording(case, dossier, form, texts),
    )


def _marked(post: ContextPost) -> ContextPost:
    """The reported words with what touches competition marked in them."""
    return replace(post, html=marked(post.html)) if post.is_target else post


def _offer(form: DecisionForm, case: Case, dossier: Dossier, texts: Sequence[CannedText]) -> None:
    """Only what this moderator can decide about this thing."""
    adapter = adapter_of(case.first.object_type)
    able = {
        "none": True,
        "hide": adapter.hide is not None,
        "delete": adapter.delete is not None,
        "move": bool(dossier.targets),
    }
    form.measure.choices = [
        SelectChoice(value, words) for value, words in MEASURE_CHOICES.items() if able[value]
    ]
    form.measure.data = form.measure.data or "hide"
    form.sanction.choices = [
        SelectChoice(value, words)
        for value, words in SANCTION_CHOICES.items()
        if not value or value in dossier.sanctions
    ]
    form.target_id.choices = [SelectChoice(room.id, room.name) for room in dossier.targets]
    form.canned.choices = [
        SelectChoice("", _("Aucun")),
        *(SelectChoice(text.id, f"{GROUND_LABELS[text.ground]} · {text.title}") for text in texts),
    ]


def _wording(case: Case, dossier: Dossier, form: DecisionForm, texts: Sequence[CannedText]) -> dict[str, Any]:
    """The sentences of a statement for each choice, so that a script can follow what is chosen."""
    now = clock.now()
    outline = _outline(case, dossier, form)
    durations = {days: now + timedelta(days=int(days)) for days in ("1", "7", "30")}
    suspended = {
        days: statements.sanction_sentence(replace(outline, sanction="suspend", until=until))
        for days, until in durations.items()
    }
    suspended["date"] = suspended["7"].replace(in_words(durations["7"]), "{until}")
    return {
        "grounds": {key: str(value) for key, value in GROUND_SENTENCES.items()},
        "facts": str(statements.LEADS[0]),
        "ground": str(statements.LEADS[1]),
        "scope": str(statements.LEADS[3]),
        "openings": {
            measure: printed(statements.opening_of(replace(outline, measure=measure, target="{target}"), now))
            for measure in MEASURE_CHOICES
        },
        "scopes": {
            measure: statements.scope_of(replace(outline, measure=measure, sanction=""))
            for measure in MEASURE_CHOICES
        },
        "sanctions": {
            sanction: statements.sanction_sentence(replace(outline, sanction=sanction))
            for sanction in ("warn", "remove_from_room", "close_account")
        },
        "suspended": suspended,
        "texts": {str(text.id): {"text": text.text, "ground": text.ground} for text in texts},
        "acts": {
            "hide": _("Masquer et envoyer l’exposé"),
            "delete": _("Supprimer et envoyer l’exposé"),
            "move": _("Déplacer et envoyer l’exposé"),
            "none": _("Envoyer l’exposé"),
            "nothing": _("Clore sans mesure"),
        },
    }


def _decision_form(case: Case, dossier: Dossier) -> DecisionForm:
    form = DecisionForm(formdata=None)
    form.measure.data, form.sanction.data = "hide", ""
    form.ground.data = GROUND_OF_REASON[case.reason]
    form.facts.data = str(FACTS_OF_REASON[case.reason])
    outline = _outline(case, dossier, form)
    form.statement.data = form.prefilled.data = statements.compose(outline, clock.now())
    return form


def _statement(form: DecisionForm, case: Case, dossier: Dossier) -> str | Outline:
    """The statement as edited; left as it was composed, it follows the facts, the ground and the measures chosen."""
    written = form.statement.data or ""
    if written and written != (form.prefilled.data or "").replace("\r\n", "\n"):
        return written
    if form.ground.data not in GROUND_LABELS:
        return written
    return _outline(case, dossier, form)


def _outline(case: Case, dossier: Dossier, form: DecisionForm) -> Outline:
    target = next((post for post in dossier.context if post.is_target), None)
    facts = form.facts.data or ""
    measure = form.measure.data or "hide"
    return Outline(
        object_type=case.first.object_type,
        title=case.title,
        written_at=target.at if target is not None else None,
        place=case.place.name if case.place is not None else "",
        ground=form.ground.data or "",
        ground_detail=form.ground_detail.data or "",
        facts=facts,
        usual=statements.usual_facts(facts),
        by_member=any(report.reporter_id is not None for report in case.reports),
        was_hidden_at_once=dossier.is_hidden,
        measure=measure if measure in MEASURE_CHOICES else "hide",
        sanction=form.sanction.data or "",
        until=_until(form),
        target=next((room.name for room in dossier.targets if room.id == form.target_id.data), ""),
        room=dossier.room.name if dossier.room is not None else "",
    )
