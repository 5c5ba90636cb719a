"""A qualification that ends is recalled to its holder sixty, thirty and seven days before, each once.

The column is added without rebuilding the table, which other tables' triggers name.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("qualification", sa.Column("recalled_days", sa.Integer(), nullable=True))
    op.create_index(
        "ix_qualification_ending",
        "qualification",
        ["valid_until"],
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_qualification_ending", "qualification")
    op.drop_column("qualification", "recalled_days")
