"""A sheet as somebody sends it, made ready to be stored: slow work, done before the transaction.

Saving never refuses what is unfinished: what cannot be kept as typed is told beside its field, and the rest is kept.
`faults_of` says what is missing before others may read it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext as _

from app.core.errors import Refusal
from app.core.inputs import whole
from app.core.text import RENDERER_VERSION, RenderedText, clean_line, render, with_current_names
from app.core.threads import run_off_hub
from app.core.time import clock, local
from app.library.vocabulary import DIMENSIONS, EVIDENCE, FACETS, TECHNOLOGIES

SHEET_BYTES = 100_000
TEXTS = ("situation", "solution", "effect", "pitfalls")
LINES = {
    "title": 160,
    "indicator": 120,
    "unit": 24,
    "figure": 60,
    "method": 300,
    "source": 300,
    "source_url": 500,
    "cost": 120,
    "time_spent": 120,
    "team": 120,
    "contact_note": 160,
}
DATES = ("measured_from", "measured_until")
FIGURES = ("before_value", "after_value")
MOST_TECHNOLOGIES = 4
QUICK = 300
_DECIMAL = re.compile(r"^[-−]?[0-9]{1,9}([.,][0-9]{1,3})?$")


@dataclass(frozen=True)
class Sheet:
    """The values of a version, by column; `images` are the keys of its pictures and files, `faults` by field."""

    values: dict[str, Any]
    images: tuple[str, ...] = ()
    faults: dict[str, str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None


def sheet_of(sent: Mapping[str, Any], contact_ids: Any = ()) -> Sheet:
    """What a form or a script sent. Raises Refusal (413) above 100 KB; `contact_ids` are the people it may name."""
    texts = {name: str(sent.get(name) or "") for name in TEXTS}
    if sum(len(text.encode()) for text in texts.values()) > SHEET_BYTES:
        raise Refusal(
            _("Cette fiche dépasse 100 Ko. Raccourcissez-la, ou joignez le détail dans un fichier."),
            status=413,
            field="solution",
        )
    values: dict[str, Any] = {"renderer_version": RENDERER_VERSION}
    images: list[str] = []
    faults: dict[str, str] = {}
    for name, source in texts.items():
        text = rendered(source)
        values[name], values[f"{name}_html"] = text.source, text.html
        images += text.images
    for name, limit in LINES.items():
        values[name] = _line(sent, name, limit, faults)
    for name in FIGURES:
        values[name] = _figure(sent, name, faults)
    for name in DATES:
        values[name] = _date(sent, name, faults)
    values["facet"] = _one_of(sent.get("facet"), FACETS, "")
    values["dimension"] = _one_of(sent.get("dimension"), DIMENSIONS, "")
    values["evidence"] = _one_of(sent.get("evidence"), EVIDENCE, "none")
    values["technologies"] = _technologies(sent.get("technologies"), faults)
    contact = whole(sent.get("contact_id"))
    values["contact_id"] = contact if contact in contact_ids else None
    if values["source_url"] and not re.match(r"^https?://\S+$", values["source_url"]):
        faults["source_url"] = _("L’adresse commence par https://.")
        values["source_url"] = ""
    return Sheet(values, tuple(images), faults)


def faults_of(sheet: Any) -> dict[str, str]:
    """What is missing before a sheet may be proposed, by field; `sheet` has the columns of a version."""
    faults: dict[str, str] = {}
    if len(sheet.title) < 5:
        faults["title"] = _("Donnez un titre à la fiche : ce que l’on fait, en une ligne.")
    if not sheet.situation.strip():
        faults["situation"] = _("Dites d’où vous partiez, en deux ou trois phrases.")
    if not sheet.solution.strip():
        faults["solution"] = _("Dites ce que vous avez fait, une étape par ligne.")
    if not sheet.facet:
        faults["facet"] = _("Choisissez ce que la fiche change.")
    if not sheet.dimension:
        faults["dimension"] = _("Choisissez un domaine.")
    return faults | _faults_of_effect(sheet)


def _faults_of_effect(sheet: Any) -> dict[str, str]:
    has_pair = sheet.before_value is not None and sheet.after_value is not None
    faults: dict[str, str] = {}
    if (sheet.before_value is None) != (sheet.after_value is None):
        name = "before_value" if sheet.before_value is None else "after_value"
        faults[name] = _("Donnez les deux : avant et après.")
    if sheet.evidence == "none":
        if has_pair or sheet.figure:
            faults["evidence"] = _("Dites d’où vient ce chiffre, ou retirez-le.")
        return faults
    if not has_pair and not sheet.figure and not faults:
        faults["figure"] = _("Donnez le chiffre : avant et après, ou en quelques mots.")
    if sheet.evidence == "measured":
        if sheet.before_value is None and sheet.after_value is None:
            faults["before_value"] = _("« Mesuré » demande un avant et un après.")
        if not sheet.unit:
            faults["unit"] = _("Dans quelle unité ? Des minutes, des pièces, des kWh…")
        if sheet.measured_from is None or sheet.measured_until is None:
            faults["measured_from"] = _("« Mesuré » demande les dates du relevé.")
        elif sheet.measured_from > sheet.measured_until:
            faults["measured_until"] = _("La fin du relevé vient après son début.")
        if not sheet.method:
            faults["method"] = _("Dites en une ligne comment vous avez mesuré.")
    elif not sheet.source:
        faults["source"] = _("Citez la source : qui, quoi, quand.")
    return faults


def rendered(source: str) -> RenderedText:
    """A text ready to store. Who is mentioned stays in words: a sheet tells nobody."""
    source = with_current_names(source, {})
    if len(source) <= QUICK:
        return render(source, limit_bytes=SHEET_BYTES)
    return run_off_hub(_render_long, source)


def _render_long(source: str) -> RenderedText:
    return render(source, limit_bytes=SHEET_BYTES)


def thousandths(text: str) -> int:
    """« 1 200,5 » as 1200500. Raises ValueError for anything but a decimal of at most three places."""
    compact = re.sub(r"[\s\u202f\u00a0]", "", text)
    if not _DECIMAL.match(compact):
        raise ValueError(text)
    sign = -1 if compact[0] in "-−" else 1
    whole, _comma, rest = compact.lstrip("-−").replace(",", ".").partition(".")
    return sign * (int(whole) * 1000 + int(rest.ljust(3, "0") or 0))


def _line(sent: Mapping[str, Any], name: str, limit: int, faults: dict[str, str]) -> str:
    text = str(sent.get(name) or "")
    try:
        return clean_line(text, limit=limit)
    except Refusal as refusal:
        faults[name] = refusal.sentence
        return clean_line(text, limit=10**7)[:limit]


def _figure(sent: Mapping[str, Any], name: str, faults: dict[str, str]) -> int | None:
    text = str(sent.get(name) if sent.get(name) is not None else "").strip()
    if not text:
        return None
    try:
        return thousandths(text)
    except ValueError:
        faults[name] = _("Un nombre seul, comme 58 ou 4,5 ; l’unité a sa propre case.")
        return None


def _date(sent: Mapping[str, Any], name: str, faults: dict[str, str]) -> date | None:
    text = str(sent.get(name) or "").strip()
    if not text:
        return None
    try:
        value = date.fromisoformat(text)
    except ValueError:
        faults[name] = _("Une date, comme 2026-01-31.")
        return None
    if not date(1950, 1, 1) <= value <= local(clock.now()).date():
        faults[name] = _("Cette date n’est pas encore venue, ou elle est trop ancienne.")
        return None
    return value


def _one_of(value: Any, known: Mapping[str, Any], default: str) -> str:
    return str(value) if str(value) in known else default


def _technologies(sent: Any, faults: dict[str, str]) -> list[str]:
    names = sent if isinstance(sent, list | tuple) else [sent] if sent else []
    chosen = [name for name in TECHNOLOGIES if name in {str(one) for one in names}]
    if len(chosen) > MOST_TECHNOLOGIES:
        faults["technologies"] = _("Quatre technologies au plus : gardez celles que l’on cherchera.")
    return chosen[:MOST_TECHNOLOGIES]
