"""People around a discussion: who runs the place, who may be named, who is told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.communities.models import Company, CompanyMembership, Employment, Node, RoleGrant
from app.core import versions
from app.core.database import read
from app.core.prepared import prepared
from app.core.time import clock
from app.core.versions import Remembered
from app.extensions import db
from app.forums.models import Post, RoomMember, TopicFollow
from app.forums.queries.rooms import RoomRow


def people_who_run(node_id: int, path: str) -> Sequence[Any]:
    """Who holds a role at this node or above, the nearest first: « Votre animatrice : … »."""
    ids = [int(part) for part in path.split(".") if part]
    known, now = versions.known(), clock.now()

    def grants() -> list[Any]:
        return read(_runners(), node_ids=ids).all()

    held = grants() if known is None else _remembered.get(node_id, known.tree, grants)
    return [row for row in held if row.starts_at <= now and (row.ends_at is None or row.ends_at > now)][:6]


_remembered: Remembered[list[Any]] = Remembered(500)


@prepared
def _runners() -> Any:
    """Every role held there, past its date or before it too: the tree does not change when a date comes."""
    return (
        select(
            User.id,
            User.given_name,
            User.family_name,
            RoleGrant.role,
            RoleGrant.title,
            RoleGrant.node_id,
            RoleGrant.starts_at,
            RoleGrant.ends_at,
        )
        .join(User, User.id == RoleGrant.user_id)
        .join(Node, Node.id == RoleGrant.node_id)
        .where(
            RoleGrant.node_id.in_(bindparam("node_ids", expanding=True)),
            RoleGrant.role.in_(("community_manager", "technical_advisor", "ambassador")),
            RoleGrant.revoked_at.is_(None),
        )
        .order_by(func.length(Node.path).desc(), RoleGrant.role, User.family_name)
    )


def mentionable(user: Any, room: RoomRow, prefix: str, limit: int = 8) -> Sequence[Any]:
    """People who may read the room and whose name begins so, for the picker; nobody else can be named."""
    words = [word for word in prefix.lower().split() if word][:2]
    name = func.lower(User.given_name + " " + User.family_name)
    statement = (
        select(User.id, User.given_name, User.family_name, func.min(Company.name).label("firm"))
        .outerjoin(Employment, and_(Employment.user_id == User.id, Employment.ended_at.is_(None)))
        .outerjoin(Company, Company.id == Employment.company_id)
        .where(User.state == "active", User.id != user.id, _reads_room(room))
        .group_by(User.id, User.given_name, User.family_name)
        .order_by(User.given_name, User.family_name)
        .limit(limit)
    )
    for word in words:
        statement = statement.where(
            or_(name.startswith(word, autoescape=True), name.contains(" " + word, autoescape=True))
        )
    return db.session.execute(statement).all()


def readers_among(room: RoomRow, user_ids: Collection[int]) -> set[int]:
    """Which of these people may read the room."""
    if not user_ids:
        return set()
    rows = db.session.execute(
        select(User.id).where(User.id.in_(user_ids), User.state == "active", _reads_room(room))
    )
    return set(rows.scalars())


def _reads_room(room: RoomRow) -> ColumnElement[bool]:
    """A condition on `User`: those who reach the node of the room (and are listed, when it is restricted)."""
    now = clock.now()
    place = aliased(Node)
    at = aliased(Node)
    by_company = exists().where(
        Employment.user_id == User.id,
        Employment.ended_at.is_(None),
        Company.id == Employment.company_id,
        Company.state == "verified",
        CompanyMembership.company_id == Employment.company_id,
        CompanyMembership.state == "admitted",
        at.id == CompanyMembership.node_id,
        place.id == room.node_id,
        at.path.like(place.path + "%"),
    )
    granted = aliased(Node)
    here = aliased(Node)
    by_role = exists().where(
        RoleGrant.user_id == User.id,
        RoleGrant.role != "company_admin",
        RoleGrant.revoked_at.is_(None),
        RoleGrant.starts_at <= now,
        or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > now),
        granted.id == RoleGrant.node_id,
        here.id == room.node_id,
        or_(here.path.like(granted.path + "%"), granted.path.like(here.path + "%")),
    )
    if room.kind != "restricted":
        return or_(by_company, by_role)
    listed = exists().where(
        RoomMember.room_id == room.id, RoomMember.user_id == User.id, RoomMember.admitted_at.is_not(None)
    )
    return and_(listed, or_(by_company, by_role))


def followers_of(topic_id: int) -> set[int]:
    """Who is told of a new message: those who wrote in the topic or asked to follow, minus those who asked not to."""
    wrote = select(Post.author_id).where(Post.topic_id == topic_id, Post.deleted_at.is_(None)).distinct()
    choices = db.session.execute(
        select(TopicFollow.user_id, TopicFollow.follows).where(TopicFollow.topic_id == topic_id)
    ).all()
    people = set(db.session.execute(wrote).scalars())
    people |= {user_id for user_id, follows in choices if follows}
    return people - {user_id for user_id, follows in choices if not follows}
