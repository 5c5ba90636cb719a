"""The desk: everything that waits, by kind and by place; who looks after what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from wtforms.fields.choices import SelectChoice

from app.communities.access import Place, access_of
from app.core.database import transaction
from app.core.errors import NotFound, Refusal
from app.core.shell import current_shell
from app.moderation import operations, queries, waiting
from app.moderation.forms import HandOverForm, int_or_none
from app.moderation.views import bp, moderators
from app.moderation.waiting import Kind, Waiting


@dataclass(frozen=True)
class Cell:
    """How much of one kind waits in one place, and since when."""

    number: int
    since: datetime
    urgent: bool
    url: str


@bp.get("/moderation")
@moderators
def desk() -> ResponseReturnValue:
    """« Ce qui attend »: all kinds together, what presses first; `?genre=` and `?lieu=` narrow it."""
    # The frame's numbers are read before the list, so that nothing falls between.
    current_shell()
    everything = waiting.everything(current_user)
    kinds = {kind.name: kind for kind in waiting.kinds()}
    places = access_of(current_user).places
    kind = request.args.get("genre", "")
    node_id = int_or_none(request.args.get("lieu"))
    chosen = [
        item
        for item in everything
        if kind in ("", item.kind) and (node_id is None or item.node_id == node_id)
    ]
    return render_template(
        "moderation/desk.html",
        items=chosen,
        total=len(everything),
        kinds=kinds,
        kind=kinds.get(kind),
        place=places.get(node_id or 0),
        is_narrowed=bool(kind or node_id),
        places=places,
        takings=queries.takings_of(chosen),
        tabs=_tabs(everything, kinds, kind, node_id),
        table=_table(everything, kinds, places) if len(access_of(current_user).moderated_ids) > 1 else None,
    )


@bp.get("/moderation/suivant")
@moderators
def next_case() -> ResponseReturnValue:
    """The first report that waits; the desk when none does."""
    cases = queries.queue(current_user)
    if cases:
        return redirect(url_for(".show_case", report_id=cases[0].id))
    return redirect(url_for(".desk"))


@bp.get("/moderation/attente")
@moderators
def show_pending() -> ResponseReturnValue:
    """The number on the badge, for open pages."""
    return jsonify(pending=waiting.pending_count(access_of(current_user)))


@bp.post("/moderation/attente/<kind>/<int:waiting_id>/prise")
@moderators
def take(kind: str, waiting_id: int) -> ResponseReturnValue:
    """« Je m’en occupe », then to where it is dealt with."""
    with transaction():
        item = _found(kind, waiting_id)
        operations.take_item(current_user, item)
    return redirect(item.url)


@bp.post("/moderation/attente/<kind>/<int:waiting_id>/remise")
@moderators
def give_back(kind: str, waiting_id: int) -> ResponseReturnValue:
    """Leave it to the others."""
    with transaction():
        operations.give_back_item(current_user, _found(kind, waiting_id))
    flash(_("C’est laissé aux autres."), "success")
    return redirect(url_for(".desk"))


@bp.get("/moderation/attente/<kind>/<int:waiting_id>/passage")
@moderators
def choose_successor(kind: str, waiting_id: int) -> ResponseReturnValue:
    """To whom it may be handed, and a note."""
    item = _found(kind, waiting_id)
    return _passing_page(item, HandOverForm(formdata=None))


@bp.post("/moderation/attente/<kind>/<int:waiting_id>/passage")
@moderators
def hand_over(kind: str, waiting_id: int) -> ResponseReturnValue:
    """Hand it over; the person is told at once."""
    form = HandOverForm()
    if not form.validate_on_submit():
        return _passing_page(_found(kind, waiting_id), form), 422
    try:
        with transaction():
            person = operations.hand_over(
                current_user, _found(kind, waiting_id), to_id=form.to_id.data, note=form.note.data or ""
            )
            name = person.name
    except Refusal as refusal:
        if refusal.field is None:
            raise
        form[refusal.field].errors = [refusal.sentence]
        return _passing_page(_found(kind, waiting_id), form), 422
    flash(_("C’est confié à %(name)s, qui le sait déjà.", name=name), "success")
    return redirect(url_for(".desk"))


def _found(kind: str, waiting_id: int) -> Waiting:
    item = waiting.find(current_user, kind, waiting_id)
    if item is None:
        raise NotFound
    return item


def _passing_page(item: Waiting, form: HandOverForm) -> str:
    people = queries.successors_of(current_user, item)
    form.to_id.choices = [SelectChoice(person.id, person.name) for person in people]
    return render_template("moderation/hand_over.html", item=item, form=form, has_people=bool(people))


def _tabs(
    everything: Sequence[Waiting], kinds: dict[str, Kind], chosen: str, node_id: int | None
) -> list[dict[str, Any]]:
    """« Tout », then each kind of which something waits."""
    here = [item for item in everything if node_id is None or item.node_id == node_id]
    numbers = {name: sum(item.kind == name for item in here) for name in kinds}
    tabs = [{"label": _("Tout"), "url": url_for(".desk", lieu=node_id), "is_current": not chosen}]
    tabs += [
        {
            "label": kind.label,
            "url": url_for(".desk", genre=name, lieu=node_id),
            "is_current": chosen == name,
            "count": numbers[name],
        }
        for name, kind in kinds.items()
        if numbers[name] or chosen == name
    ]
    return tabs


def _table(
    everything: Sequence[Waiting], kinds: dict[str, Kind], places: dict[int, Place]
) -> tuple[list[Kind], list[tuple[Place | None, dict[str, Cell]]]] | None:
    """Places by kinds: how much waits in each, the oldest since when; the place that waits longest first."""
    cells: dict[int | None, dict[str, Cell]] = {}
    for item in everything:
        row = cells.setdefault(item.node_id, {})
        known = row.get(item.kind)
        row[item.kind] = Cell(
            number=(known.number if known else 0) + 1,
            since=min(item.since, known.since) if known else item.since,
            urgent=item.urgent or bool(known and known.urgent),
            url=url_for(".desk", genre=item.kind, lieu=item.node_id),
        )
    if len(cells) < 2:
        return None
    columns = [kind for name, kind in kinds.items() if any(name in row for row in cells.values())]
    rows = sorted(cells.items(), key=lambda entry: min(cell.since for cell in entry[1].values()))
    return columns, [(places.get(node_id or 0), row) for node_id, row in rows]
