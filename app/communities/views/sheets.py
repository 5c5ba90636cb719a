"""Printed sheets: the page of one, and the door where the code on it is tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from flask import Response, make_response, render_template, url_for
from flask_babel import gettext as _

from app.communities import qr
from app.communities.models import Company
from app.core.errors import NotFound, Refusal
from app.core.limits import Rate, client_address
from app.extensions import db

TRYING = Rate("invitation_code", 30, 900)

Found = TypeVar("Found")


def printed_sheet(
    template: str, *, company_id: int, code: str, url: str, expires_at: datetime, **context: Any
) -> Response:
    """A sheet for somebody without a mailbox: the code to type, and the square that says it all."""
    page = render_template(
        template,
        company=db.session.get_one(Company, company_id),
        code=code,
        expires_at=expires_at,
        short_url=url_for(".ask_code", _external=True).split("://", 1)[-1],
        drawing=qr.drawing(url),
        **context,
    )
    return kept_out_of_caches(page)


@contextmanager
def spent_sheet(company_id: int) -> Iterator[None]:
    """Say to whoever printed a sheet that it serves no more, and where another one is made."""
    try:
        yield
    except Refusal as refusal:
        refusal.title = _("Cette feuille ne sert plus")
        refusal.sentence = _("Elle a servi, une autre l’a remplacée, ou son délai est passé.")
        refusal.action = (
            _("Revenir à « Mon entreprise »"),
            url_for(".show_own_company", company_id=company_id, _anchor="invitations"),
        )
        raise


def tried(find: Callable[[str], Found], token: str) -> Found:
    """What a code opens. Only misses are counted: a whole workshop may come in behind one address within minutes."""
    try:
        return find(token)
    except NotFound:
        TRYING.spend(client_address())
        raise


def kept_out_of_caches(page: str) -> Response:
    """A page whose address or text opens an account."""
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
