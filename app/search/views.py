"""The search page: by GET, so that it can be kept, sent and gone back to."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.core import shell
from app.core.doors import signed_in
from app.core.text import clean_text
from app.search import facets, queries
from app.search.facets import Facet
from app.search.queries import Count, Results

bp = Blueprint("search", __name__, template_folder="templates", static_folder=None)

ORDERS = {"recents": False, "pertinents": True}


@bp.get("/recherche")
@signed_in
def show() -> str:
    """Whatever is asked, a page answers: unknown types and orders count as not given."""
    text = " ".join(clean_text(request.args.get("q", "")).split())[: queries.MAX_LENGTH]
    facet = facets.of_slug(request.args.get("type", ""))
    order = request.args.get("tri", "")
    if order not in ORDERS:
        order = "recents"
    page = _number(request.args.get("page"))
    results = queries.search(current_user, text, facet=facet, by_relevance=ORDERS[order], page=page)
    shell.listen(results.scopes)
    links = _Links(text, facet, order)
    return render_template(
        "search/show.html",
        text=text,
        results=results,
        facet=facet,
        order=order,
        tabs=_tabs(results, links),
        orders=[
            (_("Plus récents"), links.to(tri="recents"), order == "recents"),
            (_("Plus pertinents"), links.to(tri="pertinents"), order == "pertinents"),
        ],
        previous=links.to(page=results.page - 1) if results.page > 1 else None,
        following=links.to(page=results.page + 1) if results.has_next else None,
        how_many=_in_words(results.total),
    )


class _Links:
    """Addresses of this search with one thing changed."""

    def __init__(self, text: str, facet: Facet | None, order: str) -> None:
        self.values: dict[str, Any] = {"q": text}
        if facet is not None:
            self.values["type"] = facet.slug
        if order != "recents":
            self.values["tri"] = order

    def to(self, **changed: Any) -> str:
        values = {**self.values, **changed}
        if values.get("page") == 1:
            del values["page"]
        if values.get("tri") == "recents":
            del values["tri"]
        return url_for("search.show", **{key: value for key, value in values.items() if value})


def _tabs(results: Results, links: _Links) -> list[dict[str, Any]]:
    current = links.values.get("type", "")
    tabs = [{"label": _("Tout"), "url": links.to(type=""), "is_current": not current, "number": ""}]
    for facet in facets.known():
        count = results.counts.get(facet.type, Count(0))
        if count.number or facet.slug == current:
            tabs.append(
                {
                    "label": facet.label,
                    "url": links.to(type=facet.slug),
                    "is_current": facet.slug == current,
                    "number": _in_figures(count),
                }
            )
    return tabs


def _in_figures(count: Count) -> str:
    figures = f"{count.number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"{figures}+" if count.is_more else figures


def _in_words(count: Count) -> str:
    figures = f"{count.number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    if count.is_more:
        return _("Plus de %(number)s résultats", number=figures)
    if count.number == 1:
        return _("Un résultat")
    return _("%(number)s résultats", number=figures)


def _number(raw: str | None) -> int:
    """A page number; anything else is the first page."""
    text = raw or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1
