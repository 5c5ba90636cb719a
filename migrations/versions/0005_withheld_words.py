"""What firms and people say of themselves can be hidden: the words are kept aside, for an appeal.

A statement of reasons about a firm's words has no single recipient: its referents read it.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "withheld_words",
        sa.Column("id", BigId, nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=False),
        sa.Column("object_id", BigId, nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withheld_words")),
    )
    op.create_index("ix_withheld_words_object", "withheld_words", ["object_type", "object_id"])
    with op.batch_alter_table("statement_of_reasons") as batch_op:
        batch_op.alter_column("recipient_id", existing_type=BigId, nullable=True)


def downgrade() -> None:
    """Words that are hidden stay hidden for an earlier version, which knows no other way: they go."""
    op.execute("DELETE FROM statement_of_reasons WHERE recipient_id IS NULL")
    with op.batch_alter_table("statement_of_reasons") as batch_op:
        batch_op.alter_column("recipient_id", existing_type=BigId, nullable=False)
    op.drop_index("ix_withheld_words_object", table_name="withheld_words")
    op.drop_table("withheld_words")
