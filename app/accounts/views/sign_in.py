"""Coming in and going out: password, link, code, second factor, forgotten password.

Whether an account exists is never told: every door answers the same words in like time, and tries are counted per
(account, address), so that nobody spends another person's.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from flask import flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts import charter, operations, passwords, queries, second_factor, sessions, tokens, visitors
from app.accounts.forms import (
    CodeForm,
    ForgottenForm,
    LinkForm,
    NewPasswordForm,
    SecondFactorForm,
    SignInForm,
)
from app.accounts.gates import BEFORE_PROOF, CHARTER, PROVE
from app.accounts.models import User
from app.accounts.views import bp
from app.core import appearance
from app.core.database import abandon, transaction
from app.core.doors import public
from app.core.limits import Rate, client_address
from app.core.redirects import is_local, safe_next
from app.extensions import db

SIGN_IN = Rate("sign_in", 10, 900)
SIGN_IN_FROM = Rate("sign_in_from", 200, 900)
LINK = Rate("link", 5, 3600)
LINK_FROM = Rate("link_from", 100, 3600)
CODE = Rate("code", 10, 900)
VERIFY = Rate("verify", 10, 900)

LIKE_TIME = 0.25
"""Seconds that an answer takes at least where a mail is or is not written: longer than writing one."""

PENDING_SECONDS = 600


@bp.get("/connexion")
@public(exempt=BEFORE_PROOF)
def show_sign_in() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(safe_next())
    target = safe_next()
    form = SignInForm(formdata=None, data={"next": target, "remember": True})
    return render_template(
        "accounts/sign_in.html", form=form, is_led=target != "/", visitors=visitors.offered(), target=target
    )


@bp.post("/connexion")
@public(exempt=BEFORE_PROOF)
def sign_in() -> ResponseReturnValue:
    form = SignInForm()
    if not form.validate():
        return _sign_in_page(form)
    identifier = queries.normal_identifier(form.identifier.data)
    SIGN_IN_FROM.spend(client_address())
    SIGN_IN.spend(identifier, client_address())
    user = queries.by_identifier(identifier)
    known_hash = user.password_hash if user is not None else None
    is_right = passwords.verify(known_hash, form.password.data or "")
    if user is None or not is_right:
        form.password.errors = [_("Cette adresse et ce mot de passe ne vont pas ensemble.")]
        return _sign_in_page(form)
    if not user.is_active:
        form.form_errors.append(
            _("Ce compte est suspendu. Écrivez à votre animateur ou à l’équipe d’exploitation.")
        )
        return _sign_in_page(form)
    SIGN_IN.forget(identifier, client_address())
    _keep_hash_current(user, form.password.data or "")
    return enter(user, lasting=form.remember.data, target=_local(form.next.data))


@bp.post("/connexion/lien")
@public(exempt=BEFORE_PROOF)
def ask_link() -> ResponseReturnValue:
    form = LinkForm()
    if not form.validate():
        again = SignInForm(
            formdata=None, data={"identifier": form.identifier.data, "next": _local(form.next.data)}
        )
        again.identifier.errors = form.identifier.errors
        return _sign_in_page(again)
    email = queries.normal_identifier(form.identifier.data)
    target = _local(form.next.data)
    LINK_FROM.spend(client_address())
    LINK.spend(email, client_address())
    secret = tokens.browser_secret()
    with _like_time():
        user = queries.by_email(email)
        if user is not None:
            user_id = user.id
            with transaction():
                operations.send_sign_in_link(
                    db.session.get_one(User, user_id), browser_secret=secret, next_url=target
                )
    session["asked"] = {"email": email, "secret": secret, "next": target}
    return redirect(url_for(".show_letter"))


@bp.get("/connexion/courriel")
@public(exempt=BEFORE_PROOF)
def show_letter() -> ResponseReturnValue:
    asked = _asked()
    if asked is None:
        return redirect(url_for(".show_sign_in"))
    return render_template("accounts/letter.html", form=CodeForm(formdata=None), email=asked["email"])


@bp.post("/connexion/code")
@public(exempt=BEFORE_PROOF)
def use_code() -> ResponseReturnValue:
    asked = _asked()
    if asked is None:
        return redirect(url_for(".show_sign_in"))
    form = CodeForm()
    if not form.validate():
        return _page(render_template("accounts/letter.html", form=form, email=asked["email"]))
    CODE.spend(asked["email"], client_address())
    with transaction():
        user = operations.sign_in_by_code(asked["secret"], asked["email"], form.digits)
    if user is None:
        form.code.errors = [
            _(
                "Ce code n’est pas le bon, ou il a expiré. Vérifiez le dernier courriel reçu, ou demandez un autre lien."
            )
        ]
        return _page(render_template("accounts/letter.html", form=form, email=asked["email"]))
    return enter(user, lasting=True, target=asked["next"])


@bp.get("/connexion/lien/<token>")
@public("shows a button, changes nothing: mail scanners follow links", exempt=BEFORE_PROOF)
def show_link(token: str) -> ResponseReturnValue:
    if not tokens.is_alive(token, "sign_in"):
        return _dead_link(url_for(".show_sign_in"), _("Demander un autre lien"))
    return render_template("accounts/link.html", target=safe_next())


@bp.post("/connexion/lien/<token>")
@public("the link is the proof", exempt=BEFORE_PROOF)
def use_link(token: str) -> ResponseReturnValue:
    with transaction():
        user = operations.sign_in_by_link(token)
    if user is None:
        return _dead_link(url_for(".show_sign_in"), _("Demander un autre lien"))
    return enter(user, lasting=request.form.get("remember") == "y", target=safe_next())


@bp.get(PROVE)
@public("whoever has given a first proof gives the second", exempt=BEFORE_PROOF)
def show_verification() -> ResponseReturnValue:
    subject = _to_verify()
    if subject is None:
        return redirect(url_for(".show_sign_in", next=safe_next()))
    form = SecondFactorForm(formdata=None, data={"next": safe_next()})
    return render_template("accounts/verification.html", form=form)


@bp.post(PROVE)
@public("whoever has given a first proof gives the second", exempt=BEFORE_PROOF)
def verify() -> ResponseReturnValue:
    user = _to_verify()
    if user is None:
        return redirect(url_for(".show_sign_in"))
    form = SecondFactorForm()
    if not form.validate():
        return _page(render_template("accounts/verification.html", form=form))
    VERIFY.spend(user.id, client_address())
    pending, current = session.get("pending"), sessions.current_session()
    with transaction():
        is_right = second_factor.check(db.session.get_one(User, user.id), form.code.data or "")
        if is_right and current is not None:
            sessions.mark_second_factor(current.id)
    if not is_right:
        form.code.errors = [_("Ce code n’est pas le bon, ou il a déjà servi. Attendez le suivant.")]
        return _page(render_template("accounts/verification.html", form=form))
    VERIFY.forget(user.id, client_address())
    if current is not None:
        return redirect(safe_next())
    kept = pending or {}
    return _open(user, lasting=bool(kept.get("lasting")), target=_local(kept.get("next")), proved=True)


@bp.post("/deconnexion")
@public("ends one's own session; nothing to end is no error", exempt=BEFORE_PROOF)
def sign_out() -> ResponseReturnValue:
    row = sessions.current_session()
    if row is not None:
        with transaction():
            sessions.end_session(row.user_id, row.id)
    sessions.forget_browser()
    response = make_response(redirect("/"))
    # Drafts that pages kept in this browser go with the session: the machine may be shared.
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


@bp.get("/mot-de-passe-oublie")
@public(exempt=BEFORE_PROOF)
def show_forgotten() -> ResponseReturnValue:
    return render_template("accounts/forgotten.html", form=ForgottenForm(formdata=None))


@bp.post("/mot-de-passe-oublie")
@public(exempt=BEFORE_PROOF)
def ask_password() -> ResponseReturnValue:
    form = ForgottenForm()
    if not form.validate():
        return _page(render_template("accounts/forgotten.html", form=form))
    email = queries.normal_identifier(form.email.data or "")
    LINK_FROM.spend(client_address())
    LINK.spend("password", email, client_address())
    with _like_time():
        user = queries.by_email(email)
        if user is not None:
            user_id = user.id
            with transaction():
                operations.send_password_link(db.session.get_one(User, user_id))
    session["forgotten"] = email
    return redirect(url_for(".show_forgotten_letter"))


@bp.get("/mot-de-passe-oublie/envoye")
@public(exempt=BEFORE_PROOF)
def show_forgotten_letter() -> ResponseReturnValue:
    email = session.get("forgotten")
    if not isinstance(email, str):
        return redirect(url_for(".show_forgotten"))
    return render_template("accounts/forgotten_letter.html", email=email)


@bp.get("/mot-de-passe/<token>")
@public("shows a form, changes nothing", exempt=BEFORE_PROOF)
def show_new_password(token: str) -> ResponseReturnValue:
    if not tokens.is_alive(token, "password"):
        return _dead_link(url_for(".show_forgotten"), _("Recommencer"))
    return render_template("accounts/new_password.html", form=NewPasswordForm(formdata=None))


@bp.post("/mot-de-passe/<token>")
@public("the link is the proof", exempt=BEFORE_PROOF)
def set_new_password(token: str) -> ResponseReturnValue:
    found = tokens.find(token, "password")
    if found is None:
        return _dead_link(url_for(".show_forgotten"), _("Recommencer"))
    form = NewPasswordForm(known=known_of(found[1]))
    if not form.validate():
        return _page(render_template("accounts/new_password.html", form=form))
    hashed = passwords.hash_password(form.new_password.data or "")
    with transaction():
        user = operations.reset_password(token, hashed)
    if user is None:
        return _dead_link(url_for(".show_forgotten"), _("Recommencer"))
    flash(_("Votre nouveau mot de passe est en place ; les autres appareils sont déconnectés."), "success")
    return enter(user, lasting=True, target="/")


def enter(user: User, *, lasting: bool, target: str) -> ResponseReturnValue:
    """The first proof is given: ask the second of those who have one, let the others in."""
    if user.totp_confirmed_at is None:
        return _open(user, lasting=lasting, target=target, proved=False)
    session["pending"] = {
        "user": user.id,
        "stamp": _stamp(user),
        "at": int(time.time()),
        "lasting": lasting,
        "next": target,
    }
    return redirect(url_for("accounts.show_verification"))


def known_of(user: User) -> list[str]:
    """Words that anybody would try for this person."""
    parts = [user.given_name, user.family_name, user.trade, *(user.email or "").replace("@", ".").split(".")]
    return [part for part in parts if part]


def _open(user: User, *, lasting: bool, target: str, proved: bool) -> ResponseReturnValue:
    user_id = user.id
    messages = session.get("_flashes")
    with transaction():
        user = db.session.get_one(User, user_id)
        needs_charter = charter.needs_charter(user)
        sessions.open_session(
            user,
            sessions.device_name(request.user_agent.string),
            lasting=lasting,
            second_factor=proved,
        )
        locale = user.locale
    if messages:
        session["_flashes"] = messages
    response = make_response(
        redirect(f"{CHARTER}?{urlencode({'next': target})}" if needs_charter else target)
    )
    if "locale" not in request.cookies:
        appearance.keep(response, "locale", locale)
    return response


def _to_verify() -> User | None:
    """Whose second factor is asked: the one who just gave a password, or the signed-in person's."""
    if current_user.is_authenticated:
        row = sessions.current_session()
        return (
            current_user
            if second_factor.is_missing(current_user, row) and current_user.totp_confirmed_at
            else None
        )
    pending = session.get("pending")
    if not isinstance(pending, dict) or time.time() - pending.get("at", 0) > PENDING_SECONDS:
        return None
    user = queries.by_id(pending["user"])
    return user if user is not None and user.is_active and _stamp(user) == pending.get("stamp") else None


