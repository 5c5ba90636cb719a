"""What somebody without an account sees first: one sentence, the regions alive with numbers, three doors, honest figures.

Only sums are public here: never a message, a firm's or a person's name.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, current_app, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from app.communities import queries as communities
from app.core import geography
from app.core.doors import public
from app.core.slugs import fold
from app.core.time import clock
from app.extensions import db
from app.forums.models import Post, Room, Tag, Topic, TopicTag
from app.home.commons import public_commons

bp = Blueprint("landing", __name__, template_folder="templates")

FRESH_SECONDS = 60.0
RECENT = timedelta(days=90)
SAMPLE = 2_000
FEWEST_DELAYS = 8
"""Below so many answered questions a median says nothing."""

FEWEST_AUTHORS = 3
"""A word used by fewer people than this could point at one of them."""

SHOWN_WORDS = 6
SHOWN_ACTIVITIES = 8


@dataclass(frozen=True)
class Discussion:
    """What may be said in public of discussions."""

    questions: int
    solved: int
    minutes_to_answer: int | None
    words: list[str]


def landing() -> str:
    """The page at `/` for somebody who is not signed in."""
    figures = communities.public_figures()
    return render_template(
        "home/landing.html",
        figures=figures,
        discussion=public_discussion(),
        commons=public_commons(),
        sentence=_sentence(figures.communities),
        tiles=_tiles(figures.regions),
        activities=[name for name, _count in figures.activities[:SHOWN_ACTIVITIES]],
        delay=delay_in_words,
        thousands=thousands,
    )


@bp.get("/chiffres")
@public("sums over many firms, and how they are counted")
def figures() -> str:
    """Every public figure with its method."""
    counted = communities.public_figures()
    return render_template(
        "home/figures.html",
        figures=counted,
        discussion=public_discussion(),
        commons=public_commons(),
        smallest=communities.SMALLEST_GROUP,
        fewest_authors=FEWEST_AUTHORS,
        recent_days=RECENT.days,
        delay=delay_in_words,
        thousands=thousands,
    )


def public_discussion() -> Discussion:
    """The public figures of discussions, at most a minute old."""
    kept = current_app.extensions.get("public_discussion")
    if kept is not None and time.monotonic() < kept[0] and not current_app.testing:
        return kept[1]
    counted = count_discussion()
    current_app.extensions["public_discussion"] = (time.monotonic() + FRESH_SECONDS, counted)
    return counted


def count_discussion() -> Discussion:
    """Count now: three statements. Restricted rooms are left out even of sums."""
    in_open_rooms = and_(Room.id == Topic.room_id, Room.kind != "restricted")
    shown = and_(Topic.kind == "question", Topic.hidden_at.is_(None))
    questions, solved = db.session.execute(
        select(func.count(), func.count(Topic.accepted_post_id))
        .select_from(Topic)
        .join(Room, in_open_rooms)
        .where(shown)
    ).one()
    answer = aliased(Post)
    delays = db.session.execute(
        select(Topic.created_at, answer.created_at.label("answered_at"))
        .join(Room, in_open_rooms)
        .join(answer, and_(answer.topic_id == Topic.id, answer.number == 2))
        .where(shown, Topic.created_at > clock.now() - RECENT)
        .order_by(Topic.created_at.desc())
        .limit(SAMPLE)
    ).all()
    words = db.session.execute(
        select(Tag.name)
        .join(TopicTag, TopicTag.tag_id == Tag.id)
        .join(Topic, and_(Topic.id == TopicTag.topic_id, Topic.hidden_at.is_(None)))
        .join(Room, in_open_rooms)
        .group_by(Tag.id, Tag.name)
        .having(func.count(func.distinct(Topic.author_id)) >= FEWEST_AUTHORS)
        .order_by(func.count().desc(), Tag.name)
        .limit(SHOWN_WORDS)
    ).scalars()
    return Discussion(questions, solved, _median_minutes(delays), list(words))


def delay_in_words(minutes: int) -> str:
    """« 40 minutes », « 3 h 10 », « 2 jours »."""
    if minutes < 60:
        return ngettext("%(num)d minute", "%(num)d minutes", max(minutes, 1))
    if minutes < 24 * 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours}\N{NO-BREAK SPACE}h" + (f"\N{NO-BREAK SPACE}{rest:02}" if rest else "")
    return ngettext("%(num)d jour", "%(num)d jours", round(minutes / (24 * 60)))


def thousands(number: int) -> str:
    """« 7 412 », the space narrow and unbreakable."""
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _median_minutes(delays: Sequence[Any]) -> int | None:
    if len(delays) < FEWEST_DELAYS:
        return None
    return round(statistics.median((row.answered_at - row.created_at).total_seconds() for row in delays) / 60)


def _tiles(regions: list[Any]) -> list[dict[str, Any]]:
    """The regions as the map draws them: two columns of the geography make one tile, odd rows stand half a tile off."""
    lines = {line.code: line for line in regions}
    return [
        {
            "code": region.code,
            "name": region.name,
            "url": url_for("communities.show_region", slug=lines[region.code].slug),
            "count": lines[region.code].companies,
            "col": (region.column - region.row % 2) / 2,
            "row": region.row,
        }
        for region in sorted(geography.REGIONS.values(), key=lambda region: fold(region.name))
        if region.code in lines
    ]


def _sentence(count: int) -> str:
    """The one sentence, with the true number of communities."""
    if count == 0:
        return _("Des communautés d’ateliers pour partager des réponses, des machines et des méthodes.")
    if count == 1:
        return _("Une première communauté d’ateliers partage ses réponses, ses machines et ses méthodes.")
    return _(
        "%(count)s communautés d’ateliers qui partagent leurs réponses, leurs machines et leurs méthodes.",
        count=_in_letters(count),
    )


def _in_letters(count: int) -> str:
    names = {
        2: _("Deux"), 3: _("Trois"), 4: _("Quatre"), 5: _("Cinq"), 6: _("Six"), 7: _("Sept"), 8: _("Huit"),
        9: _("Neuf"), 10: _("Dix"), 12: _("Douze"), 20: _("Vingt"), 50: _("Cinquante"), 100: _("Cent"),
    }  # fmt: skip
    return names.get(count) or thousands(count)
