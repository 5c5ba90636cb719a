"""Announcements written once for a region: one row each, and one copy per community.

The database holds both promises: the same words are announced once to a region, and a community has an announcement once.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "regional_announcement",
        sa.Column("id", BigId, nullable=False),
        sa.Column("node_id", BigId, nullable=False),
        sa.Column("author_id", BigId, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("words", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_regional_announcement_author_id_user_account")
        ),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_regional_announcement_node_id_node")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regional_announcement")),
        sa.UniqueConstraint("node_id", "words", name="uq_regional_announcement_words"),
    )
    op.create_table(
        "announcement_copy",
        sa.Column("announcement_id", BigId, nullable=False),
        sa.Column("node_id", BigId, nullable=False),
        sa.Column("topic_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["regional_announcement.id"],
            name=op.f("fk_announcement_copy_announcement_id_regional_announcement"),
        ),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_announcement_copy_node_id_node")),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_announcement_copy_topic_id_topic")),
        sa.PrimaryKeyConstraint("announcement_id", "node_id", name=op.f("pk_announcement_copy")),
        sa.UniqueConstraint("topic_id", name=op.f("uq_announcement_copy_topic_id")),
    )


def downgrade() -> None:
    op.drop_table("announcement_copy")
    op.drop_table("regional_announcement")
