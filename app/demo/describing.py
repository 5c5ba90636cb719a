"""What a demonstration contains, for outside checks and for the greeting of `make run`: read from the database."""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.accounts.models import User
from app.communities.models import Company, CompanyMembership, Employment, Node, RoleGrant
from app.core import demo
from app.demo import describing_labs, describing_sheets
from app.demo.stage import PASSWORD
from app.extensions import db
from app.forums.models import Post, Room, RoomMember, Topic
from app.library.models import Practice
from app.moderation.models import Report
from app.resources.models import Lab, Machine, Occupation

SHOWN_ROLES = ("company_admin", "community_manager", "technical_advisor", "ambassador", "national_admin")
"""After somebody without any, whom a visitor may be: the usual holder of each role, around `HOME`."""

HOME = "val-de-loire-mecanique"
MEMBER = ("Sandrine", "Caillaud")


def describe() -> dict[str, Any]:
    """Accounts with their role and password, and one example of each thing worth looking at."""
    home = _home()
    return {
        "url": current_app.config["PUBLIC_URL"],
        "today": str(demo.demo_today()),
        "accounts": accounts(),
        "without_mailbox": _without_mailbox(),
        "topic": _topic(home),
        "restricted_room": _restricted_room(),
        "pending_report": _pending_report(),
        "membership_request": _request(home),
        **describing_labs.describe(_member()),
        **describing_sheets.describe(),
        "counts": {
            "communities": _count(select(func.count()).select_from(Node).where(Node.kind == "community")),
            "companies": _count(select(func.count()).select_from(Company)),
            "people": _count(select(func.count()).select_from(User)),
            "topics": _count(select(func.count()).select_from(Topic)),
            "posts": _count(select(func.count()).select_from(Post)),
            "labs": _count(select(func.count()).select_from(Lab)),
            "machines": _count(select(func.count()).select_from(Machine)),
            "practices": _count(select(func.count()).select_from(Practice)),
            "bookings": _count(select(func.count()).where(Occupation.kind == "booking")),
        },
    }


def accounts() -> list[dict[str, str]]:
    """One account of each role, as which the demonstration may be visited."""
    home = _home()
    member = _member()
    lines = [_line(member, "member", _trade(member))] if member is not None else []
    for role in SHOWN_ROLES:
        held = _holder(role, home)
        if held is not None:
            lines.append(_line(held[0], role, held[1]))
    return lines


def _member() -> User | None:
    return db.session.execute(
        select(User).where(User.given_name == MEMBER[0], User.family_name == MEMBER[1]).limit(1)
    ).scalar_one_or_none()


def _home() -> Node | None:
    return db.session.execute(select(Node).where(Node.slug == HOME)).scalar_one_or_none()


def _line(user: User, role: str, words: str) -> dict[str, str]:
    return {
        "name": user.name,
        "email": user.email or "",
        "password": PASSWORD,
        "role": role,
        "title": words,
    }


def _trade(user: User) -> str:
    firm = db.session.execute(
        select(Company.name)
        .join(Employment, Employment.company_id == Company.id)
        .where(Employment.user_id == user.id, Employment.ended_at.is_(None))
        .limit(1)
    ).scalar_one_or_none()
    return ", ".join(part for part in (user.trade, firm) if part)


def _without_mailbox() -> dict[str, str] | None:
    user = (
        db.session.execute(
            select(User)
            .where(User.email.is_(None), User.sign_in_name.is_not(None))
            .order_by(User.id)
            .limit(1)
        )
        .scalars()
        .first()
    )
    if user is None:
        return None
    return {"name": user.name, "sign_in_name": user.sign_in_name or "", "password": PASSWORD}


def _holder(role: str, home: Node | None) -> tuple[User, str] | None:
    """The first holder of a role at the home community or above it, and what they are called there."""
    place, firm = aliased(Node), aliased(Company)
    statement = (
        select(User, RoleGrant.title, place.name, firm.name)
        .join(RoleGrant, RoleGrant.user_id == User.id)
        .outerjoin(place, place.id == RoleGrant.node_id)
        .outerjoin(firm, firm.id == RoleGrant.company_id)
        .where(RoleGrant.role == role, RoleGrant.revoked_at.is_(None), User.email.is_not(None))
    )
    if home is not None and role == "company_admin":
        statement = statement.join(
            CompanyMembership, CompanyMembership.company_id == RoleGrant.company_id
        ).where(CompanyMembership.node_id == home.id)
    elif home is not None:
        statement = statement.where(
            RoleGrant.node_id.in_([int(part) for part in home.path.split(".") if part])
        )
    row = db.session.execute(statement.order_by(User.id).limit(1)).first()
    if row is None:
        return None
    user, title, where, company = row
    return user, ", ".join(part for part in (title or "référent d’entreprise", where or company) if part)


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
    return (
        {"receipt": row.receipt, "reason": row.reason, "path": f"/moderation/cas/{row.id}"} if row else None
    )


def _request(home: Node | None) -> dict[str, Any] | None:
    """A company that asks in, at home if one does."""
    statement = (
        select(Company.name, Node.slug)
        .join(CompanyMembership, CompanyMembership.company_id == Company.id)
        .join(Node, Node.id == CompanyMembership.node_id)
        .where(CompanyMembership.state == "requested")
        .order_by(Node.id)
        .limit(1)
    )
    row = db.session.execute(statement.where(Node.id == home.id)).first() if home is not None else None
    row = row or db.session.execute(statement).first()
    return {"company": row.name, "path": f"/communautes/{row.slug}/admissions"} if row else None


def _count(statement: Any) -> int:
    return int(db.session.execute(statement).scalar_one())
