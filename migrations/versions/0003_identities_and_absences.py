"""What follows an account's end: who its holder was, sealed for a while; and the warnings before the product ends it.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sealed_identity",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erase_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("erase_at > sealed_at", name=op.f("ck_sealed_identity_kept_for_a_while")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_sealed_identity_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealed_identity")),
        sa.UniqueConstraint("user_id", name=op.f("uq_sealed_identity_user_id")),
    )
    op.create_index("ix_sealed_identity_erase", "sealed_identity", ["erase_at"])
    op.create_table(
        "inactivity_warning",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number IN (1, 2)", name=op.f("ck_inactivity_warning_number_known")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_inactivity_warning_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inactivity_warning")),
        sa.UniqueConstraint("user_id", "since", "number", name="uq_inactivity_warning_once"),
    )


def downgrade() -> None:
    op.drop_table("inactivity_warning")
    op.drop_index("ix_sealed_identity_erase", table_name="sealed_identity")
    op.drop_table("sealed_identity")
