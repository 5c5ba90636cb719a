"""What one holds, until when, and which machines it opens."""

from __future__ import annotations

from app.communities.access import access_of
from app.core.doors import signed_in
from app.core.pages import page
from app.core.time import clock, local
from app.resources.access import labs_read_by
from app.resources.addresses import machine_url
from app.resources.queries.holding import SOON, held_by, labs_of_machines_asking, machines_asking
from app.resources.views import bp, me


@bp.get("/reservations/habilitations")
@signed_in
def own_qualifications() -> str:
    """One's own qualifications; what ended or was taken back stays to be read for a year."""
    today = local(clock.now()).date()
    held = held_by(me(), today)
    current = [
        row
        for row in held
        if row.revoked_at is None and (row.valid_until is None or row.valid_until >= today)
    ]
    over = [row for row in held if row not in current]
    types = {row.type_id for row in current}
    opened = machines_asking(types, labs_read_by(me(), labs_of_machines_asking(types)))
    return page(
        "resources/qualifications.html",
        companies=access_of(me()).companies,
        current=current,
        over=[row for row in over if row.revoked_at is not None or row.type_id not in types],
        opened=opened,
        today=today,
        soon=today + SOON,
        machine_url=machine_url,
    )
