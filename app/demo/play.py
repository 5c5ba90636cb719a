"""Play the written script through the operations, as its people would have done it, at the times it tells.

The clock stands at each act's own time, so that every row, journal entry and audit line carries it. Acts are played
in order and grouped into a few transactions, since nobody waits for any of them.
"""

from __future__ import annotations

import io
import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from werkzeug.datastructures import FileStorage

from app import moderation
from app.accounts import operations as accounts
from app.accounts import passwords
from app.accounts.models import User
from app.communities import operations as communities
from app.communities.access import forget_access
from app.communities.models import Company, CompanyMembership, Node
from app.core import blobs, demo
from app.core.database import release, transaction
from app.core.duties import Duty
from app.core.text import RenderedText, mention_token, render
from app.core.time import clock
from app.demo import names
from app.demo.script import PICTURES, Script
from app.extensions import db
from app.forums import operations as forums
from app.forums import queries as forum_queries
from app.forums.models import Post, Room, RoomReading, Topic

PASSWORD = "demo-convergence"  # noqa: S105 - known by design, kept to demonstrations
"""The known password of every demonstration account."""

OPENED_DAYS_AGO = 260
NEWS_DAYS = 4
"""News older than this are not told anew: the demonstration opens on a few recent ones."""

BATCH = 40


@dataclass
class Stage:
    """What the play has made so far, by the script's keys."""

    script: Script
    chance: random.Random
    password_hash: str
    users: dict[str, User] = field(default_factory=dict)
    companies: dict[str, int] = field(default_factory=dict)
    nodes: dict[str, int] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    rooms: dict[str, int] = field(default_factory=dict)
    topics: dict[str, int] = field(default_factory=dict)
    texts: dict[str, RenderedText] = field(default_factory=dict)
    pictures: dict[str, Any] = field(default_factory=dict)
    sirens: Iterator[str] = field(default_factory=lambda: iter(()))

    def node(self, key: str) -> Node:
        return db.session.get_one(Node, self.nodes[key])


@dataclass(order=True)
class Act:
    """Something somebody does at some time."""

    at: datetime
    order: int
    do: Callable[[], Any] = field(compare=False)


def play(script: Script, seed: int) -> Stage:
    """Fill an empty database with the script. Opens its own transactions."""
    stage = Stage(script, random.Random(seed), passwords.hash_password(PASSWORD))
    start = script.instant(OPENED_DAYS_AGO, "09:00")
    with clock.frozen(start), transaction():
        demo.mark(is_demo=True, today=script.today)
        _plant_tree(stage)
    with clock.frozen(start + timedelta(hours=1)), transaction():
        _open_accounts(stage)
    _found_companies(stage)
    _perform(stage, sorted(_discussions(stage)))
    _settle(stage)
    return stage


# Places


def _plant_tree(stage: Stage) -> None:
    root = communities.bootstrap_nation()
    stage.nodes["national"] = stage.nodes["nation"] = root.id
    for region in db.session.execute(select(Node).where(Node.kind == "region")).scalars():
        stage.nodes[f"region:{region.code}"] = region.id
    admins = [line for line in stage.script.people if _role(line, "national_admin")]
    for line in admins:
        _account(stage, line)
        communities.give_role(stage.users[line["key"]], "national_admin", root)
    forget_access()
    pilot = stage.users[admins[0]["key"]]
    for line in stage.script.communities:
        region = stage.node(f"region:{line['region']}")
        node = communities.create_community(
            region,
            by=pilot,
            name=line["name"],
            town=line["town"],
            department=line["department"],
            summary=line["summary"],
        )
        forget_access()
        communities.open_community(node, by=pilot)
        db.session.refresh(node)
        stage.nodes[line["key"]] = node.id
        stage.zones[line["key"]] = node.time_zone
    forget_access()


def _role(line: dict[str, Any], role: str) -> bool:
    return any(held["role"] == role for held in line.get("roles", []))


def _account(stage: Stage, line: dict[str, Any]) -> User:
    has_mailbox = line.get("mailbox", True)
    email = names.address(line["given_name"], line["family_name"], line.get("company", "convergence"))
    user = accounts.create_account(
        accounts.Profile(
            given_name=line["given_name"],
            family_name=line["family_name"],
            trade=line["job_title"],
            about=line.get("about", ""),
        ),
        email=email if has_mailbox else None,
        sign_in_name=None if has_mailbox else accounts.draw_sign_in_name(line["given_name"]),
        password_hash=stage.password_hash,
        accepts_charter=True,
    )
    stage.users[line["key"]] = user
    return user


