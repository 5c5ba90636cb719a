"""The pages and forms of discussions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.communities.access import access_of
from app.core import shell
from app.core.error_pages import wants_json
from app.core.errors import Refusal
from app.core.time import use_zone

bp = Blueprint("forums", __name__, template_folder="../templates")


def stand_in(node_id: int, room_id: int | None = None) -> None:
    """Say which place the page belongs to: the rail shows it, and its hours are those of the place."""
    shell.stand_in(node_id, room_id)
    place = access_of(current_user).places.get(node_id)
    if place is not None:
        use_zone(place.time_zone)


def page_seqs() -> str:
    """What the page says it knows of its scopes, read before the content."""
    return shell.current_shell().seqs


def refused(form: Any, refusal: Refusal, page: Callable[[int], ResponseReturnValue]) -> ResponseReturnValue:
    """A refusal beside the field it speaks of; everything typed stays."""
    field = getattr(form, refusal.field or "", None) or form.body
    field.errors = [*field.errors, refusal.sentence, *refusal.reasons]
    if wants_json():
        return jsonify(errors={field.name: field.errors}, message=refusal.sentence), refusal.status
    return page(refusal.status)
