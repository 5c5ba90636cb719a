"""The pages of labs, machines and bookings."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask_login import current_user

from app.communities.access import access_of
from app.core import shell
from app.core.time import clock, use_zone

bp = Blueprint("resources", __name__, template_folder="../templates")


def me() -> Any:
    """The signed-in person, unwrapped: operations keep them after the request's proxy is gone."""
    return current_user._get_current_object()


def now_in_seconds() -> int:
    """The present second."""
    return int(clock.now().timestamp())


def stand_in_lab(node_id: int, scope_id: int, zone: str) -> str:
    """Show the hours of the lab's place, hear of its changes, and stand in its place when the reader has it."""
    use_zone(zone)
    if access_of(current_user).reads(node_id):
        shell.stand_in(node_id)
    shell.listen([scope_id])
    return shell.current_shell().seqs
