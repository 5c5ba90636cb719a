"""A mail carries files: a booking travels with the appointment that a calendar reads, and is recalled once the day before.

Columns are added without rebuilding: the guard of occupations is made of triggers on SQLite, which a rebuilt table loses.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mail", sa.Column("files", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("occupation", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_occupation_to_remind",
        "occupation",
        ["use_start"],
        sqlite_where=sa.text("reminded_at IS NULL AND state = 'confirmed'"),
        postgresql_where=sa.text("reminded_at IS NULL AND state = 'confirmed'"),
    )


def downgrade() -> None:
    op.drop_index("ix_occupation_to_remind", "occupation")
    op.drop_column("occupation", "reminded_at")
    op.drop_column("mail", "files")
