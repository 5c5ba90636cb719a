"""Reading sheets: the list, one of them, what it said before, one's own."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup

from app.communities.access import access_of
from app.core import links, shell, versions
from app.core.doors import signed_in
from app.core.errors import NotFound
from app.core.fragments import drawn, looks
from app.core.inputs import checked_id, page_number, whole
from app.core.pages import page as page_of
from app.core.versions import Remembered
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
    return page_of(
        "library/list.html",
        listed=_listed(user, _wanted(), page_number()),
        scopes=shell.current_shell().seqs,
    )


class Listed(NamedTuple):
    """A page of the list and the filters beside it, as one person sees them; `total` counts all that the filters leave."""

    rows: Markup
    facets: Markup
    total: int


def _listed(user: Any, wanted: queries.Wanted, number: int) -> Listed:
    """Drawn again when something moves in what the person reads."""
    version = shell.everything_read(access_of(user).places.keys())

    def draw() -> Listed:
        return _draw_list(user, wanted, number)

    return draw() if version is None else _lists.get((user.id, wanted, number), (version, looks()), draw)


_lists: Remembered[Listed] = Remembered(50)
"""Some 20 KB each."""


def _draw_list(user: Any, wanted: queries.Wanted, number: int) -> Listed:
    practices, has_next = queries.practices_for(user, wanted, number)
    counted = queries.facets_for(user, wanted)
    values = {"chosen": _chosen(), "places": access_of(user).places, "filters": FILTERS}
    rows = drawn(
        "library/_list.html", None, None, practices=practices, page=number, has_next=has_next, **values
    )
    return Listed(rows, drawn("library/_facets.html", None, None, counted=counted, **values), counted.total)


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
    may = _may(user, practice)
    return page_of(
        "library/sheet.html",
        practice=practice,
        parts=_parts_of(user, found, may),
        may=may,
        scopes=shell.current_shell().seqs,
    )


class Parts(NamedTuple):
    """What the page of a sheet is put together from, drawn for one reader."""

    words: Markup
    aside: Markup


def _parts_of(user: Any, found: queries.SheetPage, may: dict[str, bool]) -> Parts:
    """Drawn again when the sheet, what it is linked with or the names around it have changed."""
    known = versions.known()
    linked = links.panel(user, ("practice", found.practice.id))

    def draw() -> Parts:
        return _draw_sheet(user, found, may, linked)

    if known is None:
        return draw()
    version = (known.tree, known.dates, found.said, linked, looks())
    return _parts.get((user.id, found.practice.id), version, draw)


_parts: Remembered[Parts] = Remembered(50)
"""Some 20 KB each."""


def _draw_sheet(
    user: Any, found: queries.SheetPage, may: dict[str, bool], linked: tuple[links.Section, ...]
) -> Parts:
    practice = found.practice
    applications = queries.applications_of(practice.id)
    values = {"practice": practice, "open_state": found.open_state, "applications": applications, "may": may}
    words = drawn(
        "library/_sheet.html",
        None,
        None,
        dots=dots_of(applications.common),
        credits=queries.credits_of(practice.id) if practice.source_type else (),
        verifiable={
            row.id for row in applications.rows if permissions.can_verify_application(user, practice, row)
        },
        removable={
            row.id for row in applications.rows if permissions.can_remove_application(user, practice, row)
        },
        **values,
    )
    return Parts(words, drawn("library/_sheet_aside.html", None, None, linked=linked, **values))


def _may(user: Any, practice: Any) -> dict[str, bool]:
    judges, edits = permissions.can_judge(user, practice), permissions.can_edit(user, practice)
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
    published = queries.history_of(practice.id)
    if not published:
        raise NotFound
    stand_in(practice.node_id)
    return page_of(
        "library/history.html",
        practice=practice,
        changes=changes_of(published),
        scopes=shell.current_shell().seqs,
    )
