"""Decisions with their statements of reasons, for whom they concern and in the register."""

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
from app.moderation.forms import RestoreForm
from app.moderation.models import Decision
from app.moderation.registry import adapter_of, is_hidden
from app.moderation.views import bp, moderators
from app.moderation.vocabulary import MEASURE_LABELS, REASON_LABELS, SANCTION_LABELS


@bp.get("/moderation/registre")
@moderators
def show_register() -> ResponseReturnValue:
    """The decisions taken in the person's subtree."""
    before = request.args.get("avant", "")
    rows, following = queries.register_for(
        current_user,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
    )
    about = queries.descriptions_of([(decision.object_type, decision.object_id) for decision, _who in rows])
    return render_template(
        "moderation/register.html",
        rows=[
            (decision, who, about.get((decision.object_type or "", decision.object_id or 0)))
            for decision, who in rows
        ],
        measures=MEASURE_LABELS,
        sanctions=SANCTION_LABELS,
        reasons=REASON_LABELS,
        following=url_for(".show_register", avant=following) if following else None,
    )


@bp.get("/decisions/<int:decision_id>")
@permission("the author it concerns, and the moderators of the place")
def show_decision(decision_id: int) -> ResponseReturnValue:
    """A decision with its statement of reasons."""
    return _decision_page(found_decision(decision_id), RestoreForm(formdata=None))


@bp.post("/decisions/<int:decision_id>/retablissement")
@permission("moderators of the decision's level, free of conflict")
def restore(decision_id: int) -> ResponseReturnValue:
    """Show again what a decision hid."""
    form = RestoreForm()
    if not form.validate_on_submit():
        return _decision_page(found_decision(decision_id), form), 422
    with transaction():
        decision = found_decision(decision_id)
        was_hiding = decision.measure == "hide" and not decision.sanction
        operations.restore(current_user, decision, facts=form.facts.data or "")
    flash(
        _("Le contenu est de nouveau visible ; son auteur est prévenu.")
        if was_hiding
        else _("La décision est levée ; la personne est prévenue."),
        "success",
    )
    return redirect(url_for(".show_decision", decision_id=decision_id))


def found_decision(decision_id: int) -> Decision:
    """A decision that this person may read."""
    decision = queries.decision_for(current_user, decision_id)
    if decision is None:
        raise NotFound
    return decision


def _is_in_force(decision: Decision) -> bool:
    """Whether there is still something to undo."""
    if decision.measure == "hide" and not decision.sanction:
        return is_hidden(decision.object_type, decision.object_id)
    return not queries.is_undone(decision)


def _decision_page(decision: Decision, form: RestoreForm) -> str:
    access = access_of(current_user)
    companies = queries.companies_of(decision.author_id, decision.author_company_id)
    statement = queries.statement_of(decision.id)
    made = queries.appeal_of(decision.id)
    about = queries.descriptions_of([(decision.object_type, decision.object_id)])
    described = about.get((decision.object_type or "", decision.object_id or 0))
    adapter = adapter_of(decision.object_type)
    return render_template(
        "moderation/decision.html",
        decision=decision,
        statement=statements.as_html(statements.as_read(statement)) if statement is not None else None,
        sent_at=statement.at if statement is not None else None,
        described=described,
        noun=adapter.noun,
        place=access.places.get(decision.node_id or 0),
        reason=REASON_LABELS.get(decision.reason),
        measure=MEASURE_LABELS[decision.measure],
        appeal=made,
        is_author=permissions.answers_for(access, decision),
        can_appeal=permissions.can_appeal(access, decision, has_appealed=made is not None, now=clock.now()),
        can_restore=_is_in_force(decision) and permissions.can_restore(access, decision, companies),
        sanction=SANCTION_LABELS[decision.sanction] if decision.sanction else "",
        form=form,
    )
