"""A colleague without a mailbox who forgot the password: the referent prints a sheet, the person chooses another one."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts import passwords
from app.accounts.forms import NewPasswordForm
from app.accounts.models import User
from app.accounts.views.sign_in import enter, known_of
from app.communities import operations, permissions, queries, tokens
from app.communities.forms import CreatingForm
from app.communities.models import Company, ReturnCode
from app.communities.views import bp, me
from app.communities.views.sheets import kept_out_of_caches, printed_sheet, spent_sheet, tried
from app.core.database import transaction
from app.core.doors import permission, public
from app.core.errors import NotFound, require
from app.core.idempotency import parse_request_id
from app.core.limits import Rate
from app.extensions import db

PRINTING = Rate("printed_returns", 20, 86_400)


@bp.get("/mon-entreprise/<int:company_id>/personnes/<int:person_id>/code")
@permission("referents of the firm, for colleagues without a mailbox or a role above it")
def confirm_return(company_id: int, person_id: int) -> ResponseReturnValue:
    """Say what the sheet does before it is printed."""
    company, person = _concerned(company_id, person_id)
    return render_template(
        "communities/confirm_return.html", company=company, person=person, form=CreatingForm()
    )


@bp.post("/mon-entreprise/<int:company_id>/personnes/<int:person_id>/code")
@permission("referents of the firm, for colleagues without a mailbox or a role above it")
def print_return(company_id: int, person_id: int) -> ResponseReturnValue:
    form = CreatingForm()
    request_id = parse_request_id(form.request_id.data)
    _concerned(company_id, person_id)
    PRINTING.spend(current_user.id)
    with transaction():
        company, person = _concerned(company_id, person_id)
        code_id = operations.print_return(company, person, by=me(), request_id=request_id).id
    return redirect(url_for(".show_return_sheet", code_id=code_id))


@bp.get("/codes/<int:code_id>/feuille")
@permission("whoever printed it, while it serves")
def show_return_sheet(code_id: int) -> ResponseReturnValue:
    code = db.session.get(ReturnCode, code_id)
    if code is None or code.printed_by_id != current_user.id:
        raise NotFound
    written = tokens.return_code(code.nonce)
    with spent_sheet(code.company_id):
        operations.find_return(written)
    return printed_sheet(
        "communities/return_sheet.html",
        company_id=code.company_id,
        code=written,
        url=operations.return_url(code),
        expires_at=code.expires_at,
        person=db.session.get_one(User, code.user_id),
    )


@bp.get("/retour/<token>")
@public("the holder of a printed code sees whose account it opens")
def show_return(token: str) -> ResponseReturnValue:
    """Looking changes nothing."""
    return _choose(token, NewPasswordForm(formdata=None))


@bp.post("/retour/<token>")
@public("the holder of a printed code chooses a new password")
def choose_password(token: str) -> ResponseReturnValue:
    """The password is set, every other device is put out, and the person is in (a second factor is still asked)."""
    person = db.session.get_one(User, tried(operations.find_return, token).user_id)
    form = NewPasswordForm(known=known_of(person))
    if not form.validate():
        return _choose(token, form), 422
    hashed = passwords.hash_password(form.new_password.data or "")
    with transaction():
        user_id = operations.use_return(token, hashed).id
    flash(_("Votre mot de passe est changé."), "success")
    return enter(db.session.get_one(User, user_id), lasting=True, target="/")


def _concerned(company_id: int, person_id: int) -> tuple[Company, User]:
    company = queries.own_company(current_user, company_id)
    person = queries.colleague(company.id, person_id)
    reach = queries.reach_of_colleagues(company.id, person.id).get(person.id)
    require(permissions.can_print_return(current_user, reach))
    return company, person


def _choose(token: str, form: NewPasswordForm) -> Response:
    code = tried(operations.find_return, token)
    person = db.session.get_one(User, code.user_id)
    page = render_template("communities/choose_password.html", form=form, person=person, token=token)
    return kept_out_of_caches(page)
