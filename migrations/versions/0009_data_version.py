"""Numbers that rise with what seldom changes: the tree and its people, and how far each person has read.

The database raises them by itself, whatever statement changes a row. The first number is drawn, so that no process can
take one database for another that was put in its place.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# What a page derives from each table of the tree: a change of other columns (counters, summaries) raises nothing.
TREE = {
    "node": "path, kind, name, slug, region_code, time_zone, state, scope_id, moderators_scope_id",
    "company": "name, state, town, headcount, summary",
    "employment": "user_id, company_id, ended_at",
    "company_membership": "company_id, node_id, state, decided_at",
    "role_grant": "user_id, role, node_id, company_id, starts_at, ends_at, title, revoked_at",
    "room": "node_id, kind, name, slug, position, scope_id, archived_at",
    "room_member": "room_id, user_id, admitted_at",
    "user_account": "given_name, family_name, state",
}
TAGS = "topic_tag"
PERSON = ("topic_reading", "room_reading", "topic_follow", "draft")

RAISE = "UPDATE data_version SET number = number + 1 WHERE subject = '{subject}' AND ref = 0"
RAISE_PERSON = (
    "INSERT INTO data_version (subject, ref, number) {source} "
    "ON CONFLICT (subject, ref) DO UPDATE SET number = data_version.number + 1"
)


def upgrade() -> None:
    table = op.create_table(
        "data_version",
        sa.Column("subject", sa.String(10), nullable=False),
        sa.Column("ref", BigId, nullable=False),
        sa.Column("number", BigId, nullable=False),
        sa.CheckConstraint(
            "subject IN ('tree', 'tags', 'person')", name=op.f("ck_data_version_subject_known")
        ),
        sa.PrimaryKeyConstraint("subject", "ref", name=op.f("pk_data_version")),
    )
    assert table is not None
    first = [{"subject": subject, "ref": 0, "number": secrets.randbits(48)} for subject in ("tree", "tags")]
    op.bulk_insert(table, first)
    statements = _sqlite() if op.get_bind().dialect.name == "sqlite" else _postgresql()
    for statement in statements:
        op.execute(statement)


def _sqlite() -> list[str]:
    made = []
    for table, columns in TREE.items():
        for event in ("INSERT", "DELETE", f"UPDATE OF {columns}"):
            name = f"{table}_{event.split()[0].lower()}_raises"
            raised = RAISE.format(subject="tree")
            made.append(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {raised}; END")
    # A topic that moves is near to others of its tags for other readers.
    raised = RAISE.format(subject="tags")
    made.append(f"CREATE TRIGGER topic_update_raises AFTER UPDATE OF room_id ON topic BEGIN {raised}; END")
    for event in ("INSERT", "UPDATE", "DELETE"):
        name, raised = f"{TAGS}_{event.lower()}_raises", RAISE.format(subject="tags")
        made.append(f"CREATE TRIGGER {name} AFTER {event} ON {TAGS} BEGIN {raised}; END")
    for table in PERSON:
        for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            # « WHERE true »: without it SQLite reads « ON » as part of a join.
            raised = RAISE_PERSON.format(source=f"SELECT 'person', {row}.user_id, 1 WHERE true")
            name = f"{table}_{event.lower()}_raises"
            made.append(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {raised}; END")
    return made


def _postgresql() -> list[str]:
    source = (
        "SELECT 'person', user_id, 1 FROM (SELECT DISTINCT user_id FROM changed ORDER BY user_id) AS people"
    )
    made = [
        *(
            f"CREATE FUNCTION raise_{subject}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {RAISE.format(subject=subject)}; RETURN NULL; END $$"
            for subject in ("tree", "tags")
        ),
        (
            "CREATE FUNCTION raise_person() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"{RAISE_PERSON.format(source=source)}; RETURN NULL; END $$"
        ),
    ]
    made += [
        f"CREATE TRIGGER {table}_raises AFTER INSERT OR DELETE OR UPDATE OF {columns} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION raise_tree()"
        for table, columns in TREE.items()
    ]
    made.append(
        "CREATE TRIGGER topic_raises AFTER UPDATE OF room_id ON topic FOR EACH STATEMENT EXECUTE FUNCTION raise_tags()"
    )
    made.append(
        f"CREATE TRIGGER {TAGS}_raises AFTER INSERT OR DELETE OR UPDATE ON {TAGS} "
        "FOR EACH STATEMENT EXECUTE FUNCTION raise_tags()"
    )
    made += [
        f"CREATE TRIGGER {table}_{event.lower()}_raises AFTER {event} ON {table} "
        f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION raise_person()"
        for table in PERSON
        for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    ]
    return made


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in (*TREE, TAGS, *PERSON):
            for event in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER {table}_{event}_raises")
        op.execute("DROP TRIGGER topic_update_raises")
    else:
        for subject in ("tree", "tags", "person"):
            op.execute(f"DROP FUNCTION raise_{subject}() CASCADE")
    op.drop_table("data_version")