def _stamp(user: User) -> str:
    """Changes with the password and the address: a first proof given under the old ones is worth nothing."""
    return hashlib.sha256(f"{user.id}:{user.password_hash}:{user.email}".encode()).hexdigest()[:24]


def _asked() -> dict[str, Any] | None:
    asked = session.get("asked")
    return asked if isinstance(asked, dict) else None


def _keep_hash_current(user: User, password: str) -> None:
    old = user.password_hash
    if old is not None and passwords.needs_rehash(old):
        user_id, new = user.id, passwords.hash_password(password)
        with transaction():
            operations.keep_password(user_id, old, new)


def _sign_in_page(form: SignInForm) -> ResponseReturnValue:
    return _page(render_template("accounts/sign_in.html", form=form, is_led=False))


def _page(html: str) -> ResponseReturnValue:
    return html, 422


def _dead_link(url: str, label: str) -> ResponseReturnValue:
    return render_template("accounts/dead_link.html", url=url, label=label), 410


def _local(target: str | None) -> str:
    return target if target and is_local(target) else "/"


@contextmanager
def _like_time() -> Iterator[None]:
    start = time.monotonic()
    try:
        yield
    finally:
        abandon()
        time.sleep(max(0.0, LIKE_TIME - (time.monotonic() - start)))
