"""The database raises the numbers by itself: a migration that makes a table anew on SQLite must make its triggers anew."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from app.communities.models import WritingSuspension
from app.core.database import release, transaction
from app.core.time import clock
from app.extensions import db
from app.moderation.models import Decision
from tests.support.cast import Cast, open_topic
from tests.support.labs import name_staff, open_lab, qualify

TREE = {
    "node": "path, kind, name, slug, region_code, time_zone, state, scope_id, moderators_scope_id",
    "company": "name, state, town, headcount, summary",
    "employment": "user_id, company_id, ended_at",
    "company_membership": "company_id, node_id, state, decided_at",
    "role_grant": "user_id, role, node_id, company_id, starts_at, ends_at, title, revoked_at",
    "writing_suspension": "user_id, node_id, starts_at, ends_at, lifted_at",
    "room": "node_id, kind, name, slug, position, scope_id, archived_at",
    "room_member": "room_id, user_id, admitted_at",
    "user_account": "given_name, family_name, state",
    "search_entry": "title, terms",
    "lab": "node_id, name, slug, state, scope_id",
    "lab_node": "lab_id, node_id",
    "lab_staff": "lab_id, user_id, role, ended_at",
}


def suspend(cast: Cast) -> None:
    """Ana does not write in her community for a day, by a decision of Manon."""
    now = clock.now()
    decision = Decision(
        measure="none", sanction="suspend", until=now + timedelta(days=1), ground="law", facts="Oui.",
        decided_by_id=cast.manon.id, author_id=cast.ana.id, at=now,
    )  # fmt: skip
    db.session.add(decision)
    db.session.flush()
    db.session.add(
        WritingSuspension(
            user_id=cast.ana.id, node_id=cast.loire.id, starts_at=now, ends_at=now + timedelta(days=1),
            decision_id=decision.id,
        )
    )  # fmt: skip
    db.session.flush()


NUMBERS = "SELECT subject, ref, number FROM data_version"


def numbers() -> dict[tuple[str, int], int]:
    release()
    return {(subject, ref): number for subject, ref, number in db.session.execute(text(NUMBERS))}


@pytest.mark.parametrize(
    ("table", "column"), [(table, name) for table, names in TREE.items() for name in names.split(", ")]
)
def test_what_rights_and_names_are_made_of_raises_the_tree(cast: Cast, table: str, column: str) -> None:
    with transaction():
        member = "INSERT INTO room_member (room_id, user_id, asked_at) VALUES (:room, :person, :now)"
        values = {"room": cast.secrete.id, "person": cast.ana.id, "now": clock.now().isoformat(" ")}
        db.session.execute(text(member), values)
        suspend(cast)
    name_staff(open_lab(cast.loire), cast.manon)
    before = numbers()
    with transaction():
        db.session.execute(text(f"UPDATE {table} SET {column} = {column}"))
    assert numbers()["tree", 0] > before["tree", 0]


def test_what_somebody_is_qualified_for_raises_their_own(cast: Cast) -> None:
    person = ("person", cast.bruno.id)
    lab = open_lab(cast.loire)
    before = numbers()
    qualify(cast.bruno, "laser_safety", lab=lab)
    granted = numbers()
    assert granted.pop(person) > before.pop(person, 0)
    assert granted == before
    for statement in ("UPDATE qualification SET revoked_at = granted_at", "DELETE FROM qualification"):
        before = numbers()
        with transaction():
            db.session.execute(text(statement))
        after = numbers()
        assert after.pop(person) > before.pop(person), statement
        assert after == before, statement


def test_tags_and_what_somebody_read_raise_their_own(cast: Cast) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour", tags=["usure"])
    keys = {
        "person": cast.bruno.id,
        "topic": topic.id,
        "room": topic.room_id,
        "now": clock.now().isoformat(" "),
    }
    made = {
        "topic_reading": "(user_id, topic_id, last_number, at) VALUES (:person, :topic, 1, :now)",
        "room_reading": "(user_id, room_id, caught_up_at) VALUES (:person, :room, :now)",
        "topic_follow": "(user_id, topic_id, follows, at) VALUES (:person, :topic, true, :now)",
        "draft": "(user_id, key, body, sequence, at) VALUES (:person, 'x', 'y', 1, :now)",
    }
    statements = [f"INSERT INTO {table} {values}" for table, values in made.items()]
    statements += [f"UPDATE {table} SET user_id = user_id WHERE user_id = :person" for table in made]
    statements += [f"DELETE FROM {table} WHERE user_id = :person" for table in made]
    person = ("person", cast.bruno.id)
    for statement in statements:
        before = numbers()
        with transaction():
            db.session.execute(
                text(statement), {name: keys[name] for name in keys if f":{name}" in statement}
            )
        after = numbers()
        assert after.pop(person) > before.pop(person, 0), statement
        assert after == before, statement
    for statement in ("UPDATE topic SET room_id = room_id", "DELETE FROM topic_tag"):
        before = numbers()
        with transaction():
            db.session.execute(text(statement))
        assert numbers()["tags", 0] > before["tags", 0], statement
