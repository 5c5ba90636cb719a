"""Reading sheets: the list, one of them, what it said before, one's own."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.communities.access import access_of
from app.core import links, shell
from app.core.doors import signed_in
from app.core.errors import NotFound
from app.core.inputs import checked_id, page_number, whole
from app.core.pages import page as page_of
from app.library import permissions, queries
from app.library.differences import changes_of
from app.library.drawing import dots_of
from app.library.views import bp, stand_in
from app.library.vocabulary import DIMENSIONS, EVIDENCE, FACETS, TECHNOLOGIES

FILTERS = {
    "genre": ("facet", FACETS),
    "domaine": ("dimension", DIMENSIONS),
    "preuve": ("evidence", EVIDENCE),
    "technologie": ("technology", TECHNOLOGIES),
}
"""Words of the address, the column each narrows, and its values."""


@bp.get("/apprendre")
@signed_in
def show_list() -> ResponseReturnValue:
    """What is new, narrowed by what sheets are about."""
    user = current_user._get_current_object()
    wanted = _wanted()
    number = page_number()
    practices, has_next = queries.practices_for(user, wanted, number)
    return page_of(
        "library/list.html",
        practices=practices,
        counted=queries.facets_for(user, wanted),
        wanted=wanted,
        chosen=_chosen(),
        filters=FILTERS,
        places=access_of(user).places,
        page=number,
        has_next=has_next,
        scopes=shell.current_shell().seqs,
    )


def _wanted() -> queries.Wanted:
    values = {}
    for name, (column, known) in FILTERS.items():
        value = request.args.get(name, "")
        if value in known:
            values[column] = value
    return queries.Wanted(**values, node_id=whole(request.args.get("lieu")))


def _chosen() -> dict[str, str]:
    """The filters of the address that mean something, as it names them."""
    chosen = {
        name: request.args[name]
        for name, (_column, known) in FILTERS.items()
        if request.args.get(name, "") in known
    }
    node_id = whole(request.args.get("lieu"))
    return {**chosen, "lieu": str(node_id)} if node_id else chosen


@bp.get("/apprendre/mes-fiches")
@signed_in
def show_mine() -> ResponseReturnValue:
    """What one writes, and what waits for one's review."""
    user = current_user._get_current_object()
    rows = queries.mine(user)
    return page_of(
        "library/mine.html",
        opened=[row for row in rows if row.version_state in ("draft", "proposed", "returned")],
        published=[row for row in rows if row.version_state == "published"],
        waiting=queries.waiting_for(user),
        places=access_of(user).places,
        scopes=shell.current_shell().seqs,
    )


@bp.get("/apprendre/<int:practice_id>-<slug>")
@bp.get("/apprendre/<int:practice_id>")
@signed_in
def show_sheet(practice_id: int, slug: str = "") -> ResponseReturnValue:
    """A sheet: its effect and what that is worth, what was done, the pitfalls, whom to call."""
    user = current_user._get_current_object()
    found = queries.sheet_for(user, checked_id(practice_id))
    practice = found.practice
    stand_in(practice.node_id)
    seqs = shell.current_shell().seqs
    applications = queries.applications_of(practice.id)
    judges = permissions.can_judge(user, practice)
    edits = permissions.can_edit(user, practice)
    return page_of(
        "library/sheet.html",
        practice=practice,
        place=access_of(user).places.get(practice.node_id),
        open_state=found.open_state,
        applications=applications,
        dots=dots_of(applications.common),
        credits=queries.credits_of(practice.id) if practice.source_type else (),
        linked=links.panel(user, ("practice", practice.id)),
        may=_may(user, practice, judges=judges, edits=edits),
        verifiable={
            row.id for row in applications.rows if permissions.can_verify_application(user, practice, row)
        },
        removable={
            row.id for row in applications.rows if permissions.can_remove_application(user, practice, row)
        },
        scopes=seqs,
    )


def _may(user: Any, practice: Any, *, judges: bool, edits: bool) -> dict[str, bool]:
    return {
        "apply": permissions.can_apply(user, practice),
        "edit": edits and practice.state == "published",
        "confirm": permissions.can_confirm(user, practice),
        "withdraw": permissions.can_withdraw(user, practice),
        "reinstate": permissions.can_reinstate(user, practice),
        "link": practice.state == "published" and (edits or judges),
        "report": practice.author_id != user.id and permissions.is_public(practice),
    }


@bp.get("/apprendre/<int:practice_id>/historique")
@signed_in
def show_history(practice_id: int) -> ResponseReturnValue:
    """Every version that was published, with what changed from the one before."""
    user = current_user._get_current_object()
    practice = queries.sheet_for(user, checked_id(practice_id)).practice
    versions = queries.history_of(practice.id)
    if not versions:
        raise NotFound
    stand_in(practice.node_id)
    return page_of(
        "library/history.html",
        practice=practice,
        changes=changes_of(versions),
        scopes=shell.current_shell().seqs,
    )
