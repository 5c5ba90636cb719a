"""The journal over plain HTTP: the same catch-up as the sockets, for pages that lost one or never had one."""

from __future__ import annotations

from flask import Blueprint, Flask, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.accounts.realtime import MAX_SCOPES, catch_up_message, parse_scopes
from app.core import journal
from app.core.doors import signed_in
from app.core.errors import Refusal

bp = Blueprint("polling", __name__)


@bp.get("/journal")
@signed_in(exempt=("charter",))
def catch_up() -> ResponseReturnValue:
    """What came after: `?scope=12&after=345`, repeated by pairs."""
    scopes, after = request.args.getlist("scope"), request.args.getlist("after")
    if len(scopes) != len(after) or len(scopes) > MAX_SCOPES:
        raise Refusal(_("Cette demande est mal formée."), status=400)
    wanted = parse_scopes(dict(zip(scopes, after, strict=True)))
    allowed = journal.allowed(current_user, wanted.keys())
    answer = catch_up_message({scope_id: seq for scope_id, seq in wanted.items() if scope_id in allowed})
    return jsonify(
        scopes=answer,
        refused=[str(scope_id) for scope_id in wanted.keys() - allowed],
        signed_in=True,
    )


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
