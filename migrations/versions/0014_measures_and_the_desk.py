"""Decisions reach further: delete, move, warn, suspend writing, take off a room, close the account; the desk is shared out.

A decision gets a measure about the thing and one about its author. From now on the database refuses any change to a
decision, as it does for audit lines. Whoever may not write for a time has a row that rights are computed from, so it
raises the tree's number. What waits on the desk is taken by one person; ready texts are kept per place, and those that
serve everywhere come along. SQLite cannot widen a CHECK: its table is made anew under the same name, with its indexes.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

KEPT = (
    "id, object_type, object_id, node_id, level_node_id, measure, provisional, reason, ground, ground_detail, facts, "
    "author_id, author_company_id, decided_by_id, report_id, at"
)
INDEXES = {
    "ix_decision_author": ["author_id"],
    "ix_decision_node_at": ["node_id", "at"],
    "ix_decision_object": ["object_type", "object_id"],
}
CHECKS = {
    "ck_decision_measure_known": "measure IN ('none', 'hide', 'delete', 'move', 'restore')",
    "ck_decision_sanction_known": "sanction IN ('', 'warn', 'suspend', 'remove_from_room', 'close_account')",
    "ck_decision_measure_has_ground": (
        "(measure IN ('none', 'restore') AND sanction = '') OR provisional OR (ground <> '' AND facts <> '')"
    ),
    "ck_decision_suspension_ends": "sanction <> 'suspend' OR until IS NOT NULL",
    "ck_decision_human_decides": "provisional OR decided_by_id IS NOT NULL",
}
OLD_CHECKS = {
    "ck_decision_measure_known": "measure IN ('none', 'hide', 'restore')",
    "ck_decision_measure_has_ground": "measure <> 'hide' OR provisional OR (ground <> '' AND facts <> '')",
    "ck_decision_human_decides": "provisional OR decided_by_id IS NOT NULL",
}
KEEP_SQLITE = (
    """
    CREATE TRIGGER decision_unchanged BEFORE UPDATE ON decision BEGIN
        SELECT RAISE(ABORT, 'decisions are never changed');
    END
    """,
    """
    CREATE TRIGGER decision_kept BEFORE DELETE ON decision BEGIN
        SELECT RAISE(ABORT, 'decisions are never deleted');
    END
    """,
)
KEEP_POSTGRESQL = (
    """
    CREATE FUNCTION decision_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'decisions are never changed nor deleted'; END $$
    """,
    """
    CREATE TRIGGER decision_kept BEFORE UPDATE OR DELETE ON decision
    FOR EACH ROW EXECUTE FUNCTION decision_refuse()
    """,
)
RAISE = "UPDATE data_version SET number = number + 1 WHERE subject = 'tree' AND ref = 0"
SUSPENDED = "user_id, node_id, starts_at, ends_at, lifted_at"

WRITTEN = datetime(2026, 11, 22, tzinfo=UTC)
TEXTS = (
    ("competition_charter", "Prix ou conditions de vente", "Il donne un prix ou une condition de vente entre entreprises qui peuvent être concurrentes."),
    ("competition_charter", "Réponse commune à un client", "Il propose à des entreprises de s’entendre sur ce qu’elles répondront à un client."),
    ("confidentiality", "Plan ou pièce d’un client", "Il montre un plan ou une pièce qui appartient à un client, sans son accord."),
    ("confidentiality", "Photo d’un poste voisin", "La photo montre un poste ou un produit qui n’est pas celui de son auteur."),
    ("safety_rules", "Protecteur ou sécurité ôtés", "Il conseille de travailler sans un protecteur ou une sécurité de la machine."),
    ("safety_rules", "Réglage sans consignation", "Il décrit une intervention sur une machine qui n’est ni arrêtée ni consignée."),
    ("community_rules", "Propos contre une personne", "Il s’en prend à une personne plutôt qu’à ce qu’elle dit."),
    ("community_rules", "Offre commerciale", "Il présente une offre commerciale sans répondre au sujet."),
    ("community_rules", "Mauvaise salle", "Il serait mieux lu dans une autre salle, par ceux que le sujet concerne."),
    ("law", "Données d’une personne", "Il publie des informations sur une personne qui n’a pas donné son accord."),
)  # fmt: skip


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _remake(CHECKS, widened=True)
        keep = KEEP_SQLITE
    else:
        op.add_column(
            "decision", sa.Column("sanction", sa.String(length=20), nullable=False, server_default="")
        )
        op.add_column("decision", sa.Column("until", sa.DateTime(timezone=True), nullable=True))
        op.add_column("decision", sa.Column("origin_id", BigId, nullable=True))
        op.add_column("decision", sa.Column("target_id", BigId, nullable=True))
        for name in OLD_CHECKS:
            op.drop_constraint(op.f(name), "decision", type_="check")
        for name, condition in CHECKS.items():
            op.create_check_constraint(op.f(name), "decision", condition)
        keep = KEEP_POSTGRESQL
    for statement in keep:
        op.execute(statement)
    _suspensions()
    _desk()


def _remake(checks: dict[str, str], *, widened: bool) -> None:
    """Make the table of decisions anew, on SQLite."""
    more = (
        [
            sa.Column("sanction", sa.String(length=20), nullable=False, server_default=""),
            sa.Column("until", sa.DateTime(timezone=True), nullable=True),
            sa.Column("origin_id", BigId, nullable=True),
            sa.Column("target_id", BigId, nullable=True),
        ]
        if widened
        else []
    )
    op.create_table(
        "decision_anew",
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
        *more,
        *(sa.CheckConstraint(condition, name=op.f(name)) for name, condition in checks.items()),
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
    op.execute(f"INSERT INTO decision_anew ({KEPT}) SELECT {KEPT} FROM decision")
    op.drop_table("decision")
    op.rename_table("decision_anew", "decision")
    for name, columns in INDEXES.items():
        op.create_index(name, "decision", columns)


def _suspensions() -> None:
    op.create_table(
        "writing_suspension",
        sa.Column("id", BigId, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("node_id", BigId, nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision_id", BigId, nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by_id", BigId, nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_writing_suspension_ends_later")),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by_id IS NULL)",
            name=op.f("ck_writing_suspension_lifted_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decision.id"], name=op.f("fk_writing_suspension_decision_id_decision")
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by_id"],
            ["user_account.id"],
            name=op.f("fk_writing_suspension_lifted_by_id_user_account"),
        ),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_writing_suspension_node_id_node")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_writing_suspension_user_id_user_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_writing_suspension")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_writing_suspension_decision_id")),
    )
    op.create_index("ix_writing_suspension_user", "writing_suspension", ["user_id"])
    if op.get_bind().dialect.name == "sqlite":
        for event in ("INSERT", "DELETE", f"UPDATE OF {SUSPENDED}"):
            name = f"writing_suspension_{event.split()[0].lower()}_raises"
            op.execute(f"CREATE TRIGGER {name} AFTER {event} ON writing_suspension BEGIN {RAISE}; END")
    else:
        op.execute(
            f"CREATE TRIGGER writing_suspension_raises AFTER INSERT OR DELETE OR UPDATE OF {SUSPENDED} "
            "ON writing_suspension FOR EACH STATEMENT EXECUTE FUNCTION raise_tree()"
        )


def _desk() -> None:
    op.create_table(
        "taking",
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("thing_id", BigId, nullable=False),
        sa.Column("taken_by_id", BigId, nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_by_id", BigId, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["handed_by_id"], ["user_account.id"], name=op.f("fk_taking_handed_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(
            ["taken_by_id"], ["user_account.id"], name=op.f("fk_taking_taken_by_id_user_account")
        ),
        sa.PrimaryKeyConstraint("kind", "thing_id", name=op.f("pk_taking")),
    )
    table = op.create_table(
        "canned_text",
        sa.Column("id", BigId, nullable=False),
        sa.Column("node_id", BigId, nullable=True),
        sa.Column("ground", sa.String(length=30), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("changed_by_id", BigId, nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["user_account.id"], name=op.f("fk_canned_text_changed_by_id_user_account")
        ),
        sa.ForeignKeyConstraint(["node_id"], ["node.id"], name=op.f("fk_canned_text_node_id_node")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_text")),
    )
    op.create_index("ix_canned_text_node", "canned_text", ["node_id"])
    assert table is not None
    op.bulk_insert(
        table,
        [
            {"ground": ground, "title": title, "text": words, "changed_at": WRITTEN}
            for ground, title, words in TEXTS
        ],
    )


def downgrade() -> None:
    op.drop_table("canned_text")
    op.drop_table("taking")
    op.drop_table("writing_suspension")
    further = "measure NOT IN ('none', 'hide', 'restore') OR sanction <> ''"
    if op.get_bind().execute(sa.text(f"SELECT count(*) FROM decision WHERE {further}")).scalar():
        raise RuntimeError("decisions were taken that the version before does not know")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER decision_unchanged")
        op.execute("DROP TRIGGER decision_kept")
        _remake(OLD_CHECKS, widened=False)
        return
    op.execute("DROP FUNCTION decision_refuse() CASCADE")
    for name in CHECKS:
        op.drop_constraint(op.f(name), "decision", type_="check")
    for column in ("sanction", "until", "origin_id", "target_id"):
        op.drop_column("decision", column)
    for name, condition in OLD_CHECKS.items():
        op.create_check_constraint(op.f(name), "decision", condition)
