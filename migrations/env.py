"""Runs the migrations through Flask-Migrate, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import BigInteger, Connection, text

config = context.config
database = current_app.extensions["migrate"].db

# Two processes starting together must not migrate twice; any number does, as long as it is always the same.
MIGRATION_LOCK = 7_270_911

HAND_WRITTEN_INDEXES = {"ix_search_entry_terms", "ix_search_entry_names"}
FULL_TEXT_TABLES = "search_index"


def run_offline() -> None:
    """Print the statements instead of running them."""
    context.configure(
        url=str(database.engine.url), literal_binds=True, **options(database.engine.dialect.name)
    )
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """Migrate the database the application is set up for."""
    with database.engine.connect() as connection:
        dialect = connection.dialect.name
        if dialect == "sqlite":
            prepare_sqlite(connection)
        else:
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
            connection.commit()
        context.configure(connection=connection, **options(dialect))
        try:
            with context.begin_transaction():
                context.run_migrations()
        finally:
            if dialect == "postgresql":
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": MIGRATION_LOCK})
                connection.commit()


def prepare_sqlite(connection: Connection) -> None:
    """Rebuilding a table drops and renames it, which foreign keys would refuse; the schema itself is not at risk."""
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    driver.execute("PRAGMA busy_timeout=30000")
    # This connection is not given back to those who need its foreign keys.
    connection.detach()


def options(dialect: str) -> dict[str, Any]:
    return {
        "target_metadata": database.metadata,
        "compare_type": True,
        "compare_server_default": False,
        # SQLite cannot alter most of a table: it is copied.
        "render_as_batch": dialect == "sqlite",
        "transaction_per_migration": True,
        "include_object": is_ours,
        "render_item": render_item,
    }


def render_item(kind: str, item: Any, _autogen_context: Any) -> str | bool:
    """Write the product's own column types as plain ones: a migration imports no application code."""
    if kind == "type" and type(item).__name__ == "UTCDateTime":
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, BigInteger) and "sqlite" in item._variant_mapping:
        return "BigId"
    return False


def is_ours(_object: Any, name: str | None, kind: str, reflected: bool, _compare_to: Any) -> bool:
    """Leave out what the models cannot declare, for either database: full-text indexes, written by hand."""
    if not reflected or name is None:
        return True
    return not (kind == "table" and name.startswith(FULL_TEXT_TABLES)) and not (
        kind == "index" and name in HAND_WRITTEN_INDEXES
    )


if context.is_offline_mode():
    run_offline()
else:
    run_online()
