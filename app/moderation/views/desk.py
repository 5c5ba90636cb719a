"""The desk: what waits, and its number."""

from __future__ import annotations

from flask import jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.communities.access import access_of
from app.core.shell import current_shell
from app.moderation import queries, waiting
from app.moderation.views import bp, moderators
from app.moderation.vocabulary import REASON_LABELS


@bp.get("/moderation")
@moderators
def desk() -> ResponseReturnValue:
    """The first case that waits; the list when nothing does."""
    cases = queries.queue(current_user)
    if cases:
        return redirect(url_for(".show_case", report_id=cases[0].id))
    return redirect(url_for(".list_cases"))


@bp.get("/moderation/liste")
@moderators
def list_cases() -> ResponseReturnValue:
    """Everything that waits in the person's subtree."""
    current_shell()
    cases = queries.queue(current_user)
    appeals = queries.appeals_for(current_user)
    about = queries.descriptions_of([(decision.object_type, decision.object_id) for _a, decision in appeals])
    return render_template(
        "moderation/list.html",
        cases=cases,
        appeals=[
            (appeal, about.get((decision.object_type or "", decision.object_id or 0)))
            for appeal, decision in appeals
        ],
        reasons=REASON_LABELS,
    )


@bp.get("/moderation/attente")
@moderators
def show_pending() -> ResponseReturnValue:
    """The number on the badge, for open pages."""
    return jsonify(pending=waiting.pending_count(access_of(current_user)))
