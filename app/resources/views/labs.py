"""The second door: the labs that serve somebody, and their own next slots."""

from __future__ import annotations

from flask import redirect, request
from flask.typing import ResponseReturnValue

from app.core import shell
from app.core.doors import signed_in
from app.core.pages import page
from app.resources.addresses import lab_url
from app.resources.queries import labs
from app.resources.queries.occupations import bookings_of_person
from app.resources.views import bp, me, now_in_seconds

YEAR = 366 * 24 * 3600
NEXT_SHOWN = 3


@bp.get("/reserver")
@signed_in
def book_door() -> ResponseReturnValue:
    """Who is served by one lab stands in it at once; others choose."""
    user = me()
    found = labs.labs_for(user)
    if len(found) == 1 and "tous" not in request.args:
        return redirect(lab_url(found[0].id, found[0].slug))
    now = now_in_seconds()
    shell.listen(lab.scope_id for lab in found)
    return page(
        "resources/door.html",
        scopes=shell.current_shell().seqs,
        labs=[(lab, lab_url(lab.id, lab.slug)) for lab in found],
        bookings=bookings_of_person(user, since=now, until=now + YEAR, limit=NEXT_SHOWN),
    )