def _open_accounts(stage: Stage) -> None:
    for line in stage.script.people:
        if line["key"] not in stage.users:
            _account(stage, line)
        for held in line.get("roles", []):
            if held["role"] != "national_admin":
                communities.give_role(
                    stage.users[line["key"]],
                    held["role"],
                    stage.node(held["node"]),
                    title=held.get("title", line["job_title"]),
                )
    forget_access()
    _open_rooms(stage)


def _open_rooms(stage: Stage) -> None:
    places = [(line["key"], line) for line in stage.script.communities]
    places += [(f"region:{line['region']}", line) for line in stage.script.regions]
    places.append(("national", stage.script.nation))
    for node_key, line in places:
        for position, room in enumerate(line.get("rooms", [])):
            made = forums.open_room(
                node=stage.node(node_key),
                author=None,
                name=room["name"],
                summary=room.get("summary", ""),
                kind=room.get("kind", "open"),
                position=position,
            )
            stage.rooms[f"{node_key}/{room['key']}"] = made.id


# Companies and people


def _found_companies(stage: Stage) -> None:
    stage.sirens = names.sirens(after=12)
    written = {line["key"]: [] for line in stage.script.communities}
    for company in stage.script.companies:
        written[company["communities"][0]].append(company)
    start = stage.script.instant(OPENED_DAYS_AGO - 1, "10:00")
    for index, line in enumerate(stage.script.communities):
        manager = stage.users[line["manager"]]
        shapes = list(written[line["key"]])
        missing = line["companies"] - len(shapes)
        shapes += names.companies(stage.chance.randrange(10**6), line["department"], missing)
        with clock.frozen(start + timedelta(hours=index)), transaction():
            for number, shape in enumerate(shapes):
                _found(stage, shape, line, manager, recent=number < 2 and index == 0)
            forget_access()
    _employ_cast(stage)


def _found(stage: Stage, shape: dict[str, Any], line: dict[str, Any], manager: User, *, recent: bool) -> None:
    siren = shape.get("siren") or next(stage.sirens)
    company = communities.register_company(
        communities.CompanyShape(
            name=shape["name"],
            siret=shape.get("siret") or names.siret(siren, 1),
            size_class=shape["size_class"],
            activity_code=shape["activity_code"],
            postcode=shape["postcode"],
            town=shape["town"],
            kind=shape.get("kind", "industrial"),
            headcount=shape.get("headcount"),
            summary=shape.get("summary", ""),
            skills="\n".join(shape.get("skills", [])),
            equipment="\n".join(shape.get("equipment", [])),
        )
    )
    key = shape.get("key")
    if key is not None:
        stage.companies[key] = company.id
    communities.admit(
        communities.ask_for(company, stage.node(line["key"]), requested_by=None), by=manager
    )
    for other in shape.get("communities", [])[1:]:
        if other in stage.nodes:
            communities.admit(
                communities.ask_for(company, stage.node(other), requested_by=None),
                by=stage.users[_manager_of(stage, other)],
            )
    if key is None:
        for number, human in enumerate(names.people(stage.chance.randrange(10**6), line["region"], 1)):
            user = accounts.create_account(
                accounts.Profile(
                    given_name=human["given_name"], family_name=human["family_name"], trade=human["job_title"]
                ),
                email=names.address(human["given_name"], human["family_name"], f"{company.name} {company.id}"),
                password_hash=stage.password_hash,
                accepts_charter=True,
            )
            communities.employ(user, company, job_title=human["job_title"])
            if number == 0:
                communities.make_referent(company, user, by=None)


def _manager_of(stage: Stage, community: str) -> str:
    return next(line["manager"] for line in stage.script.communities if line["key"] == community)


