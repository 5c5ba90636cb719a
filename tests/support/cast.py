"""A small cast, so that a test reads as a sentence: who they are is made through the operations themselves.

Two regions with a community each. In Val de Loire: Ana and Bruno (two firms), Rita their referent, Manon who runs the
community, Amir the ambassador of the region. In Bretagne: Yann, a stranger to Val de Loire, and Anne his ambassador.
Nadia is of the national team.
"""

from __future__ import annotations

import hashlib
import itertools
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import delete, select

from app.accounts import operations as accounts
from app.accounts.models import User, UserSession
from app.communities import operations as communities
from app.communities.access import forget_access
from app.communities.models import Company, Node
from app.core.database import release, transaction
from app.core.duties import Duty
from app.core.text import render
from app.core.time import clock
from app.extensions import db
from app.forums import operations as forums
from app.forums import queries as forum_queries
from app.forums.models import Post, Room, Topic

SHELVES = ("people", "companies", "nodes", "rooms")
KEPT = "cast"

_numbers = itertools.count(1)
_kept_ids: dict[str, dict[str, tuple[type, int]]] = {}


@dataclass
class Cast:
    """Everybody, by first name; places by short names."""

    people: dict[str, User] = field(default_factory=dict)
    companies: dict[str, Company] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        for shelf in SHELVES:
            if name in self.__dict__[shelf]:
                return self.__dict__[shelf][name]
        raise AttributeError(name)


def luhn_siren(n: int) -> str:
    """The n-th well-formed SIREN of the range kept for tests."""
    stem = f"99800{n:03d}"
    return stem + str(_luhn_digit(stem))


