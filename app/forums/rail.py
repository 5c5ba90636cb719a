"""The rail of every page: the rooms a person reads, with what is unread in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.communities.access import Access, Place, access_of
from app.core.shell import Shell, ShellPlace, ShellRoom, ShellUser, standing_in
from app.forums import queries

MOST_PLACES = 8
"""Places shown with their rooms; who reads more reaches the others by « Tous les lieux »."""


def fill_rail(shell: Shell, user: Any) -> None:
    """Add the person's places and rooms to the frame."""
    access = access_of(user)
    places = places_of_rail(access)
    if not places:
        return
    shell.scopes |= {place.scope_id for place in places}
    if user.scope_id is not None:
        shell.scopes.add(user.scope_id)
    lines, numbers = queries.rail_of(user, [place.id for place in places], shell.scopes)
    shell.numbers.update(numbers)
    shell.scopes |= numbers.keys()
    rooms: dict[int, list[queries.RailRoom]] = {}
    for line in lines:
        rooms.setdefault(line.node_id, []).append(line)
    _node_id, current_room = standing_in()
    shell.places = tuple(
        ShellPlace(
            id=place.id,
            name=place.name,
            url=place_url(place),
            hue=place.region_code,
            kind=place.kind,
            rooms=tuple(
                ShellRoom(
                    row.id, row.name, f"/salles/{row.id}-{row.slug}", row.unread, row.id == current_room
                )
                for row in rooms.get(place.id, [])
            ),
        )
        for place in places
    )
    elsewhere = access.places.keys() - {place.id for place in places}
    if elsewhere:
        shell.all_places = len(access.places)
        shell.counts["unread_elsewhere"] = queries.unread_in_places(user, elsewhere)
    if isinstance(shell.user, ShellUser) and not shell.user.place:
        shell.user = replace(shell.user, place=next(iter(access.companies.values()), ""))


def places_of_rail(access: Access) -> list[Place]:
    """The person's own communities, then the page's, then the region and the nation."""
    own = [access.places[node_id] for node_id in access.home_ids if node_id in access.places]
    held = [place for place in access.communities if place not in own and access.roles_at.get(place.id)]
    current = access.places.get(standing_in()[0] or 0)
    higher = access.higher_places
    if len(higher) > 3:
        higher = [place for place in higher if place.kind == "nation"]
    chosen = own + ([current] if current is not None else []) + (held if len(held) <= 4 else []) + higher
    return list({place.id: place for place in chosen}.values())[:MOST_PLACES]


def place_url(place: Place) -> str:
    """The page of a place."""
    return {"community": f"/communautes/{place.slug}", "region": f"/regions/{place.slug}"}.get(
        place.kind, "/national"
    )
