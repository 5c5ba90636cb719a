"""The shape of the database: brought up to date by migrations, never guessed from the models."""

from __future__ import annotations

from alembic import command
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.config import migrations_directory
from app.extensions import db, migrate


def upgrade(revision: str = "head") -> None:
    """Run the migrations that this database has not seen, one transaction each."""
    command.upgrade(migrate.get_config(), revision)
    db.engine.dispose()


def downgrade(revision: str) -> None:
    """Undo migrations back to `revision`."""
    command.downgrade(migrate.get_config(), revision)
    db.engine.dispose()


def write_revision(message: str) -> None:
    """Write a migration from what the models say and the database lacks; read it before keeping it."""
    command.revision(migrate.get_config(), message=message, autogenerate=True)


def is_current() -> bool:
    """Whether this database has seen every migration of this version, and no other."""
    expected = set(ScriptDirectory(str(migrations_directory())).get_heads())
    with db.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == expected
