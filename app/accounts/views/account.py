"""One's own account: profile, address, password, devices, data, and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, make_response, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts import exports, identities, operations, passwords, second_factor, sessions, tokens
from app.accounts.forms import AddressForm, ConfirmationForm, PasswordForm, ProfileForm
from app.accounts.gates import BEFORE_PROOF
from app.accounts.models import User
from app.accounts.views import bp
from app.accounts.views.sign_in import known_of
from app.core.database import transacted, transaction
from app.core.doors import public, signed_in
from app.core.errors import Refusal
from app.core.limits import Rate, client_address
from app.extensions import db

if TYPE_CHECKING:
    from app.core.forms import Form

PASSWORD_AGAIN = Rate("password_again", 10, 900)
ADDRESS = Rate("address", 5, 3600)
EXPORT = Rate("export", 5, 3600)


@bp.get("/compte")
@signed_in
def show_account() -> ResponseReturnValue:
    return _account_page(ProfileForm(formdata=None, obj=current_user))


@bp.post("/compte/profil")
@signed_in(exempt=("charter",))
def change_profile() -> ResponseReturnValue:
    form = ProfileForm()
    if not form.validate():
        return _account_page(form), 422
    try:
        with transaction():
            operations.change_profile(me(), form.profile())
    except Refusal as refusal:
        form[refusal.field if refusal.field in form else "about"].errors = [refusal.sentence]
        return _account_page(form), refusal.status
    flash(_("Votre profil est à jour."), "success")
    return redirect(url_for(".show_account"))


@bp.get("/compte/adresse")
@signed_in
def show_address() -> ResponseReturnValue:
    return render_template("accounts/address.html", form=AddressForm(formdata=None), **identity())


@bp.post("/compte/adresse")
@signed_in(exempt=("charter",))
def ask_new_address() -> ResponseReturnValue:
    form = AddressForm()
    if not form.validate() or not confirm_identity(form):
        return render_template("accounts/address.html", form=form, **identity()), 422
    ADDRESS.spend(current_user.id)
    email = form.email.data or ""
    with transaction():
        operations.ask_new_address(me(), email)
    flash(
        _(
            "Un message part à %(email)s. L’adresse change quand vous aurez suivi son lien ; "
            "d’ici là, rien ne change.",
            email=email,
        ),
        "info",
    )
    return redirect(url_for(".show_account"))


@bp.get("/adresse/<token>")
@public("shows a button, changes nothing", exempt=BEFORE_PROOF)
def show_address_link(token: str) -> ResponseReturnValue:
    found = tokens.find(token, "address")
    if found is None:
        return _dead_address()
    return render_template("accounts/address_link.html", email=found[0].email)


@bp.post("/adresse/<token>")
@public("the link is the proof", exempt=BEFORE_PROOF)
def confirm_address(token: str) -> ResponseReturnValue:
    with transaction():
        user = operations.confirm_address(token)
    if user is None:
        return _dead_address()
    flash(_("Votre nouvelle adresse est en place."), "success")
    return redirect(url_for(".show_account"))


@bp.get("/compte/mot-de-passe")
@signed_in
def show_password() -> ResponseReturnValue:
    return render_template("accounts/password.html", form=PasswordForm(formdata=None), **identity())


@bp.post("/compte/mot-de-passe")
@signed_in(exempt=("charter",))
def change_password() -> ResponseReturnValue:
    form = PasswordForm(known=known_of(current_user))
    if not form.validate() or not confirm_identity(form):
        return render_template("accounts/password.html", form=form, **identity()), 422
    hashed = passwords.hash_password(form.new_password.data or "")
    row = sessions.current_session()
    with transaction():
        operations.change_password(me(), hashed, keep_session_id=row.id if row else None)
    flash(_("Votre mot de passe est changé ; vos autres appareils sont déconnectés."), "success")
    return redirect(url_for(".show_account"))


@bp.get("/compte/sessions")
@signed_in
def show_sessions() -> ResponseReturnValue:
    row = sessions.current_session()
    return render_template(
        "accounts/sessions.html",
        rows=sessions.open_sessions_of(current_user.id),
        current_id=row.id if row else None,
    )


@bp.post("/compte/sessions/<int:session_id>/fin")
@signed_in(exempt=("charter",))
def end_session(session_id: int) -> ResponseReturnValue:
    row = sessions.current_session()
    with transaction():
        operations.end_own_session(me(), session_id)
    if row is not None and row.id == session_id:
        sessions.forget_browser()
        return redirect("/")
    flash(_("Cet appareil est déconnecté."), "success")
    return redirect(url_for(".show_sessions"))


@bp.post("/compte/sessions/fin")
@signed_in(exempt=("charter",))
def end_other_sessions() -> ResponseReturnValue:
    row = sessions.current_session()
    with transaction():
        sessions.end_all_sessions(me(), except_id=row.id if row else None)
    flash(_("Tous vos autres appareils sont déconnectés."), "success")
    return redirect(url_for(".show_sessions"))


@bp.get("/compte/donnees")
@signed_in
def show_data() -> ResponseReturnValue:
    return render_template("accounts/data.html")


@bp.post("/compte/donnees/export")
@signed_in(exempt=("charter",))
def export_data() -> ResponseReturnValue:
    EXPORT.spend(current_user.id)
    response = make_response(exports.build(current_user.id))
    response.headers["Content-Type"] = "application/zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{exports.file_name()}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/compte/fermeture")
@signed_in
def show_closing() -> ResponseReturnValue:
    return _closing_page(ConfirmationForm(formdata=None))


@bp.post("/compte/fermeture")
@signed_in(exempt=("charter",))
def close_account() -> ResponseReturnValue:
    form = ConfirmationForm()
    if not form.validate() or not confirm_identity(form):
        return _closing_page(form), 422
    # It holds the person, then firms and roles: whoever takes these holds them the other way round.
    transacted(lambda: operations.close_account(me()))
    sessions.forget_browser()
    session["closed"] = True
    return redirect(url_for(".show_closed"))


def _closing_page(form: ConfirmationForm) -> str:
    return render_template(
        "accounts/closing.html", form=form, months_kept=identities.months_kept(), **identity()
    )


@bp.get("/compte-ferme")
@public("the goodbye", exempt=BEFORE_PROOF)
def show_closed() -> ResponseReturnValue:
    if not session.pop("closed", False):
        return redirect("/")
    return render_template("accounts/closed.html")


def me() -> User:
    """The signed-in person as a row of this transaction."""
    return db.session.get_one(User, current_user.id)


def identity() -> dict[str, object]:
    """How the person can prove again who they are: a password, or a link followed a moment ago."""
    return {
        "has_password": current_user.password_hash is not None,
        "is_recent": sessions.is_recent(sessions.current_session()),
    }


def confirm_identity(form: Form) -> bool:
    """Whether the person proved again who they are; otherwise the error stands on the form."""
    if current_user.password_hash is None:
        if sessions.is_recent(sessions.current_session()):
            return True
        form.form_errors.append(
            _("Suivez d’abord un nouveau lien de connexion : il tient lieu de mot de passe.")
        )
        return False
    PASSWORD_AGAIN.spend(current_user.id, client_address())
    if passwords.verify(current_user.password_hash, form.password.data or ""):
        return True
    form.password.errors = [_("Ce n’est pas votre mot de passe actuel.")]
    return False


def _account_page(form: ProfileForm) -> str:
    return render_template(
        "accounts/account.html",
        form=form,
        sessions_count=len(sessions.open_sessions_of(current_user.id)),
        needs_second_factor=second_factor.is_required(current_user),
        **identity(),
    )


def _dead_address() -> ResponseReturnValue:
    raise Refusal(
        _(
            "Ce lien a expiré, a déjà servi, ou l’adresse a été prise entre-temps. Recommencez depuis votre compte."
        ),
        status=410,
    )
