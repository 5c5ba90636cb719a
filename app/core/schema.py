"""The shape of the database: brought up to date by migrations, never guessed from the models.

Alembic is loaded by what migrates, not by what serves: it is a tenth of the start and of the memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.config import migrations_directory
from app.core import revisions
from app.core.proxies import this_app
from app.extensions import db

if TYPE_CHECKING:
    from alembic.config import Config


def configuration() -> Config:
    """What Alembic's commands are given."""
    from flask_migrate import Migrate

    migrate = Migrate(this_app(), db, directory=str(migrations_directory()))
    config: Config = migrate.get_config()
    return config


def upgrade(revision: str = "head") -> None:
    """Run the migrations that this database has not seen, one transaction each."""
    from alembic import command

    command.upgrade(configuration(), revision)
    db.engine.dispose()


def downgrade(revision: str) -> None:
    """Undo migrations back to `revision`."""
    from alembic import command

    command.downgrade(configuration(), revision)
    db.engine.dispose()


def write_revision(message: str) -> None:
    """Write a migration from what the models say and the database lacks; read it before keeping it."""
    from alembic import command

    command.revision(configuration(), message=message, autogenerate=True)


def is_current() -> bool:
    """Whether this database has seen every migration of this version, and no other."""
    with db.engine.connect() as connection:
        try:
            seen = set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())
        except DBAPIError:
            # The table comes with the first migration; a database that is gone says so at the next question.
            connection.rollback()
            connection.execute(text("SELECT 1"))
            return False
    return seen == revisions.heads()
