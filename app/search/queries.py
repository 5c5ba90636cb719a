"""What a person finds: matches within the scopes they read, counted and shown by the same rule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from markupsafe import Markup

from app.communities.access import Place, access_of
from app.core import indexing, journal, versions
from app.core.phrases import spaced
from app.core.stemming import query_terms
from app.search import facets, highlighting, ranking, shapes
from app.search.facets import Facet
from app.search.matching import TOKEN, Question, as_written

PER_PAGE = 20
LAST_PAGE = 50
"""Deeper than this nobody reads; a more precise word serves better."""

MAX_WORDS = 8
NAMED = 200
"""Firms, people and places looked at for those and for their numbers."""

ENTITIES = 4
"""Firms, people and places shown by name above what was written."""

MAX_LENGTH = 200

# What joins words says nothing by itself; kept when nothing else was asked.
_JOINING = frozenset(
    [
        "a",
        "au",
        "aux",
        "avec",
        "ce",
        "ces",
        "cet",
        "cette",
        "d",
        "dans",
        "de",
        "des",
        "du",
        "elle",
        "en",
        "est",
        "et",
        "il",
        "je",
        "l",
        "la",
        "le",
        "les",
        "leur",
        "mais",
        "n",
        "ne",
        "nos",
        "notre",
        "nous",
        "on",
        "ou",
        "par",
        "pas",
        "pour",
        "qu",
        "que",
        "qui",
        "s",
        "sa",
        "se",
        "ses",
        "si",
        "son",
        "sont",
        "sur",
        "un",
        "une",
        "vos",
        "votre",
        "vous",
        "y",
    ]
)
_SCOPE = re.compile(r" scope(\d+)(?= )")

Reach = Callable[[Any], Iterable[int]]

_reaches: list[Reach] = []


def reaches(reach: Reach) -> Reach:
    """Register scopes a person may find things in, besides those of the places they read."""
    if reach not in _reaches:
        _reaches.append(reach)
    return reach


@dataclass(frozen=True)
class Count:
    """How many, or more than that."""

    number: int
    is_more: bool = False


@dataclass(frozen=True)
class Result:
    """One found thing."""

    facet: Facet
    object_id: int
    title: Markup
    url: str
    excerpt: Markup
    at: datetime
    place: Place | None = None
    scope_id: int | None = None


@dataclass(frozen=True)
class Results:
    """One page of what was found."""

    results: list[Result] = field(default_factory=list)
    entities: list[Result] = field(default_factory=list)
    counts: dict[str, Count] = field(default_factory=dict)
    page: int = 1
    has_next: bool = False
    is_loose: bool = False
    words: tuple[str, ...] = ()

    @property
    def scopes(self) -> set[int]:
        """Where changes of what is shown are told: one scope a result, of those through which it was found."""
        return {found.scope_id for found in (*self.results, *self.entities) if found.scope_id is not None}

    @property
    def total(self) -> Count:
        """Everything found, of every type."""
        return Count(
            sum(count.number for count in self.counts.values()),
            any(count.is_more for count in self.counts.values()),
        )


def search(
    user: Any, text: str, *, facet: Facet | None = None, by_relevance: bool = False, page: int = 1
) -> Results:
    """What the person finds under these words, twenty to a page, newest or most relevant first.

    When nothing holds the words as typed, longer words are tried (`is_loose`). The number of statements does not depend
    on what is found.
    """
    return answer(user, question(user, text), facet, by_relevance, page)


def question(user: Any, text: str) -> Question:
    """What these words ask when this person asks them."""
    return Question(words_of(text), _scopes(user), tuple(known.type for known in facets.known()))


def version_of(question: Question) -> Any | None:
    """The version of what answers: same version, same answer; None where nothing may be taken from memory.

    What people write raises the number of its scope. What firms, people and places say of themselves raises the tree's,
    as do names and rights (migration 0010).
    """
    known = versions.known()
    if known is None:
        return None
    return known.tree, () if question.is_empty else journal.seqs(question.scopes)


def answer(user: Any, question: Question, facet: Facet | None, by_relevance: bool, page: int) -> Results:
    """What `search` says, to a question that was made before."""
    page = min(max(page, 1), LAST_PAGE)
    words = question.words
    if question.is_empty:
        return Results(words=words)
    found = _ask(user, question, facet, by_relevance, page)
    if not found.total.number and any(not word.endswith("*") and len(word) >= 3 for word in words):
        found = _ask(user, question.loosely(), facet, by_relevance, page, is_loose=True)
    return found


def words_of(text: str) -> tuple[str, ...]:
    """The words of a search as the index knows them, joining words left out unless there is nothing else."""
    asked = [word for word in query_terms(text[:MAX_LENGTH] + " ") if TOKEN.fullmatch(word)]
    distinct = list(dict.fromkeys(asked))
    telling = [word for word in distinct if word not in _JOINING]
    return tuple((telling or distinct)[:MAX_WORDS])


def _scopes(user: Any) -> tuple[int, ...]:
    scopes = {place.scope_id for place in access_of(user).places.values()}
    for reach in _reaches:
        scopes.update(reach(user))
    return tuple(sorted(scope_id for scope_id in scopes if scope_id is not None))


def _ask(
    user: Any,
    question: Question,
    facet: Facet | None,
    by_relevance: bool,
    page: int,
    *,
    is_loose: bool = False,
) -> Results:
    ranks_written = by_relevance and (facet is None or not facet.is_entity)
    seen = shapes.overview(question, ranked=ranking.RANKED if ranks_written else 0)
    entity_types = [known.type for known in facets.known() if known.is_entity]
    # A common word fills the overview with what was written: firms and people are then asked for apart, once.
    named = shapes.named(question.of(*entity_types), limit=NAMED) if not seen.is_whole else None
    counts = _counts(question, seen, named)
    wanted = question.of(*_listed(facet, counts))
    # Firms and people have no date that matters to a reader: alone, they come by how well they answer.
    only_names = facet is None and all(facets.of_type(name).is_entity for name in wanted.types)
    ids = _page_of(wanted, seen, by_relevance or only_names, page) if wanted.types else []
    entities: list[int] = []
    if facet is None and page == 1:
        names = [name for name in entity_types if name not in wanted.types]
        if any(counts[name].number for name in names):
            entities = _best(question.of(*names), seen, named)
    places = {place.scope_id: place for place in access_of(user).places.values()}
    shown = _shown(shapes.to_show([*ids[:PER_PAGE], *entities]), question, places)
    return Results(
        results=[shown[entry_id] for entry_id in ids[:PER_PAGE]],
        entities=[shown[entry_id] for entry_id in entities],
        counts=counts,
        page=page,
        has_next=len(ids) > PER_PAGE and page < LAST_PAGE,
        is_loose=is_loose,
        words=question.words,
    )


def _counts(question: Question, seen: shapes.Overview, named: Sequence[Any] | None) -> dict[str, Count]:
    """Exact when everything was seen; else « at least so many », asked apart for types not seen at all."""
    found = dict.fromkeys(question.types, 0) | Counter(name for _entry_id, name in seen.pairs)
    if seen.is_whole:
        return {name: Count(number) for name, number in found.items()}
    by_name: dict[str, Count] = {}
    if named is not None:
        known = Counter(row.object_type for row in named)
        entity_types = [facet.type for facet in facets.known() if facet.is_entity]
        by_name = {name: Count(known[name], is_more=len(named) >= NAMED) for name in entity_types}
    unseen = question.of(*(name for name, number in found.items() if not number and name not in by_name))
    asked = shapes.counts(unseen) if unseen.types else {}
    return {
        name: by_name[name]
        if name in by_name
        else Count(min(asked[name], shapes.COUNT_CAP), asked[name] > shapes.COUNT_CAP)
        if name in asked
        else Count(number, is_more=True)
        for name, number in found.items()
    }


def _listed(facet: Facet | None, counts: dict[str, Count]) -> list[str]:
    """Types in the list: the one asked for, else what was written; firms and people too when nothing was."""
    if facet is not None:
        return [facet.type]
    written = [known.type for known in facets.known() if not known.is_entity and counts[known.type].number]
    return written or [known.type for known in facets.known() if counts[known.type].number]


def _page_of(question: Question, seen: shapes.Overview, by_relevance: bool, page: int) -> list[int]:
    """The ids of one page and the next one after it."""
    offset = (page - 1) * PER_PAGE
    if by_relevance:
        rows = _candidates(question, seen, ranking.RANKED)
        ids = ranking.best_first(rows, question.words)
    else:
        ids = seen.ids(question.types)
        if not seen.is_whole and len(ids) <= offset + PER_PAGE:
            return shapes.newest(question, limit=PER_PAGE + 1, offset=offset)
    return ids[offset : offset + PER_PAGE + 1]


def _best(question: Question, seen: shapes.Overview, named: Sequence[Any] | None) -> list[int]:
    """The ids of firms, people and places whose name holds a word, the best first."""
    rows = [
        row
        for row in (named if named is not None else _candidates(question, seen, NAMED))
        if any(_in_title(row.terms, word) for word in question.words)
    ]
    return ranking.best_first(rows, question.words)[:ENTITIES]


def _candidates(question: Question, seen: shapes.Overview, limit: int) -> Sequence[Any]:
    if seen.is_whole and seen.rows is not None:
        return [row for row in seen.rows if row.object_type in question.types][:limit]
    if seen.is_whole:
        return shapes.to_rank(seen.ids(question.types)[:limit])
    return shapes.candidates(question, limit=limit, rows=seen.rows)


def _in_title(terms: str, word: str) -> bool:
    return as_written(word) in terms.partition("| ")[0]


def _shown(rows: Sequence[Any], question: Question, places: dict[int, Place]) -> dict[int, Result]:
    words = question.words
    excerpts = {row.id: highlighting.marked(row.excerpt, words) for row in rows}
    elsewhere = [row for row in rows if _is_written(row) and "<mark>" not in excerpts[row.id]]
    texts = _texts(elsewhere)
    for row in elsewhere:
        text = texts.get((row.object_type, row.object_id), "")
        excerpts[row.id] = highlighting.passage(text, words) or excerpts[row.id]
    shown = {}
    for row in rows:
        scopes = _scopes_of(row.tokens)
        shown[row.id] = Result(
            facet=facets.of_type(row.object_type),
            object_id=row.object_id,
            title=highlighting.marked(spaced(row.title), words),
            url=row.url,
            excerpt=excerpts[row.id],
            at=row.at,
            place=_place(scopes, places),
            scope_id=next((scope for scope in scopes if scope in question.scopes), None),
        )
    return shown


def _is_written(row: Any) -> bool:
    return not facets.of_type(row.object_type).is_entity


def _texts(rows: Sequence[Any]) -> dict[tuple[str, int], str]:
    """The texts that results show a passage of, read again from what they speak of: one statement a type."""
    by_type: dict[str, list[int]] = {}
    for row in rows:
        by_type.setdefault(row.object_type, []).append(row.object_id)
    return {
        (object_type, object_id): text
        for object_type, ids in by_type.items()
        for object_id, text in indexing.texts(object_type, ids).items()
    }


def _place(scopes: Sequence[int], places: dict[int, Place]) -> Place | None:
    """The most local place through which the person finds it."""
    found = [places[scope] for scope in scopes if scope in places]
    return max(found, key=lambda place: len(place.path), default=None)


def _scopes_of(tokens: str) -> list[int]:
    return [int(scope) for scope in _SCOPE.findall(tokens)]
