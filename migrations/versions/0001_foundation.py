"""The foundation: people and sessions, the tree and its companies, rooms and posts, news, moderation, search, journal.

Besides the tables it makes what models cannot say: the full-text index of each database, and the triggers that refuse
any change to an audit line.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

AUDIT_SQLITE = (
    """
    CREATE TRIGGER audit_line_unchanged BEFORE UPDATE ON audit_line BEGIN
        SELECT RAISE(ABORT, 'audit lines are never changed');
    END
    """,
    """
    CREATE TRIGGER audit_line_kept BEFORE DELETE ON audit_line BEGIN
        SELECT RAISE(ABORT, 'audit lines are never deleted');
    END
    """,
)

AUDIT_POSTGRESQL = (
    """
    CREATE FUNCTION audit_line_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'audit lines are never changed nor deleted'; END $$
    """,
    """
    CREATE TRIGGER audit_line_kept BEFORE UPDATE OR DELETE ON audit_line
    FOR EACH ROW EXECUTE FUNCTION audit_line_refuse()
    """,
)

SQLITE_CREATE = (
    """
    CREATE VIRTUAL TABLE search_index USING fts5(
        terms, content='search_entry', content_rowid='id', detail='none', tokenize='unicode61'
    )
    """,
    """
    CREATE TRIGGER search_entry_added AFTER INSERT ON search_entry BEGIN
        INSERT INTO search_index (rowid, terms) VALUES (new.id, new.terms);
    END
    """,
    """
    CREATE TRIGGER search_entry_removed AFTER DELETE ON search_entry BEGIN
        INSERT INTO search_index (search_index, rowid, terms) VALUES ('delete', old.id, old.terms);
    END
    """,
    """
    CREATE TRIGGER search_entry_changed AFTER UPDATE OF id, terms ON search_entry BEGIN
        INSERT INTO search_index (search_index, rowid, terms) VALUES ('delete', old.id, old.terms);
        INSERT INTO search_index (rowid, terms) VALUES (new.id, new.terms);
    END
    """,
)

SQLITE_DROP = (
    "DROP TRIGGER IF EXISTS search_entry_added",
    "DROP TRIGGER IF EXISTS search_entry_removed",
    "DROP TRIGGER IF EXISTS search_entry_changed",
    "DROP TABLE IF EXISTS search_index",
)

POSTGRESQL_CREATE = (
    """
    CREATE INDEX ix_search_entry_terms ON search_entry
    USING gin (to_tsvector('simple', terms)) WITH (fastupdate = off)
    """,
    # Reports and decisions point at each other: a key that Alembic leaves out of `create_table` here, not on SQLite.
    """
    ALTER TABLE report ADD CONSTRAINT fk_report_decision_id_decision
    FOREIGN KEY (decision_id) REFERENCES decision (id)
    """,
)

POSTGRESQL_DROP = (
    "DROP INDEX IF EXISTS ix_search_entry_terms",
    "ALTER TABLE report DROP CONSTRAINT fk_report_decision_id_decision",
)


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("demo_today", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "request_receipt",
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("request_id", sa.String(length=36), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=False),
        sa.Column("object_id", BigId, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sender", "request_id", name=op.f("pk_request_receipt")),
    )
    with op.batch_alter_table("request_receipt", schema=None) as batch_op:
        batch_op.create_index("ix_request_receipt_at", ["at"], unique=False)

    op.create_table(
        "scope",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("ref", BigId, nullable=False),
        sa.Column("seq", BigId, nullable=False),
        sa.CheckConstraint("seq >= 0", name=op.f("ck_scope_seq_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scope")),
        sa.UniqueConstraint("kind", "ref", name=op.f("uq_scope_kind_ref")),
    )
    op.create_table(
        "search_entry",
        sa.Column("id", BigId, nullable=False),
        sa.Column("object_type", sa.String(length=20), nullable=False),
        sa.Column("object_id", BigId, nullable=False),
        sa.Column("title", sa.String(length=250), nullable=False),
        sa.Column("url", sa.String(length=300), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_entry")),
        sa.UniqueConstraint("object_type", "object_id", name=op.f("uq_search_entry_object_type_object_id")),
    )
    op.create_table(
        "tag",
        sa.Column("id", BigId, nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("slug", name=op.f("uq_tag_slug")),
    )
    op.create_table(
        "journal",
        sa.Column("scope_id", BigId, autoincrement=False, nullable=False),
        sa.Column("seq", BigId, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=False),
        sa.Column("object_id", BigId, nullable=False),
        sa.Column("object_version", BigId, nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["scope_id"], ["scope.id"], name=op.f("fk_journal_scope_id_scope")),
        sa.PrimaryKeyConstraint("scope_id", "seq", name=op.f("pk_journal")),
    )
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.create_index("ix_journal_at", ["at"], unique=False)

    op.create_table(
        "node",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("parent_id", BigId, nullable=True),
        sa.Column("path", sa.String(length=120), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("town", sa.String(length=80), nullable=False),
        sa.Column("department", sa.String(length=3), nullable=False),
        sa.Column("time_zone", sa.String(length=40), nullable=False),
        sa.Column("region_code", sa.String(length=2), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("member_count", sa.Integer(), nullable=False),
        sa.Column("scope_id", BigId, nullable=True),
        sa.Column("moderators_scope_id", BigId, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('nation', 'region', 'community')", name=op.f("ck_node_kind_known")),
        sa.CheckConstraint(
            "state IN ('draft', 'forming', 'active', 'full', 'dormant', 'closed')",
            name=op.f("ck_node_state_known"),
        ),
        sa.CheckConstraint(
            "member_count >= 0 AND member_count <= capacity", name=op.f("ck_node_within_capacity")
        ),
        sa.ForeignKeyConstraint(
            ["moderators_scope_id"], ["scope.id"], name=op.f("fk_node_moderators_scope_id_scope")
        ),
        sa.ForeignKeyConstraint(["parent_id"], ["node.id"], name=op.f("fk_node_parent_id_node")),
        sa.ForeignKeyConstraint(["scope_id"], ["scope.id"], name=op.f("fk_node_scope_id_scope")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_node")),
        sa.UniqueConstraint("code", name=op.f("uq_node_code")),
        sa.UniqueConstraint("path", name=op.f("uq_node_path")),
        sa.UniqueConstraint("slug", name=op.f("uq_node_slug")),
    )
    with op.batch_alter_table("node", schema=None) as batch_op:
        batch_op.create_index(
            "ix_node_path", ["path"], unique=False, postgresql_ops={"path": "text_pattern_ops"}
        )

    op.create_table(
        "user_account",
        sa.Column("id", BigId, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("sign_in_name", sa.String(length=40), nullable=True),
        sa.Column("given_name", sa.String(length=80), nullable=False),
        sa.Column("family_name", sa.String(length=80), nullable=False),
        sa.Column("trade", sa.String(length=120), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("totp_secret", sa.String(length=64), nullable=True),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", BigId, nullable=True),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("scope_id", BigId, nullable=True),
        sa.Column("access_version", BigId, nullable=False),
        sa.Column("charter_version", sa.String(length=20), nullable=True),
        sa.Column("charter_accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_choices", sa.String(length=200), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("previous_visit_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('active', 'closed', 'suspended')", name=op.f("ck_user_account_state_known")
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_user_account_email_lower")),
        sa.CheckConstraint(
            "sign_in_name = lower(sign_in_name)", name=op.f("ck_user_account_sign_in_name_lower")
        ),
        sa.ForeignKeyConstraint(["scope_id"], ["scope.id"], name=op.f("fk_user_account_scope_id_scope")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("email", name=op.f("uq_user_account_email")),
        sa.UniqueConstraint("sign_in_name", name=op.f("uq_user_account_sign_in_name")),
    )
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.create_index("ix_user_account_name", ["family_name", "given_name"], unique=False)

    op.create_table(
        "audit_line",
        sa.Column("id", BigId, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=False),
        sa.Column("object_id", BigId, nullable=False),
        sa.Column("node_id", BigId, nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["user_account.id"], name=op.f("fk_audit_line_actor_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_line")),
    )
    with op.batch_alter_table("audit_line", schema=None) as batch_op:
        batch_op.create_index("ix_audit_line_actor_at", ["actor_id", "at"], unique=False)
        batch_op.create_index("ix_audit_line_node_at", ["node_id", "at"], unique=False)
        batch_op.create_index("ix_audit_line_object", ["object_type", "object_id"], unique=False)

    op.create_table(
        "blob",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("content_type", sa.String(length=120), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("original_name", sa.String(length=160), nullable=False),
        sa.Column("alt", sa.String(length=300), nullable=False),
        sa.Column("uploader_id", BigId, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attached_type", sa.String(length=40), nullable=True),
        sa.Column("attached_id", BigId, nullable=True),
        sa.Column("unattached_since", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('image', 'file')", name=op.f("ck_blob_kind_known")),
        sa.CheckConstraint(
            "(attached_type IS NULL) = (attached_id IS NULL) AND (attached_type IS NULL) = (unattached_since IS NOT NULL)",
            name=op.f("ck_blob_attached_or_waiting"),
        ),
        sa.CheckConstraint("size > 0", name=op.f("ck_blob_size_positive")),
        sa.ForeignKeyConstraint(
            ["uploader_id"], ["user_account.id"], name=op.f("fk_blob_uploader_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blob")),
        sa.UniqueConstraint("key", name=op.f("uq_blob_key")),
    )
    with op.batch_alter_table("blob", schema=None) as batch_op:
        batch_op.create_index("ix_blob_attached", ["attached_type", "attached_id"], unique=False)
        batch_op.create_index("ix_blob_uploader", ["uploader_id"], unique=False)
        batch_op.create_index(
            "ix_blob_waiting",
            ["unattached_since"],
            unique=False,
            sqlite_where=sa.text("unattached_since IS NOT NULL"),
            postgresql_where=sa.text("unattached_since IS NOT NULL"),
        )

    op.create_table(
        "charter_acceptance",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_charter_acceptance_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charter_acceptance")),
    )
    with op.batch_alter_table("charter_acceptance", schema=None) as batch_op:
        batch_op.create_index("ix_charter_acceptance_user", ["user_id"], unique=False)

    op.create_table(
        "company",
        sa.Column("id", BigId, nullable=False),
        sa.Column("siren", sa.String(length=9), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("size_class", sa.String(length=8), nullable=False),
        sa.Column("headcount", sa.Integer(), nullable=True),
        sa.Column("activity_code", sa.String(length=8), nullable=False),
        sa.Column("activity_nomenclature", sa.String(length=10), nullable=False),
        sa.Column("town", sa.String(length=80), nullable=False),
        sa.Column("department", sa.String(length=3), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("skills", sa.Text(), nullable=False),
        sa.Column("equipment", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by_id", BigId, nullable=True),
        sa.Column("scope_id", BigId, nullable=True),
        sa.Column("without_referent_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('industrial', 'solution_provider', 'partner')", name=op.f("ck_company_kind_known")
        ),
        sa.CheckConstraint(
            "size_class IN ('micro', 'sme', 'midcap', 'large')", name=op.f("ck_company_size_class_known")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'verified', 'suspended', 'left')", name=op.f("ck_company_state_known")
        ),
        sa.ForeignKeyConstraint(["scope_id"], ["scope.id"], name=op.f("fk_company_scope_id_scope")),
        sa.ForeignKeyConstraint(
            ["verified_by_id"], ["user_account.id"], name=op.f("fk_company_verified_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
        sa.UniqueConstraint("siren", name=op.f("uq_company_siren")),
    )
    op.create_table(
        "draft",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sequence", BigId, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_draft_user_id_user_account")),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_draft")),
    )
    op.create_table(
        "duty",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=False),
        sa.Column("object_id", BigId, nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["user_account.id"], name=op.f("fk_duty_actor_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
    )
    with op.batch_alter_table("duty", schema=None) as batch_op:
        batch_op.create_index("ix_duty_created", ["created_at"], unique=False)

    op.create_table(
        "mail",
        sa.Column("id", BigId, nullable=False),
        sa.Column("message_id", sa.String(length=160), nullable=False),
        sa.Column("user_id", BigId, nullable=True),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=250), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("is_sensitive", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("send_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('due', 'sending', 'sent', 'failed')", name=op.f("ck_mail_state_known")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_mail_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mail_message_id")),
    )
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.create_index(
            "ix_mail_due",
            ["send_after"],
            unique=False,
            sqlite_where=sa.text("state IN ('due', 'sending')"),
            postgresql_where=sa.text("state IN ('due', 'sending')"),
        )
        batch_op.create_index("ix_mail_sent_at", ["sent_at"], unique=False)
        batch_op.create_index("ix_mail_user", ["user_id"], unique=False)

    op.create_table(
        "notification",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=False),
        sa.Column("object_id", BigId, nullable=False),
        sa.Column("cause", sa.String(length=60), nullable=False),
        sa.Column("thread", sa.String(length=60), nullable=False),
        sa.Column("actor_id", BigId, nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("in_page", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mail_state", sa.String(length=8), nullable=False),
        sa.Column("mail_after", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "mail_state IN ('none', 'due', 'sent', 'skipped')", name=op.f("ck_notification_mail_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["user_account.id"], name=op.f("fk_notification_actor_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_notification_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint(
            "user_id",
            "kind",
            "object_type",
            "object_id",
            "cause",
            name=op.f("uq_notification_user_id_kind_object_type_object_id_cause"),
        ),
    )
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.create_index(
            "ix_notification_due",
            ["mail_after"],
            unique=False,
            sqlite_where=sa.text("mail_state = 'due'"),
            postgresql_where=sa.text("mail_state = 'due'"),
        )
        batch_op.create_index(
            "ix_notification_unread",
            ["user_id", "thread"],
            unique=False,
            sqlite_where=sa.text("read_at IS NULL"),
            postgresql_where=sa.text("read_at IS NULL"),
        )
        batch_op.create_index("ix_notification_user", ["user_id", "id"], unique=False)

    op.create_table(
        "notification_choice",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("in_page", sa.Boolean(), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_notification_choice_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("user_id", "kind", name=op.f("pk_notification_choice")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_recovery_code_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.create_index("ix_recovery_code_user", ["user_id"], unique=False)

    op.create_table(
        "room",
        sa.Column("id", BigId, nullable=False),
        sa.Column("node_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=14), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("scope_id", BigId, nullable=False),
        sa.Column("topics_count", sa.Integer(), nullable=False),
        sa.Column("created_by_id", BigId, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('open', 'announcements', 'restricted')", name=op.f("ck_room_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_room_created_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_room_node_id_node")),
        sa.ForeignKeyConstraint(["scope_id"], ["scope.id"], name=op.f("fk_room_scope_id_scope")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sa.UniqueConstraint("node_id", "slug", name=op.f("uq_room_node_id_slug")),
    )
    op.create_table(
        "sign_in_token",
        sa.Column("id", BigId, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("browser_hash", sa.String(length=64), nullable=True),
        sa.Column("code_attempts", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "purpose IN ('sign_in', 'password', 'address')", name=op.f("ck_sign_in_token_purpose_known")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_sign_in_token_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_token_token_hash")),
    )
    with op.batch_alter_table("sign_in_token", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_token_user", ["user_id", "purpose"], unique=False)

    op.create_table(
        "user_session",
        sa.Column("id", BigId, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("is_lasting", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_user_session_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_session_token_hash")),
    )
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.create_index(
            "ix_user_session_open",
            ["ended_at"],
            unique=False,
            postgresql_where=sa.text("ended_at IS NOT NULL"),
        )
        batch_op.create_index("ix_user_session_user", ["user_id"], unique=False)

    op.create_table(
        "company_membership",
        sa.Column("id", BigId, nullable=False),
        sa.Column("company_id", BigId, nullable=False),
        sa.Column("node_id", BigId, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("requested_by_id", BigId, nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", BigId, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason_code", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('requested', 'waiting', 'admitted', 'refused', 'left')",
            name=op.f("ck_company_membership_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('refused') OR (decided_by_id IS NOT NULL AND reason <> '')",
            name=op.f("ck_company_membership_refusal_has_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_company_membership_company_id_company")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["user_account.id"],
            name=op.f("fk_company_membership_decided_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_company_membership_node_id_node")),
        sa.ForeignKeyConstraint(
            ["requested_by_id"],
            ["user_account.id"],
            name=op.f("fk_company_membership_requested_by_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_membership")),
    )
    with op.batch_alter_table("company_membership", schema=None) as batch_op:
        batch_op.create_index("ix_company_membership_node", ["node_id", "state"], unique=False)
        batch_op.create_index(
            "uq_company_membership_open",
            ["company_id", "node_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('requested', 'waiting', 'admitted')"),
            postgresql_where=sa.text("state IN ('requested', 'waiting', 'admitted')"),
        )

    op.create_table(
        "competitor",
        sa.Column("id", BigId, nullable=False),
        sa.Column("company_id", BigId, nullable=False),
        sa.Column("competitor_id", BigId, nullable=False),
        sa.Column("declared_by_id", BigId, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_competitor_company_id_company")
        ),
        sa.ForeignKeyConstraint(
            ["competitor_id"], ["company.id"], name=op.f("fk_competitor_competitor_id_company")
        ),
        sa.ForeignKeyConstraint(
            ["declared_by_id"], ["user_account.id"], name=op.f("fk_competitor_declared_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_competitor")),
        sa.UniqueConstraint(
            "company_id", "competitor_id", name=op.f("uq_competitor_company_id_competitor_id")
        ),
    )
    op.create_table(
        "employment",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("company_id", BigId, nullable=False),
        sa.Column("job_title", sa.String(length=120), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_employment_company_id_company")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["user_account.id"], name=op.f("fk_employment_ended_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_employment_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employment")),
    )
    with op.batch_alter_table("employment", schema=None) as batch_op:
        batch_op.create_index("ix_employment_company", ["company_id"], unique=False)
        batch_op.create_index(
            "uq_employment_current",
            ["user_id", "company_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "invitation",
        sa.Column("id", BigId, nullable=False),
        sa.Column("company_id", BigId, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("label", sa.String(length=160), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("as_referent", sa.Boolean(), nullable=False),
        sa.Column("invited_by_id", BigId, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sendings", sa.Integer(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by_id", BigId, nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["accepted_by_id"], ["user_account.id"], name=op.f("fk_invitation_accepted_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_invitation_company_id_company")
        ),
        sa.ForeignKeyConstraint(
            ["invited_by_id"], ["user_account.id"], name=op.f("fk_invitation_invited_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index("ix_invitation_company", ["company_id"], unique=False)
        batch_op.create_index(
            "uq_invitation_pending",
            ["company_id", "email"],
            unique=True,
            sqlite_where=sa.text("accepted_at IS NULL AND revoked_at IS NULL AND email IS NOT NULL"),
            postgresql_where=sa.text("accepted_at IS NULL AND revoked_at IS NULL AND email IS NOT NULL"),
        )

    op.create_table(
        "join_request",
        sa.Column("id", BigId, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("node_id", BigId, nullable=False),
        sa.Column("siren", sa.String(length=9), nullable=False),
        sa.Column("siret", sa.String(length=14), nullable=False),
        sa.Column("company_name", sa.String(length=160), nullable=False),
        sa.Column("size_class", sa.String(length=8), nullable=False),
        sa.Column("activity_code", sa.String(length=8), nullable=False),
        sa.Column("postcode", sa.String(length=5), nullable=False),
        sa.Column("town", sa.String(length=80), nullable=False),
        sa.Column("given_name", sa.String(length=80), nullable=False),
        sa.Column("family_name", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("trade", sa.String(length=120), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("charter_version", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", BigId, nullable=True),
        sa.Column("user_id", BigId, nullable=True),
        sa.Column("company_id", BigId, nullable=True),
        sa.CheckConstraint(
            "size_class IN ('micro', 'sme', 'midcap', 'large')", name=op.f("ck_join_request_size_class_known")
        ),
        sa.CheckConstraint(
            "state IN ('sent', 'confirmed', 'answered', 'dropped')", name=op.f("ck_join_request_state_known")
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_join_request_email_lower")),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["user_account.id"], name=op.f("fk_join_request_answered_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_join_request_company_id_company")
        ),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_join_request_node_id_node")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_join_request_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_request")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_join_request_token_hash")),
    )
    with op.batch_alter_table("join_request", schema=None) as batch_op:
        batch_op.create_index("ix_join_request_created", ["created_at"], unique=False)
        batch_op.create_index("ix_join_request_siren", ["siren"], unique=False)

    op.create_table(
        "report",
        sa.Column("id", BigId, nullable=False),
        sa.Column("receipt", sa.String(length=16), nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=True),
        sa.Column("object_id", BigId, nullable=True),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("object_text", sa.Text(), nullable=False),
        sa.Column("node_id", BigId, nullable=True),
        sa.Column("level_node_id", BigId, nullable=True),
        sa.Column("author_id", BigId, nullable=True),
        sa.Column("author_company_id", BigId, nullable=True),
        sa.Column("reporter_id", BigId, nullable=True),
        sa.Column("reporter_name", sa.String(length=160), nullable=False),
        sa.Column("reporter_email", sa.String(length=254), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("good_faith", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("taken_by_id", BigId, nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_id", BigId, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("object_id IS NOT NULL OR address <> ''", name=op.f("ck_report_says_where")),
        sa.CheckConstraint("state IN ('open', 'taken', 'decided')", name=op.f("ck_report_state_known")),
        sa.ForeignKeyConstraint(
            ["author_company_id"], ["company.id"], name=op.f("fk_report_author_company_id_company")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_report_author_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_report_decision_id_decision"), use_alter=True
        ),
        sa.ForeignKeyConstraint(["level_node_id"], ["node.id"], name=op.f("fk_report_level_node_id_node")),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_report_node_id_node")),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["user_account.id"], name=op.f("fk_report_reporter_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["taken_by_id"], ["user_account.id"], name=op.f("fk_report_taken_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("receipt", name=op.f("uq_report_receipt")),
    )
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.create_index("ix_report_author", ["author_id"], unique=False)
        batch_op.create_index("ix_report_level_state", ["level_node_id", "state"], unique=False)
        batch_op.create_index("ix_report_object", ["object_type", "object_id"], unique=False)
        batch_op.create_index(
            "uq_report_one_open_per_reporter",
            ["object_type", "object_id", "reporter_id"],
            unique=True,
            sqlite_where=sa.text("state <> 'decided' AND reporter_id IS NOT NULL"),
            postgresql_where=sa.text("state <> 'decided' AND reporter_id IS NOT NULL"),
        )

    op.create_table(
        "role_grant",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("node_id", BigId, nullable=True),
        sa.Column("company_id", BigId, nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("granted_by_id", BigId, nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by_id", BigId, nullable=True),
        sa.CheckConstraint(
            "role IN ('company_admin', 'community_manager', 'technical_advisor', 'ambassador', 'national_admin')",
            name=op.f("ck_role_grant_role_known"),
        ),
        sa.CheckConstraint("(node_id IS NULL) <> (company_id IS NULL)", name=op.f("ck_role_grant_one_place")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_role_grant_company_id_company")
        ),
        sa.ForeignKeyConstraint(
            ["granted_by_id"], ["user_account.id"], name=op.f("fk_role_grant_granted_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_role_grant_node_id_node")),
        sa.ForeignKeyConstraint(
            ["revoked_by_id"], ["user_account.id"], name=op.f("fk_role_grant_revoked_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_role_grant_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.create_index("ix_role_grant_company", ["company_id"], unique=False)
        batch_op.create_index("ix_role_grant_node", ["node_id"], unique=False)
        batch_op.create_index("ix_role_grant_user", ["user_id"], unique=False)
        batch_op.create_index(
            "uq_role_grant_company_current",
            ["user_id", "role", "company_id"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.create_index(
            "uq_role_grant_node_current",
            ["user_id", "role", "node_id"],
            unique=True,
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )

    op.create_table(
        "room_member",
        sa.Column("room_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("admitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("admitted_by_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(
            ["admitted_by_id"], ["user_account.id"], name=op.f("fk_room_member_admitted_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_room_member_room_id_room")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_room_member_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("room_id", "user_id", name=op.f("pk_room_member")),
    )
    with op.batch_alter_table("room_member", schema=None) as batch_op:
        batch_op.create_index("ix_room_member_user", ["user_id"], unique=False)

    op.create_table(
        "room_reading",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("room_id", BigId, nullable=False),
        sa.Column("caught_up_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_room_reading_room_id_room")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_room_reading_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("user_id", "room_id", name=op.f("pk_room_reading")),
    )
    op.create_table(
        "site",
        sa.Column("id", BigId, nullable=False),
        sa.Column("company_id", BigId, nullable=False),
        sa.Column("siret", sa.String(length=14), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("postcode", sa.String(length=5), nullable=False),
        sa.Column("town", sa.String(length=80), nullable=False),
        sa.Column("department", sa.String(length=3), nullable=False),
        sa.Column("time_zone", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_site_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site")),
        sa.UniqueConstraint("siret", name=op.f("uq_site_siret")),
    )
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.create_index("ix_site_company", ["company_id"], unique=False)

    op.create_table(
        "topic",
        sa.Column("id", BigId, nullable=False),
        sa.Column("room_id", BigId, nullable=False),
        sa.Column("node_id", BigId, nullable=False),
        sa.Column("scope_id", BigId, nullable=False),
        sa.Column("author_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=14), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("tag_names", sa.JSON(), nullable=False),
        sa.Column("posts_count", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("last_post_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_author_id", BigId, nullable=True),
        sa.Column("accepted_post_id", BigId, nullable=True),
        sa.Column("accepted_by_id", BigId, nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", BigId, nullable=True),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pinned_by_id", BigId, nullable=True),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('question', 'discussion', 'announcement', 'need', 'offer')",
            name=op.f("ck_topic_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["accepted_by_id"], ["user_account.id"], name=op.f("fk_topic_accepted_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_topic_author_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["user_account.id"], name=op.f("fk_topic_closed_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["last_author_id"], ["user_account.id"], name=op.f("fk_topic_last_author_id_user_account")
        ),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_topic_node_id_node")),
        sa.ForeignKeyConstraint(
            ["pinned_by_id"], ["user_account.id"], name=op.f("fk_topic_pinned_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_topic_room_id_room")),
        sa.ForeignKeyConstraint(["scope_id"], ["scope.id"], name=op.f("fk_topic_scope_id_scope")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic")),
    )
    with op.batch_alter_table("topic", schema=None) as batch_op:
        batch_op.create_index("ix_topic_author", ["author_id"], unique=False)
        batch_op.create_index("ix_topic_node_created", ["node_id", "created_at"], unique=False)
        batch_op.create_index("ix_topic_room_activity", ["room_id", "last_post_at"], unique=False)
        batch_op.create_index("ix_topic_room_pinned", ["room_id", "pinned_at"], unique=False)

    op.create_table(
        "decision",
        sa.Column("id", BigId, nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=True),
        sa.Column("object_id", BigId, nullable=True),
        sa.Column("node_id", BigId, nullable=True),
        sa.Column("level_node_id", BigId, nullable=True),
        sa.Column("measure", sa.String(length=20), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("ground", sa.String(length=30), nullable=False),
        sa.Column("ground_detail", sa.String(length=300), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("author_id", BigId, nullable=True),
        sa.Column("author_company_id", BigId, nullable=True),
        sa.Column("decided_by_id", BigId, nullable=True),
        sa.Column("report_id", BigId, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "measure <> 'hide' OR provisional OR (ground <> '' AND facts <> '')",
            name=op.f("ck_decision_measure_has_ground"),
        ),
        sa.CheckConstraint("measure IN ('none', 'hide', 'restore')", name=op.f("ck_decision_measure_known")),
        sa.CheckConstraint(
            "provisional OR decided_by_id IS NOT NULL", name=op.f("ck_decision_human_decides")
        ),
        sa.ForeignKeyConstraint(
            ["author_company_id"], ["company.id"], name=op.f("fk_decision_author_company_id_company")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_decision_author_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_decision_decided_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["level_node_id"], ["node.id"], name=op.f("fk_decision_level_node_id_node")),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_decision_node_id_node")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_decision_report_id_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.create_index("ix_decision_author", ["author_id"], unique=False)
        batch_op.create_index("ix_decision_node_at", ["node_id", "at"], unique=False)
        batch_op.create_index("ix_decision_object", ["object_type", "object_id"], unique=False)

    op.create_table(
        "post",
        sa.Column("id", BigId, nullable=False),
        sa.Column("topic_id", BigId, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author_id", BigId, nullable=False),
        sa.Column("company_id", BigId, nullable=True),
        sa.Column("byline", sa.String(length=240), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("renderer_version", sa.Integer(), nullable=False),
        sa.Column("mentioned_ids", sa.JSON(), nullable=False),
        sa.Column("version_of_text", sa.Integer(), nullable=False),
        sa.Column("thanks", sa.Integer(), nullable=False),
        sa.Column("same_problem", sa.Integer(), nullable=False),
        sa.Column("applied", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_by_id", BigId, nullable=True),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_post_author_id_user_account")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_post_company_id_company")),
        sa.ForeignKeyConstraint(
            ["deleted_by_id"], ["user_account.id"], name=op.f("fk_post_deleted_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_post_topic_id_topic")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        sa.UniqueConstraint("topic_id", "number", name=op.f("uq_post_topic_id_number")),
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.create_index("ix_post_author", ["author_id", "created_at"], unique=False)
        batch_op.create_index("ix_post_company", ["company_id"], unique=False)
        batch_op.create_index(
            "ix_post_visible",
            ["topic_id", "number"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL AND hidden_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL AND hidden_at IS NULL"),
        )

    op.create_table(
        "topic_follow",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("topic_id", BigId, nullable=False),
        sa.Column("follows", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_topic_follow_topic_id_topic")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_topic_follow_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("user_id", "topic_id", name=op.f("pk_topic_follow")),
    )
    with op.batch_alter_table("topic_follow", schema=None) as batch_op:
        batch_op.create_index("ix_topic_follow_topic", ["topic_id"], unique=False)

    op.create_table(
        "topic_reading",
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("topic_id", BigId, nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_topic_reading_topic_id_topic")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_topic_reading_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("user_id", "topic_id", name=op.f("pk_topic_reading")),
    )
    op.create_table(
        "topic_tag",
        sa.Column("topic_id", BigId, nullable=False),
        sa.Column("tag_id", BigId, nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_topic_tag_tag_id_tag")),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_topic_tag_topic_id_topic")),
        sa.PrimaryKeyConstraint("topic_id", "tag_id", name=op.f("pk_topic_tag")),
    )
    with op.batch_alter_table("topic_tag", schema=None) as batch_op:
        batch_op.create_index("ix_topic_tag_tag", ["tag_id"], unique=False)

    op.create_table(
        "appeal",
        sa.Column("id", BigId, nullable=False),
        sa.Column("decision_id", BigId, nullable=False),
        sa.Column("author_id", BigId, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("level_node_id", BigId, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("upheld", sa.Boolean(), nullable=True),
        sa.Column("decided_by_id", BigId, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (upheld IS NULL) AND (decided_at IS NULL OR answer <> '')",
            name=op.f("ck_appeal_answer_has_words"),
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user_account.id"], name=op.f("fk_appeal_author_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_appeal_decided_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_appeal_decision_id_decision")
        ),
        sa.ForeignKeyConstraint(["level_node_id"], ["node.id"], name=op.f("fk_appeal_level_node_id_node")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_appeal_decision_id")),
    )
    with op.batch_alter_table("appeal", schema=None) as batch_op:
        batch_op.create_index("ix_appeal_level", ["level_node_id", "decided_at"], unique=False)

    op.create_table(
        "post_revision",
        sa.Column("id", BigId, nullable=False),
        sa.Column("post_id", BigId, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("editor_id", BigId, nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["editor_id"], ["user_account.id"], name=op.f("fk_post_revision_editor_id_user_account")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_revision_post_id_post")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_revision")),
        sa.UniqueConstraint("post_id", "version", name=op.f("uq_post_revision_post_id_version")),
    )
    op.create_table(
        "reaction",
        sa.Column("post_id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=14), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('thanks', 'same_problem', 'applied')", name=op.f("ck_reaction_kind_known")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_reaction_post_id_post")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_reaction_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("post_id", "user_id", "kind", name=op.f("pk_reaction")),
    )
    op.create_table(
        "statement_of_reasons",
        sa.Column("id", BigId, nullable=False),
        sa.Column("decision_id", BigId, nullable=False),
        sa.Column("recipient_id", BigId, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_statement_of_reasons_decision_id_decision")
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"],
            ["user_account.id"],
            name=op.f("fk_statement_of_reasons_recipient_id_user_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_of_reasons")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_statement_of_reasons_decision_id")),
    )
    dialect = op.get_bind().dialect.name
    statements = SQLITE_CREATE + AUDIT_SQLITE if dialect == "sqlite" else POSTGRESQL_CREATE + AUDIT_POSTGRESQL
    for statement in statements:
        op.execute(sa.text(statement))


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in SQLITE_DROP if dialect == "sqlite" else POSTGRESQL_DROP:
        op.execute(sa.text(statement))
    if dialect == "postgresql":
        op.execute(sa.text("DROP FUNCTION audit_line_refuse() CASCADE"))
    op.drop_table("statement_of_reasons")
    op.drop_table("reaction")
    op.drop_table("post_revision")
    with op.batch_alter_table("appeal", schema=None) as batch_op:
        batch_op.drop_index("ix_appeal_level")

    op.drop_table("appeal")
    with op.batch_alter_table("topic_tag", schema=None) as batch_op:
        batch_op.drop_index("ix_topic_tag_tag")

    op.drop_table("topic_tag")
    op.drop_table("topic_reading")
    with op.batch_alter_table("topic_follow", schema=None) as batch_op:
        batch_op.drop_index("ix_topic_follow_topic")

    op.drop_table("topic_follow")
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_post_visible",
            sqlite_where=sa.text("deleted_at IS NULL AND hidden_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL AND hidden_at IS NULL"),
        )
        batch_op.drop_index("ix_post_company")
        batch_op.drop_index("ix_post_author")

    op.drop_table("post")
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_index("ix_decision_object")
        batch_op.drop_index("ix_decision_node_at")
        batch_op.drop_index("ix_decision_author")

    op.drop_table("decision")
    with op.batch_alter_table("topic", schema=None) as batch_op:
        batch_op.drop_index("ix_topic_room_pinned")
        batch_op.drop_index("ix_topic_room_activity")
        batch_op.drop_index("ix_topic_node_created")
        batch_op.drop_index("ix_topic_author")

    op.drop_table("topic")
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.drop_index("ix_site_company")

    op.drop_table("site")
    op.drop_table("room_reading")
    with op.batch_alter_table("room_member", schema=None) as batch_op:
        batch_op.drop_index("ix_room_member_user")

    op.drop_table("room_member")
    with op.batch_alter_table("role_grant", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_role_grant_node_current",
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.drop_index(
            "uq_role_grant_company_current",
            sqlite_where=sa.text("revoked_at IS NULL"),
            postgresql_where=sa.text("revoked_at IS NULL"),
        )
        batch_op.drop_index("ix_role_grant_user")
        batch_op.drop_index("ix_role_grant_node")
        batch_op.drop_index("ix_role_grant_company")

    op.drop_table("role_grant")
    with op.batch_alter_table("report", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_report_one_open_per_reporter",
            sqlite_where=sa.text("state <> 'decided' AND reporter_id IS NOT NULL"),
            postgresql_where=sa.text("state <> 'decided' AND reporter_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_report_object")
        batch_op.drop_index("ix_report_level_state")
        batch_op.drop_index("ix_report_author")

    op.drop_table("report")
    with op.batch_alter_table("join_request", schema=None) as batch_op:
        batch_op.drop_index("ix_join_request_siren")
        batch_op.drop_index("ix_join_request_created")

    op.drop_table("join_request")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_invitation_pending",
            sqlite_where=sa.text("accepted_at IS NULL AND revoked_at IS NULL AND email IS NOT NULL"),
            postgresql_where=sa.text("accepted_at IS NULL AND revoked_at IS NULL AND email IS NOT NULL"),
        )
        batch_op.drop_index("ix_invitation_company")

    op.drop_table("invitation")
    with op.batch_alter_table("employment", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_employment_current",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index("ix_employment_company")

    op.drop_table("employment")
    op.drop_table("competitor")
    with op.batch_alter_table("company_membership", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_company_membership_open",
            sqlite_where=sa.text("state IN ('requested', 'waiting', 'admitted')"),
            postgresql_where=sa.text("state IN ('requested', 'waiting', 'admitted')"),
        )
        batch_op.drop_index("ix_company_membership_node")

    op.drop_table("company_membership")
    with op.batch_alter_table("user_session", schema=None) as batch_op:
        batch_op.drop_index("ix_user_session_user")
        batch_op.drop_index("ix_user_session_open", postgresql_where=sa.text("ended_at IS NOT NULL"))

    op.drop_table("user_session")
    with op.batch_alter_table("sign_in_token", schema=None) as batch_op:
        batch_op.drop_index("ix_sign_in_token_user")

    op.drop_table("sign_in_token")
    op.drop_table("room")
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.drop_index("ix_recovery_code_user")

    op.drop_table("recovery_code")
    op.drop_table("notification_choice")
    with op.batch_alter_table("notification", schema=None) as batch_op:
        batch_op.drop_index("ix_notification_user")
        batch_op.drop_index(
            "ix_notification_unread",
            sqlite_where=sa.text("read_at IS NULL"),
            postgresql_where=sa.text("read_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_notification_due",
            sqlite_where=sa.text("mail_state = 'due'"),
            postgresql_where=sa.text("mail_state = 'due'"),
        )

    op.drop_table("notification")
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.drop_index("ix_mail_user")
        batch_op.drop_index("ix_mail_sent_at")
        batch_op.drop_index(
            "ix_mail_due",
            sqlite_where=sa.text("state IN ('due', 'sending')"),
            postgresql_where=sa.text("state IN ('due', 'sending')"),
        )

    op.drop_table("mail")
    with op.batch_alter_table("duty", schema=None) as batch_op:
        batch_op.drop_index("ix_duty_created")

    op.drop_table("duty")
    op.drop_table("draft")
    op.drop_table("company")
    with op.batch_alter_table("charter_acceptance", schema=None) as batch_op:
        batch_op.drop_index("ix_charter_acceptance_user")

    op.drop_table("charter_acceptance")
    with op.batch_alter_table("blob", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_blob_waiting",
            sqlite_where=sa.text("unattached_since IS NOT NULL"),
            postgresql_where=sa.text("unattached_since IS NOT NULL"),
        )
        batch_op.drop_index("ix_blob_uploader")
        batch_op.drop_index("ix_blob_attached")

    op.drop_table("blob")
    with op.batch_alter_table("audit_line", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_line_object")
        batch_op.drop_index("ix_audit_line_node_at")
        batch_op.drop_index("ix_audit_line_actor_at")

    op.drop_table("audit_line")
    with op.batch_alter_table("user_account", schema=None) as batch_op:
        batch_op.drop_index("ix_user_account_name")

    op.drop_table("user_account")
    with op.batch_alter_table("node", schema=None) as batch_op:
        batch_op.drop_index("ix_node_path", postgresql_ops={"path": "text_pattern_ops"})

    op.drop_table("node")
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.drop_index("ix_journal_at")

    op.drop_table("journal")
    op.drop_table("tag")
    op.drop_table("search_entry")
    op.drop_table("scope")
    with op.batch_alter_table("request_receipt", schema=None) as batch_op:
        batch_op.drop_index("ix_request_receipt_at")

    op.drop_table("request_receipt")
    op.drop_table("installation")
