"""Places, firms and people of a large demonstration."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from app.accounts import charter
from app.accounts.models import CharterAcceptance, User
from app.communities.models import Company, CompanyMembership, Employment, Node, RoleGrant, Site
from app.communities.operations import ACTIVE_FROM, CAPACITY
from app.core import geography
from app.core.journal import Scope
from app.core.slugs import slug_of
from app.demo import names
from app.demo.play import WRITTEN_NUMBERS
from app.demo.pouring import Pouring, Row, next_id
from app.demo.stage import OPENED_DAYS_AGO, Stage
from app.extensions import db
from app.forums.models import Room, RoomMember

OPENED = 1_095
"""The drawn communities are as many days old."""

FEW_WAITING = 5
"""Firms that may wait for a place in a full community; were there more, further communities are drawn."""

ADVISORS = 3
LISTED = 12
"""Members of a drawn community's restricted room."""

COMMUNITY_NAMES = ("Pays de {}", "{} industrie", "Ateliers de {}", "Bassin de {}", "Fabriques de {}")

ROOMS = (
    ("Annonces", "announcements", None, "Visites, dates, nouveaux venus."),
    ("Usinage", "open", "usinage", "Outils, cotes, serrage, copeaux."),
    ("Découpe et tôlerie", "open", "tolerie", "Laser, pliage, planéité."),
    ("Plasturgie", "open", "plasturgie", "Moules, matières, défauts d’aspect."),
    ("Maintenance", "open", "maintenance", "Pannes, relevés, pièces de rechange."),
    ("Organisation et métiers", "open", "organisation", "Changements de série, compétences, affichage."),
    ("Groupe Énergie d’atelier", "restricted", "energie", "Relevés communs du groupe de travail."),
)
REGION_ROOMS = (
    ("Annonces régionales", "announcements", None, "Ce que la région fait savoir."),
    ("Entre entreprises de la région", "open", None, "Chercher plus loin que sa communauté."),
)

COLUMNS: dict[Any, tuple[str, ...]] = {
    Scope: ("id", "kind", "ref"),
    Node: (
        "id", "kind", "parent_id", "path", "name", "slug", "summary", "town", "department", "time_zone",
        "region_code", "state", "member_count", "scope_id", "moderators_scope_id", "created_at",
    ),
    User: (
        "id", "email", "given_name", "family_name", "trade", "password_hash", "scope_id", "charter_version",
        "charter_accepted_at", "seen_at", "previous_visit_at", "created_at",
    ),
    CharterAcceptance: ("id", "user_id", "version", "at"),
    Company: (
        "id", "siren", "name", "kind", "size_class", "headcount", "activity_code", "town", "department",
        "summary", "skills", "equipment", "state", "verified_at", "verified_by_id", "scope_id", "created_at",
    ),
    Site: ("id", "company_id", "siret", "postcode", "town", "department", "time_zone"),
    Employment: ("id", "user_id", "company_id", "job_title", "starts_on"),
    CompanyMembership: (
        "id", "company_id", "node_id", "state", "requested_by_id", "requested_at", "decided_by_id", "decided_at",
    ),
    RoleGrant: ("id", "user_id", "role", "node_id", "company_id", "starts_at", "title"),
    Room: (
        "id", "node_id", "kind", "name", "slug", "summary", "position", "scope_id", "topics_count", "created_at",
    ),
    RoomMember: ("room_id", "user_id", "asked_at", "admitted_at", "admitted_by_id"),
}  # fmt: skip
"""What is poured, in an order that respects who refers to whom, with the columns in the order of the values."""

NUMBERED = [model for model in COLUMNS if model is not RoomMember]


@dataclass
class Person:
    """Somebody who writes, with the firm they write for."""

    id: int
    company_id: int | None
    byline: str


@dataclass
class Spot:
    """A room in which to talk: who may, about what, and since when."""

    id: int
    node_id: int
    scope_id: int
    kind: str
    subject: str | None
    people: list[Person]
    is_new: bool
    topics: int = 0