def _luhn_digit(stem: str) -> int:
    total = 0
    for index, character in enumerate(reversed(stem)):
        digit = int(character) * (2 if index % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return -total % 10


def siret_for(siren: str) -> str:
    """The SIRET of the first site of a firm."""
    stem = siren + "0001"
    return stem + str(_luhn_digit(stem))


def person(name: str, *, email: str | None = "", trade: str = "") -> User:
    """Open an account; the address is made from the name unless given (None: no mailbox)."""
    given, _space, family = name.partition(" ")
    if email == "":
        email = f"{given}.{family or next(_numbers)}@exemple.test".lower().replace(" ", "-")
    profile = accounts.Profile(given_name=given, family_name=family or "Martin", trade=trade)
    return accounts.create_account(profile, email=email, accepts_charter=True)


def company(name: str, *, town: str = "Vendôme", postcode: str = "41100") -> Company:
    """Enter a firm in the register."""
    siren = luhn_siren(next(_numbers) % 1000)
    shape = communities.CompanyShape(
        name=name,
        siret=siret_for(siren),
        size_class="sme",
        activity_code="25.62B",
        postcode=postcode,
        town=town,
        headcount=40,
    )
    return communities.register_company(shape)


def employ(user: User, firm: Company, *, referent: bool = False) -> None:
    """Give somebody work, and the firm's voice if `referent`."""
    communities.employ(user, firm, job_title="Technicien")
    if referent:
        communities.make_referent(firm, user, by=None)


def admit(firm: Company, node: Node, *, by: User) -> None:
    """Have a firm ask in and be admitted by a human."""
    forget_access()
    communities.admit(communities.ask_for(firm, node, requested_by=None), by=by)


def build() -> Cast:
    """The cast, in the database. Made once through the operations, then brought back as it stood at its making."""
    database = current_app.extensions["test_database"]
    if db.session.execute(select(User.id).limit(1)).first() is not None:
        return _play()
    db.session.commit()
    if database.knows(KEPT):
        database.reset(KEPT)
        return _recall(_kept_ids)
    cast = _play()
    # What its making would tell people is none of the tests' affair.
    current_app.extensions["jobs"].flush()
    with transaction():
        db.session.execute(delete(Duty))
    database.keep(KEPT)
    _kept_ids.clear()
    for shelf in SHELVES:
        _kept_ids[shelf] = {name: (type(row), row.id) for name, row in getattr(cast, shelf).items()}
    db.session.commit()
    return cast


def _recall(ids: dict[str, dict[str, tuple[type, int]]]) -> Cast:
    forget_access()
    shelves = {
        shelf: {name: db.session.get_one(kind, row_id) for name, (kind, row_id) in rows.items()}
        for shelf, rows in ids.items()
    }
    return Cast(**shelves)


def _play() -> Cast:
    cast = Cast()
    with transaction():
        nation = communities.bootstrap_nation()
        cast.nodes["nation"] = nation
        cast.people["nadia"] = person("Nadia Roche")
        communities.give_role(cast.nadia, "national_admin", nation)
    with transaction():
        for short, code, region_name, town, department, who, ambassador in (
            ("loire", "24", "Val de Loire mécanique", "Vendôme", "41", "Manon Petit", "Amir Haddad"),
            ("vitre", "53", "Pays de Vitré", "Vitré", "35", "Maelle Le Goff", "Anne Kervella"),
        ):
            region = db.session.execute(select(Node).where(Node.code == code)).scalar_one()
            cast.nodes[f"region_{short}"] = region
            node = communities.create_community(
                region, by=cast.nadia, name=region_name, town=town, department=department
            )
            forget_access()
            communities.open_community(node, by=cast.nadia)
            db.session.refresh(node)
            cast.nodes[short] = node
            manager, chief = person(who), person(ambassador)
            cast.people[who.split()[0].lower()] = manager
            cast.people[ambassador.split()[0].lower()] = chief
            communities.give_role(manager, "community_manager", node)
            communities.give_role(chief, "ambassador", region)
        forget_access()
    with transaction():
        for firm, short, names in (
            ("Atelier Brenne", "loire", ("Ana Costa", "Rita Moreau")),
            ("Plasturgie du Perche", "loire", ("Bruno Leroy",)),
            ("Fonderie des Ajoncs", "vitre", ("Yann Le Bris",)),
        ):
            made = company(firm, postcode="41100" if short == "loire" else "35500")
            cast.companies[firm.split()[0].lower()] = made
            for name in names:
                user = person(name)
                cast.people[name.split()[0].lower()] = user
                employ(user, made, referent=name in ("Rita Moreau", "Bruno Leroy", "Yann Le Bris"))
            admit(made, cast.nodes[short], by=cast.nadia)
        forget_access()
    forget_access()
    with transaction():
        for short in ("loire", "vitre"):
            node = db.session.get_one(Node, cast.nodes[short].id)
            cast.rooms[f"usinage_{short}"] = forums.open_room(node=node, author=None, name="Usinage")
            cast.rooms[f"annonces_{short}"] = forums.open_room(
                node=node, author=None, name="Annonces", kind="announcements"
            )
        cast.rooms["secrete"] = forums.open_room(
            node=db.session.get_one(Node, cast.loire.id),
            author=cast.manon,
            name="Groupe énergie",
            kind="restricted",
        )
    forget_access()
    db.session.commit()
    return cast


def sign_in(client: Any, user: User, *, second_factor: bool = True) -> Any:
    """Have a client go on as this person; a session row of its own, as signing in would make. Returns the client."""
    token = secrets.token_urlsafe(32)
    with transaction():
        db.session.add(
            UserSession(
                token_hash=hashlib.sha256(token.encode()).hexdigest(),
                user_id=user.id,
                created_at=clock.now(),
                seen_at=clock.now(),
                expires_at=clock.now() + timedelta(days=1),
                second_factor_at=clock.now() if second_factor else None,
                device="test",
            )
        )
    with client.session_transaction() as session:
        session["sid"] = token
    return client


def open_topic(
    author: User,
    room: Room,
    title: str,
    body: str = "Bonjour à tous.",
    *,
    kind: str = "question",
    tags: Sequence[str] = (),
) -> Topic:
    """Open a topic as its author would, outside any page."""
    text = render(body)
    forget_access()
    with transaction():
        topic = forums.open_topic(
            forum_queries.room_for(author, room.id),
            author=author,
            kind=kind,
            title=title,
            text=text,
            tags=tags,
            request_id=str(uuid.uuid4()),
        )
    forget_access()
    return topic


def reply(author: User, topic: Topic, body: str) -> Post:
    """Answer in a topic, outside any page."""
    text = render(body)
    forget_access()
    with transaction():
        found, room = forum_queries.topic_to_change(author, topic.id)
        made = forums.reply(found, room, author=author, text=text, request_id=str(uuid.uuid4()))
    forget_access()
    post = db.session.get_one(Post, made.id)
    release()
    return post