def _employ_cast(stage: Stage) -> None:
    with clock.frozen(stage.script.instant(OPENED_DAYS_AGO - 2, "09:00")), transaction():
        for line in stage.script.people:
            if line.get("company") in stage.companies:
                company = db.session.get_one(Company, stage.companies[line["company"]])
                user = stage.users[line["key"]]
                communities.employ(user, company, job_title=line["job_title"])
                if line.get("referent"):
                    communities.make_referent(company, user, by=None)
        forget_access()
        _list_in_restricted_rooms(stage)
    db.session.expunge_all()
    stage.users = {
        user_key: db.session.get_one(User, user.id) for user_key, user in stage.users.items()
    }
    for user in stage.users.values():
        db.session.expunge(user)
    release()


def _list_in_restricted_rooms(stage: Stage) -> None:
    places = [(line["key"], line) for line in stage.script.communities]
    places += [(f"region:{line['region']}", line) for line in stage.script.regions]
    places.append(("national", stage.script.nation))
    for node_key, line in places:
        for room in line.get("rooms", []):
            for member in room.get("members", []):
                row = forum_queries.find_room(stage.rooms[f"{node_key}/{room['key']}"])
                assert row is not None
                forums.admit_to_room(row, person_id=stage.users[member].id, manager=_somebody_above(stage))


def _somebody_above(stage: Stage) -> User:
    return next(stage.users[line["key"]] for line in stage.script.people if _role(line, "national_admin"))


# What they say


def _discussions(stage: Stage) -> Iterator[Act]:
    _render_everything(stage)
    order = 0
    for topic in stage.script.topics:
        zone = stage.zones.get(topic["place"], "Europe/Paris")
        script = stage.script
        yield Act(script.instant(topic["days"], topic["time"], zone), order, _opening(stage, topic))
        order += 1
        for number, post in enumerate(topic.get("posts", []), start=2):
            at = script.instant(post["days"], post["time"], zone)
            yield Act(at, order, _answer(stage, topic, post))
            order += 1
            for later, (kind, people) in enumerate(post.get("reactions", {}).items()):
                yield Act(
                    at + timedelta(minutes=20 + 7 * later), order, _reactions(stage, topic, number, kind, people)
                )
                order += 1
        last = topic.get("posts", [])[-1] if topic.get("posts") else topic
        end = script.instant(last["days"], last["time"], zone) + timedelta(minutes=45)
        if topic.get("accepted"):
            yield Act(end, order, _accept(stage, topic))
        if topic.get("pinned"):
            yield Act(end, order + 1, _pin(stage, topic))
        if topic.get("closed"):
            yield Act(end, order + 2, _close(stage, topic))
        order += 3


def _perform(stage: Stage, acts: list[Act]) -> None:
    """Play acts in order; each transaction carries acts of one moment or of a quiet past."""
    moment: list[Act] = []
    for act in acts:
        moment.append(act)
        if len(moment) == BATCH:
            _perform_together(moment)
            moment = []
    _perform_together(moment)


def _perform_together(acts: list[Act]) -> None:
    if not acts:
        return
    with clock.frozen(acts[-1].at), transaction():
        for act in acts:
            with clock.frozen(act.at):
                forget_access()
                act.do()
                db.session.flush()


def _render_everything(stage: Stage) -> None:
    """The slow work, before any transaction."""
    for topic in stage.script.topics:
        for line in [topic, *topic.get("posts", [])]:
            with _uploads(stage, line) as keys:
                line["text"] = render(_source(stage, topic, line, keys))


@contextmanager
def _uploads(stage: Stage, line: dict[str, Any]) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    keys = []
    for picture in line.get("pictures", []):
        path = PICTURES / f"{picture['key']}.webp"
        if not path.exists():
            continue
        prepared = blobs.receive(io.BytesIO(path.read_bytes()), f"{picture['key']}.webp")
        with transaction():
            blobs.keep(prepared, stage.users[line["author"]].id, alt=picture.get("alt", ""))
        keys.append((prepared.key, picture))
    yield keys


def _source(stage: Stage, topic: dict[str, Any], line: dict[str, Any], keys: list[tuple[str, dict[str, Any]]]) -> str:
    body = line["body"].strip()
    for human in line.get("mentions", []):
        name = f"{stage.script.person[human]['given_name']} {stage.script.person[human]['family_name']}"
        body = body.replace(f"@{human}", mention_token(stage.users[human].id, name))
    if "quote_of" in line:
        quoted = topic if line["quote_of"] == 1 else topic["posts"][line["quote_of"] - 2]
        author = stage.script.person[quoted["author"]]
        first = next(part for part in quoted["body"].strip().splitlines() if part.strip())
        body = f"> **{author['given_name']} {author['family_name']}**\n>\n> {first}\n\n{body}"
    for key, picture in keys:
        legend = picture.get("legend", "")
        body += f"\n\n![{picture.get('alt', '')}](/blobs/{key})"
        if legend:
            body += f"\n\n{legend}"
    return body


