"""« Registre des actes »: what was done in the places one moderates, by whom, on what; also as a file of values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.core.shell import current_shell
from app.core.time import clock, local
from app.moderation import queries
from app.moderation.acts import KINDS, act_in_words
from app.moderation.forms import int_or_none
from app.moderation.queries.acts import Acts, acts_for, people_who_acted, visible_of, why
from app.moderation.views import bp, moderators

PAGE = 50
MOST_EXPORTED = 20_000
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


@bp.get("/moderation/actes")
@moderators
def show_audit() -> ResponseReturnValue:
    """The acts of one's subtree, newest first; by kind, person and period."""
    current_shell()
    asked = _asked()
    rows, following = acts_for(current_user, asked, before=int_or_none(request.args.get("avant")), limit=PAGE)
    return render_template(
        "moderation/audit.html",
        rows=_described(rows),
        asked=asked,
        kinds=KINDS,
        people=people_who_acted(current_user),
        following=url_for(".show_audit", avant=following, **asked.as_query()) if following else None,
        export_url=url_for(".export_audit", **asked.as_query()),
    )


@bp.get("/moderation/actes.csv")
@moderators
def export_audit() -> ResponseReturnValue:
    """The same acts as values separated by semicolons, as spreadsheets here open them."""
    rows, _following = acts_for(current_user, _asked(), before=None, limit=MOST_EXPORTED)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(["date", "lieu", "qui", "acte", "sur", "numero", "motif"])
    for line in _described(rows):
        writer.writerow(
            [
                local(line["at"]).strftime("%Y-%m-%d %H:%M:%S"),
                *(_safe(line[name]) for name in ("place", "who", "act", "on")),
                line["id"],
                _safe(line["why"]),
            ]
        )
    name = f"actes-{local(clock.now()).date().isoformat()}.csv"
    return Response(
        "\ufeff" + out.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _safe(text: str) -> str:
    """A value that a spreadsheet takes for text, whatever it begins with."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _asked() -> Acts:
    return Acts(
        kind=request.args.get("genre", "") if request.args.get("genre", "") in KINDS else "",
        person_id=int_or_none(request.args.get("qui")),
        since=_day(request.args.get("du", "")),
        until=_day(request.args.get("au", "")),
    )


def _day(text: str) -> date | None:
    try:
        return min(max(date.fromisoformat(text), FIRST_DAY), LAST_DAY) if text else None
    except ValueError:
        return None


def _described(rows: Iterable[Any]) -> list[dict[str, Any]]:
    rows = list(rows)
    seen = visible_of(current_user, rows)
    about = queries.descriptions_of(seen)
    lines = []
    for row in rows:
        described = about.get((row.object_type, row.object_id))
        lines.append(
            {
                "id": row.id,
                "at": row.at,
                "who": f"{row.given_name} {row.family_name}".strip() if row.given_name is not None else "",
                "act": act_in_words(row.act),
                "on": described.title if described is not None else "",
                "url": described.url if described is not None else "",
                "place": row.place or "",
                "why": why(row.detail),
            }
        )
    return lines
