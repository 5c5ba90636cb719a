"""What home tells: everything that moved since the last visit, in a constant number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.accounts import sessions
from app.accounts.models import User
from app.communities.access import Place, access_of
from app.communities.models import Company, CompanyMembership
from app.core import versions
from app.core.database import UTCDateTime, read
from app.core.prepared import prepared
from app.core.shell import everything_read
from app.core.time import clock
from app.core.versions import Remembered
from app.forums.models import Post, Room, Topic, TopicFollow, TopicReading, TopicTag
from app.forums.queries import OPEN_QUESTION, READER, READER_PLACES, readable_rooms, reader
from app.library.queries import sheet_for_home
from app.resources.addresses import lab_url
from app.resources.queries.labs import labs_for
from app.resources.queries.occupations import bookings_of_person

FIRST_VISIT = timedelta(days=14)
"""Somebody who never came is told of this long."""

MOST_TOPICS = 120
SHOWN_PER_PLACE = 4


@dataclass
class News:
    """What moved in one place."""

    place: Place
    answers: list[Any] = field(default_factory=list)
    followed: list[Any] = field(default_factory=list)
    announcements: list[Any] = field(default_factory=list)
    opened: list[Any] = field(default_factory=list)
    opened_more: int = 0
    companies: list[Any] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.answers or self.followed or self.announcements or self.opened or self.companies)


def last_visit(user: Any) -> datetime:
    """From when on home tells: the visit before this one, else two weeks."""
    return sessions.last_visit(user) or (clock.now() - FIRST_VISIT)


@dataclass(frozen=True)
class Told:
    """What home tells somebody, and under which version: None when it must be asked again each time."""

    news: list[News]
    question: Any | None
    open_questions: int
    sheet: Any | None
    version: Any = field(compare=False, default=None)


def told(user: Any, since: datetime) -> Told:
    """Everything home tells; asked of the database once while nothing moves in what the person reads."""
    # The hour is near enough for « recent », and lets what was asked hold.
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    version = everything_read(access_of(user).places.keys())

    def ask() -> Told:
        return Told(
            news_for(user, since),
            question_for(user, hour),
            open_questions(user),
            sheet_for_home(user),
            (version, since, hour),
        )

    return ask() if version is None else _remembered.get(user.id, (version, since, hour), ask)


_remembered: Remembered[Told] = Remembered(300)


class LabDoor(NamedTuple):
    """A lab as the second door names it."""

    name: str
    url: str
    scope_id: int


def labs_around(user: Any) -> tuple[LabDoor, ...]:
    """The labs that serve the person; what names them raises the number of the tree."""
    known = versions.known()

    def ask() -> tuple[LabDoor, ...]:
        return tuple(LabDoor(lab.name, lab_url(lab.id, lab.slug), lab.scope_id) for lab in labs_for(user))

    return ask() if known is None else _labs.get(user.id, (known.tree, known.dates), ask)


_labs: Remembered[tuple[LabDoor, ...]] = Remembered(500)

YEAR = 366 * 24 * 3600


def next_booking(user: Any) -> Any | None:
    """The person's next slot, or the one that runs."""
    now = int(clock.now().timestamp())
    return next(iter(bookings_of_person(user, since=now, until=now + YEAR, limit=1)), None)


def news_for(user: Any, since: datetime) -> list[News]:
    """What moved since, grouped by place: the person's own communities first, then region and nation."""
    access = access_of(user)
    own = [access.places[node_id] for node_id in access.home_ids if node_id in access.places]
    held = [place for place in access.communities if place not in own and access.roles_at.get(place.id)]
    places = {place.id: place for place in own + held[:6] + access.higher_places[:3]}
    if not places:
        return []
    news = {node_id: News(place) for node_id, place in places.items()}
    for topic in _moved_topics(user, since, list(places)):
        _tell_topic(news[topic.node_id], topic, user, since)
    for company in _joined_companies(since, [place.id for place in own + held[:6]]):
        news[company.node_id].companies.append(company)
    return [item for item in news.values() if item]


def _tell_topic(item: News, topic: Any, user: Any, since: datetime) -> None:
    is_new = topic.created_at > since
    if topic.author_id == user.id:
        if not is_new or topic.posts_count > 1:
            item.answers.append(topic)
    elif topic.kind == "announcement" and is_new:
        item.announcements.append(topic)
    elif topic.is_followed:
        item.followed.append(topic)
    elif is_new:
        if len(item.opened) < SHOWN_PER_PLACE:
            item.opened.append(topic)
        else:
            item.opened_more += 1


def _moved_topics(user: Any, since: datetime, node_ids: list[int]) -> Sequence[Any]:
    """Topics with a message not read yet since then, by others than the person."""
    return read(_moved(), **reader(user), since=since, node_ids=node_ids).all()


