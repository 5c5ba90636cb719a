"""Pages put together from the frame, drawn once for its reader, and their own blocks.

`render_template` walks four levels of templates for each page, most of it the frame again. `page()` draws the frame once
with a mark where each block goes, keeps the pieces between the marks with the frame itself, and lays the page's own blocks
between them. The templates stay the ones that `render_template` reads; a test lays both side by side.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from flask import Flask, current_app, render_template, request
from markupsafe import escape

from app.core.cookies import csrf_token
from app.core.shell import Shell, current_shell, has_flashes
from app.core.versions import Remembered

TRIMMED = ("place", "primary", "context", "dock")
"""Blocks whose emptiness changes the frame."""

SLOTS = (*TRIMMED, "title", "description", "scopes", "main_attrs", "page_class", "head", "content")
# Nobody can know it: names of people, firms and rooms stand in the frame, and whoever writes one could write a mark.
_SECRET = secrets.token_hex(8)
MARK = f"\ue000{_SECRET}:{{}}\ue001"
_MARKS = re.compile(f"\ue000{_SECRET}:(.*?)\ue001")

_BLOCK = (
    "{{% block {0} %}}{{% if '{0}' in slots %}}"
    + MARK.format("{0}")
    + "{{% else %}}{{{{ super() }}}}{{% endif %}}"
    "{{% endblock %}}"
)
_MARKED = "{% extends 'core/base.html' %}" + "".join(_BLOCK.format(name) for name in SLOTS)


def page(name: str, /, **values: Any) -> str:
    """What `render_template(name, **values)` gives, for a template that extends `core/page.html` by blocks alone.

    Its blocks may use what they are given and what is global, not what the template imports outside them.
    """
    frame = current_shell()
    if frame.user is None or has_flashes():
        return render_template(name, **values)
    template = current_app.jinja_env.get_template(name)
    context = template.new_context(values)
    blocks = {slot: "".join(draw(context)) for slot, draw in template.blocks.items()}
    for slot in TRIMMED:
        if slot in blocks:
            blocks[slot] = blocks[slot].strip()
            if not blocks[slot]:
                del blocks[slot]
    blocks["csrf_token"] = csrf_token()
    blocks["next"] = escape(request.full_path if request.method == "GET" else "/")
    pieces = _pieces(frame, frozenset(blocks))
    made = "".join([blocks[piece] if is_slot else piece for is_slot, piece in pieces])
    if Remembered.doubted and made != (whole := render_template(name, **values)):
        raise AssertionError(f"{name} put together is not {name} rendered: {made!r} {whole!r}")
    return made


def _pieces(frame: Shell, slots: frozenset[str]) -> list[tuple[bool, str]]:
    """The frame in pieces: text, and between them the names of what goes there (`True`)."""
    kept: Any = frame.pieces.get(slots)
    if kept is None:
        template = current_app.extensions["marked_page"]
        parts = _MARKS.split(template.render(slots=slots, marked=MARK))
        kept = [(place % 2 == 1, str(part)) for place, part in enumerate(parts)]
        frame.pieces[slots] = kept
    return kept


def init_app(app: Flask) -> None:
    app.extensions["marked_page"] = app.jinja_env.from_string(_MARKED)
