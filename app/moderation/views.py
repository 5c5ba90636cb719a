"""Pages of moderation: reporting, the desk, decisions and their statements, appeals."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeTimedSerializer

from app.communities.access import access_of
from app.communities.forms import CreatingForm, fresh_request_id
from app.core import things
from app.core.database import transaction
from app.core.doors import permission, public, signed_in
from app.core.errors import NotFound, Refusal, Repeated
from app.core.idempotency import parse_request_id
from app.core.limits import Rate, client_address
from app.core.shell import current_shell
from app.core.time import clock
from app.moderation import addresses, operations, permissions, queries, statements
from app.moderation.forms import (
    AddressForm,
    AnswerForm,
    AppealForm,
    DecisionForm,
    IllegalForm,
    ReportForm,
    RestoreForm,
)
from app.moderation.models import Decision, Report
from app.moderation.operations import Notice
from app.moderation.queries import Case, Dossier
from app.moderation.registry import adapter_of, place_in_words
from app.moderation.vocabulary import (
    FACTS_OF_REASON,
    GROUND_LABELS,
    GROUND_OF_REASON,
    GROUND_SENTENCES,
    MEASURE_LABELS,
    REASON_HINTS,
    REASON_LABELS,
)

bp = Blueprint("moderation", __name__, template_folder="templates", static_folder=None)

REPORTS_OF_PERSON = Rate("reports_person", 30, 3600)
REPORTS_OF_ADDRESS = Rate("reports_address", 6, 3600)
FASTEST_SECONDS = 3
LONGEST_SECONDS = 86_400

moderators = permission(
    "moderators of a place; each case to those of its level, free of conflict",
    check=lambda user: permissions.can_moderate(access_of(user)),
)


# Reporting


@bp.get("/signaler/<name>/<int:thing_id>")
@public("people without an account are led to the form by address")
def new_report(name: str, thing_id: int) -> ResponseReturnValue:
    """« Signaler »: the short form; the full one when the reason is illegality."""
    if not current_user.is_authenticated:
        return redirect(url_for(".new_address_report", adresse=f"/signaler/{name}/{thing_id}"))
    return _report_page(name, thing_id, _report_form(request.args.get("motif", "")))


@bp.post("/signaler/<name>/<int:thing_id>")
@signed_in
def create_report(name: str, thing_id: int) -> ResponseReturnValue:
    """Keep a report of something the person sees, and give its receipt number."""
    _described(name, thing_id)
    is_full = "full" in request.form
    form: ReportForm | IllegalForm = IllegalForm() if is_full else ReportForm()
    if not form.validate_on_submit():
        return _report_page(name, thing_id, form), 422
    if isinstance(form, ReportForm) and form.reason.data == "illegal":
        return _report_page(name, thing_id, _report_form("illegal", form.details.data or ""))
    REPORTS_OF_PERSON.spend(current_user.id)
    request_id = parse_request_id(form.request_id.data)
    try:
        with transaction():
            report = operations.report_thing(
                current_user, name, thing_id, _notice(form), request_id=request_id
            )
            receipt = report.receipt
    except Repeated as refusal:
        _ask_again(form, refusal)
        return _report_page(name, thing_id, form, keeps_form=True), refusal.status
    return redirect(url_for(".show_receipt", receipt=receipt))


@bp.get("/signaler")
@public("anybody may report illegal content (DSA, article 16)")
def new_address_report() -> ResponseReturnValue:
    """The form by address, without an account."""
    form = AddressForm(formdata=None)
    form.address.data = request.args.get("adresse", "")[:500]
    if form.address.data.startswith("/"):
        form.address.data = current_app.config["PUBLIC_URL"] + form.address.data
    if current_user.is_authenticated:
        form.name.data, form.email.data = current_user.name, current_user.email
    form.started.data = _clock_signer().dumps("report")
    return render_template("moderation/report_address.html", form=form)


@bp.post("/signaler")
@public("anybody may report illegal content (DSA, article 16)")
def create_address_report() -> ResponseReturnValue:
    """Keep a report by address: slow for robots, six an hour for one address."""
    form = AddressForm()
    if not form.validate_on_submit():
        return render_template("moderation/report_address.html", form=form), 422
    if form.website.data or not _took_a_moment(form.started.data or ""):
        form.started.data = _clock_signer().dumps("report")
        form.details.errors = [
            _("Relisez, puis envoyez de nouveau : le formulaire est parti trop vite pour une personne.")
        ]
        return render_template("moderation/report_address.html", form=form), 422
    REPORTS_OF_ADDRESS.spend(client_address())
    found = addresses.find(form.address.data or "")
    request_id = parse_request_id(form.request_id.data)
    sender = current_user if current_user.is_authenticated else None
    try:
        with transaction():
            report = operations.report_address(
                form.address.data or "", _notice(form), found=found, request_id=request_id, sender=sender
            )
            receipt = report.receipt
    except Repeated as refusal:
        _ask_again(form, refusal)
        form.started.data = _clock_signer().dumps("report")
        return render_template("moderation/report_address.html", form=form), refusal.status
    return redirect(url_for(".show_receipt", receipt=receipt))


@bp.get("/signalement/<receipt>")
@public("whoever holds the receipt number follows the report")
def show_receipt(receipt: str) -> ResponseReturnValue:
    """Where a report stands."""
    report = queries.report_by_receipt(receipt.upper()[:16])
    if report is None:
        raise NotFound
    return render_template(
        "moderation/receipt.html",
        report=report,
        steps=_steps(report),
        outcome=queries.outcome_of(report),
        stays_in_sight=queries.stays_in_sight(report),
    )


# The desk


@bp.get("/moderation")
@moderators
def desk() -> ResponseReturnValue:
    """The first case that waits; the list when nothing does."""
    cases = queries.queue(current_user)
    if cases:
        return redirect(url_for(".show_case", report_id=cases[0].id))
    return redirect(url_for(".list_cases"))


@bp.get("/moderation/liste")
@moderators
def list_cases() -> ResponseReturnValue:
    """Everything that waits in the person's subtree."""
    current_shell()
    cases = queries.queue(current_user)
    appeals = queries.appeals_for(current_user)
    about = queries.descriptions_of([(decision.object_type, decision.object_id) for _a, decision in appeals])
    return render_template(
        "moderation/list.html",
        cases=cases,
        appeals=[
            (appeal, about.get((decision.object_type or "", decision.object_id or 0)))
            for appeal, decision in appeals
        ],
        reasons=REASON_LABELS,
    )


