"""What a demonstration contains, for outside checks and for the greeting of `make run`: read from the database."""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy import func, select

from app.accounts.models import User
from app.communities.models import Company, CompanyMembership, Employment, Node, RoleGrant
from app.core import demo
from app.demo.stage import PASSWORD
from app.extensions import db
from app.forums.models import Post, Room, RoomMember, Topic
from app.moderation.models import Report

SHOWN_ROLES = (
    ("company_admin", "référente d’entreprise"),
    ("community_manager", "animation de communauté"),
    ("technical_advisor", "correspondant technique"),
    ("ambassador", "ambassadeur de région"),
    ("national_admin", "équipe nationale"),
)
HOME = "val-de-loire-mecanique"
MEMBER = ("Sandrine", "Caillaud")


def describe() -> dict[str, Any]:
    """Accounts with their role and password, and one example of each thing worth looking at."""
    home = db.session.execute(select(Node).where(Node.slug == HOME)).scalar_one_or_none()
    return {
        "url": current_app.config["PUBLIC_URL"],
        "today": str(demo.demo_today()),
        "accounts": _accounts(home),
        "topic": _topic(home),
        "restricted_room": _restricted_room(),
        "pending_report": _pending_report(),
        "membership_request": _request(),
        "counts": {
            "communities": _count(select(func.count()).select_from(Node).where(Node.kind == "community")),
            "companies": _count(select(func.count()).select_from(Company)),
            "people": _count(select(func.count()).select_from(User)),
            "topics": _count(select(func.count()).select_from(Topic)),
            "posts": _count(select(func.count()).select_from(Post)),
        },
    }


def _accounts(home: Node | None) -> list[dict[str, str]]:
    lines = []
    member = db.session.execute(
        select(User).where(User.given_name == MEMBER[0], User.family_name == MEMBER[1])
    ).scalar_one_or_none()
    if member is not None:
        lines.append(_line(member, "member", "membre"))
    for role, words in SHOWN_ROLES:
        user = _holder(role, home)
        if user is not None:
            lines.append(_line(user, role, words))
    return lines


def _line(user: User, role: str, words: str) -> dict[str, str]:
    return {
        "name": user.name,
        "email": user.email or user.sign_in_name or "",
        "password": PASSWORD,
        "role": role,
        "title": words,
    }


def _holder(role: str, home: Node | None) -> User | None:
    statement = (
        select(User)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .where(RoleGrant.role == role, RoleGrant.revoked_at.is_(None), User.email.is_not(None))
    )
    if home is not None and role == "company_admin":
        statement = (
            statement.join(CompanyMembership, CompanyMembership.company_id == RoleGrant.company_id)
            .join(Employment, Employment.user_id == User.id)
            .where(CompanyMembership.node_id == home.id)
        )
    elif home is not None and role != "national_admin":
        ancestors = [int(part) for part in home.path.split(".") if part]
        statement = statement.where(RoleGrant.node_id.in_(ancestors))
    return db.session.execute(statement.order_by(User.id).limit(1)).scalars().first()


def _topic(home: Node | None) -> dict[str, Any] | None:
    statement = select(Topic.id, Topic.slug, Topic.title).where(
        Topic.accepted_post_id.is_not(None), Topic.hidden_at.is_(None)
    )
    if home is not None:
        statement = statement.where(Topic.node_id == home.id)
    row = db.session.execute(statement.order_by(Topic.last_post_at.desc()).limit(1)).first()
    return {"title": row.title, "path": f"/sujets/{row.id}-{row.slug}"} if row else None


def _restricted_room() -> dict[str, Any] | None:
    row = db.session.execute(
        select(Room.id, Room.slug, Room.name).where(Room.kind == "restricted").order_by(Room.id).limit(1)
    ).first()
    if row is None:
        return None
    members = db.session.execute(
        select(User.email)
        .join(RoomMember, RoomMember.user_id == User.id)
        .where(RoomMember.room_id == row.id, RoomMember.admitted_at.is_not(None))
    ).scalars()
    return {"name": row.name, "path": f"/salles/{row.id}-{row.slug}", "members": list(members)}


def _pending_report() -> dict[str, Any] | None:
    row = db.session.execute(
        select(Report.id, Report.receipt, Report.reason)
        .where(Report.state != "decided")
        .order_by(Report.id)
        .limit(1)
    ).first()
    return {"receipt": row.receipt, "reason": row.reason, "path": f"/moderation/{row.id}"} if row else None


def _request() -> dict[str, Any] | None:
    row = db.session.execute(
        select(Company.name, Node.slug)
        .join(CompanyMembership, CompanyMembership.company_id == Company.id)
        .join(Node, Node.id == CompanyMembership.node_id)
        .where(CompanyMembership.state == "requested")
        .limit(1)
    ).first()
    return {"company": row.name, "path": f"/communautes/{row.slug}/admissions"} if row else None


def _count(statement: Any) -> int:
    return int(db.session.execute(statement).scalar_one())
