"""An invitation: sent again or taken back by a referent, printed, opened and accepted by its guest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts import passwords, sessions
from app.accounts.models import User
from app.communities import operations, queries, tokens
from app.communities.access import access_of
from app.communities.forms import CodeForm, InvitationForm
from app.communities.models import Company, Invitation
from app.communities.views import bp, me, show_on
from app.communities.views.sheets import kept_out_of_caches, printed_sheet, spent_sheet, tried
from app.core.database import transaction
from app.core.doors import permission, public
from app.core.errors import NotFound, Refusal
from app.extensions import db


@bp.get("/invitations/<int:invitation_id>/feuille")
@permission("referents of the firm, whoever invited")
def show_sheet(invitation_id: int) -> ResponseReturnValue:
    """The sheet to print for somebody without a mailbox."""
    invitation = queries.invitation_for(current_user, invitation_id)
    if invitation.email is not None:
        raise NotFound
    with spent_sheet(invitation.company_id):
        operations.check_open(invitation)
    return printed_sheet(
        "communities/sheet.html",
        company_id=invitation.company_id,
        code=tokens.printed_code(invitation.nonce),
        url=operations.invitation_url(invitation),
        expires_at=invitation.expires_at,
        invitation=invitation,
        communities=_communities_of(invitation),
    )


@bp.post("/invitations/<int:invitation_id>/renvoi")
@permission("referents of the firm, whoever invited")
def resend(invitation_id: int) -> ResponseReturnValue:
    return _change(invitation_id, operations.resend, _("L’invitation est repartie."))


@bp.post("/invitations/<int:invitation_id>/retrait")
@permission("referents of the firm, whoever invited")
def revoke_invitation(invitation_id: int) -> ResponseReturnValue:
    said = _("L’invitation est retirée : son lien ne sert plus.")
    return _change(invitation_id, operations.revoke_invitation, said)


@bp.get("/invitation")
@public("whoever holds a printed sheet types its code here")
def ask_code() -> ResponseReturnValue:
    return render_template("communities/ask_code.html", form=CodeForm(formdata=None))


@bp.post("/invitation")
@public("whoever holds a printed sheet types its code here")
def follow_code() -> ResponseReturnValue:
    form = CodeForm()
    if not form.validate():
        return render_template("communities/ask_code.html", form=form), 422
    code = "".join(form.code.data.split())
    if queries.return_by_hash(tokens.hash_of(code)) is not None:
        return redirect(url_for(".show_return", token=code))
    try:
        tried(operations.find_invitation, code)
    except NotFound:
        form.code.errors = [_("Ce code n’existe pas. Vérifiez-le, lettre par lettre.")]
        return render_template("communities/ask_code.html", form=form), 422
    return redirect(url_for(".show_invitation", token=code))


@bp.get("/invitation/<token>")
@public("the holder of an invitation sees who invites, where, into what")
def show_invitation(token: str) -> ResponseReturnValue:
    """Looking changes nothing: mail scanners follow links too."""
    invitation = tried(operations.find_invitation, token)
    if invitation.accepted_at is not None and invitation.accepted_by_id == getattr(current_user, "id", None):
        return redirect(_welcome_address(invitation.company_id))
    operations.check_open(invitation)
    return _invitation_page(invitation, token, InvitationForm(formdata=None))


@bp.post("/invitation/<token>")
@public("the holder of an invitation accepts it")
def accept_invitation(token: str) -> ResponseReturnValue:
    """Accepted, the person is signed in and lands where they may write at once."""
    invitation = tried(operations.find_invitation, token)
    if invitation.accepted_at is not None and invitation.accepted_by_id == getattr(current_user, "id", None):
        return redirect(_welcome_address(invitation.company_id))
    operations.check_open(invitation)
    person = me() if current_user.is_authenticated else None
    has_account = person is not None or operations.account_for(invitation) is not None
    form, newcomer = None, None
    if not has_account:
        form = InvitationForm(needs_password=invitation.email is None)
        if not form.validate():
            return _invitation_page(invitation, token, form), 422
        newcomer = _newcomer(form)
    invitation_id = invitation.id
    try:
        with transaction():
            accepted = operations.accept_invitation(
                db.session.get_one(Invitation, invitation_id), person=person, newcomer=newcomer
            )
            if person is None:
                sign_in_guest(accepted.user)
            company_id, sign_in_name = accepted.company.id, accepted.user.sign_in_name
    except Refusal as refusal:
        if form is None or refusal.field is None:
            raise
        show_on(form, refusal)
        return _invitation_page(operations.find_invitation(token), token, form), refusal.status
    if newcomer is not None and sign_in_name:
        flash(
            _("Votre identifiant pour revenir : %(name)s. Notez-le sur votre feuille.", name=sign_in_name),
            "info",
        )
    return redirect(url_for(".arrive", company_id=company_id))


@bp.get("/arrivee/<int:company_id>")
@permission("staff of the firm")
def arrive(company_id: int) -> ResponseReturnValue:
    """Where an accepted invitation leads: the welcome of the firm's first community, or the firm while it waits."""
    queries.own_company(current_user, company_id)
    return redirect(_welcome_address(company_id))


def _change(invitation_id: int, act: Callable[..., Any], said: str) -> ResponseReturnValue:
    with transaction():
        invitation = queries.invitation_for(current_user, invitation_id)
        act(invitation, by=me())
        company_id = invitation.company_id
    flash(said, "success")
    return redirect(url_for(".show_own_company", company_id=company_id, _anchor="invitations"))


def _communities_of(invitation: Invitation) -> list[queries.MembershipLine]:
    return [line for line in queries.memberships_of(invitation.company_id) if line.state == "admitted"]


def _welcome_address(company_id: int) -> str:
    access = access_of(current_user)
    own = set(queries.community_ids_of(company_id))
    for place in access.communities:
        if place.id in own:
            return url_for(".welcome", slug=place.slug)
    return url_for(".show_own_company", company_id=company_id)


def _invitation_page(invitation: Invitation, token: str, form: InvitationForm) -> Response:
    needs_password = invitation.email is None
    form.password.flags.required = needs_password
    inviter = db.session.get(User, invitation.invited_by_id)
    known = operations.account_for(invitation)
    page = render_template(
        "communities/invitation.html",
        invitation=invitation,
        token=token,
        form=form,
        company=db.session.get_one(Company, invitation.company_id),
        communities=_communities_of(invitation),
        inviter=inviter,
        known=known if known is not None and known.is_active else None,
        needs_password=needs_password,
        rule=passwords.RULE,
    )
    return kept_out_of_caches(page)


def _newcomer(form: InvitationForm) -> operations.Newcomer:
    password = form.password.data or ""
    locale = str(get_locale() or "fr")[:2]
    return operations.Newcomer(
        given_name=form.given_name.data,
        family_name=form.family_name.data,
        trade=form.trade.data,
        password_hash=passwords.hash_password(password) if password else None,
        locale=locale,
    )


def sign_in_guest(user: User) -> None:
    # The link came by mail, or the code by hand: either is as good as a sign-in link. A second factor is still asked.
    agent = request.headers.get("User-Agent", "")
    sessions.open_session(user, sessions.device_name(agent), lasting=True)