@bp.get("/moderation/attente")
@moderators
def show_pending() -> ResponseReturnValue:
    """The number on the badge, for open pages."""
    return jsonify(pending=queries.pending_count(current_user))


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
        reasons=REASON_LABELS,
        following=url_for(".show_register", avant=following) if following else None,
    )


# Decisions and appeals


@bp.get("/decisions/<int:decision_id>")
@permission("the author it concerns, and the moderators of the place")
def show_decision(decision_id: int) -> ResponseReturnValue:
    """A decision with its statement of reasons."""
    return _decision_page(_decision(decision_id), RestoreForm(formdata=None))


@bp.post("/decisions/<int:decision_id>/retablissement")
@permission("moderators of the decision's level, free of conflict")
def restore(decision_id: int) -> ResponseReturnValue:
    """Show again what a decision hid."""
    form = RestoreForm()
    if not form.validate_on_submit():
        return _decision_page(_decision(decision_id), form), 422
    with transaction():
        operations.restore(current_user, _decision(decision_id), facts=form.facts.data or "")
    flash(_("Le contenu est de nouveau visible ; son auteur est prévenu."), "success")
    return redirect(url_for(".show_decision", decision_id=decision_id))


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


def _described(name: str, thing_id: int) -> things.Description:
    described = (
        things.describe_one(name, thing_id) if things.is_visible(current_user, name, thing_id) else None
    )
    if described is None:
        raise NotFound
    return described


def _report_form(reason: str, details: str = "") -> ReportForm | IllegalForm:
    if reason == "illegal":
        full = IllegalForm(formdata=None)
        full.name.data, full.email.data = current_user.name, current_user.email
        full.details.data = details
        return full
    form = ReportForm(formdata=None)
    form.reason.data = reason if reason in REASON_LABELS else None
    return form


def _ask_again(form: CreatingForm, refusal: Repeated) -> None:
    """Keep what was typed, and let it be sent as something new."""
    form.request_id.data = fresh_request_id()
    form.form_errors.append(refusal.sentence)


def _report_page(
    name: str, thing_id: int, form: ReportForm | IllegalForm, *, keeps_form: bool = False
) -> str:
    described = _described(name, thing_id)
    known = None if keeps_form else queries.open_report_of(current_user.id, name, thing_id)
    return render_template(
        "moderation/report.html",
        form=form,
        is_full=isinstance(form, IllegalForm),
        described=described,
        noun=adapter_of(name).noun,
        action=url_for(".create_report", name=name, thing_id=thing_id),
        hints=REASON_HINTS,
        known=known,
    )


