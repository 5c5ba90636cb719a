"""What requests bring: pages, ids and values, whatever was typed in their place."""

from __future__ import annotations

import uuid
from typing import Any

from flask import request
from flask_babel import gettext as _

from app.core.errors import NotFound, Refusal

MAX_PAGE = 100_000


BIGGEST_ID = 2**63 - 1


def page_number() -> int:
    """The page asked for, 1 when it makes no sense."""
    number = request.args.get("page", default=1, type=int) or 1
    return min(max(1, number), MAX_PAGE)


def checked_id(value: int) -> int:
    """An id that both databases can hold; a bigger one is a page that does not exist."""
    if not 0 < value <= BIGGEST_ID:
        raise NotFound
    return value


def form_id(name: str, *, allow_zero: bool = False) -> int:
    """An id sent by a form. Raises Refusal (400) when it is none."""
    value = whole(request.form.get(name))
    if value == 0 and not (allow_zero and request.form.get(name) == "0"):
        raise Refusal(
            _("Ce formulaire est incomplet. Rechargez la page, puis envoyez de nouveau."), status=400
        )
    return value


def whole(value: Any) -> int:
    """A whole number that fits an id, 0 for anything else."""
    try:
        number = int(str(value))
    except (TypeError, ValueError):
        return 0
    return number if 0 < number <= BIGGEST_ID else 0


def sent_values() -> dict[str, Any]:
    """What a form or a script sent, as a flat dictionary."""
    if request.is_json:
        try:
            value = request.get_json(silent=True)
        except RecursionError:
            value = None
        return value if isinstance(value, dict) else {}
    return request.form.to_dict()


def new_request_id() -> str:
    """A fresh id for a creating form."""
    return str(uuid.uuid4())