@dataclass
class Place:
    """A node of the tree with its rooms and those who are there."""

    id: int
    kind: str
    path: str
    scope_id: int
    region: str
    people: list[Person] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)


class Crowds:
    """What is drawn, decided at once and poured later. `places` are all places, the script's included."""

    def __init__(self, stage: Stage, communities: int, companies: int, people: int, seed: int) -> None:
        self.stage = stage
        self.chance = random.Random(f"crowds {seed}")
        self.opened = stage.script.instant(OPENED, "09:00")
        self.places = _places_there()
        self.rows: dict[Any, list[Row]] = {model: [] for model in COLUMNS}
        self._next = {model: next_id(model.__table__) for model in NUMBERED}
        self._first = dict(self._next)
        self._slugs = set(db.session.execute(select(Node.slug)).scalars())
        self._addresses = set(db.session.execute(select(User.email)).scalars())
        self._sirens = names.sirens(after=WRITTEN_NUMBERS + rows_in(Company))
        self._draw(communities, companies, people)

    def drawn(self, model: Any) -> range:
        """The numbers of this table that were drawn here."""
        return range(self._first[model], self._next[model])

    def spots(self) -> list[Spot]:
        """Every room in which somebody may write."""
        return [spot for place in self.places for spot in place.spots if spot.people]

    def pour(self, pour: Pouring) -> None:
        """Write everything drawn. Rooms wait for their topics to be counted: see `pour_rooms`."""
        for model, columns in COLUMNS.items():
            if model not in (Room, RoomMember):
                pour.rows(model.__table__, columns, self.rows[model])

    def pour_rooms(self, pour: Pouring) -> None:
        """Write the rooms, each with its number of topics, and who is listed in them."""
        counts = {spot.id: spot.topics for spot in self.spots()}
        place = COLUMNS[Room].index("topics_count")
        rooms = [(*row[:place], counts.get(row[0], 0), *row[place + 1 :]) for row in self.rows[Room]]
        pour.rows(Room.__table__, COLUMNS[Room], rooms)
        pour.rows(RoomMember.__table__, COLUMNS[RoomMember], self.rows[RoomMember])
        pour.run(
            *(
                f"UPDATE room SET topics_count = topics_count + {spot.topics} WHERE id = {spot.id}"  # noqa: S608 - two numbers
                for spot in self.spots()
                if spot.topics and not spot.is_new
            )
        )

    # Drawing

    def _draw(self, communities: int, companies: int, people: int) -> None:
        firms = max(0, companies - rows_in(Company))
        count = max(0, communities - rows_in(Node, Node.kind == "community"))
        if firms > count * (CAPACITY + FEW_WAITING):
            count = -(-firms // CAPACITY)
        self._staff_regions()
        newcomers = max(0, people - rows_in(User) - len(self.rows[User]) - count)
        for rank in range(count):
            share = share_of(firms, rank, count)
            self._community(rank, share, max(share, share_of(newcomers, rank, count)))

    def _staff_regions(self) -> None:
        staffed = set(db.session.execute(select(RoleGrant.node_id)).scalars())
        for place in self.places:
            if place.kind != "region" or place.id in staffed:
                continue
            humans = names.people(self.chance.randrange(10**9), place.region, 1 + ADVISORS)
            held = [("ambassador", "ambassade régionale")] + [
                ("technical_advisor", "conseil technique")
            ] * ADVISORS
            for human, (role, title) in zip(humans, held, strict=True):
                person = self._person(human, "convergence", None, title)
                self._add(RoleGrant, person.id, role, place.id, None, self.opened, title)
                place.people.append(person)
            self._rooms(place, REGION_ROOMS, place.people[0])

    def _community(self, rank: int, firms: int, people: int) -> None:
        region = list(geography.REGIONS.values())[rank % len(geography.REGIONS)]
        turn = rank // len(geography.REGIONS)
        department = region.departments[turn % len(region.departments)]
        towns = names.towns(department)
        town = towns[turn // len(region.departments) % len(towns)]
        name = self._free_name(town)
        parent = next(
            place for place in self.places if place.kind == "region" and place.region == region.code
        )
        node_id = self._next[Node]
        scope_id, moderators = self.scope("community", node_id), self.scope("moderators", node_id)
        place = Place(node_id, "community", f"{parent.path}{node_id}.", scope_id, region.code)
        admitted = min(firms, CAPACITY)
        state = "full" if admitted == CAPACITY else "active" if admitted >= ACTIVE_FROM else "forming"
        self._add(
            Node, "community", parent.id, place.path, name, slug_of(name),
            f"Des entreprises à moins d’une heure de {town}, qui se posent leurs questions d’atelier.",
            town, department, geography.time_zone_of(department), region.code, state, admitted, scope_id,
            moderators, self.opened,
        )  # fmt: skip
        human = names.people(self.chance.randrange(10**9), region.code, 1)[0]
        manager = self._person(human, "convergence", None, f"animation de la communauté, {town}")
        self._add(RoleGrant, manager.id, "community_manager", node_id, None, self.opened, "animation")
        self._firms(place, department, firms, people, manager)
        self._rooms(place, ROOMS, manager)
        self.places.append(place)

    def _firms(self, place: Place, department: str, count: int, people: int, manager: Person) -> None:
        shapes = names.companies(self.chance.randrange(10**9), department, count)
        for rank, shape in enumerate(shapes):
            company_id = self._next[Company]
            siren = next(self._sirens)
            at = self.opened + timedelta(days=self.chance.randrange(90), minutes=self.chance.randrange(600))
            self._add(
                Company, siren, shape["name"], shape["kind"], shape["size_class"], shape["headcount"],
                shape["activity_code"], shape["town"], department, shape["summary"],
                "\n".join(shape["skills"]), "\n".join(shape["equipment"]), "verified", at, manager.id,
                self.scope("company", company_id), at,
            )  # fmt: skip
            zone = geography.time_zone_of(department)
            self._add(
                Site, company_id, names.siret(siren, 1), shape["postcode"], shape["town"], department, zone
            )
            admitted = rank < CAPACITY
            staff = self._staff(shape, company_id, place.region, share_of(people, rank, count), at)
            self._add(
                CompanyMembership, company_id, place.id, "admitted" if admitted else "waiting", staff[0].id, at,
                manager.id, at,
            )  # fmt: skip
            if admitted:
                place.people += staff

    def _staff(
        self, shape: dict[str, Any], company_id: int, region: str, count: int, at: datetime
    ) -> list[Person]:
        humans = names.people(
            self.chance.randrange(10**9), region, max(1, count), activity=shape["activity_code"]
        )
        staff = []
        for rank, human in enumerate(humans):
            person = self._person(human, shape["name"], company_id, f"{shape['name']}, {shape['town']}")
            self._add(Employment, person.id, company_id, human["job_title"], at.date())
            if rank == 0:
                self._add(RoleGrant, person.id, "company_admin", None, company_id, at, "")
            staff.append(person)
        return staff

    def _person(self, human: dict[str, str], firm: str, company_id: int | None, byline: str) -> Person:
        user_id = self._next[User]
        address = names.address(human["given_name"], human["family_name"], firm)
        if address in self._addresses:
            address = address.replace("@", f"{user_id}@")
        self._addresses.add(address)
        accepted = self.stage.script.instant(self.chance.randrange(10, 300), "10:00")
        seen = self.stage.script.instant(self.chance.randrange(2, 60), "11:30")
        self._add(
            User, address, human["given_name"], human["family_name"], human["job_title"],
            self.stage.password_hash, self.scope("person", user_id), charter.CURRENT.name, accepted, seen, seen,
            self.opened,
        )  # fmt: skip
        self._add(CharterAcceptance, user_id, charter.CURRENT.name, accepted)
        return Person(user_id, company_id, byline)

    def _rooms(
        self, place: Place, shapes: Sequence[tuple[str, str, str | None, str]], manager: Person
    ) -> None:
        for position, (name, kind, subject, summary) in enumerate(shapes):
            room_id = self._next[Room]
            scope_id = self.scope("room", room_id) if kind == "restricted" else place.scope_id
            self._add(Room, place.id, kind, name, slug_of(name), summary, position, scope_id, 0, self.opened)
            people = {
                "announcements": [manager],
                "restricted": place.people[:: max(1, len(place.people) // LISTED)],
            }
            spot = Spot(
                room_id, place.id, scope_id, kind, subject, people.get(kind, place.people), is_new=True
            )
            if kind == "restricted":
                spot.people = spot.people[:LISTED]
                for person in spot.people:
                    self.rows[RoomMember].append((room_id, person.id, self.opened, self.opened, manager.id))
            place.spots.append(spot)

    def scope(self, kind: str, ref: int) -> int:
        """The number of a new scope, drawn with the rest."""
        scope_id = self._next[Scope]
        self._add(Scope, kind, ref)
        return scope_id

    def _add(self, model: Any, *values: Any) -> None:
        """Keep a row, its values in the order of `COLUMNS` after its number."""
        self.rows[model].append((self._next[model], *values))
        self._next[model] += 1

    def _free_name(self, town: str) -> str:
        for pattern in COMMUNITY_NAMES:
            name = names.with_elisions(pattern.format(town))
            if slug_of(name) not in self._slugs:
                self._slugs.add(slug_of(name))
                return name
        raise ValueError(f"no name left for a community of {town}")


def _places_there() -> list[Place]:
    """The tree as the play left it, with its rooms; a higher place has the people of those below it."""
    places = [
        Place(row.id, row.kind, row.path, row.scope_id, row.region_code or "")
        for row in db.session.execute(
            select(Node.id, Node.kind, Node.path, Node.scope_id, Node.region_code).order_by(Node.id)
        )
    ]
    members = db.session.execute(
        select(User.id, Company.id, Company.name, Company.town, Node.path)
        .join(Employment, Employment.user_id == User.id)
        .join(Company, Company.id == Employment.company_id)
        .join(CompanyMembership, CompanyMembership.company_id == Company.id)
        .join(Node, Node.id == CompanyMembership.node_id)
        .where(Employment.ended_at.is_(None), CompanyMembership.state == "admitted")
        .order_by(User.id)
    ).all()
    for place in places:
        place.people = [
            Person(user_id, company_id, f"{name}, {town}")
            for user_id, company_id, name, town, path in members
            if path.startswith(place.path)
        ]
    rooms = db.session.execute(select(Room.id, Room.node_id, Room.scope_id).where(Room.kind == "open"))
    by_id = {place.id: place for place in places}
    for row in rooms:
        place = by_id[row.node_id]
        place.spots.append(Spot(row.id, row.node_id, row.scope_id, "open", None, place.people, is_new=False))
    return places


def rows_in(model: Any, *conditions: Any) -> int:
    """How many rows there are."""
    return int(db.session.execute(select(func.count()).select_from(model).where(*conditions)).scalar_one())


def share_of(total: int, rank: int, parts: int) -> int:
    """The part of `total` that falls to one of `parts`, all of them together making it whole."""
    return total * (rank + 1) // parts - total * rank // parts


OLD_ROOMS_DAYS = (OPENED_DAYS_AGO - 5, 60)
"""The days in which the drawn talk in the script's own rooms, so that what was written stays on top."""

NEW_ROOMS_DAYS = (OPENED - 95, 1)
"""The days in which people talk in the drawn rooms."""
