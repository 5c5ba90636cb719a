"""Labs and machines, who may use them, and what occupies them; no two occupations of a unit can overlap.

The guard is the database's: an exclusion constraint on PostgreSQL (over ranges of whole numbers, which needs no
extension), triggers on SQLite. Both end the statement with an integrity error. SQLite compares what it is given, so its
triggers refuse times that are no whole numbers. The people and places of labs raise the tree's number, from which rights
are remembered. The qualification types of the reference list come along: an installation without them could open nothing.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

TABLES = (
    "calendar_feed",
    "lab",
    "lab_day",
    "lab_hours",
    "lab_node",
    "lab_staff",
    "machine",
    "qualification_type",
    "machine_document",
    "machine_node",
    "machine_requirement",
    "machine_unit",
    "qualification",
    "qualification_prerequisite",
    "outage",
    "incident",
    "occupation",
)

# What pages derive from each table: a change of other columns raises nothing.
TREE = {
    "lab": "node_id, name, slug, state, scope_id",
    "lab_node": "lab_id, node_id",
    "lab_staff": "lab_id, user_id, role, ended_at",
}
RAISE = "UPDATE data_version SET number = number + 1 WHERE subject = 'tree' AND ref = 0"

# Code, kind, name, issuer, months, single use.
TYPES = (
    ("place_knowledge", "lab_training", "Connaissance des lieux", "lab", 36, False),
    ("training_additive", "lab_training", "Formation impression 3D", "lab", 36, False),
    ("training_resin", "lab_training", "Formation résine et produits chimiques", "lab", 36, False),
    ("training_laser_cutting", "lab_training", "Formation découpe laser", "lab", 36, False),
    ("training_machining_1", "lab_training", "Usinage, niveau 1", "lab", 36, False),
    ("training_machining_2", "lab_training", "Usinage, niveau 2", "lab", 36, False),
    ("training_sheet_metal", "lab_training", "Formation tôlerie et pliage", "lab", 36, False),
    ("training_welding", "lab_training", "Formation soudage", "lab", 36, False),
    ("training_robot", "lab_training", "Formation robot", "lab", 36, False),
    ("training_cobot", "lab_training", "Formation cobot", "lab", 36, False),
    ("training_metrology", "lab_training", "Formation métrologie", "lab", 36, False),
    (
        "training_electronics",
        "lab_training",
        "Formation électronique et décharges électrostatiques",
        "lab",
        36,
        False,
    ),
    ("laser_safety", "laser", "Sécurité laser, niveau 1", "body", 36, False),
    ("powder_safety", "powder", "Manipulation des poudres", "lab", 24, False),
    ("hot_work_permit", "hot_work", "Permis de feu", "lab", None, True),
    ("electrical_accreditation", "electrical", "Habilitation électrique", "employer", 36, False),
    (
        "employer_authorisation",
        "employer_authorisation",
        "Autorisation de l’employeur",
        "employer",
        60,
        False,
    ),
    ("forklift_certificate", "certificate", "CACES R489 (chariot)", "body", 60, False),
)
PREREQUISITES = (("training_machining_2", "training_machining_1"),)

SQLITE_GUARD = """
CREATE TRIGGER occupation_guard_{event} BEFORE {when} ON occupation BEGIN
    SELECT RAISE(ABORT, 'occupation times must be whole seconds')
    WHERE typeof(NEW.blocked_start) <> 'integer' OR typeof(NEW.blocked_end) <> 'integer'
        OR typeof(NEW.use_start) <> 'integer' OR typeof(NEW.use_end) <> 'integer';
    SELECT RAISE(ABORT, 'occupation overlaps another of its unit')
    WHERE NEW.state IN ('confirmed', 'held') AND EXISTS (
        SELECT 1 FROM occupation AS other
        WHERE other.unit_id = NEW.unit_id AND other.state IN ('confirmed', 'held')
            AND other.blocked_end > NEW.blocked_start AND other.blocked_start < NEW.blocked_end
            AND other.id {other}
    );
