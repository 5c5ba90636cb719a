"""The search page: by GET, so that it can be kept, sent and gone back to."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, current_app, request
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from app.communities.access import Place
from app.core import shell
from app.core.doors import signed_in
from app.core.fragments import drawn, kept
from app.core.icons import SPRITE, icon
from app.core.pages import page
from app.core.phrases import language
from app.core.text import clean_text
from app.core.time import clock, local, short_tag
from app.core.versions import Remembered
from app.search import facets, queries
from app.search.facets import Facet
from app.search.queries import Count, Result, Results

bp = Blueprint("search", __name__, template_folder="templates", static_folder=None)

ADDRESS = "/recherche"
ORDERS = {"recents": False, "pertinents": True}


class Asked(NamedTuple):
    """What an address asks; unknown types and orders count as not given."""

    text: str
    facet: Facet | None
    order: str
    page: int


class Drawn(NamedTuple):
    """A search as the page shows it, and the scopes where changes of what it shows are told."""

    html: Markup
    scopes: frozenset[int]


@bp.get(ADDRESS)
@signed_in
def show() -> str:
    """Whatever is asked, a page answers."""
    asked = _asked()
    user = current_user._get_current_object()
    question = queries.question(user, asked.text)
    version = queries.version_of(question)

    def draw() -> Drawn:
        return _drawn(asked, queries.answer(user, question, asked.facet, ORDERS[asked.order], asked.page))

    if version is None:
        found = draw()
    else:
        slug = asked.facet.slug if asked.facet is not None else ""
        key = (question.scopes, asked.text, slug, asked.order, asked.page)
        found = _pages.get(key, (version, _looks()), draw)
    shell.listen(found.scopes)
    return page("search/show.html", text=asked.text, found=found.html)


_pages: Remembered[Drawn] = Remembered(100)
"""Some 25 KB each. Who reads the same scopes finds the same: going on to the next page, to another order and back, or
coming back from what was found asks nothing anew as long as nobody wrote in them."""


def _looks() -> tuple[Any, ...]:
    """What a page of results depends on besides what it shows: the language, the day, where dates are read, the build."""
    now = local(clock.now())
    return language(), now.date(), now.tzinfo, current_app.extensions["assets"].url(SPRITE)


def _asked() -> Asked:
    text = " ".join(clean_text(request.args.get("q", "")).split())[: queries.MAX_LENGTH]
    order = request.args.get("tri", "")
    return Asked(
        text,
        facets.of_slug(request.args.get("type", "")),
        order if order in ORDERS else "recents",
        _number(request.args.get("page")),
    )


def _drawn(asked: Asked, results: Results) -> Drawn:
    text, facet, order, _number_of_page = asked
    links = _Links(text, facet, order)
    icons = {known.type: icon(known.icon, str(known.label)) for known in facets.known()}
    places = {place: _place(place) for place in {found.place for found in results.results}}
    html = drawn(
        "search/_page.html",
        None,
        None,
        address=ADDRESS,
        text=text,
        slug=facet.slug if facet is not None else "",
        results=results,
        names=[_name(found) for found in results.entities],
        rows=[
            (*_line(found, icons[found.facet.type]), places[found.place], _when(found))
            for found in results.results
        ],
        tabs=_tabs(results, links),
        orders=[
            (_("Plus récents"), links.to(tri="recents"), order == "recents"),
            (_("Plus pertinents"), links.to(tri="pertinents"), order == "pertinents"),
        ],
        previous=links.to(page=results.page - 1) if results.page > 1 else None,
        following=links.to(page=results.page + 1) if results.has_next else None,
        how_many=_in_words(results.total),
    )
    return Drawn(html, frozenset(results.scopes))


def _name(found: Result) -> tuple[Any, ...]:
    return _line(found, icon(found.facet.icon))


def _line(found: Result, drawn_icon: Markup) -> tuple[Any, ...]:
    return f"{found.facet.type}:{found.object_id}", drawn_icon, found.url, found.title, found.excerpt


def _when(found: Result) -> Markup | None:
    return short_tag(found.at) if found.facet.is_dated and not found.facet.is_entity else None


def _place(place: Place | None) -> Markup:
    if place is None:
        return Markup("")
    return kept("search/_place.html", hue=place.region_code, kind=place.kind, name=place.name)


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
        query = urlencode({key: value for key, value in values.items() if value})
        return f"{ADDRESS}?{query}" if query else ADDRESS


def _tabs(results: Results, links: _Links) -> list[tuple[Any, str, bool, str]]:
    """Label, address, whether one is there, and number of each kind of result."""
    current = links.values.get("type", "")
    tabs = [(_("Tout"), links.to(type=""), not current, "")]
    for facet in facets.known():
        count = results.counts.get(facet.type, Count(0))
        if count.number or facet.slug == current:
            tabs.append((facet.label, links.to(type=facet.slug), facet.slug == current, _in_figures(count)))
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
