"""What lower layers are told of sheets: who sees them, how they are described, found, hidden and announced."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape
from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from app import moderation, search
from app.accounts.models import User
from app.communities.models import Company
from app.core import indexing, links, news, things
from app.core.database import read
from app.core.indexing import IndexRecord
from app.core.prepared import Prepared
from app.core.shell import Count
from app.core.text import plain_excerpt
from app.core.text.excerpts import plain_text
from app.core.things import Description
from app.extensions import db
from app.library import operations, permissions, queries
from app.library.audience import NEWS
from app.library.models import OPEN_STATES, Practice, PracticeVersion
from app.library.vocabulary import DIMENSIONS, TECHNOLOGIES, effect_in_words
from app.moderation import waiting
from app.moderation.waiting import Waiting

ADDRESS = re.compile(r"^/apprendre/(\d{1,18})(-|$)")


def register() -> None:
    """Make sheets, their versions and applications known to every lower layer."""
    things.register("practice", visible_ids=queries.visible_practice_ids, describe=describe_practices)
    things.register("practice_version", visible_ids=queries.visible_version_ids, describe=describe_versions)
    things.register(
        "application", visible_ids=queries.visible_application_ids, describe=queries.describe_applications
    )
    indexing.register_source("practice", practice_records)
    search.facet("practice", slug="fiches", label=_l("Fiches"), icon="learn", order=5, key=Practice.id)
    moderation.register(
        "practice",
        noun=_l("retour d’expérience"),
        hide=lambda practice_id, decision: operations.hide_practice(
            practice_id, provisionally=decision.provisional
        ),
        confirm=lambda practice_id, decision: operations.hide_practice(practice_id),
        restore=lambda practice_id, decision: operations.restore_practice(practice_id),
        context=practice_context,
        resolve=resolve_address,
        is_hidden=lambda practice_id: db.session.get_one(Practice, practice_id).hidden_at is not None,
    )
    links.offer(
        "practice",
        heading=_l("Fiches"),
        icon="learn",
        order=20,
        may_link=_may_link,
        may_unlink=_may_link,
    )
    waiting.register(
        "practice",
        label=_l("Fiches à relire"),
        icon="learn",
        order=50,
        pending=lambda access: Count(queries.waiting_number(), queries.judging(access)),
        items=_waiting,
    )
    news.register(*NEWS)


def _may_link(user: Any, practice_id: int) -> bool:
    """Whoever writes or judges a published sheet."""
    practice = db.session.get(Practice, practice_id)
    if practice is None or practice.state == "draft" or not permissions.can_read(user, practice):
        return False
    return permissions.can_edit(user, practice) or permissions.can_judge(user, practice)


def _waiting(user: Any) -> list[Waiting]:
    return [
        Waiting(
            kind="practice",
            id=row.id,
            title=row.title,
            url=f"/apprendre/{row.id}/relecture",
            node_id=row.node_id,
            since=row.proposed_at,
            text=", ".join(filter(None, (f"{row.given_name} {row.family_name}", row.byline))),
        )
        for row in queries.waiting_for(user, waiting.MOST)
    ]


def sheet_url(practice_id: int, slug: str) -> str:
    """The address of a published sheet."""
    return f"/apprendre/{practice_id}-{slug}"


def describe_practices(ids: Collection[int]) -> dict[int, Description]:
    """Sheets as their readers have them; one that nobody has read yet, by the words of its author."""
    return {row.id: _described(row) for row in read(_DESCRIBED, ids=list(ids))}


def _described(row: Any) -> Description:
    is_read = row.state != "draft"
    title = row.title if is_read else row.open_title
    return Description(
        title=title or str(_l("Fiche sans titre")),
        url=sheet_url(row.id, row.slug) if is_read else f"/apprendre/{row.id}/relecture",
        node_id=row.node_id,
        scope_id=row.scope_id,
        author_id=row.author_id,
        company_id=row.company_id,
        text=_source_of(row) if is_read else "",
        html=_html_of(row) if is_read else "",
    )


_opened = aliased(PracticeVersion)
_DESCRIBED = Prepared(
    select(
        Practice.id,
        Practice.node_id,
        Practice.scope_id,
        Practice.author_id,
        Practice.company_id,
        Practice.state,
        Practice.slug,
        Practice.title,
        _opened.title.label("open_title"),
        PracticeVersion.evidence,
        PracticeVersion.indicator,
        PracticeVersion.unit,
        PracticeVersion.before_value,
        PracticeVersion.after_value,
        PracticeVersion.figure,
        PracticeVersion.situation,
        PracticeVersion.solution,
        PracticeVersion.effect,
        PracticeVersion.pitfalls,
        PracticeVersion.situation_html,
        PracticeVersion.solution_html,
        PracticeVersion.effect_html,
        PracticeVersion.pitfalls_html,
    )
    .outerjoin(PracticeVersion, PracticeVersion.id == Practice.published_version_id)
    .outerjoin(_opened, (_opened.practice_id == Practice.id) & _opened.state.in_(OPEN_STATES))
    .where(Practice.id.in_(bindparam("ids", expanding=True)))
)


def _source_of(row: Any) -> str:
    return "\n\n".join(filter(None, (row.situation, row.solution, row.effect, row.pitfalls)))


def _html_of(row: Any) -> str:
    effect = effect_in_words(row)
    parts = (
        row.situation_html,
        row.solution_html,
        f"<p>{escape(effect)}</p>" if effect else "",
        row.effect_html,
        row.pitfalls_html,
    )
    return "\n".join(filter(None, parts))


def describe_versions(ids: Collection[int]) -> dict[int, Description]:
    """Versions, for those who write or judge them: what there is to mend."""
    rows = db.session.execute(
        select(PracticeVersion, Practice)
        .join(Practice, Practice.id == PracticeVersion.practice_id)
        .where(PracticeVersion.id.in_(ids))
    )
    return {
        version.id: Description(
            title=version.title or str(_l("Fiche sans titre")),
            url=f"/apprendre/{practice.id}/ecrire"
            if version.state in OPEN_STATES
            else sheet_url(practice.id, practice.slug),
            node_id=practice.node_id,
            author_id=version.author_id,
            company_id=practice.company_id,
            text=version.remarks if version.state == "returned" else "",
            html=_paragraphs(version.remarks) if version.state == "returned" else "",
        )
        for version, practice in rows
    }


def _paragraphs(text: str) -> str:
    return str(
        Markup("").join(Markup("<p>{}</p>").format(line) for line in text.splitlines() if line.strip())
    )


def practice_records(ids: Collection[int]) -> list[IndexRecord]:
    """Published sheets by everything they say; hidden ones keep their place, withdrawn ones are not found.

    The passage shown begins with the effect and what it is worth, so that an objective is never read as a result.
    """
    records = []
    for row in read(_RECORDS, ids=list(ids)):
        if row.hidden_at is not None:
            records.append(indexing.place_kept(row.id, row.published_at))
            continue
        with force_locale("fr"):
            effect = effect_in_words(row)
            words = [str(DIMENSIONS[row.dimension]), *(str(TECHNOLOGIES[name]) for name in row.technologies)]
        said = [plain_text(html) for html in (row.situation_html, row.solution_html, row.pitfalls_html)]
        records.append(
            IndexRecord(
                object_id=row.id,
                scope_id=row.scope_id,
                title=row.title,
                text=" ".join([effect, *said, plain_text(row.effect_html), *words, row.company_name or ""])[
                    :60_000
                ],
                url=sheet_url(row.id, row.slug),
                excerpt=" ".join(filter(None, (effect, plain_excerpt(row.situation_html, 200)))),
                at=row.published_at,
            )
        )
    return records


_RECORDS = Prepared(
    select(
        Practice.id,
        Practice.scope_id,
        Practice.slug,
        Practice.title,
        Practice.hidden_at,
        Practice.published_at,
        Company.name.label("company_name"),
        PracticeVersion.dimension,
        PracticeVersion.technologies,
        PracticeVersion.evidence,
        PracticeVersion.indicator,
        PracticeVersion.unit,
        PracticeVersion.before_value,
        PracticeVersion.after_value,
        PracticeVersion.figure,
        PracticeVersion.situation_html,
        PracticeVersion.solution_html,
        PracticeVersion.effect_html,
        PracticeVersion.pitfalls_html,
    )
    .join(PracticeVersion, PracticeVersion.id == Practice.published_version_id)
    .outerjoin(Company, Company.id == Practice.company_id)
    .where(Practice.id.in_(bindparam("ids", expanding=True)), Practice.state == "published")
)


def practice_context(practice_id: int, user: Any) -> list[moderation.ContextPost]:
    """The reported sheet as its readers have it."""
    practice = db.session.get_one(Practice, practice_id)
    author = db.session.get_one(User, practice.author_id)
    row = read(_DESCRIBED, ids=[practice_id]).one()
    return [
        moderation.ContextPost(
            author=author.name,
            byline=practice.byline,
            at=practice.updated_at,
            html=Markup(_html_of(row)),
            is_target=True,
            url=sheet_url(practice.id, practice.slug),
        )
    ]


def resolve_address(path: str, _fragment: str) -> int | None:
    """The published sheet that an address of ours points at."""
    found = ADDRESS.match(path)
    if found is None:
        return None
    return db.session.execute(
        select(Practice.id).where(Practice.id == int(found[1]), Practice.state != "draft")
    ).scalar_one_or_none()
