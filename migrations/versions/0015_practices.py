"""Best practices are written as versions, and what was published is never changed: the database refuses it.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

KEPT = (
    "practice_id",
    "number",
    "title",
    "facet",
    "dimension",
    "technologies",
    "situation",
    "solution",
    "effect",
    "pitfalls",
    "indicator",
    "unit",
    "before_value",
    "after_value",
    "figure",
    "measured_from",
    "measured_until",
    "method",
    "evidence",
    "source",
    "source_url",
    "cost",
    "time_spent",
    "team",
)
"""What a published version says; its markup may be rendered anew, and its contact may leave."""

PUBLIC = "old.state IN ('published', 'superseded')"

SQLITE = (
    f"""
    CREATE TRIGGER practice_version_kept BEFORE UPDATE OF {", ".join(KEPT)} ON practice_version WHEN {PUBLIC} BEGIN
        SELECT RAISE(ABORT, 'published versions are never changed');
    END
    """,
    f"""
    CREATE TRIGGER practice_version_stays BEFORE DELETE ON practice_version WHEN {PUBLIC} BEGIN
        SELECT RAISE(ABORT, 'published versions are never deleted');
    END
    """,
)

POSTGRESQL = (
    """
    CREATE FUNCTION practice_version_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'published versions are never changed nor deleted'; END $$
    """,
    f"""
    CREATE TRIGGER practice_version_kept BEFORE UPDATE OF {", ".join(KEPT)} ON practice_version
    FOR EACH ROW WHEN ({PUBLIC}) EXECUTE FUNCTION practice_version_refuse()
    """,
    f"""
    CREATE TRIGGER practice_version_stays BEFORE DELETE ON practice_version
    FOR EACH ROW WHEN ({PUBLIC}) EXECUTE FUNCTION practice_version_refuse()
    """,
)


def upgrade() -> None:
    _create_tables()
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def _create_tables() -> None:
    op.create_table(
        "practice",
        sa.Column("id", BigId, nullable=False),
        sa.Column("node_id", BigId, nullable=False),
        sa.Column("scope_id", BigId, nullable=False),
        sa.Column("author_id", BigId, nullable=False),
        sa.Column("company_id", BigId, nullable=True),
        sa.Column("byline", sa.String(length=240), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("published_version_id", BigId, nullable=True),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("facet", sa.String(length=10), nullable=False),
        sa.Column("dimension", sa.String(length=3), nullable=False),
        sa.Column("evidence", sa.String(length=10), nullable=False),
        sa.Column("technologies", sa.JSON(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("applied_by", sa.Integer(), nullable=False),
        sa.Column("source_type", sa.String(length=40), nullable=True),
        sa.Column("source_id", BigId, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_on", sa.Date(), nullable=True),
        sa.Column("review_due_on", sa.Date(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_id", BigId, nullable=True),
        sa.Column("withdrawn_because", sa.Text(), nullable=False),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_provisionally", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'draft') = (published_version_id IS NULL)",
            name=op.f("ck_practice_published_has_version"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'withdrawn')", name=op.f("ck_practice_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_practice_author_id_user_account")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_practice_company_id_company")),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_practice_node_id_node")),
        sa.ForeignKeyConstraint(["scope_id"], ["scope.id"], name=op.f("fk_practice_scope_id_scope")),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["user_account.id"], name=op.f("fk_practice_withdrawn_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice")),
        sa.UniqueConstraint("author_id", "request_id", name=op.f("uq_practice_author_id_request_id")),
    )
    op.create_index("ix_practice_company", "practice", ["company_id"])
    op.create_index(
        "ix_practice_listed",
        "practice",
        ["node_id", "facet", "dimension", "evidence"],
        sqlite_where=sa.text("state = 'published' AND hidden_at IS NULL"),
        postgresql_where=sa.text("state = 'published' AND hidden_at IS NULL"),
    )
    op.create_index(
        "ix_practice_newest",
        "practice",
        ["updated_at", "id"],
        sqlite_where=sa.text("state = 'published' AND hidden_at IS NULL"),
        postgresql_where=sa.text("state = 'published' AND hidden_at IS NULL"),
    )

    op.create_table(
        "practice_application",
        sa.Column("id", BigId, nullable=False),
        sa.Column("practice_id", BigId, nullable=False),
        sa.Column("company_id", BigId, nullable=False),
        sa.Column("person_id", BigId, nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("indicator", sa.String(length=120), nullable=False),
        sa.Column("unit", sa.String(length=24), nullable=False),
        sa.Column("before_value", sa.BigInteger(), nullable=True),
        sa.Column("after_value", sa.BigInteger(), nullable=True),
        sa.Column("method", sa.String(length=300), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("note_html", sa.Text(), nullable=False),
        sa.Column("renderer_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("verified_by_id", BigId, nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(before_value IS NULL) = (after_value IS NULL) AND (before_value IS NULL OR unit <> '')",
            name=op.f("ck_practice_application_measure_is_whole"),
        ),
        sa.CheckConstraint(
            "(state = 'verified') = (verified_at IS NOT NULL)",
            name=op.f("ck_practice_application_verified_has_date"),
        ),
        sa.CheckConstraint("state IN ('told', 'verified')", name=op.f("ck_practice_application_state_known")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_practice_application_company_id_company")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["user_account.id"], name=op.f("fk_practice_application_person_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_practice_application_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(
            ["verified_by_id"],
            ["user_account.id"],
            name=op.f("fk_practice_application_verified_by_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_application")),
        sa.UniqueConstraint(
            "practice_id",
            "company_id",
            "applied_on",
            name=op.f("uq_practice_application_practice_id_company_id_applied_on"),
        ),
    )
    op.create_index("ix_practice_application_company", "practice_application", ["company_id"])
    op.create_index("ix_practice_application_person", "practice_application", ["person_id"])

    op.create_table(
        "practice_credit",
        sa.Column("practice_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_practice_credit_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_practice_credit_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("practice_id", "user_id", name=op.f("pk_practice_credit")),
    )
    op.create_index("ix_practice_credit_user", "practice_credit", ["user_id"])

    op.create_table(
        "practice_technology",
        sa.Column("practice_id", BigId, nullable=False),
        sa.Column("technology", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_practice_technology_practice_id_practice")
        ),
        sa.PrimaryKeyConstraint("practice_id", "technology", name=op.f("pk_practice_technology")),
    )
    op.create_index("ix_practice_technology_of", "practice_technology", ["technology", "practice_id"])

    op.create_table(
        "practice_version",
        sa.Column("id", BigId, nullable=False),
        sa.Column("practice_id", BigId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("author_id", BigId, nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("facet", sa.String(length=10), nullable=False),
        sa.Column("dimension", sa.String(length=3), nullable=False),
        sa.Column("technologies", sa.JSON(), nullable=False),
        sa.Column("situation", sa.Text(), nullable=False),
        sa.Column("situation_html", sa.Text(), nullable=False),
        sa.Column("solution", sa.Text(), nullable=False),
        sa.Column("solution_html", sa.Text(), nullable=False),
        sa.Column("effect", sa.Text(), nullable=False),
        sa.Column("effect_html", sa.Text(), nullable=False),
        sa.Column("pitfalls", sa.Text(), nullable=False),
        sa.Column("pitfalls_html", sa.Text(), nullable=False),
        sa.Column("renderer_version", sa.Integer(), nullable=False),
        sa.Column("indicator", sa.String(length=120), nullable=False),
        sa.Column("unit", sa.String(length=24), nullable=False),
        sa.Column("before_value", sa.BigInteger(), nullable=True),
        sa.Column("after_value", sa.BigInteger(), nullable=True),
        sa.Column("figure", sa.String(length=60), nullable=False),
        sa.Column("measured_from", sa.Date(), nullable=True),
        sa.Column("measured_until", sa.Date(), nullable=True),
        sa.Column("method", sa.String(length=300), nullable=False),
        sa.Column("evidence", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("source_url", sa.String(length=500), nullable=False),
        sa.Column("cost", sa.String(length=120), nullable=False),
        sa.Column("time_spent", sa.String(length=120), nullable=False),
        sa.Column("team", sa.String(length=120), nullable=False),
        sa.Column("contact_id", BigId, nullable=True),
        sa.Column("contact_note", sa.String(length=160), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by_id", BigId, nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remarks", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "evidence IN ('measured', 'public', 'single', 'objective', 'potential', 'none')",
            name=op.f("ck_practice_version_evidence_known"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'proposed', 'returned', 'published', 'superseded')",
            name=op.f("ck_practice_version_state_known"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'returned') OR evidence <> 'measured' OR (before_value IS NOT NULL AND after_value IS NOT NULL AND unit <> '' AND measured_from IS NOT NULL AND measured_until IS NOT NULL AND method <> '')",
            name=op.f("ck_practice_version_measured_is_whole"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'returned') OR evidence <> 'none' OR (before_value IS NULL AND after_value IS NULL AND figure = '')",
            name=op.f("ck_practice_version_no_figure_without_evidence"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'returned') OR evidence IN ('measured', 'none') OR source <> ''",
            name=op.f("ck_practice_version_figure_has_source"),
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_practice_version_author_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["user_account.id"], name=op.f("fk_practice_version_contact_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_practice_version_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"],
            ["user_account.id"],
            name=op.f("fk_practice_version_reviewed_by_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_version")),
        sa.UniqueConstraint("practice_id", "number", name=op.f("uq_practice_version_practice_id_number")),
    )
    op.create_index("ix_practice_version_author", "practice_version", ["author_id"])
    op.create_index("ix_practice_version_contact", "practice_version", ["contact_id"])
    op.create_index(
        "ix_practice_version_open",
        "practice_version",
        ["practice_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('draft', 'proposed', 'returned')"),
        postgresql_where=sa.text("state IN ('draft', 'proposed', 'returned')"),
    )
    op.create_index(
        "ix_practice_version_proposed",
        "practice_version",
        ["proposed_at"],
        sqlite_where=sa.text("state = 'proposed'"),
        postgresql_where=sa.text("state = 'proposed'"),
    )


def downgrade() -> None:
    for table in (
        "practice_application",
        "practice_credit",
        "practice_technology",
        "practice_version",
        "practice",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION practice_version_refuse()")