def _notice(form: ReportForm | IllegalForm | AddressForm) -> Notice:
    if isinstance(form, ReportForm):
        return Notice(reason=form.reason.data, details=form.details.data or "")
    return Notice(
        reason=form.reason.data if isinstance(form, AddressForm) else "illegal",
        details=form.details.data or "",
        name=form.name.data or "",
        email=(form.email.data or "").strip().lower(),
        good_faith=bool(form.good_faith.data),
    )


def _clock_signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="moderation.started")


def _took_a_moment(token: str) -> bool:
    try:
        _value, signed_at = _clock_signer().loads(token, max_age=LONGEST_SECONDS, return_timestamp=True)
    except BadSignature:
        return False
    return bool((clock.now() - signed_at).total_seconds() >= FASTEST_SECONDS)


def _steps(report: Report) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = [{"at": report.created_at, "title": _("Reçu"), "kind": "good"}]
    if report.taken_at is not None and report.state == "taken":
        steps.append({"at": report.taken_at, "title": _("Un modérateur s’en occupe"), "kind": "now"})
    elif report.state != "decided":
        steps.append({"when_text": _("Maintenant"), "title": _("Attend un modérateur"), "kind": "now"})
    return steps


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
    text = _compose(case, dossier, form.ground.data, "", form.facts.data)
    form.statement.data = form.prefilled.data = text
    return form


def _statement(form: DecisionForm, case: Case, dossier: Dossier) -> str:
    """The statement as edited; left as it was composed, it follows the facts and the ground that were chosen."""
    written = form.statement.data or ""
    if written and written != (form.prefilled.data or "").replace("\r\n", "\n"):
        return written
    if form.ground.data not in GROUND_LABELS:
        return written
    return _compose(case, dossier, form.ground.data, form.ground_detail.data or "", form.facts.data or "")


def _compose(case: Case, dossier: Dossier, ground: str, ground_detail: str, facts: str) -> str:
    target = next((post for post in dossier.context if post.is_target), None)
    return statements.compose(
        noun=str(adapter_of(case.first.object_type).noun),
        where=place_in_words(case.first.object_type, case.title),
        written_at=target.at if target is not None else None,
        place=case.place.name if case.place is not None else "",
        ground=ground,
        ground_detail=ground_detail,
        facts=facts,
        by_member=any(report.reporter_id is not None for report in case.reports),
        was_hidden_at_once=dossier.is_hidden,
    )


def _decision(decision_id: int) -> Decision:
    decision = queries.decision_for(current_user, decision_id)
    if decision is None:
        raise NotFound
    return decision


def _own_decision(decision_id: int) -> Decision:
    decision = _decision(decision_id)
    if not permissions.answers_for(access_of(current_user), decision):
        raise NotFound
    return decision


def _decision_page(decision: Decision, form: RestoreForm) -> str:
    access = access_of(current_user)
    companies = queries.companies_of(decision.author_id, decision.author_company_id)
    statement = queries.statement_of(decision.id)
    made = queries.appeal_of(decision.id)
    about = queries.descriptions_of([(decision.object_type, decision.object_id)])
    described = about.get((decision.object_type or "", decision.object_id or 0))
    adapter = adapter_of(decision.object_type)
    is_hidden = bool(
        adapter.is_hidden is not None
        and decision.object_id is not None
        and adapter.is_hidden(decision.object_id)
    )
    return render_template(
        "moderation/decision.html",
        decision=decision,
        statement=statements.as_html(statement.text) if statement is not None else None,
        sent_at=statement.at if statement is not None else None,
        described=described,
        noun=adapter.noun,
        place=access.places.get(decision.node_id or 0),
        reason=REASON_LABELS.get(decision.reason),
        measure=MEASURE_LABELS[decision.measure],
        appeal=made,
        is_author=permissions.answers_for(access, decision),
        can_appeal=permissions.can_appeal(access, decision, has_appealed=made is not None, now=clock.now()),
        can_restore=is_hidden and permissions.can_restore(access, decision, companies),
        form=form,
    )


def _appeal_page(decision: Decision, form: AppealForm) -> str:
    made = queries.appeal_of(decision.id)
    statement = queries.statement_of(decision.id)
    return render_template(
        "moderation/appeal.html",
        decision=decision,
        form=form,
        statement=statements.as_html(statement.text) if statement is not None else None,
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
        decision=decision,
        statement=statements.as_html(statement.text) if statement is not None else None,
        context=context,
        described=about.get((decision.object_type or "", decision.object_id or 0)),
        place=access_of(current_user).places.get(decision.node_id or 0),
        form=form,
    )
