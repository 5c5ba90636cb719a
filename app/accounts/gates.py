"""What every signed-in person passes before a page: the second factor of their roles, the charter before writing."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import charter, second_factor, sessions
from app.core import doors
from app.core.error_pages import resend_page
from app.core.error_pages import wants_json as asked_by_script
from app.core.redirects import here
from app.core.security import SAFE_METHODS

PROVE = "/connexion/verification"
CHARTER = "/charte"
ENROL = "/compte/verification"
BEFORE_PROOF = ("second_factor",)
"""What stands open to a session that has still to prove its second factor: coming in, going out, the law."""


def second_factor_gate(user: Any) -> ResponseReturnValue | None:
    """Lead to the proof, or to enrolment, before anything else."""
    if not second_factor.is_missing(user, sessions.current_session()):
        return None
    page = PROVE if user.totp_confirmed_at is not None else ENROL
    if request.method in SAFE_METHODS and not asked_by_script():
        return redirect(f"{page}?{urlencode({'next': here()})}")
    return resend_page(
        403,
        _("Une vérification d’abord"),
        _("Vos fonctions demandent une double vérification pour cette session."),
        action=(_("Passer la vérification"), page),
        error="second_factor",
    )


def charter_gate(user: Any) -> ResponseReturnValue | None:
    """Nobody writes before having accepted the charter in force; reading stays open."""
    if request.method in SAFE_METHODS or not charter.needs_charter(user):
        return None
    return resend_page(
        403,
        _("La charte d’abord"),
        _("Avant d’écrire, lisez la charte et acceptez-la, puis revenez envoyer votre texte."),
        action=(_("Lire la charte"), CHARTER),
        error="charter",
    )


def init_app() -> None:
    doors.gate("second_factor", second_factor_gate, before_public=True)
    doors.gate("charter", charter_gate)
