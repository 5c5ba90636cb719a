"""Things of features that ignore each other are linked: a machine's topics, a practice's machine.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "link",
        sa.Column("one_type", sa.String(40), nullable=False),
        sa.Column("one_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("other_type", sa.String(40), nullable=False),
        sa.Column("other_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("made_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["user_account.id"], name=op.f("fk_link_made_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("one_type", "one_id", "other_type", "other_id", name=op.f("pk_link")),
    )
    op.create_index("ix_link_other", "link", ["other_type", "other_id"])
    op.create_index("ix_link_made_by", "link", ["made_by_id"])


def downgrade() -> None:
    op.drop_table("link")
