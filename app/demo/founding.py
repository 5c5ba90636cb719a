"""The beginning of the play: the tree, the accounts with their roles, the rooms, the companies and who works there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.accounts import operations as accounts
from app.accounts.models import User
from app.communities import operations as communities
from app.communities.access import forget_access
from app.communities.models import Company, Node
from app.core import geography
from app.core.database import release
from app.demo import names
from app.demo.stage import OPENED_DAYS_AGO, Stage, chapter, holds
from app.extensions import db
from app.forums import operations as forums


def plant_tree(stage: Stage) -> None:
    """The nation, its regions and the communities, opened by the national team."""
    root = communities.bootstrap_nation()
    stage.nodes["national"] = root.id
    for region in db.session.execute(select(Node).where(Node.kind == "region")).scalars():
        stage.nodes[f"region:{region.code}"] = region.id
        stage.zones[f"region:{region.code}"] = region.time_zone
    for line in stage.script.people:
        if holds(line, "national_admin"):
            _open_account(stage, line)
    forget_access()
    pilot = stage.somebody_above()
    for line in stage.script.communities:
        node = communities.create_community(
            stage.node(f"region:{line['region']}"),
            by=pilot,
            name=line["name"],
            town=line["town"],
            department=line["department"],
            summary=line["summary"],
        )
        forget_access()
        communities.open_community(node, by=pilot)
        stage.nodes[line["key"]] = node.id
        stage.zones[line["key"]] = geography.time_zone_of(line["department"])
    forget_access()


def open_accounts(stage: Stage) -> None:
    """Everybody of the script, with the roles they hold, then the rooms."""
    for line in stage.script.people:
        if line["key"] not in stage.users:
            _open_account(stage, line)
    forget_access()
    for place, room, position in _written_rooms(stage):
        made = forums.open_room(
            node=stage.node(place),
            author=None,
            name=room["name"],
            summary=room.get("summary", ""),
            kind=room.get("kind", "open"),
            position=position,
        )
        stage.rooms[f"{place}/{room['key']}"] = made.id


def found_companies(stage: Stage) -> None:
    """The written companies and as many drawn ones as each community counts, admitted by its manager."""
    start = stage.script.instant(OPENED_DAYS_AGO - 1, "10:00")
    taken = {line["name"] for line in stage.script.companies}
    for rank, line in enumerate(stage.script.communities):
        shapes = [shape for shape in stage.script.companies if shape["communities"][0] == line["key"]]
        shapes += _drawn(stage, line, _missing(stage, line, len(shapes)), taken)
        with chapter(start + timedelta(hours=rank)):
            for shape in shapes:
                _found(stage, shape, line)
            forget_access()


def employ_cast(stage: Stage) -> None:
    """The people of the script enter their companies and are listed in the restricted rooms."""
    with chapter(stage.script.instant(OPENED_DAYS_AGO - 2, "09:00")):
        for line in stage.script.people:
            if "company" in line:
                company = db.session.get_one(Company, stage.companies[line["company"]])
                user = stage.users[line["key"]]
                communities.employ(user, company, job_title=line["job_title"])
                if line.get("referent"):
                    communities.make_referent(company, user, by=None)
        forget_access()
        for place, room, _position in _written_rooms(stage):
            for member in room.get("members", []):
                forums.admit_to_room(
                    stage.room(f"{place}/{room['key']}"),
                    person_id=stage.users[member].id,
                    manager=stage.somebody_above(),
                )
    forget_access()
    _let_go_of_rows(stage)


def register(stage: Stage, shape: dict[str, Any]) -> Company:
    """Enter one written or drawn company."""
    siren = shape.get("siren") or next(stage.sirens)
    return communities.register_company(
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


def employ_first(stage: Stage, human: dict[str, str], company: Company) -> User:
    """Open the account of a company's first person, its referent."""
    user = accounts.create_account(
        accounts.Profile(human["given_name"], human["family_name"], trade=human["job_title"]),
        email=names.address(human["given_name"], human["family_name"], company.name),
        password_hash=stage.password_hash,
        accepts_charter=True,
    )
    communities.employ(user, company, job_title=human["job_title"])
    communities.make_referent(company, user, by=None)
    return user


def manager_of(stage: Stage, community: str) -> User:
    """Who runs this community."""
    return stage.users[next(line["manager"] for line in stage.script.communities if line["key"] == community)]


def _written_rooms(stage: Stage) -> Iterator[tuple[str, dict[str, Any], int]]:
    """Every room of the script: the key of its place, the room, its position there."""
    places = [(line["key"], line) for line in stage.script.communities]
    places += [(f"region:{line['region']}", line) for line in stage.script.regions]
    places.append(("national", stage.script.nation))
    for key, line in places:
        for position, room in enumerate(line.get("rooms", [])):
            yield key, room, position


def _open_account(stage: Stage, line: dict[str, Any]) -> None:
    has_mailbox = line.get("mailbox", True)
    user = accounts.create_account(
        accounts.Profile(
            line["given_name"], line["family_name"], trade=line["job_title"], about=line.get("about", "")
        ),
        email=names.address(line["given_name"], line["family_name"], line.get("company", "convergence"))
        if has_mailbox
        else None,
        sign_in_name=None if has_mailbox else accounts.draw_sign_in_name(line["given_name"]),
        password_hash=stage.password_hash,
        accepts_charter=True,
    )
    stage.users[line["key"]] = user
    for held in line.get("roles", []):
        communities.give_role(user, held["role"], stage.node(held["node"]), title=held["title"])


def _missing(stage: Stage, line: dict[str, Any], written: int) -> int:
    """How many companies are drawn: those who come in later by a written request are counted."""
    later = sum(
        request["community"] == line["key"] and request.get("answer", {}).get("state") == "admitted"
        for request in stage.script.moderation.get("requests", [])
    )
    return int(line["companies"]) - written - later


def _drawn(stage: Stage, line: dict[str, Any], count: int, taken: set[str]) -> list[dict[str, Any]]:
    shapes: list[dict[str, Any]] = []
    departments = line.get("departments", [line["department"]])
    for rank, department in enumerate(departments):
        share = (count - len(shapes)) // (len(departments) - rank)
        drawn = names.companies(stage.chance.randrange(10**6), department, share + 12)
        shapes += [shape for shape in drawn if shape["name"] not in taken][:share]
        taken |= {shape["name"] for shape in shapes}
    return shapes


def _found(stage: Stage, shape: dict[str, Any], line: dict[str, Any]) -> None:
    company = register(stage, shape)
    for key in shape.get("communities", [line["key"]]):
        communities.admit(
            communities.ask_for(company, stage.node(key), requested_by=None), by=manager_of(stage, key)
        )
    if "key" in shape:
        stage.companies[shape["key"]] = company.id
        return
    human = names.people(stage.chance.randrange(10**6), line["region"], 1, activity=shape["activity_code"])[0]
    employ_first(stage, human, company)


def _let_go_of_rows(stage: Stage) -> None:
    """Keep the people as plain loaded values, so that later transactions need not read them again."""
    ids = {key: user.id for key, user in stage.users.items()}
    db.session.expunge_all()
    stage.users = {key: db.session.get_one(User, user_id) for key, user_id in ids.items()}
    db.session.expunge_all()
    release()
