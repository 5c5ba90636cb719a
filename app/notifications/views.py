"""Pages of news: a person's lines, their choices, the switch in a mail, and the mailbox of a demonstration."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts.models import User
from app.core import news
from app.core.database import transaction
from app.core.demo import is_demo
from app.core.doors import public, signed_in
from app.core.errors import NotFound
from app.core.news import News
from app.core.redirects import is_local
from app.core.shell import current_shell
from app.extensions import csrf, db
from app.notifications import letters, mailbox, operations, queries

bp = Blueprint("notifications", __name__, template_folder="templates", static_folder=None)


@bp.get("/notifications")
@signed_in
def index() -> ResponseReturnValue:
    """What the person was told, newest first."""
    # The frame's numbers are read before the lines, so that nothing falls between.
    current_shell()
    before = _number(request.args.get("avant"))
    newest = queries.newest_id(current_user.id)
    lines, following = queries.lines_for(current_user, before=before)
    return render_template(
        "notifications/index.html",
        lines=lines,
        following=url_for(".index", avant=following) if following else None,
        is_first=before is None,
        newest=newest,
    )


@bp.get("/notifications/<int:notification_id>")
@signed_in
def open_one(notification_id: int) -> ResponseReturnValue:
    """Lead to the thing and settle its line: following a line is reading it."""
    notification = queries.notification_for(current_user, notification_id)
    line = queries.line_of(current_user, notification) if notification is not None else None
    if line is None:
        raise NotFound
    if not line.is_read:
        with transaction():
            operations.read_one(current_user, notification_id)
    return redirect(line.url if is_local(line.url) else url_for(".index"))


@bp.post("/notifications/lecture")
@signed_in
def read_all() -> ResponseReturnValue:
    """« Tout marquer comme lu », up to the newest line that the page showed."""
    with transaction():
        operations.read_all(current_user, _number(request.form.get("up_to")) or 0)
    return redirect(url_for(".index"))


@bp.get("/notifications/reglages")
@signed_in
def settings() -> ResponseReturnValue:
    """How each kind of news reaches the person."""
    return render_template("notifications/settings.html", choices=queries.choices_of(current_user))


@bp.post("/notifications/reglages")
@signed_in
def save_settings() -> ResponseReturnValue:
    """Keep the choices: a box that is not ticked is not sent."""
    with transaction():
        for choice in queries.choices_of(current_user):
            name = choice.kind.name
            operations.choose(
                current_user,
                name,
                in_page=f"page-{name}" in request.form,
                by_mail=f"mail-{name}" in request.form,
            )
    flash(_("Vos choix sont enregistrés."), "success")
    return redirect(url_for(".settings"))


@bp.get("/notifications/arret/<token>")
@public("the signed switch of a mail: whoever holds the mail may turn such mails off")
def ask_to_stop(token: str) -> ResponseReturnValue:
    """Ask once: mail programs follow links on their own."""
    user, kind = _switch(token)
    return render_template("notifications/stop.html", kind=kind, user=user, is_done=False, token=token)


@bp.post("/notifications/arret/<token>")
@csrf.exempt
@public("one-click unsubscribe (RFC 8058): sent by mail providers without a session")
def stop(token: str) -> ResponseReturnValue:
    """Turn one kind of mail off for the person the token names."""
    user, kind = _switch(token)
    with transaction():
        person = db.session.get_one(User, user.id)
        operations.stop_mail(person, kind.name)
    return render_template("notifications/stop.html", kind=kind, user=user, is_done=True, token=token)


@bp.get("/demo/courrier")
@public("the mailbox of a demonstration; absent everywhere else")
def demo_mailbox() -> ResponseReturnValue:
    """Every mail that the demonstration would have sent, newest first."""
    _only_in_demo()
    address = request.args.get("a", "").strip().lower()[:254]
    before = _number(request.args.get("avant"))
    mails, following = mailbox.mails(address or None, before=before)
    return render_template(
        "notifications/mailbox.html",
        mails=mails,
        address=address,
        addresses=mailbox.addresses(),
        following=url_for(".demo_mailbox", a=address or None, avant=following) if following else None,
    )


@bp.get("/demo/courrier/<int:mail_id>")
@public("one mail of a demonstration; absent everywhere else")
def demo_mail(mail_id: int) -> ResponseReturnValue:
    """One mail as its reader sees it."""
    _only_in_demo()
    mail = mailbox.find(mail_id)
    if mail is None:
        raise NotFound
    return render_template("notifications/mail.html", mail=mail, body=mailbox.shown(mail))


def _only_in_demo() -> None:
    if not is_demo():
        raise NotFound


def _switch(token: str) -> tuple[User, News]:
    named = letters.read_stop_token(token)
    user = db.session.get(User, named[0]) if named is not None else None
    kind = news.find(named[1]) if named is not None else None
    if user is None or kind is None or not kind.is_chosen:
        raise NotFound(
            _("Ce lien n’est plus valable. Connectez-vous pour choisir les courriels que vous recevez.")
        )
    return user, kind


def _number(raw: Any) -> int | None:
    text = raw or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
