"""Twenty thousand sheets: the written ones said again by other firms, on other machines, applied here and there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select

from app.core import indexing
from app.core.database import release
from app.core.slugs import slug_of
from app.core.text import plain_excerpt
from app.core.time import clock
from app.demo.crowds import Crowds, Person, Place
from app.demo.pouring import Pouring, Row, next_id
from app.demo.stage import Stage
from app.extensions import db
from app.library.models import Practice, PracticeApplication, PracticeTechnology, PracticeVersion
from app.library.sheets import Sheet, sheet_of
from app.library.vocabulary import TECHNOLOGIES
from app.search.index import rows_of

WHERE = (
    "sur presse 160 t", "sur tour à poupée mobile", "au poste de soudage", "en ligne de conditionnement",
    "à l’atelier de fraisage", "au magasin", "sur centre 5 axes", "à la fonderie", "au traitement de surface",
    "en tôlerie fine", "à l’injection", "sur plieuse 100 t", "au contrôle", "à l’emballage", "en chaudronnerie",
    "sur four à passage", "à la maintenance", "en petite série", "de nuit", "le premier mois",
)  # fmt: skip
OLDEST_DAYS, NEWEST_DAYS = 700, 15
APPLIED = 0.4
"""Applications a sheet, on average."""

WORDS = (
    "facet", "dimension", "technologies", "situation", "situation_html", "solution", "solution_html", "effect",
    "effect_html", "pitfalls", "pitfalls_html", "renderer_version", "indicator", "unit", "before_value",
    "after_value", "figure", "method", "evidence", "source", "cost", "time_spent", "team",
)  # fmt: skip
SEARCH_COLUMNS = ("object_type", "object_id", "title", "url", "excerpt", "terms", "at")


class Lecture(NamedTuple):
    """One sheet: what it says, where, by whom, when, and the firms that applied it."""

    id: int
    title: str
    sheet: Sheet
    place: Place
    author: Person
    at: datetime
    appliers: tuple[Person, ...]


class Lectures:
    """Sheets and applications decided at once, then poured."""

    def __init__(self, stage: Stage, crowds: Crowds, practices: int, seed: int) -> None:
        self.stage = stage
        self.chance = random.Random(f"lectures {seed}")
        self.places = [place for place in crowds.places if place.kind == "community" and place.people]
        self.written = [
            (line["title"], sheet_of(line)) for line in stage.script.practices if "state" not in line
        ]
        there = int(db.session.execute(select(func.count()).select_from(Practice)).scalar_one())
        first = next_id(Practice.__table__)
        self.first_version = next_id(PracticeVersion.__table__)
        self.first_application = next_id(PracticeApplication.__table__)
        release()
        count = max(0, practices - there) if self.written and self.places else 0
        self.lectures = sorted(
            (self._lecture(number) for number in range(count)), key=lambda lecture: lecture.at
        )
        self.lectures = [lecture._replace(id=first + rank) for rank, lecture in enumerate(self.lectures)]

    def pour(self, pour: Pouring) -> None:
        """Write sheets, their versions and technologies, and applications."""
        pour.rows(
            Practice.__table__,
            (
                "id", "node_id", "scope_id", "author_id", "company_id", "byline", "request_id", "state",
                "published_version_id", "title", "slug", "facet", "dimension", "evidence", "technologies",
                "excerpt", "applied_by", "created_at", "published_at", "updated_at", "verified_on",
                "review_due_on",
            ),
            self._practices(),
        )  # fmt: skip
        pour.rows(
            PracticeVersion.__table__,
            (
                "id", "practice_id", "number", "state", "author_id", "title", "contact_id", "created_at",
                "saved_at", "proposed_at", "reviewed_at", *WORDS,
            ),
            self._versions(),
        )  # fmt: skip
        pour.rows(
            PracticeTechnology.__table__,
            ("practice_id", "technology"),
            (
                (lecture.id, name)
                for lecture in self.lectures
                for name in lecture.sheet.technologies
                if name in TECHNOLOGIES
            ),
        )
        pour.rows(
            PracticeApplication.__table__,
            (
                "id", "practice_id", "company_id", "person_id", "applied_on", "place", "indicator", "unit",
                "before_value", "after_value", "renderer_version", "created_at",
            ),
            self._applications(),
        )  # fmt: skip

    def entries(self) -> Iterator[Row]:
        """What search says of them, in the order of time, made from what was poured."""
        ids = [lecture.id for lecture in self.lectures]
        for start in range(0, len(ids), indexing.BATCH):
            records = indexing.records("practice", ids[start : start + indexing.BATCH])
            records.sort(key=lambda record: record.object_id)
            for row in rows_of("practice", records):
                yield tuple(row[column] for column in SEARCH_COLUMNS)
            release()

    def _lecture(self, number: int) -> Lecture:
        title, sheet = self.written[number % len(self.written)]
        place = self.chance.choice(self.places)
        author = self.chance.choice(place.people)
        days = self.chance.randrange(NEWEST_DAYS, OLDEST_DAYS)
        at = self.stage.script.instant(days, "09:00") + timedelta(seconds=self.chance.randrange(30_000))
        appliers: dict[int, Person] = {}
        for person in self.chance.sample(place.people, k=min(len(place.people), 4)):
            is_other = person.company_id is not None and person.company_id != author.company_id
            if is_other and self.chance.random() < APPLIED / 3:
                appliers.setdefault(person.company_id or 0, person)
        return Lecture(
            0,
            f"{title}, {self.chance.choice(WHERE)}"[:160],
            sheet,
            place,
            author,
            at,
            tuple(appliers.values()),
        )

    def _practices(self) -> Iterator[Row]:
        excerpts = {id(sheet): plain_excerpt(sheet.situation_html, 200) for _title, sheet in self.written}
        for rank, one in enumerate(self.lectures):
            day: date = one.at.date()
            yield (
                one.id, one.place.id, one.place.scope_id, one.author.id, one.author.company_id, one.author.byline,
                f"poured-{one.id}", "published", self.first_version + rank, one.title, slug_of(one.title),
                one.sheet.facet, one.sheet.dimension, one.sheet.evidence, list(one.sheet.technologies),
                excerpts[id(one.sheet)], len(one.appliers), one.at, one.at, one.at, day,
                day + timedelta(days=365),
            )  # fmt: skip

    def _versions(self) -> Iterator[Row]:
        for rank, one in enumerate(self.lectures):
            yield (
                self.first_version + rank, one.id, 1, "published", one.author.id, one.title, one.author.id,
                one.at, one.at, one.at, one.at, *(one.sheet.values[name] for name in WORDS),
            )  # fmt: skip

    def _applications(self) -> Iterator[Row]:
        number = self.first_application
        now = clock.now()
        for one in self.lectures:
            for rank, person in enumerate(one.appliers):
                at = min(one.at + timedelta(days=7 + 3 * rank), now)
                before = 1000 * self.chance.randrange(20, 120)
                after = int(round(before * self.chance.uniform(0.4, 0.95), -2))
                yield (
                    number, one.id, person.company_id, person.id, at.date(), person.byline[:120],
                    "Temps de changement", "min", before, after, one.sheet.renderer_version, at,
                )  # fmt: skip
                number += 1
