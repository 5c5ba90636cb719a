"""Announcements to a region: to which communities, what was announced, and what became of each copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from app.accounts.models import User
from app.communities.models import Node
from app.extensions import db
from app.forums.models import AnnouncementCopy, RegionalAnnouncement, Topic

SHOWN = 60


@dataclass(frozen=True)
class Copy:
    """The announcement in one community."""

    node_id: int
    place: str
    region_code: str | None
    topic_id: int
    slug: str
    answers: int


@dataclass(frozen=True)
class Announced:
    """One announcement with its copies."""

    id: int
    title: str
    at: datetime
    author: str
    copies: list[Copy] = field(default_factory=list)


def communities_to_announce_to(region: Node) -> Sequence[Node]:
    """The communities of a region that are open, to members or to newcomers."""
    return list(
        db.session.execute(
            select(Node)
            .where(
                Node.path.like(f"{region.path}%"),
                Node.kind == "community",
                Node.state.not_in(("draft", "closed")),
            )
            .order_by(Node.id)
        ).scalars()
    )


def copies_of(announcement_id: int) -> Sequence[int]:
    """The topics by which an announcement stands in the communities."""
    return list(
        db.session.execute(
            select(AnnouncementCopy.topic_id).where(AnnouncementCopy.announcement_id == announcement_id)
        ).scalars()
    )


def announced_in(region_id: int) -> list[Announced]:
    """What was announced to a region, newest first, with a line per community; two statements."""
    rows = db.session.execute(
        select(RegionalAnnouncement, User)
        .join(User, User.id == RegionalAnnouncement.author_id)
        .where(RegionalAnnouncement.node_id == region_id)
        .order_by(RegionalAnnouncement.id.desc())
        .limit(SHOWN)
    ).all()
    found = {row.id: Announced(row.id, row.title, row.created_at, author.name) for row, author in rows}
    copies = db.session.execute(
        select(
            AnnouncementCopy.announcement_id,
            Node.id,
            Node.name,
            Node.region_code,
            Topic.id.label("topic_id"),
            Topic.slug,
            Topic.posts_count,
        )
        .join(Node, Node.id == AnnouncementCopy.node_id)
        .join(Topic, Topic.id == AnnouncementCopy.topic_id)
        .where(AnnouncementCopy.announcement_id.in_(found))
        .order_by(Node.name)
    )
    for row in copies:
        found[row.announcement_id].copies.append(
            Copy(row.id, row.name, row.region_code, row.topic_id, row.slug, row.posts_count - 1)
        )
    return list(found.values())
