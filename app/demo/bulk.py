"""Large demonstrations: the written script stands in the middle of a programme of the size it is made for.

The totals are those on which speed is measured. What is poured obeys the same constraints as what is played, and its
counters are true; it has no audit lines and no journal.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts.models import CharterAcceptance, User
from app.communities.models import Company, CompanyMembership, Employment, Node, RoleGrant, Site
from app.core.journal import Scope
from app.demo.chatter import Chatter
from app.demo.crowds import Crowds
from app.demo.lectures import Lectures
from app.demo.pouring import SEARCH, pouring
from app.demo.stage import Stage
from app.demo.workdays import Workdays
from app.forums.models import (
    Post,
    Reaction,
    Room,
    RoomMember,
    RoomReading,
    Tag,
    Topic,
    TopicReading,
    TopicTag,
)
from app.library.models import Practice, PracticeApplication, PracticeTechnology, PracticeVersion
from app.resources.models import (
    Lab,
    LabHours,
    LabNode,
    LabStaff,
    Machine,
    MachineRequirement,
    MachineUnit,
    Occupation,
    Qualification,
)


@dataclass(frozen=True)
class Size:
    """How many of each there are in the end, the script's included."""

    communities: int
    companies: int
    people: int
    topics: int
    posts: int
    practices: int = 0
    labs: int = 0
    machines: int = 0
    past_bookings: int = 0
    coming_bookings: int = 0


SIZES = {
    "medium": Size(
        communities=10,
        companies=1_000,
        people=5_000,
        topics=10_000,
        posts=100_000,
        practices=2_000,
        labs=10,
        machines=150,
        past_bookings=20_000,
        coming_bookings=2_000,
    ),
    "large": Size(
        communities=100,
        companies=10_000,
        people=50_000,
        topics=100_000,
        posts=1_000_000,
        practices=20_000,
        labs=100,
        machines=1_500,
        past_bookings=200_000,
        coming_bookings=20_000,
    ),
}

TABLES = [
    model.__table__
    for model in (
        Scope, Node, User, CharterAcceptance, Company, Site, Employment, CompanyMembership, RoleGrant,
        Room, RoomMember, Tag, Topic, TopicTag, Post, Reaction, TopicReading, RoomReading,
        Practice, PracticeVersion, PracticeTechnology, PracticeApplication,
        Lab, LabNode, LabStaff, LabHours, Machine, MachineUnit, MachineRequirement, Qualification, Occupation,
    )
]  # fmt: skip

HEAVY = [model.__table__ for model in (Topic, TopicTag, Post, Reaction, TopicReading, RoomReading)]


def load(stage: Stage, *, size: str, seed: int) -> None:
    """Pour a large set around what was played."""
    fill(stage, SIZES[size], seed)


def fill(stage: Stage, size: Size, seed: int) -> None:
    """`load` to any totals. Those already reached by the script are left as they are."""
    crowds = Crowds(stage, size.communities, size.companies, size.people, seed)
    chatter = Chatter(stage, crowds, size.topics, size.posts, seed)
    lectures = Lectures(stage, crowds, size.practices, seed)
    workdays = Workdays(
        stage,
        crowds,
        labs=size.labs,
        machines=size.machines,
        past=size.past_bookings,
        coming=size.coming_bookings,
        seed=seed,
    )
    with pouring([*TABLES, SEARCH], heavy=[*HEAVY, SEARCH]) as pour:
        crowds.pour(pour)
        chatter.pour(pour)
        lectures.pour(pour)
        workdays.pour(pour)
        chatter.pour_search(pour, lectures.entries(), workdays.entries())