@prepared
def _moved() -> Any:
    since = bindparam("since", type_=UTCDateTime)
    last_author = aliased(User)
    author = aliased(User)
    wrote = exists().where(Post.topic_id == Topic.id, Post.author_id == READER)
    more = (
        select(func.count())
        .where(Post.topic_id == Topic.id, Post.created_at > since, Post.author_id != READER, Post.number > 1)
        .correlate(Topic)
        .scalar_subquery()
    )
    return (
        select(
            Topic.id,
            Topic.slug,
            Topic.title,
            Topic.kind,
            Topic.node_id,
            Topic.author_id,
            Topic.created_at,
            Topic.posts_count,
            Topic.accepted_at,
            Room.name.label("room_name"),
            author.given_name,
            author.family_name,
            last_author.given_name.label("last_given_name"),
            last_author.family_name.label("last_family_name"),
            more.label("more"),
            case((or_(TopicFollow.follows.is_(True), wrote), 1), else_=0).label("is_followed"),
            case((Topic.accepted_at > since, 1), else_=0).label("is_newly_solved"),
        )
        .join(Room, Room.id == Topic.room_id)
        .join(author, author.id == Topic.author_id)
        .outerjoin(last_author, last_author.id == Topic.last_author_id)
        .outerjoin(TopicReading, and_(TopicReading.topic_id == Topic.id, TopicReading.user_id == READER))
        .outerjoin(TopicFollow, and_(TopicFollow.topic_id == Topic.id, TopicFollow.user_id == READER))
        .where(
            Topic.node_id.in_(bindparam("node_ids", expanding=True)),
            Topic.last_post_at > since,
            Topic.hidden_at.is_(None),
            readable_rooms(),
            or_(Topic.last_author_id != READER, Topic.posts_count == 1),
            Topic.last_number > func.coalesce(TopicReading.last_number, 0),
        )
        .order_by(Topic.last_post_at.desc())
        .limit(MOST_TOPICS)
    )


def _joined_companies(since: datetime, node_ids: list[int]) -> Sequence[Any]:
    if not node_ids:
        return []
    return read(_joined(), since=since, node_ids=node_ids).all()


@prepared
def _joined() -> Any:
    return (
        select(
            CompanyMembership.node_id,
            Company.id,
            Company.name,
            Company.town,
            Company.headcount,
            Company.summary,
        )
        .join(Company, Company.id == CompanyMembership.company_id)
        .where(
            CompanyMembership.node_id.in_(bindparam("node_ids", expanding=True)),
            CompanyMembership.state == "admitted",
            CompanyMembership.decided_at > bindparam("since", type_=UTCDateTime),
        )
        .order_by(CompanyMembership.decided_at.desc())
        .limit(12)
    )


def question_for(user: Any, now: datetime) -> Any | None:
    """One open question without an answer that the person could take: of their subjects first, then the nearest."""
    access = access_of(user)
    if not access.places:
        return None
    recent = now - timedelta(days=60)
    return read(_question(), **reader(user), home=list(access.home_ids), recent=recent).first()


@prepared
def _question() -> Any:
    author = aliased(User)
    mine = (
        select(TopicTag.tag_id)
        .join(Post, Post.topic_id == TopicTag.topic_id)
        .where(Post.author_id == READER)
        .distinct()
        .subquery()
    )
    shared = (
        select(func.count())
        .select_from(TopicTag)
        .where(TopicTag.topic_id == Topic.id, TopicTag.tag_id.in_(select(mine.c.tag_id)))
        .correlate(Topic)
        .scalar_subquery()
    )
    nearest = Topic.node_id.in_(bindparam("home", expanding=True))
    return (
        select(
            Topic.id,
            Topic.slug,
            Topic.title,
            Topic.created_at,
            Topic.node_id,
            Topic.posts_count,
            author.given_name,
            author.family_name,
            Post.byline,
        )
        .join(Room, Room.id == Topic.room_id)
        .join(author, author.id == Topic.author_id)
        .join(Post, and_(Post.topic_id == Topic.id, Post.number == 1))
        .where(
            readable_rooms(),
            Topic.node_id.in_(READER_PLACES),
            OPEN_QUESTION,
            Topic.hidden_at.is_(None),
            Topic.posts_count < 2,
            Topic.author_id != READER,
            Topic.created_at > bindparam("recent", type_=UTCDateTime),
        )
        .order_by(shared.desc(), case((nearest, 0), else_=1), Topic.created_at.desc())
        .limit(1)
    )


def open_questions(user: Any) -> int:
    """How many questions wait for an answer where the person reads, up to a hundred."""
    return read(_open_questions(), **reader(user)).scalar_one()


@prepared
def _open_questions() -> Any:
    return select(func.count()).select_from(
        select(Topic.id)
        .join(Room, Room.id == Topic.room_id)
        .where(
            readable_rooms(),
            Topic.node_id.in_(READER_PLACES),
            OPEN_QUESTION,
            Topic.hidden_at.is_(None),
        )
        .limit(100)
        .subquery()
    )
