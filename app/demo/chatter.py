"""A million messages: discussions drawn from a few hundred bodies that are rendered once."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import func, select

from app.accounts.models import User
from app.communities.models import Company, Node
from app.core import indexing
from app.core.database import release
from app.core.slugs import slug_of
from app.core.stemming import terms
from app.core.text import RenderedText, plain_excerpt, render
from app.core.time import clock
from app.demo import names
from app.demo.crowds import NEW_ROOMS_DAYS, OLD_ROOMS_DAYS, Crowds, Person, Spot
from app.demo.pouring import SEARCH, Pouring, Row, next_id
from app.demo.stage import Stage
from app.extensions import db
from app.forums.adapters import post_url, topic_url
from app.forums.models import Post, Reaction, RoomReading, Tag, Topic, TopicReading, TopicTag
from app.search.index import rows_of
from app.search.matching import scope_token, type_token, words_line

BODIES = 60
TITLES = 70
"""How many messages and titles are drawn for each subject."""

ELSEWHERE = 0.05
"""The share of topics in regional and national rooms."""

WEIGHTS = {"open": 20, "announcements": 1, "restricted": 1}
KINDS = ("question",) * 12 + ("discussion",) * 5 + ("need",) * 2 + ("offer",)
LONGEST = 300
"""Messages of the longest topic."""

ACCEPTED, THANKED, READING = 0.4, 0.05, 0.1
PAUSE = 26 * 3600
"""Seconds between two messages of a topic, on average."""

SEARCH_COLUMNS = ("id", "object_type", "object_id", "title", "url", "excerpt", "terms", "at")
EXCERPT = 240


@dataclass
class Talk:
    """One topic: where, who takes part (its author first), and when each message is sent, as seconds."""

    id: int
    spot: Spot
    kind: str
    subject: str
    title: str
    people: list[Person]
    times: list[int]
    post_ids: list[int] = field(default_factory=list)
    accepted: int | None = None

    @property
    def slug(self) -> str:
        return _slug(self.title)

    def author(self, number: int) -> Person:
        """Who wrote the message of this number."""
        if number == 1:
            return self.people[0]
        return self.people[(number * 7 + self.id) % len(self.people)]

    def body(self, number: int, bodies: int) -> int:
        """Which of so many bodies the message of this number says."""
        return (self.id * 31 + number * 17) % bodies


class Chatter:
    """Topics and posts decided at once, poured in the order of time as they would have been written."""

    def __init__(self, stage: Stage, crowds: Crowds, topics: int, posts: int, seed: int) -> None:
        self.stage = stage
        self.crowds = crowds
        self.seed = seed
        self.chance = random.Random(f"chatter {seed}")
        self.subjects = names.subjects()
        self._tag_ids = self._tags()
        self.talks = self._draw(max(0, topics - _count(Topic)), max(0, posts - _count(Post)))
        self.order = self._number_posts()
        release()

    def pour(self, pour: Pouring) -> None:
        """Write rooms, topics, posts, reactions and reading pointers."""
        self.crowds.pour_rooms(pour)
        pour.rows(Tag.__table__, ("id", "slug", "name"), self.new_tags)
        pour.rows(
            Topic.__table__,
            (
                "id", "room_id", "node_id", "scope_id", "author_id", "kind", "title", "slug", "tag_names",
                "posts_count", "last_number", "last_post_at", "last_author_id", "accepted_post_id",
                "accepted_by_id", "accepted_at", "created_at",
            ),
            self._topics(),
        )  # fmt: skip
        pour.rows(TopicTag.__table__, ("topic_id", "tag_id"), self._topic_tags())
        pour.rows(
            Post.__table__,
            (
                "id", "topic_id", "number", "author_id", "company_id", "byline", "source", "html",
                "renderer_version", "thanks", "created_at",
            ),
            self._posts(),
        )  # fmt: skip
        pour.rows(Reaction.__table__, ("post_id", "user_id", "kind", "at"), self._reactions())
        pour.rows(TopicReading.__table__, ("user_id", "topic_id", "last_number", "at"), self._pointers())
        pour.rows(RoomReading.__table__, ("user_id", "room_id", "caught_up_at"), self._rooms_read())

    def pour_search(self, pour: Pouring, *others: Iterable[Row]) -> None:
        """Write the index anew in the order of time, what was there before included: newest is highest.

        `others` are entries of what else was poured, each in the order of time.
        """
        there = [
            tuple(row)
            for row in db.session.execute(
                select(*(SEARCH.c[name] for name in SEARCH_COLUMNS[1:])).order_by(SEARCH.c.at, SEARCH.c.id)
            )
        ]
        release()
        entries = [row for model, name in ((Node, "community"), (Company, "company"), (User, "person"))
                   for row in self._entities(model, name)]  # fmt: skip
        entries.sort(key=_at)
        pour.run("DELETE FROM search_entry")
        # Made from what was poured: read before the index is being written.
        more = [list(rows) for rows in others]
        merged = heapq.merge(there, entries, *more, self._entries(), key=_at)
        pour.rows(SEARCH, SEARCH_COLUMNS, ((rank, *row) for rank, row in enumerate(merged, start=1)))

    # Drawing

    def _draw(self, topics: int, posts: int) -> list[Talk]:
        spots = self.crowds.spots()
        kinds = {place.id: place.kind for place in self.crowds.places}
        local = [spot for spot in spots if kinds[spot.node_id] == "community"]
        higher = [spot for spot in spots if kinds[spot.node_id] != "community"]
        weights = [WEIGHTS[spot.kind] for spot in local]
        lengths = self._lengths(topics, posts)
        talks = []
        first = next_id(Topic.__table__)
        for rank, length in enumerate(lengths):
            if self.chance.random() < ELSEWHERE and higher:
                spot = self.chance.choice(higher)
            else:
                spot = self.chance.choices(local, weights)[0]
            talks.append(self._talk(first + rank, spot, length))
            spot.topics += 1
        return talks

    def _lengths(self, topics: int, posts: int) -> list[int]:
        """Messages a topic: many short, few long, one very long, as many in all as asked."""
        if not topics:
            return []
        mean = posts / topics
        lengths = [1 + int(self.chance.expovariate(1 / max(0.1, mean - 0.5))) for _topic in range(topics)]
        lengths[topics // 2] = min(LONGEST, max(1, posts - topics))
        excess = sum(lengths) - posts
        while excess:
            rank = self.chance.randrange(topics)
            if excess < 0:
                lengths[rank] += 1
                excess += 1
            elif lengths[rank] > 1 and rank != topics // 2:
                lengths[rank] -= 1
                excess -= 1
        return lengths

    def _talk(self, topic_id: int, spot: Spot, length: int) -> Talk:
        subject = spot.subject or self.chance.choice(self.subjects)
        people = self.chance.sample(spot.people, k=min(len(spot.people), 2 + self.chance.randrange(5)))
        kind = "announcement" if spot.kind == "announcements" else self.chance.choice(KINDS)
        accepted = None
        if kind == "question" and length > 1 and self.chance.random() < ACCEPTED:
            accepted = self.chance.randrange(2, length + 1)
        return Talk(
            topic_id, spot, kind, subject, self.chance.choice(_titles(self.seed, subject)), people,
            self._times(spot, length), accepted=accepted,
        )  # fmt: skip

    def _times(self, spot: Spot, length: int) -> list[int]:
        first, last = NEW_ROOMS_DAYS if spot.is_new else OLD_ROOMS_DAYS
        earliest = int(self.stage.script.instant(first, "06:00").timestamp())
        # A demonstration may be made for a day to come: nobody has written tomorrow.
        an_hour_ago = clock.now() - timedelta(hours=1)
        latest = int(min(self.stage.script.instant(last, "18:00"), an_hour_ago).timestamp())
        at = self.chance.randrange(earliest, latest)
        times = [at]
        # A topic opened near the end of its time is hurried, so that it ends before it.
        pause = min(PAUSE, (latest - at) / length)
        for _message in range(length - 1):
            at = min(latest, at + 60 + int(self.chance.expovariate(1 / pause))) if pause > 60 else at + 1
            times.append(max(at, times[-1] + 1))
        return times

    def _number_posts(self) -> list[tuple[int, int]]:
        """(topic's rank, number) of every post in the order of time; each gets its id on the way."""
        # One integer a post: a million small tuples would cost a second gigabyte.
        keys = [
            at << 40 | rank << 12 | number
            for rank, talk in enumerate(self.talks)
            for number, at in enumerate(talk.times, start=1)
        ]
        keys.sort()
        order = [(key >> 12 & 0xFFFFFFF, key & 0xFFF) for key in keys]
        for talk in self.talks:
            talk.post_ids = [0] * len(talk.times)
        for post_id, (rank, number) in enumerate(order, start=next_id(Post.__table__)):
            self.talks[rank].post_ids[number - 1] = post_id
        return order

    def _tags(self) -> dict[str, int]:
        """A tag for each subject, those that are there already included."""
        known = dict(db.session.execute(select(Tag.slug, Tag.id)).all())
        first = next_id(Tag.__table__)
        missing = [subject for subject in self.subjects if subject not in known]
        self.new_tags = [(first + rank, subject, subject) for rank, subject in enumerate(missing)]
        return {**known, **{slug: tag_id for tag_id, slug, _name in self.new_tags}}

    # Rows

    def _topics(self) -> Iterator[Row]:
        for talk in self.talks:
            count = len(talk.times)
            accepted_at = _instant(talk.times[-1] + 600) if talk.accepted else None
            yield (
                talk.id, talk.spot.id, talk.spot.node_id, talk.spot.scope_id, talk.people[0].id, talk.kind,
                talk.title, talk.slug, [talk.subject], count, count, _instant(talk.times[-1]),
                talk.author(count).id, talk.post_ids[talk.accepted - 1] if talk.accepted else None,
                talk.people[0].id if talk.accepted else None, accepted_at, _instant(talk.times[0]),
            )  # fmt: skip

    def _topic_tags(self) -> Iterator[Row]:
        for talk in self.talks:
            yield talk.id, self._tag_ids[talk.subject]

    def _posts(self) -> Iterator[Row]:
        for rank, number in self.order:
            talk = self.talks[rank]
            author = talk.author(number)
            text = _body(self.seed, talk.subject, talk.body(number, BODIES)).text
            yield (
                talk.post_ids[number - 1], talk.id, number, author.id, author.company_id, author.byline,
                text.source, text.html, text.renderer_version, int(_is_thanked(talk, number)),
                _instant(talk.times[number - 1]),
            )  # fmt: skip

    def _reactions(self) -> Iterator[Row]:
        for rank, number in self.order:
            talk = self.talks[rank]
            if _is_thanked(talk, number):
                yield (
                    talk.post_ids[number - 1], talk.people[0].id, "thanks",
                    _instant(talk.times[number - 1] + 300),
                )  # fmt: skip

    def _pointers(self) -> Iterator[Row]:
        """Whoever wrote in a topic has read it up to their last message."""
        for talk in self.talks:
            last: dict[int, int] = {}
            for number in range(1, len(talk.times) + 1):
                last[talk.author(number).id] = number
            for user_id, number in last.items():
                yield user_id, talk.id, number, _instant(talk.times[number - 1])

    def _rooms_read(self) -> Iterator[Row]:
        """Some people are up to date with the rooms of their community, up to some day of the last month."""
        for place in self.crowds.places:
            for spot in place.spots:
                if not spot.is_new or spot.kind != "open":
                    continue
                for person in spot.people:
                    if self.chance.random() < READING:
                        day = self.stage.script.instant(self.chance.randrange(2, 30), "12:00")
                        yield person.id, spot.id, day

    def _entities(self, model: Any, name: str) -> Iterator[Row]:
        """Entries of drawn places, firms and people, made from what was poured."""
        ids = self.crowds.drawn(model)
        for start in range(0, len(ids), indexing.BATCH):
            for row in rows_of(name, indexing.records(name, list(ids[start : start + indexing.BATCH]))):
                yield tuple(row[column] for column in SEARCH_COLUMNS[1:])
            release()

    def _entries(self) -> Iterator[Row]:
        for rank, number in self.order:
            talk = self.talks[rank]
            body = _body(self.seed, talk.subject, talk.body(number, BODIES))
            at = _instant(talk.times[number - 1])
            if number == 1:
                words = f"{body.terms} {_terms(talk.subject)}"
                line = words_line(
                    [scope_token(talk.spot.scope_id), type_token("topic")], _terms(talk.title), words
                )
                yield "topic", talk.id, talk.title, topic_url(talk.id, talk.slug), body.excerpt, line, at
            else:
                line = words_line(
                    [scope_token(talk.spot.scope_id), type_token("post")], _terms(talk.title), body.terms
                )
                yield (
                    "post", talk.post_ids[number - 1], talk.title, post_url(talk.id, talk.slug, number),
                    body.excerpt, line, at,
                )  # fmt: skip


@dataclass(frozen=True)
class Body:
    """A message with everything that is computed from its words, once."""

    text: RenderedText
    terms: str
    excerpt: str


@cache
def _bodies(seed: int, subject: str) -> list[Body]:
    bodies = []
    for source in names.bodies(seed, BODIES, subject):
        text = render(source)
        bodies.append(Body(text, terms(plain_excerpt(text.html, 20_000)), plain_excerpt(text.html, EXCERPT)))
    return bodies


def _body(seed: int, subject: str, rank: int) -> Body:
    return _bodies(seed, subject)[rank]


@cache
def _titles(seed: int, subject: str) -> list[str]:
    return names.topic_titles(seed, TITLES, subject)


@cache
def _terms(words: str) -> str:
    return terms(words)


@cache
def _slug(title: str) -> str:
    return slug_of(title)


def _is_thanked(talk: Talk, number: int) -> bool:
    """The author of the topic thanks for one answer in so many, never themselves."""
    share = round(1 / THANKED)
    return number > 1 and (talk.id + number) % share == 0 and talk.author(number).id != talk.people[0].id


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _at(row: Row) -> datetime:
    at: datetime = row[-1]
    return at


def _count(model: Any) -> int:
    return int(db.session.execute(select(func.count()).select_from(model)).scalar_one())
