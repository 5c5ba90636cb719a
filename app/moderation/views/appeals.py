"""Appeals: contesting a decision, and answering."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.communities.access import access_of
from app.core.database import transaction
from app.core.doors import permission
from app.core.errors import NotFound
from app.core.time import clock
from app.moderation import operations, permissions, queries, statements
from app.moderation.forms import AnswerForm, AppealForm
from app.moderation.models import Decision
from app.moderation.registry import adapter_of
from app.moderation.views import bp, moderators
from app.moderation.views.decisions import found_decision


@bp.get("/recours/<int:decision_id>")
@permission("the author of what a decision hid")
def new_appeal(decision_id: int) -> ResponseReturnValue:
    """Contest a decision: one text, once, within six months."""
    return _appeal_page(_own_decision(decision_id), AppealForm(formdata=None))


@bp.post("/recours/<int:decision_id>")
@permission("the author of what a decision hid")
def create_appeal(decision_id: int) -> ResponseReturnValue:
    """Keep the appeal; it goes one level up, to somebody else."""
    form = AppealForm()
    if not form.validate_on_submit():
        return _appeal_page(_own_decision(decision_id), form), 422
    with transaction():
        operations.appeal(current_user, _own_decision(decision_id), text=form.text.data or "")
    flash(_("Votre recours est transmis à une autre personne, au niveau au-dessus."), "success")
    return redirect(url_for(".show_decision", decision_id=decision_id))


@bp.get("/moderation/recours/<int:appeal_id>")
@moderators
def show_appeal(appeal_id: int) -> ResponseReturnValue:
    """An appeal beside the decision it contests."""
    return _answer_page(appeal_id, AnswerForm(formdata=None))


@bp.post("/moderation/recours/<int:appeal_id>/reponse")
@moderators
def answer_appeal(appeal_id: int) -> ResponseReturnValue:
    """Uphold the appeal or not, with a word for the person."""
    form = AnswerForm()
    if not form.validate_on_submit():
        return _answer_page(appeal_id, form), 422
    with transaction():
        found = queries.appeal_for(current_user, appeal_id)
        if found is None:
            raise NotFound
        operations.answer_appeal(
            current_user, found[0], upheld=request.form.get("upheld") == "1", answer=form.answer.data or ""
        )
    flash(_("Votre réponse est envoyée."), "success")
    return redirect(url_for(".desk"))


def _own_decision(decision_id: int) -> Decision:
    decision = found_decision(decision_id)
    if not permissions.answers_for(access_of(current_user), decision):
        raise NotFound
    return decision


def _appeal_page(decision: Decision, form: AppealForm) -> str:
    made = queries.appeal_of(decision.id)
    statement = queries.statement_of(decision.id)
    return render_template(
        "moderation/appeal.html",
        decision=decision,
        form=form,
        statement=statements.as_html(statements.as_read(statement)) if statement is not None else None,
        appeal=made,
        can_appeal=permissions.can_appeal(
            access_of(current_user), decision, has_appealed=made is not None, now=clock.now()
        ),
    )


def _answer_page(appeal_id: int, form: AnswerForm) -> str:
    found = queries.appeal_for(current_user, appeal_id)
    if found is None:
        raise NotFound
    made, decision = found
    appellant, decider = queries.people_of(made, decision)
    statement = queries.statement_of(decision.id)
    adapter = adapter_of(decision.object_type)
    context = (
        adapter.context(decision.object_id, current_user)
        if adapter.context is not None and decision.object_id is not None
        else ()
    )
    about = queries.descriptions_of([(decision.object_type, decision.object_id)])
    return render_template(
        "moderation/answer.html",
        appeal=made,
        appellant=appellant,
        decider=decider,
        decision=decision,
        statement=statements.as_html(statements.as_read(statement)) if statement is not None else None,
        context=context,
        described=about.get((decision.object_type or "", decision.object_id or 0)),
        place=access_of(current_user).places.get(decision.node_id or 0),
        form=form,
    )
