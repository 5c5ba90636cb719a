"""The one page where what is known of a thing is joined."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, NamedTuple

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app.core import links, shell, things
from app.core.database import transaction
from app.core.doors import permission
from app.core.errors import Forbidden, NotFound, Refusal
from app.core.inputs import BIGGEST_ID, whole
from app.core.links import Side, Thing
from app.core.pages import page
from app.core.text import clean_text
from app.core.things import Description
from app.home.linking.operations import can_link, can_unlink, connect, disconnect
from app.search import facets
from app.search import queries as search

bp = Blueprint("linking", __name__)

CANDIDATES = 8
"""Things of each type offered at once; a more precise word finds the others."""

TELLING_WORDS = 4
"""Words of a title, the longest, by which something near is looked for before anything is typed."""

OF_A_THING = permission("who may link this thing")


class Offered(NamedTuple):
    """A type, the things of it that are linked already, and those that could be: id, title, address, may be unlinked."""

    side: Side
    linked: list[tuple[int, str, str, bool]]
    candidates: list[tuple[int, str, str]]


@bp.get("/liens/<name>/<int:thing_id>")
@OF_A_THING
def show(name: str, thing_id: int) -> ResponseReturnValue:
    """What is linked, and what could be: found by the words of the thing itself until others are typed."""
    thing, said = _thing(name, thing_id)
    asked = " ".join(clean_text(request.args.get("q", "")).split())[: search.MAX_LENGTH]
    user = current_user._get_current_object()
    if said.node_id is not None:
        shell.stand_in(said.node_id)
    return page(
        "home/links.html",
        kind=name,
        thing_id=thing_id,
        said=said,
        asked=asked,
        offered=[
            _offered(user, thing, side, asked, said.title) for side in links.sides() if side.kind != name
        ],
        scopes=shell.current_shell().seqs,
    )


@bp.post("/liens/<name>/<int:thing_id>")
@OF_A_THING
def create(name: str, thing_id: int) -> ResponseReturnValue:
    """Link the thing with another."""
    other = _other()
    with transaction():
        thing, said = _thing(name, thing_id)
        connect(thing, other, by=current_user._get_current_object())
    flash(_("Le lien est posé : chacune des deux pages le montre."), "success")
    return redirect(said.url)


@bp.post("/liens/<name>/<int:thing_id>/retrait")
@OF_A_THING
def remove(name: str, thing_id: int) -> ResponseReturnValue:
    """Take a link of the thing away."""
    other = _other()
    with transaction():
        thing, said = _thing(name, thing_id, to_link=False)
        disconnect(thing, other, by=current_user._get_current_object())
    flash(_("Le lien est retiré."), "success")
    return redirect(said.url)


def _thing(kind: str, thing_id: int, *, to_link: bool = True) -> tuple[Thing, Description]:
    """The thing this page is about. Raises NotFound, Forbidden."""
    thing = (kind, thing_id)
    user = current_user._get_current_object()
    if links.side_of(kind) is None or not 0 < thing_id <= BIGGEST_ID or not things.is_visible(user, *thing):
        raise NotFound
    if to_link and not can_link(user, thing):
        raise Forbidden
    said = things.describe_one(*thing)
    if said is None:
        raise NotFound
    return thing, said


def _other() -> Thing:
    kind, _colon, number = request.form.get("other", "").partition(":")
    if not whole(number):
        raise Refusal(
            _("Ce formulaire est incomplet. Rechargez la page, puis envoyez de nouveau."), status=400
        )
    return kind, whole(number)


def _offered(user: Any, thing: Thing, side: Side, asked: str, title: str) -> Offered:
    linked = links.linked(user, thing, (side.kind,))[side.kind]
    found = _found(user, side.kind, asked) if asked else _near(user, side.kind, title)
    ids = [thing_id for thing_id in found if thing_id not in linked][:CANDIDATES]
    described = things.describe(side.kind, things.visible_ids(user, side.kind, ids))
    return Offered(
        side,
        [
            (other, one.title, one.url, can_unlink(user, thing, (side.kind, other)))
            for other, one in linked.items()
        ],
        [(other, described[other].title, described[other].url) for other in ids if other in described],
    )


def _found(user: Any, kind: str, words: str) -> list[int]:
    """The ids of this type that hold all these words, the most relevant first."""
    found = search.search(user, words, facet=facets.of_type(kind), by_relevance=True)
    return [one.object_id for one in (*found.entities, *found.results) if one.facet.type == kind]


def _near(user: Any, kind: str, title: str) -> list[int]:
    """The ids of this type that share words with a title, those that share most first."""
    words = sorted(re.findall(r"\w{4,}", title), key=len, reverse=True)[:TELLING_WORDS]
    shared = Counter(thing_id for word in words for thing_id in _found(user, kind, word))
    return [thing_id for thing_id, _times in shared.most_common()]
