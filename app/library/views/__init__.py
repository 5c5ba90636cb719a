"""The pages and forms of sheets."""

from __future__ import annotations

from flask import Blueprint
from flask_login import current_user

from app.communities.access import access_of
from app.core import shell
from app.core.time import use_zone

bp = Blueprint("library", __name__, template_folder="../templates")


def stand_in(node_id: int) -> None:
    """Say which place the page belongs to: the rail shows it, and its hours are those of the place."""
    shell.stand_in(node_id)
    place = access_of(current_user).places.get(node_id)
    if place is not None:
        use_zone(place.time_zone)
