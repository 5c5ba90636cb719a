"""A statement of reasons remembers the language it was sent in, and what it was drawn from.

Those sent before say nothing of either: they were written in the moderator's language, nearly always French, and are
shown as they were sent.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "statement_of_reasons", sa.Column("locale", sa.String(length=5), nullable=False, server_default="fr")
    )
    op.add_column("statement_of_reasons", sa.Column("outline", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("statement_of_reasons", "outline")
    op.drop_column("statement_of_reasons", "locale")
