"""Second-factor secrets are kept sealed, which takes more room.

Those already there are sealed by the jobs, at their first start: the key is not the database's affair.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("user_account") as batch_op:
        batch_op.alter_column(
            "totp_secret", existing_type=sa.String(64), type_=sa.String(255), existing_nullable=True
        )


def downgrade() -> None:
    """An earlier version cannot read what was sealed: whoever had a second factor sets it up anew."""
    op.execute(
        "UPDATE user_account SET totp_secret = NULL, totp_confirmed_at = NULL, totp_last_step = NULL "
        "WHERE totp_secret LIKE 'gAAAAA%'"
    )
    with op.batch_alter_table("user_account") as batch_op:
        batch_op.alter_column(
            "totp_secret", existing_type=sa.String(255), type_=sa.String(64), existing_nullable=True
        )
