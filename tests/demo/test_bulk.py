"""A programme poured around the script: its totals, its constraints, its counters, and pages that open."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import func, inspect, select, text

from app.accounts.models import User
from app.communities.models import Company, CompanyMembership, Employment, Node, RoleGrant
from app.core import indexing, schema
from app.core.journal import Scope
from app.core.time import clock
from app.demo import bulk, play
from app.demo import script as scripts
from app.demo.bulk import Size
from app.demo.stage import PASSWORD
from app.extensions import db
from app.forums.models import Post, Reaction, Room, RoomMember, Topic, TopicReading
from app.library.models import Practice, PracticeApplication, PracticeVersion
from app.resources.hours import day_of
from app.resources.models import (
    Lab,
    LabNode,
    Machine,
    MachineRequirement,
    Occupation,
    Qualification,
)
from app.resources.queries.hours import timetables
from app.search.index import rows_of
from app.search.models import SearchEntry
from tests.demo.conftest import SEED, TODAY
from tests.support.accounts import is_signed_in, sign_in
from tests.support.labs import overlaps

KEPT = "programme"
SIZE = Size(
    communities=4,
    companies=325,
    people=420,
    topics=300,
    posts=2_400,
    practices=60,
    labs=2,
    machines=30,
    past_bookings=400,
    coming_bookings=60,
)


@pytest.fixture
def programme(app, database):
    """The application on a small part of the script with a little of everything poured around it."""
    if database.knows(KEPT):
        database.reset(KEPT)
    else:
        stage = play.play(short_script(), SEED)
        bulk.fill(stage, SIZE, SEED)
        database.keep(KEPT)
    app.extensions.pop("installation", None)
    yield app
    app.extensions.pop("installation", None)


def short_script():
    """The script cut down to one community of few companies."""
    whole = scripts.read(TODAY)
    home = next(line for line in whole.communities if line["key"] == "vitre")
    companies = [line for line in whole.companies if line["communities"] == ["vitre"]]
    kept = {"vitre", "region:53", "national"}
    people = [
        line
        for line in whole.people
        if line.get("company") in {company["key"] for company in companies}
        or ("company" not in line and {role["node"] for role in line["roles"]} <= kept)
    ]
    keys = {line["key"] for line in people}
    nation = {"rooms": [room for room in whole.nation["rooms"] if room["kind"] != "restricted"]}
    topics = [
        topic
        for topic in whole.topics
        if topic["place"] == "vitre" and {line["author"] for line in (topic, *topic.get("posts", []))} <= keys
    ]
    practices = [
        line
        for line in whole.practices
        if line["place"] in kept and line["author"] in keys and line.get("by") in keys and "topic" not in line
    ]
    return dataclasses.replace(
        whole,
        practices=practices,
        applications=[],
        communities=[{**home, "companies": len(companies) + 3}],
        regions=[line for line in whole.regions if line["region"] == "53"],
        nation=nation,
        companies=companies,
        people=people,
        workshops={},
        topics=[_plain(topic, keys) for topic in topics[:3]],
        moderation={},
    )


def _plain(topic, keys):
    def without_strangers(line):
        given = {
            kind: [key for key in people if key in keys] for kind, people in line.get("reactions", {}).items()
        }
        return {**line, "reactions": given, "mentions": [], "pictures": []}

    posts = [without_strangers(line) for line in topic.get("posts", [])]
    return {**without_strangers(topic), "posts": posts}


def count(model, *conditions):
    return db.session.execute(select(func.count()).select_from(model).where(*conditions)).scalar_one()


def test_totals_are_reached(programme):
    assert count(Node, Node.kind == "region") == 18
    assert count(Node, Node.kind == "community") == SIZE.communities
    assert count(Company) == SIZE.companies
    assert count(User) == SIZE.people
    assert count(Topic) == SIZE.topics
    assert count(Post) == SIZE.posts
    assert count(Practice) == count(PracticeVersion) == SIZE.practices
    assert count(Lab) == SIZE.labs
    assert count(Machine) == SIZE.machines
    assert count(Occupation) == SIZE.past_bookings + SIZE.coming_bookings


def test_bookings_passed_the_guard_inside_the_hours_by_people_who_may(programme):
    assert overlaps() == []
    tables = timetables(db.session.execute(select(Lab.id)).scalars())
    held = {
        (row.user_id, row.type_id): (row.valid_from, row.valid_until, row.company_id)
        for row in db.session.execute(select(Qualification)).scalars()
    }
    needed: dict[int, list[int]] = {}
    for row in db.session.execute(select(MachineRequirement)).scalars():
        needed.setdefault(row.machine_id, []).append(row.type_id)
    assert needed
    rows = db.session.execute(
        select(Occupation, Machine.lab_id).join(Machine, Machine.id == Occupation.machine_id)
    ).all()
    for booking, lab_id in rows:
        assert tables[lab_id].covers(booking.use_start, booking.use_end)
        day = day_of(booking.use_start, tables[lab_id].zone)
        for type_id in needed.get(booking.machine_id, []):
            first, last, company_id = held[booking.user_id, type_id]
            assert first <= day <= last and company_id in (None, booking.company_id)


def test_a_member_opens_the_week_of_a_poured_lab_and_finds_its_machines(programme, client):
    member = db.session.execute(
        select(User.email)
        .join(Employment, Employment.user_id == User.id)
        .join(CompanyMembership, CompanyMembership.company_id == Employment.company_id)
        .join(LabNode, LabNode.node_id == CompanyMembership.node_id)
        .where(CompanyMembership.state == "admitted")
        .order_by(User.id)
        .limit(1)
    ).scalar_one()
    sign_in(client, member, PASSWORD)
    page = client.get(client.get("/reserver").headers["Location"])
    assert page.status_code == 200 and "Fab lab d" in page.text
    machine = db.session.execute(
        select(SearchEntry).where(SearchEntry.object_type == "machine").limit(1)
    ).scalar_one()
    assert client.get(machine.url).status_code == 200


def test_sheets_count_the_firms_that_applied_them(programme):
    assert count(PracticeApplication) > 5
    for practice in db.session.execute(select(Practice)).scalars():
        firms = select(func.count(PracticeApplication.company_id.distinct()))
        told = firms.where(PracticeApplication.practice_id == practice.id)
        assert practice.applied_by == db.session.execute(told).scalar_one()
    own = select(PracticeApplication.id).join(Practice, Practice.id == PracticeApplication.practice_id)
    assert not db.session.execute(own.where(Practice.company_id == PracticeApplication.company_id)).all()


def test_constraints_hold(programme):
    if db.engine.dialect.name == "sqlite":
        assert not db.session.execute(text("PRAGMA foreign_key_check")).all()
        assert db.session.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
    assert schema.is_current()
    for table in db.metadata.sorted_tables:
        there = {index["name"] for index in inspect(db.engine).get_indexes(table.name)}
        assert {index.name for index in table.indexes} <= there, table.name


def test_numbers_go_on_after_those_poured(programme):
    assert db.session.execute(text("PRAGMA foreign_keys")).scalar_one() == 1 if _is_sqlite() else True
    scope = Scope(kind="room", ref=10**9)
    db.session.add(scope)
    db.session.flush()
    assert scope.id > count(User)
    db.session.rollback()


def test_communities_count_their_companies(programme):
    for node in db.session.execute(select(Node).where(Node.kind == "community")).scalars():
        admitted = count(
            CompanyMembership, CompanyMembership.node_id == node.id, CompanyMembership.state == "admitted"
        )
        assert node.member_count == admitted <= node.capacity == 100
        if admitted == 100:
            assert node.state == "full"
    assert count(CompanyMembership, CompanyMembership.state == "waiting") > 0


def test_everybody_is_found_and_every_company_has_a_referent(programme):
    assert count(Scope, Scope.kind == "person") == count(User)
    assert count(Scope, Scope.kind == "company") == count(Company)
    referents = select(RoleGrant.company_id).where(RoleGrant.role == "company_admin")
    drawn = select(Company.id).where(Company.id.not_in(referents))
    assert db.session.execute(select(func.count()).select_from(drawn.subquery())).scalar_one() == 0
    everywhere = count(User, User.id.not_in(select(Employment.user_id)))
    assert everywhere == len(
        set(db.session.execute(select(RoleGrant.user_id).where(RoleGrant.node_id.is_not(None))).scalars())
        - set(db.session.execute(select(Employment.user_id)).scalars())
    )


def test_counters_of_discussions_are_true(programme):
    for room in db.session.execute(select(Room)).scalars():
        assert room.topics_count == count(Topic, Topic.room_id == room.id)
    posts = {
        row.topic_id: row
        for row in db.session.execute(
            select(
                Post.topic_id,
                func.count().label("n"),
                func.max(Post.number).label("last"),
                func.min(Post.created_at).label("opened"),
                func.max(Post.created_at).label("moved"),
            ).group_by(Post.topic_id)
        )
    }
    for topic in db.session.execute(select(Topic)).scalars():
        row = posts[topic.id]
        assert topic.posts_count == topic.last_number == row.n == row.last
        assert (topic.created_at, topic.last_post_at) == (row.opened, row.moved)
    assert db.session.execute(select(func.sum(Post.thanks))).scalar_one() == count(
        Reaction, Reaction.kind == "thanks"
    )


def test_accepted_answers_belong_to_their_topics(programme):
    rows = db.session.execute(
        select(Topic.id, Post.topic_id, Post.number).join(Post, Post.id == Topic.accepted_post_id)
    ).all()
    assert len(rows) > 20
    assert all(topic_id == of and number > 1 for topic_id, of, number in rows)


def test_messages_are_numbered_in_the_order_of_time(programme):
    first = db.session.execute(
        select(func.min(Post.id)).where(Post.topic_id == select(func.max(Topic.id)).scalar_subquery())
    ).scalar_one()
    times = (
        db.session.execute(select(Post.created_at).where(Post.id >= first).order_by(Post.id)).scalars().all()
    )
    assert times == sorted(times)
    assert max(times) < clock.now()


def test_people_write_in_rooms_they_read(programme):
    listed = select(RoomMember.user_id).where(RoomMember.room_id == Topic.room_id)
    strangers = (
        select(func.count())
        .select_from(Post)
        .join(Topic, Topic.id == Post.topic_id)
        .join(Room, Room.id == Topic.room_id)
        .where(Room.kind == "restricted", Post.author_id.not_in(listed))
    )
    assert db.session.execute(strangers).scalar_one() == 0
    read = select(TopicReading.topic_id).where(TopicReading.user_id == Post.author_id)
    assert count(Post, Post.topic_id.not_in(read)) == 0


def test_the_index_is_what_its_sources_say(programme):
    for name, model in (
        ("topic", Topic),
        ("post", Post),
        ("company", Company),
        ("person", User),
        ("practice", Practice),
    ):
        ids = db.session.execute(select(model.id).order_by(model.id.desc()).limit(40)).scalars().all()
        expected = {row["object_id"]: row for row in rows_of(name, indexing.records(name, ids))}
        there = db.session.execute(
            select(SearchEntry).where(SearchEntry.object_type == name, SearchEntry.object_id.in_(ids))
        ).scalars()
        found = {entry.object_id: entry for entry in there}
        assert set(found) == set(expected)
        for object_id, row in expected.items():
            for column, value in row.items():
                assert getattr(found[object_id], column) == value, (name, column)
    order = db.session.execute(select(SearchEntry.at).order_by(SearchEntry.id)).scalars().all()
    assert order == sorted(order)


def test_pages_open_on_it(programme):
    node = db.session.execute(
        select(Node).where(Node.kind == "community", Node.state == "full").order_by(Node.id).limit(1)
    ).scalar_one()
    email, topic_id, room_id = db.session.execute(
        select(User.email, Topic.id, Room.id)
        .join(Topic, Topic.author_id == User.id)
        .join(Room, Room.id == Topic.room_id)
        .where(Topic.node_id == node.id, Room.kind == "open")
        .order_by(Topic.posts_count.desc())
        .limit(1)
    ).one()
    client = programme.test_client()
    sign_in(client, email, PASSWORD)
    assert is_signed_in(client)
    for path in (
        "/",
        f"/sujets/{topic_id}",
        f"/salles/{room_id}",
        f"/communautes/{node.slug}",
        "/notifications",
    ):
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
    found = client.get("/recherche?q=relevé").get_data(as_text=True)
    assert "<mark>" in found


def test_sizes_are_those_on_which_speed_is_measured():
    assert bulk.SIZES["large"] == Size(
        100, 10_000, 50_000, 100_000, 1_000_000, 20_000, 100, 1_500, 200_000, 20_000
    )
    assert bulk.SIZES["medium"] == Size(10, 1_000, 5_000, 10_000, 100_000, 2_000, 10, 150, 20_000, 2_000)


def _is_sqlite():
    return db.engine.dialect.name == "sqlite"
