"""Adding and removing the second factor."""

from __future__ import annotations

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts import operations, second_factor, sessions
from app.accounts.forms import ConfirmationForm, SecondFactorForm
from app.accounts.gates import ENROL
from app.accounts.models import User
from app.accounts.views import bp
from app.accounts.views.account import confirm_identity, identity, me
from app.accounts.views.sign_in import VERIFY
from app.core.database import transaction
from app.core.demo import is_demo
from app.core.doors import signed_in
from app.core.limits import client_address
from app.core.redirects import is_local, safe_next

BEFORE_ALL = ("second_factor", "charter")


@bp.get(ENROL)
@signed_in(exempt=BEFORE_ALL)
def show_second_factor() -> ResponseReturnValue:
    return _page(SecondFactorForm(formdata=None, data={"next": safe_next("")}))


@bp.post(ENROL + "/cle")
@signed_in(exempt=BEFORE_ALL)
def begin_second_factor() -> ResponseReturnValue:
    form = ConfirmationForm()
    if not _is_fresh() and not confirm_identity(form):
        return _page(SecondFactorForm(formdata=None), confirmation=form), 422
    with transaction():
        user = me()
        # Somebody who only stole a half-proved session must not replace the key that would stop them.
        if user.totp_confirmed_at is None:
            second_factor.begin(user, second_factor.new_secret())
    return redirect(url_for(".show_second_factor", next=request.form.get("next") or None, _anchor="cle"))


@bp.post(ENROL)
@signed_in(exempt=BEFORE_ALL)
def confirm_second_factor() -> ResponseReturnValue:
    form = SecondFactorForm()
    if not form.validate():
        return _page(form), 422
    VERIFY.spend(current_user.id, client_address())
    row = sessions.current_session()
    with transaction():
        user = me()
        was_confirmed = user.totp_confirmed_at is not None
        codes = None if was_confirmed else second_factor.confirm(user, form.code.data or "")
        if codes is not None and row is not None:
            sessions.mark_second_factor(row.id)
            sessions.end_all_sessions(user, except_id=row.id)
    if was_confirmed:
        return redirect(url_for(".show_second_factor"))
    if codes is None:
        form.code.errors = [
            _("Ce code n’est pas le bon. Vérifiez l’heure de votre téléphone, puis essayez le suivant.")
        ]
        return _page(form), 422
    target = form.next.data if is_local(form.next.data) else url_for(".show_account")
    return render_template("accounts/recovery_codes.html", codes=codes, target=target)


@bp.post(ENROL + "/codes")
@signed_in(exempt=("charter",))
def renew_recovery_codes() -> ResponseReturnValue:
    form = ConfirmationForm()
    if not form.validate() or not confirm_identity(form):
        return _page(SecondFactorForm(formdata=None), confirmation=form), 422
    with transaction():
        user = me()
        codes = second_factor.renew_recovery_codes(user) if user.totp_confirmed_at is not None else []
    if not codes:
        return redirect(url_for(".show_second_factor"))
    return render_template("accounts/recovery_codes.html", codes=codes, target=url_for(".show_account"))


@bp.post(ENROL + "/retrait")
@signed_in(exempt=("charter",))
def remove_second_factor() -> ResponseReturnValue:
    form = ConfirmationForm()
    if not form.validate() or not confirm_identity(form):
        return _page(SecondFactorForm(formdata=None), confirmation=form), 422
    with transaction():
        operations.remove_second_factor(me())
    flash(_("La double vérification est retirée."), "success")
    return redirect(url_for(".show_account"))


def _is_fresh() -> bool:
    return sessions.is_recent(sessions.current_session())


def _page(form: SecondFactorForm, confirmation: ConfirmationForm | None = None) -> str:
    user: User = current_user
    is_confirmed = user.totp_confirmed_at is not None
    key = second_factor.secret_of(user) if not is_confirmed else None
    settings = current_app.extensions["settings"]
    return render_template(
        "accounts/second_factor.html",
        form=form,
        confirmation=confirmation or ConfirmationForm(formdata=None),
        is_confirmed=is_confirmed,
        is_required=second_factor.is_required(user),
        is_demo=is_demo(),
        is_led=bool(form.next.data),
        asks_password=not _is_fresh(),
        picture=second_factor.picture(user, key, settings.product_name) if key else None,
        secret=second_factor.spelled(key) if key else None,
        codes_left=second_factor.recovery_codes_left(user.id) if is_confirmed else 0,
        **identity(),
    )