def _room(stage: Stage, topic: dict[str, Any]) -> Any:
    room = forum_queries.find_room(stage.rooms[f"{topic['place']}/{topic['room']}"])
    assert room is not None
    return room


def _opening(stage: Stage, topic: dict[str, Any]) -> Callable[[], None]:
    def do() -> None:
        made = forums.open_topic(
            _room(stage, topic),
            author=stage.users[topic["author"]],
            kind=topic["kind"],
            title=topic["title"],
            text=topic["text"],
            tags=topic.get("tags", []),
            request_id=_request_id(stage),
        )
        stage.topics[topic["title"]] = made.id

    return do


def _answer(stage: Stage, topic: dict[str, Any], post: dict[str, Any]) -> Callable[[], None]:
    def do() -> None:
        forums.reply(
            db.session.get_one(Topic, stage.topics[topic["title"]], populate_existing=True),
            _room(stage, topic),
            author=stage.users[post["author"]],
            text=post["text"],
            request_id=_request_id(stage),
        )

    return do


def _reactions(stage: Stage, topic: dict[str, Any], number: int, kind: str, people: list[str]) -> Callable[[], None]:
    def do() -> None:
        post = _post(stage, topic, number)
        made = db.session.get_one(Topic, stage.topics[topic["title"]])
        for key in people:
            if stage.users[key].id != post.author_id:
                forums.react(post, made, _room(stage, topic), person=stage.users[key], kind=kind, wanted=True)

    return do


def _accept(stage: Stage, topic: dict[str, Any]) -> Callable[[], None]:
    def do() -> None:
        forums.accept_answer(
            db.session.get_one(Topic, stage.topics[topic["title"]]),
            _room(stage, topic),
            post=_post(stage, topic, topic["accepted"]),
            actor=stage.users[topic["author"]],
        )

    return do


def _pin(stage: Stage, topic: dict[str, Any]) -> Callable[[], None]:
    def do() -> None:
        made = db.session.get_one(Topic, stage.topics[topic["title"]])
        forums.pin_topic(made, _room(stage, topic), actor=_somebody_above(stage), pinned=True)

    return do


def _close(stage: Stage, topic: dict[str, Any]) -> Callable[[], None]:
    def do() -> None:
        made = db.session.get_one(Topic, stage.topics[topic["title"]])
        forums.close_topic(made, _room(stage, topic), actor=_somebody_above(stage))

    return do


def _post(stage: Stage, topic: dict[str, Any], number: int) -> Post:
    return db.session.execute(
        select(Post).where(Post.topic_id == stage.topics[topic["title"]], Post.number == number)
    ).scalar_one()


def _request_id(stage: Stage) -> str:
    return str(uuid.UUID(int=stage.chance.getrandbits(128), version=4))


# The present


def _settle(stage: Stage) -> None:
    """Leave everybody where a real week would: old news told, each with a last visit, some things waiting."""
    fresh = stage.script.instant(NEWS_DAYS, "00:00")
    with transaction():
        db.session.execute(delete(Duty).where(Duty.created_at < fresh))
        rooms = db.session.execute(select(Room.id)).scalars().all()
        for key, user in stage.users.items():
            line = stage.script.person[key]
            days = line.get("last_visit", stage.chance.choice((0, 1, 1, 2, 3, 5, 6, 9, 14)))
            visited = stage.script.instant(days, "17:30") if days else stage.script.instant(1, "07:50")
            db.session.execute(
                update(User).where(User.id == user.id).values(seen_at=visited, previous_visit_at=visited)
            )
            db.session.add_all(
                RoomReading(user_id=user.id, room_id=room_id, caught_up_at=visited) for room_id in rooms
            )


def waiting_requests(stage: Stage) -> list[CompanyMembership]:
    """What waits for a decision once the play is over."""
    return list(
        db.session.execute(
            select(CompanyMembership).where(CompanyMembership.state.in_(("requested", "waiting")))
        ).scalars()
    )


assert FileStorage
assert moderation
