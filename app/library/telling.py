"""What a firm tells of having applied a sheet, made ready to be stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _

from app.core.errors import Refusal
from app.core.text import MESSAGE_BYTES, RENDERER_VERSION, clean_line
from app.core.time import clock, local
from app.library.sheets import rendered, thousandths

LINES = {"place": 120, "indicator": 120, "unit": 24, "method": 300}
OLDEST = timedelta(days=20 * 365)


@dataclass(frozen=True)
class Told:
    """The values of an application, by column; `images` are the keys of its pictures and files."""

    values: dict[str, Any]
    images: tuple[str, ...] = ()


def told_of(sent: Mapping[str, Any]) -> Told:
    """What a form sent. Raises Refusal naming the field to mend."""
    values: dict[str, Any] = {"renderer_version": RENDERER_VERSION}
    for name, limit in LINES.items():
        values[name] = clean_line(str(sent.get(name) or ""), limit=limit, field=name)
    for name in ("before_value", "after_value"):
        values[name] = _figure(str(sent.get(name) or "").strip(), name)
    if (values["before_value"] is None) != (values["after_value"] is None):
        name = "before_value" if values["before_value"] is None else "after_value"
        raise Refusal(_("Donnez les deux : avant et après."), field=name)
    if values["before_value"] is not None and not values["unit"]:
        raise Refusal(_("Dans quelle unité ? Des minutes, des pièces, des kWh…"), field="unit")
    if len(values["place"]) < 2:
        raise Refusal(_("Dites où : le site ou la ville."), field="place")
    note = str(sent.get("note") or "")
    if len(note.encode()) > MESSAGE_BYTES:
        raise Refusal(_("Cette note est trop longue : joignez le détail dans un fichier."), field="note")
    text = rendered(note)
    values["note"], values["note_html"] = text.source, text.html
    return Told(values, text.images)


def day_of(text: str) -> date:
    """The day it was applied. Raises Refusal for what is no past day."""
    today = local(clock.now()).date()
    try:
        value = date.fromisoformat(text.strip())
    except ValueError:
        raise Refusal(_("Une date, comme 2026-01-31."), field="applied_on") from None
    if not today - OLDEST <= value <= today:
        raise Refusal(_("Cette date n’est pas encore venue, ou elle est trop ancienne."), field="applied_on")
    return value


def _figure(text: str, name: str) -> int | None:
    if not text:
        return None
    try:
        return thousandths(text)
    except ValueError:
        raise Refusal(_("Un nombre seul, comme 58 ou 4,5 ; l’unité a sa propre case."), field=name) from None
