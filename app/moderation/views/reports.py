"""Reporting: the short form, the full one for illegal content, the one by address, the receipt."""

from __future__ import annotations

from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from itsdangerous import BadSignature, URLSafeTimedSerializer

from app.communities.forms import CreatingForm, fresh_request_id
from app.core import things
from app.core.database import transaction
from app.core.doors import public, signed_in
from app.core.errors import NotFound, Repeated
from app.core.idempotency import parse_request_id
from app.core.limits import Rate, client_address
from app.core.time import clock
from app.moderation import addresses, operations, queries
from app.moderation.forms import AddressForm, IllegalForm, ReportForm
from app.moderation.models import Report
from app.moderation.operations import Notice
from app.moderation.registry import adapter_of
from app.moderation.views import bp
from app.moderation.vocabulary import REASON_HINTS, REASON_LABELS

REPORTS_OF_PERSON = Rate("reports_person", 30, 3600)
REPORTS_OF_ADDRESS = Rate("reports_address", 6, 3600)
FASTEST_SECONDS = 3
LONGEST_SECONDS = 86_400


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
    if isinstance(form, ReportForm):
        form.keep_out(adapter_of(name).pointless)
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


def _report_page(
    name: str, thing_id: int, form: ReportForm | IllegalForm, *, keeps_form: bool = False
) -> str:
    described = _described(name, thing_id)
    if isinstance(form, ReportForm):
        form.keep_out(adapter_of(name).pointless)
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
