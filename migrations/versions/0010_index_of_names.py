"""Firms, people and places are searched in an index of their own; what they say of themselves raises the tree's number.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NAMES = "('company', 'person', 'community')"
RAISE = "UPDATE data_version SET number = number + 1 WHERE subject = 'tree' AND ref = 0"

SQLITE = (
    """
    CREATE VIRTUAL TABLE search_index_names USING fts5(
        terms, content='search_entry', content_rowid='id', detail='none', tokenize='unicode61'
    )
    """,
    f"""
    INSERT INTO search_index_names (rowid, terms)
    SELECT id, terms FROM search_entry WHERE object_type IN {NAMES}
    """,
    f"""
    CREATE TRIGGER search_name_added AFTER INSERT ON search_entry WHEN new.object_type IN {NAMES} BEGIN
        INSERT INTO search_index_names (rowid, terms) VALUES (new.id, new.terms);
    END
    """,
    f"""
    CREATE TRIGGER search_name_removed AFTER DELETE ON search_entry WHEN old.object_type IN {NAMES} BEGIN
        INSERT INTO search_index_names (search_index_names, rowid, terms) VALUES ('delete', old.id, old.terms);
    END
    """,
    f"""
    CREATE TRIGGER search_name_changed AFTER UPDATE OF id, terms ON search_entry
    WHEN old.object_type IN {NAMES} BEGIN
        INSERT INTO search_index_names (search_index_names, rowid, terms) VALUES ('delete', old.id, old.terms);
        INSERT INTO search_index_names (rowid, terms) VALUES (new.id, new.terms);
    END
    """,
    *(
        f"CREATE TRIGGER search_entry_{event.lower()}_raises AFTER {event} ON search_entry "
        f"WHEN {row}.object_type IN {NAMES} BEGIN {RAISE}; END"
        for event, row in (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old"))
    ),
)

SQLITE_DOWN = (
    *(f"DROP TRIGGER search_entry_{event}_raises" for event in ("insert", "update", "delete")),
    *(f"DROP TRIGGER search_name_{event}" for event in ("added", "removed", "changed")),
    "DROP TABLE search_index_names",
)

POSTGRESQL = (
    f"""
    CREATE INDEX ix_search_entry_names ON search_entry
    USING gin (to_tsvector('simple', terms)) WITH (fastupdate = off) WHERE object_type IN {NAMES}
    """,
    f"""
    CREATE FUNCTION raise_tree_for_names() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT FROM changed WHERE object_type IN {NAMES}) THEN {RAISE}; END IF;
        RETURN NULL;
    END $$
    """,
    *(
        f"CREATE TRIGGER search_entry_{event.lower()}_raises AFTER {event} ON search_entry "
        f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION raise_tree_for_names()"
        for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    ),
)

POSTGRESQL_DOWN = ("DROP FUNCTION raise_tree_for_names() CASCADE", "DROP INDEX ix_search_entry_names")


def upgrade() -> None:
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    for statement in SQLITE_DOWN if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_DOWN:
        op.execute(statement)
