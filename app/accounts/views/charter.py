"""The charter: read by anybody, accepted by each person."""

from __future__ import annotations

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts import charter
from app.accounts.forms import CharterForm
from app.accounts.gates import BEFORE_PROOF, CHARTER
from app.accounts.views import bp
from app.accounts.views.account import me
from app.core.database import transaction
from app.core.doors import public, signed_in
from app.core.redirects import is_local, safe_next


@bp.get(CHARTER)
@public(exempt=BEFORE_PROOF)
def show_charter() -> ResponseReturnValue:
    return _page(CharterForm(formdata=None, data={"next": safe_next()}))


@bp.post(CHARTER)
@signed_in(exempt=("charter",))
def accept_charter() -> ResponseReturnValue:
    form = CharterForm()
    if not form.validate():
        return _page(form), 422
    with transaction():
        charter.accept(me())
    flash(_("Merci. La charte est acceptée."), "success")
    return redirect(form.next.data if form.next.data and is_local(form.next.data) else "/")


def _page(form: CharterForm) -> str:
    asks = current_user.is_authenticated and charter.needs_charter(current_user)
    return render_template(
        "accounts/charter.html",
        form=form,
        version=charter.CURRENT,
        text=f"accounts/charter/{charter.CURRENT.name}.html",
        asks=asks,
        changes=charter.changes_since(current_user.charter_version) if asks else [],
        accepted_at=current_user.charter_accepted_at if current_user.is_authenticated and not asks else None,
    )
