"""Lists that cost the same whatever has been written: an index for each order in which they are read.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OPEN_QUESTION = sa.text(
    "kind IN ('question', 'need') AND accepted_post_id IS NULL AND closed_at IS NULL AND hidden_at IS NULL"
)


def upgrade() -> None:
    op.create_index("ix_topic_node_activity", "topic", ["node_id", "last_post_at"])
    op.create_index(
        "ix_topic_open_question",
        "topic",
        ["node_id", "created_at"],
        sqlite_where=OPEN_QUESTION,
        postgresql_where=OPEN_QUESTION,
    )
    op.create_index("ix_topic_tag_newest", "topic_tag", ["tag_id", "topic_id"])
    op.drop_index("ix_topic_tag_tag", table_name="topic_tag")


def downgrade() -> None:
    op.create_index("ix_topic_tag_tag", "topic_tag", ["tag_id"])
    for name, table in (
        ("ix_topic_tag_newest", "topic_tag"),
        ("ix_topic_open_question", "topic"),
        ("ix_topic_node_activity", "topic"),
    ):
        op.drop_index(name, table_name=table)
