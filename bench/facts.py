"""What the measurements look at, found in the data that is there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from app.accounts.models import User
from app.communities.models import Node
from app.extensions import db
from app.forums.models import Post, Room, Topic
from app.library.models import Practice
from app.resources.models import LabNode, Machine

MOST_WORDS = 60
MOST_SHEETS = 61
MACHINES_OF_A_LAB = 12


def _words(topic_ids: Sequence[int]) -> list[str]:
    """Different words of these titles, in their order."""
    titles = db.session.execute(
        select(Topic.title).where(Topic.id.in_(topic_ids)).order_by(Topic.id)
    ).scalars()
    words = (word.lower() for title in titles for word in re.findall(r"[^\W\d_]{4,}", title))
    return list(dict.fromkeys(words))[:MOST_WORDS]


def _labs(node_id: int) -> list[dict[str, Any]]:
    """Of the labs that serve this place, one of about twelve machines, and the biggest if it has many more."""
    path = db.session.execute(select(Node.path).where(Node.id == node_id)).scalar_one()
    places = [int(part) for part in path.strip(".").split(".")]
    rows = db.session.execute(
        select(Machine.lab_id, func.count())
        .join(LabNode, LabNode.lab_id == Machine.lab_id)
        .where(LabNode.node_id.in_(places), Machine.state != "retired")
        .group_by(Machine.lab_id)
    ).tuples()
    sizes = {lab_id: count for lab_id, count in rows if count >= MACHINES_OF_A_LAB}
    if not sizes:
        return []
    usual = min(sizes, key=lambda lab_id: (sizes[lab_id], lab_id))
    biggest = max(sizes, key=lambda lab_id: (sizes[lab_id], lab_id))
    found = [{"id": usual, "machines": sizes[usual], "most": 2.0}]
    if sizes[biggest] > 2 * MACHINES_OF_A_LAB:
        found.append({"id": biggest, "machines": sizes[biggest], "most": 4.0})
    return found


def _sheets(node_id: int) -> list[int]:
    """Sheets of this place, those that most firms applied first."""
    return list(
        db.session.execute(
            select(Practice.id)
            .where(Practice.node_id == node_id, Practice.state == "published", Practice.hidden_at.is_(None))
            .order_by(Practice.applied_by.desc(), Practice.id)
            .limit(MOST_SHEETS)
        ).scalars()
    )


def facts() -> dict[str, Any]:
    """The demo member, the fullest open room of their community, a topic of at least twenty posts in it."""
    member = db.session.execute(
        select(User).where(User.given_name == "Sandrine", User.family_name == "Caillaud")
    ).scalar_one()
    node_id = db.session.execute(
        select(Topic.node_id).where(Topic.author_id == member.id).order_by(Topic.id).limit(1)
    ).scalar_one()
    room = db.session.execute(
        select(Room)
        .where(Room.node_id == node_id, Room.kind == "open")
        .order_by(Room.topics_count.desc())
        .limit(1)
    ).scalar_one()
    longest = db.session.execute(
        select(Topic.id)
        .join(Room, Room.id == Topic.room_id)
        .where(Topic.node_id == node_id, Room.kind == "open", Topic.hidden_at.is_(None))
        .order_by((func.abs(Topic.posts_count - 20)), Topic.id)
        .limit(1)
    ).scalar_one()
    own = db.session.execute(
        select(Topic.id)
        .where(Topic.node_id == node_id, Topic.room_id == room.id, Topic.closed_at.is_(None))
        .limit(1)
    ).scalar_one()
    others = (
        db.session.execute(
            select(Topic.id)
            .join(Room, Room.id == Topic.room_id)
            .where(
                Topic.node_id == node_id,
                Room.kind == "open",
                Topic.hidden_at.is_(None),
                Topic.posts_count > 4,
            )
            .where(Topic.id.not_in([longest, own]))
            .order_by(Topic.id)
            .limit(150)
        )
        .scalars()
        .all()
    )
    sheets = _sheets(node_id)
    return {
        "labs": _labs(node_id),
        "sheet": next(iter(sheets), None),
        "sheets": sheets[1:],
        "topics": list(others),
        "words": _words(others),
        "email": member.email,
        "room": room.id,
        "scope": room.scope_id,
        "topic": longest,
        "own_topic": own,
        "posts": db.session.execute(select(func.count()).select_from(Post)).scalar_one(),
    }
