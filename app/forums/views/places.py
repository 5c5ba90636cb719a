"""Every place somebody reads, for those who read more than the rail shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.communities.access import Place, access_of
from app.core.doors import signed_in
from app.core.slugs import fold
from app.forums import queries
from app.forums.rail import place_url
from app.forums.views import bp


@dataclass
class Group:
    """A region, or the nation, with the communities below it; `head` is missing for somebody who reads them alone."""

    head: Place | None = None
    communities: list[Place] = field(default_factory=list)


@bp.get("/lieux")
@signed_in
def show_places() -> ResponseReturnValue:
    """All places by region, with what is unread in each."""
    places = access_of(current_user).places
    return render_template(
        "forums/places.html",
        groups=by_region(places.values()),
        total=len(places),
        unread=queries.unread_by_place(current_user, places),
        url=place_url,
    )


def by_region(places: Iterable[Place]) -> list[Group]:
    """The nation first, then the regions by name, each with its communities by name."""
    groups: dict[str, Group] = {}
    for place in places:
        group = groups.setdefault(place.region_code or "", Group())
        if place.kind == "community":
            group.communities.append(place)
        else:
            group.head = place
    for group in groups.values():
        group.communities.sort(key=lambda place: fold(place.name))
    return sorted(groups.values(), key=_rank)


def _rank(group: Group) -> tuple[bool, str]:
    first = group.head or group.communities[0]
    return first.kind != "nation", fold(first.name)
