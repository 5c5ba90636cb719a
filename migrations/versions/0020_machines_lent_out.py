"""A machine that is lent out for days is taken and brought back while the lab is open, and stays away in between.

Before, only a machine that runs alone could be had over closed hours: a cobot lent for five days could be had for no
longer than one day of its lab. The column is added without rebuilding the table, which other tables' triggers name.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("machine", sa.Column("leaves_lab", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("machine", "leaves_lab")