END
"""
POSTGRESQL_GUARD = """
ALTER TABLE occupation ADD CONSTRAINT ex_occupation_unit_free EXCLUDE USING gist (
    int8range(unit_id, unit_id, '[]') WITH &&, int8range(blocked_start, blocked_end) WITH &&
) WHERE (state IN ('confirmed', 'held'))
"""


def upgrade() -> None:
    _create_tables()
    _seed_types()
    statements = _sqlite() if op.get_bind().dialect.name == "sqlite" else _postgresql()
    for statement in statements:
        op.execute(statement)


def _sqlite() -> list[str]:
    times = "unit_id, state, blocked_start, blocked_end, use_start, use_end"
    made = [
        SQLITE_GUARD.format(event="insert", when="INSERT", other="IS NOT NEW.id"),
        SQLITE_GUARD.format(event="update", when=f"UPDATE OF {times}", other="<> OLD.id"),
    ]
    for table, columns in TREE.items():
        for event in ("INSERT", "DELETE", f"UPDATE OF {columns}"):
            name = f"{table}_{event.split()[0].lower()}_raises"
            made.append(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {RAISE}; END")
    return made


def _postgresql() -> list[str]:
    return [
        POSTGRESQL_GUARD,
        *(
            f"CREATE TRIGGER {table}_raises AFTER INSERT OR DELETE OR UPDATE OF {columns} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION raise_tree()"
            for table, columns in TREE.items()
        ),
    ]


def _seed_types() -> None:
    names = ("code", "kind", "name", "issuer", "validity_months", "is_single_use")
    types = sa.table(
        "qualification_type",
        sa.column("id", BigId),
        sa.column("code", sa.String),
        sa.column("kind", sa.String),
        sa.column("name", sa.String),
        sa.column("issuer", sa.String),
        sa.column("validity_months", sa.Integer),
        sa.column("is_single_use", sa.Boolean),
    )
    rows: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in TYPES]
    op.bulk_insert(types, rows)
    needs = sa.table(
        "qualification_prerequisite", sa.column("type_id", BigId), sa.column("needs_type_id", BigId)
    )
    for code, needed in PREREQUISITES:
        found = (
            sa.select(types.c.id).where(types.c.code == asked).scalar_subquery() for asked in (code, needed)
        )
        op.execute(sa.insert(needs).from_select(["type_id", "needs_type_id"], sa.select(*found)))


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_tables() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_calendar_feed_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
        sa.UniqueConstraint("user_id", name=op.f("uq_calendar_feed_user_id")),
    )
    op.create_table(
        "lab",
        sa.Column("id", BigId, nullable=False),
        sa.Column("node_id", BigId, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("arrival", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("postcode", sa.String(length=5), nullable=False),
        sa.Column("town", sa.String(length=80), nullable=False),
        sa.Column("department", sa.String(length=3), nullable=False),
        sa.Column("time_zone", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("label_state", sa.String(length=12), nullable=False),
        sa.Column("labelled_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("scope_id", BigId, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "label_state IN ('none', 'candidate', 'under_review', 'labelled', 'suspended')",
            name=op.f("ck_lab_label_state_known"),
        ),
        sa.CheckConstraint("state IN ('draft', 'open', 'closed')", name=op.f("ck_lab_state_known")),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_lab_node_id_node")),
        sa.ForeignKeyConstraint(["scope_id"], ["scope.id"], name=op.f("fk_lab_scope_id_scope")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab")),
    )
    op.create_index("ix_lab_node", "lab", ["node_id"])

    op.create_table(
        "lab_day",
        sa.Column("lab_id", BigId, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.String(length=12), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("set_by_id", BigId, nullable=True),
        sa.CheckConstraint(
            "origin IN ('legal', 'customary', 'lab', 'maintenance')", name=op.f("ck_lab_day_origin_known")
        ),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], name=op.f("fk_lab_day_lab_id_lab")),
        sa.ForeignKeyConstraint(
            ["set_by_id"], ["user_account.id"], name=op.f("fk_lab_day_set_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("lab_id", "day", name=op.f("pk_lab_day")),
    )
    op.create_table(
        "lab_hours",
        sa.Column("lab_id", BigId, nullable=False),
        sa.Column("weekday", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opens", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("closes", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "opens >= 0 AND opens < closes AND closes <= 1440", name=op.f("ck_lab_hours_within_a_day")
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_lab_hours_weekday_known")),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], name=op.f("fk_lab_hours_lab_id_lab")),
        sa.PrimaryKeyConstraint("lab_id", "weekday", "opens", name=op.f("pk_lab_hours")),
    )
    op.create_table(
        "lab_node",
        sa.Column("lab_id", BigId, nullable=False),
        sa.Column("node_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], name=op.f("fk_lab_node_lab_id_lab")),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_lab_node_node_id_node")),
        sa.PrimaryKeyConstraint("lab_id", "node_id", name=op.f("pk_lab_node")),
    )
    op.create_index("ix_lab_node_node", "lab_node", ["node_id"])

    op.create_table(
        "lab_staff",
        sa.Column("id", BigId, nullable=False),
        sa.Column("lab_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_by_id", BigId, nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", BigId, nullable=True),
        sa.CheckConstraint(
            "role IN ('lab_manager', 'machine_trainer')", name=op.f("ck_lab_staff_role_known")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["user_account.id"], name=op.f("fk_lab_staff_ended_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], name=op.f("fk_lab_staff_lab_id_lab")),
        sa.ForeignKeyConstraint(
            ["named_by_id"], ["user_account.id"], name=op.f("fk_lab_staff_named_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_lab_staff_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab_staff")),
    )
    op.create_index("ix_lab_staff_user", "lab_staff", ["user_id"])
    op.create_index(
        "uq_lab_staff_current",
        "lab_staff",
        ["lab_id", "user_id", "role"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )

    op.create_table(
        "machine",
        sa.Column("id", BigId, nullable=False),
        sa.Column("lab_id", BigId, nullable=False),
        sa.Column("owner_company_id", BigId, nullable=True),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("specification", sa.JSON(), nullable=False),
        sa.Column("to_know", sa.JSON(), nullable=False),
        sa.Column("protective_equipment", sa.String(length=300), nullable=False),
        sa.Column("supervision", sa.String(length=16), nullable=False),
        sa.Column("supervised_uses", sa.Integer(), nullable=False),
        sa.Column("runs_unattended", sa.Boolean(), nullable=False),
        sa.Column("needs_approval", sa.Boolean(), nullable=False),
        sa.Column("step_minutes", sa.Integer(), nullable=False),
        sa.Column("default_minutes", sa.Integer(), nullable=False),
        sa.Column("max_minutes", sa.Integer(), nullable=False),
        sa.Column("notice_minutes", sa.Integer(), nullable=False),
        sa.Column("horizon_days", sa.Integer(), nullable=False),
        sa.Column("setup_minutes", sa.Integer(), nullable=False),
        sa.Column("cleanup_minutes", sa.Integer(), nullable=False),
        sa.Column("last_check_on", sa.Date(), nullable=True),
        sa.Column("next_check_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('bookable', 'not_opened', 'retired')", name=op.f("ck_machine_state_known")
        ),
        sa.CheckConstraint(
            "supervision IN ('free', 'manager_present', 'two_people')",
            name=op.f("ck_machine_supervision_known"),
        ),
        sa.CheckConstraint(
            "notice_minutes >= 0 AND horizon_days > 0 AND setup_minutes >= 0 AND cleanup_minutes >= 0",
            name=op.f("ck_machine_rules_positive"),
        ),
        sa.CheckConstraint(
            "step_minutes > 0 AND default_minutes >= step_minutes AND max_minutes >= default_minutes",
            name=op.f("ck_machine_lengths_agree"),
        ),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], name=op.f("fk_machine_lab_id_lab")),
        sa.ForeignKeyConstraint(
            ["owner_company_id"], ["company.id"], name=op.f("fk_machine_owner_company_id_company")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machine")),
    )
    op.create_index("ix_machine_lab", "machine", ["lab_id", "position"])
    op.create_index("ix_machine_owner", "machine", ["owner_company_id"])

    op.create_table(
        "qualification_type",
        sa.Column("id", BigId, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("issuer", sa.String(length=10), nullable=False),
        sa.Column("validity_months", sa.Integer(), nullable=True),
        sa.Column("is_single_use", sa.Boolean(), nullable=False),
        sa.Column("lab_id", BigId, nullable=True),
        sa.CheckConstraint(
            "issuer IN ('lab', 'employer', 'body')", name=op.f("ck_qualification_type_issuer_known")
        ),
        sa.CheckConstraint(
            "kind IN ('lab_training', 'employer_authorisation', 'electrical', 'laser', 'powder', 'hot_work', 'certificate')",
            name=op.f("ck_qualification_type_kind_known"),
        ),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], name=op.f("fk_qualification_type_lab_id_lab")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification_type")),
        sa.UniqueConstraint("code", name=op.f("uq_qualification_type_code")),
    )
    op.create_table(
        "machine_document",
        sa.Column("id", BigId, nullable=False),
        sa.Column("machine_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("blob_id", BigId, nullable=False),
        sa.Column("added_by_id", BigId, nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('notice', 'conformity', 'check', 'safety', 'other')",
            name=op.f("ck_machine_document_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["user_account.id"], name=op.f("fk_machine_document_added_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name=op.f("fk_machine_document_blob_id_blob")),
        sa.ForeignKeyConstraint(
            ["machine_id"], ["machine.id"], name=op.f("fk_machine_document_machine_id_machine")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machine_document")),
    )
    op.create_index("ix_machine_document_machine", "machine_document", ["machine_id"])

    op.create_table(
        "machine_node",
        sa.Column("machine_id", BigId, nullable=False),
        sa.Column("node_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["machine_id"], ["machine.id"], name=op.f("fk_machine_node_machine_id_machine")
        ),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_machine_node_node_id_node")),
        sa.PrimaryKeyConstraint("machine_id", "node_id", name=op.f("pk_machine_node")),
    )
    op.create_table(
        "machine_requirement",
        sa.Column("machine_id", BigId, nullable=False),
        sa.Column("type_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["machine_id"], ["machine.id"], name=op.f("fk_machine_requirement_machine_id_machine")
        ),
        sa.ForeignKeyConstraint(
            ["type_id"],
            ["qualification_type.id"],
            name=op.f("fk_machine_requirement_type_id_qualification_type"),
        ),
        sa.PrimaryKeyConstraint("machine_id", "type_id", name=op.f("pk_machine_requirement")),
    )
    op.create_table(
        "machine_unit",
        sa.Column("id", BigId, nullable=False),
        sa.Column("machine_id", BigId, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("serial_number", sa.String(length=60), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["machine_id"], ["machine.id"], name=op.f("fk_machine_unit_machine_id_machine")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machine_unit")),
        sa.UniqueConstraint("machine_id", "name", name="uq_machine_unit_name"),
    )
    op.create_table(
        "qualification",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("type_id", BigId, nullable=False),
        sa.Column("lab_id", BigId, nullable=True),
        sa.Column("company_id", BigId, nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("granted_by_id", BigId, nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by_id", BigId, nullable=True),
        sa.Column("revoked_reason", sa.String(length=300), nullable=False),
        sa.CheckConstraint(
            "(lab_id IS NOT NULL) OR (company_id IS NOT NULL)",
            name=op.f("ck_qualification_granted_somewhere"),
        ),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_qualification_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_qualification_company_id_company")
        ),
        sa.ForeignKeyConstraint(
            ["granted_by_id"], ["user_account.id"], name=op.f("fk_qualification_granted_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["lab_id"], ["lab.id"], name=op.f("fk_qualification_lab_id_lab")),
        sa.ForeignKeyConstraint(
            ["revoked_by_id"], ["user_account.id"], name=op.f("fk_qualification_revoked_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["type_id"], ["qualification_type.id"], name=op.f("fk_qualification_type_id_qualification_type")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_qualification_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification")),
    )
    op.create_index("ix_qualification_type", "qualification", ["type_id", "valid_until"])
    op.create_index("ix_qualification_user", "qualification", ["user_id", "type_id"])

    op.create_table(
        "qualification_prerequisite",
        sa.Column("type_id", BigId, nullable=False),
        sa.Column("needs_type_id", BigId, nullable=False),
        sa.CheckConstraint("type_id <> needs_type_id", name=op.f("ck_qualification_prerequisite_not_itself")),
        sa.ForeignKeyConstraint(
            ["needs_type_id"],
            ["qualification_type.id"],
            name=op.f("fk_qualification_prerequisite_needs_type_id_qualification_type"),
        ),
        sa.ForeignKeyConstraint(
            ["type_id"],
            ["qualification_type.id"],
            name=op.f("fk_qualification_prerequisite_type_id_qualification_type"),
        ),
        sa.PrimaryKeyConstraint("type_id", "needs_type_id", name=op.f("pk_qualification_prerequisite")),
    )
    op.create_table(
        "outage",
        sa.Column("id", BigId, nullable=False),
        sa.Column("machine_id", BigId, nullable=False),
        sa.Column("unit_id", BigId, nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("expected_end", sa.BigInteger(), nullable=True),
        sa.Column("declared_by_id", BigId, nullable=True),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", BigId, nullable=True),
        sa.Column("end_note", sa.String(length=500), nullable=False),
        sa.CheckConstraint("kind IN ('outage', 'maintenance', 'danger')", name=op.f("ck_outage_kind_known")),
        sa.CheckConstraint(
            "expected_end IS NULL OR expected_end > starts_at", name=op.f("ck_outage_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["declared_by_id"], ["user_account.id"], name=op.f("fk_outage_declared_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["user_account.id"], name=op.f("fk_outage_ended_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["machine_id"], ["machine.id"], name=op.f("fk_outage_machine_id_machine")),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["machine_unit.id"], name=op.f("fk_outage_unit_id_machine_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage")),
    )
    op.create_index("ix_outage_machine", "outage", ["machine_id", "starts_at"])
    op.create_index(
        "ix_outage_open",
        "outage",
        ["machine_id"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )

    op.create_table(
        "incident",
        sa.Column("id", BigId, nullable=False),
        sa.Column("machine_id", BigId, nullable=False),
        sa.Column("unit_id", BigId, nullable=True),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reporter_id", BigId, nullable=True),
        sa.Column("company_id", BigId, nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outage_id", BigId, nullable=True),
        sa.Column("handled_by_id", BigId, nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "severity IN ('remark', 'fault', 'danger')", name=op.f("ck_incident_severity_known")
        ),
        sa.CheckConstraint(
            "handled_by_id IS NULL OR handled_at IS NOT NULL", name=op.f("ck_incident_handled_at_an_instant")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_incident_company_id_company")),
        sa.ForeignKeyConstraint(
            ["handled_by_id"], ["user_account.id"], name=op.f("fk_incident_handled_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["machine_id"], ["machine.id"], name=op.f("fk_incident_machine_id_machine")),
        sa.ForeignKeyConstraint(["outage_id"], ["outage.id"], name=op.f("fk_incident_outage_id_outage")),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["user_account.id"], name=op.f("fk_incident_reporter_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["machine_unit.id"], name=op.f("fk_incident_unit_id_machine_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index("ix_incident_machine", "incident", ["machine_id", "reported_at"])
    op.create_index(
        "ix_incident_open",
        "incident",
        ["machine_id"],
        sqlite_where=sa.text("handled_at IS NULL"),
        postgresql_where=sa.text("handled_at IS NULL"),
    )

    op.create_table(
        "occupation",
        sa.Column("id", BigId, nullable=False),
        sa.Column("machine_id", BigId, nullable=False),
        sa.Column("unit_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("blocked_start", sa.BigInteger(), nullable=False),
        sa.Column("blocked_end", sa.BigInteger(), nullable=False),
        sa.Column("use_start", sa.BigInteger(), nullable=False),
        sa.Column("use_end", sa.BigInteger(), nullable=False),
        sa.Column("user_id", BigId, nullable=True),
        sa.Column("company_id", BigId, nullable=True),
        sa.Column("created_by_id", BigId, nullable=True),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("is_confidential", sa.Boolean(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("moved_from_id", BigId, nullable=True),
        sa.Column("outage_id", BigId, nullable=True),
        sa.Column("decided_by_id", BigId, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind <> 'booking' OR (user_id IS NOT NULL AND uid <> '')",
            name=op.f("ck_occupation_booking_is_somebodys"),
        ),
        sa.CheckConstraint(
            "kind IN ('booking', 'hold', 'outage', 'maintenance')", name=op.f("ck_occupation_kind_known")
        ),
        sa.CheckConstraint(
            "kind NOT IN ('outage', 'maintenance') OR outage_id IS NOT NULL",
            name=op.f("ck_occupation_outage_is_told"),
        ),
        sa.CheckConstraint(
            "state IN ('requested', 'confirmed', 'held', 'suspended', 'cancelled', 'refused', 'moved', 'lifted')",
            name=op.f("ck_occupation_state_known"),
        ),
        sa.CheckConstraint(
            "blocked_start <= use_start AND use_start < use_end AND use_end <= blocked_end",
            name=op.f("ck_occupation_times_ordered"),
        ),
        sa.CheckConstraint(
            "unit_id > 0 AND unit_id < 9223372036854775807", name=op.f("ck_occupation_unit_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_occupation_company_id_company")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_occupation_created_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_occupation_decided_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["machine_id"], ["machine.id"], name=op.f("fk_occupation_machine_id_machine")
        ),
        sa.ForeignKeyConstraint(
            ["moved_from_id"], ["occupation.id"], name=op.f("fk_occupation_moved_from_id_occupation")
        ),
        sa.ForeignKeyConstraint(["outage_id"], ["outage.id"], name=op.f("fk_occupation_outage_id_outage")),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["machine_unit.id"], name=op.f("fk_occupation_unit_id_machine_unit")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_occupation_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occupation")),
    )
    op.create_index("ix_occupation_company_end", "occupation", ["company_id", "use_end"])
    op.create_index("ix_occupation_machine_end", "occupation", ["machine_id", "use_end"])
    op.create_index("ix_occupation_outage", "occupation", ["outage_id"])
    op.create_index("ix_occupation_uid", "occupation", ["uid"])
    op.create_index(
        "ix_occupation_unit_end",
        "occupation",
        ["unit_id", "blocked_end"],
        sqlite_where=sa.text("state IN ('confirmed', 'held')"),
        postgresql_where=sa.text("state IN ('confirmed', 'held')"),
    )
    op.create_index("ix_occupation_user_end", "occupation", ["user_id", "use_end"])
