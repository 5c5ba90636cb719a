"""What the databases need beside the table to search it.

The migrations copy these statements; a schema made by `metadata.create_all` gets them through the listeners below.
SQLite: an FTS5 table that keeps no copy of the words (external content), fed by three triggers. `detail=none` keeps
it small: it answers words and prefixes, not phrases, and only those are asked. PostgreSQL: a GIN index, without the
pending list that would make some searches pay for many writes.

Firms, people and places are a twentieth of what is found, and asked for beside each search of a common word: they have
an index of their own, since in the large one they would be looked for among all that was written.
"""

from __future__ import annotations

from sqlalchemy import DDL, event

from app.search.models import SearchEntry

NAMED = ("company", "person", "community")
"""Types of the index of names."""

SQLITE_CREATE = (
    """
    CREATE VIRTUAL TABLE search_index USING fts5(
        terms, content='search_entry', content_rowid='id', detail='none', tokenize='unicode61'
    )
    """,
    """
    CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN
        INSERT INTO search_index (rowid, terms) VALUES (new.id, new.terms);
    END
    """,
    """
    CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN
        INSERT INTO search_index (search_index, rowid, terms) VALUES ('delete', old.id, old.terms);
    END
    """,
    """
    CREATE TRIGGER search_entry_changed AFTER UPDATE OF id, terms ON search_entry BEGIN
        INSERT INTO search_index (search_index, rowid, terms) VALUES ('delete', old.id, old.terms);
        INSERT INTO search_index (rowid, terms) VALUES (new.id, new.terms);
    END
    """,
    """
    CREATE VIRTUAL TABLE search_index_names USING fts5(
        terms, content='search_entry', content_rowid='id', detail='none', tokenize='unicode61'
    )
    """,
    """
    CREATE TRIGGER search_name_added AFTER INSERT ON search_entry WHEN new.object_type IN ('company', 'person', 'community') BEGIN
        INSERT INTO search_index_names (rowid, terms) VALUES (new.id, new.terms);
    END
    """,
    """
    CREATE TRIGGER search_name_removed AFTER DELETE ON search_entry WHEN old.object_type IN ('company', 'person', 'community') BEGIN
        INSERT INTO search_index_names (search_index_names, rowid, terms) VALUES ('delete', old.id, old.terms);
    END
    """,
    """
    CREATE TRIGGER search_name_changed AFTER UPDATE OF id, terms ON search_entry
    WHEN old.object_type IN ('company', 'person', 'community') BEGIN
        INSERT INTO search_index_names (search_index_names, rowid, terms) VALUES ('delete', old.id, old.terms);
        INSERT INTO search_index_names (rowid, terms) VALUES (new.id, new.terms);
    END
    """,
)

SQLITE_FILL = (
    "INSERT INTO search_index (search_index) VALUES ('rebuild')",
    """
    INSERT INTO search_index_names (rowid, terms)
    SELECT id, terms FROM search_entry WHERE object_type IN ('company', 'person', 'community')
    """,
)
"""What fills both, where they were made beside entries that are there already."""

SQLITE_DROP = (
    "DROP TRIGGER IF EXISTS search_entry_added",
    "DROP TRIGGER IF EXISTS search_entry_removed",
    "DROP TRIGGER IF EXISTS search_entry_changed",
    "DROP TABLE IF EXISTS search_index",
    "DROP TRIGGER IF EXISTS search_name_added",
    "DROP TRIGGER IF EXISTS search_name_removed",
    "DROP TRIGGER IF EXISTS search_name_changed",
    "DROP TABLE IF EXISTS search_index_names",
)

POSTGRESQL_CREATE = (
    """
    CREATE INDEX ix_search_entry_terms ON search_entry
    USING gin (to_tsvector('simple', terms)) WITH (fastupdate = off)
    """,
    """
    CREATE INDEX ix_search_entry_names ON search_entry
    USING gin (to_tsvector('simple', terms)) WITH (fastupdate = off) WHERE object_type IN ('company', 'person', 'community')
    """,
)

POSTGRESQL_DROP = (
    "DROP INDEX IF EXISTS ix_search_entry_terms",
    "DROP INDEX IF EXISTS ix_search_entry_names",
)

STATEMENTS = {
    "sqlite": (SQLITE_CREATE, SQLITE_DROP),
    "postgresql": (POSTGRESQL_CREATE, POSTGRESQL_DROP),
}

for _dialect, (_create, _drop) in STATEMENTS.items():
    for _statement in _create:
        event.listen(SearchEntry.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))
    for _statement in _drop:
        event.listen(SearchEntry.__table__, "before_drop", DDL(_statement).execute_if(dialect=_dialect))
