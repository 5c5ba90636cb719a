"""A hiding that nobody decided yet says so, and one person causes three of them at most at a time.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

WAITING_POSTS = """
UPDATE post SET hidden_provisionally = true
WHERE hidden_at IS NOT NULL AND id IN (
    SELECT decision.object_id FROM decision
    WHERE decision.object_type = 'post' AND decision.provisional AND decision.id IN (
        SELECT max(id) FROM decision WHERE object_type = 'post' GROUP BY object_id
    )
)
"""
PLACES_TAKEN = """
INSERT INTO provisional_hiding (reporter_id, place, report_id)
SELECT reporter_id, place, id FROM (
    SELECT report.id, report.reporter_id,
           row_number() OVER (PARTITION BY report.reporter_id ORDER BY report.id) AS place
    FROM report
    WHERE report.state <> 'decided' AND report.reporter_id IS NOT NULL
      AND report.id IN (SELECT report_id FROM decision WHERE provisional)
) AS waiting
WHERE place <= 3
"""


def upgrade() -> None:
    op.add_column(
        "post",
        sa.Column("hidden_provisionally", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "provisional_hiding",
        sa.Column("reporter_id", BigId, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("report_id", BigId, nullable=False),
        sa.CheckConstraint("place BETWEEN 1 AND 3", name=op.f("ck_provisional_hiding_three_at_most")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name=op.f("fk_provisional_hiding_report_id_report")
        ),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["user_account.id"], name=op.f("fk_provisional_hiding_reporter_id_user_account")
        ),
        sa.PrimaryKeyConstraint("reporter_id", "place", name=op.f("pk_provisional_hiding")),
    )
    op.create_index("ix_provisional_hiding_report", "provisional_hiding", ["report_id"])
    op.execute(WAITING_POSTS)
    op.execute(PLACES_TAKEN)


def downgrade() -> None:
    op.drop_index("ix_provisional_hiding_report", table_name="provisional_hiding")
    op.drop_table("provisional_hiding")
    op.drop_column("post", "hidden_provisionally")
