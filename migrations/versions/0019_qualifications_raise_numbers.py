"""What somebody is qualified for raises their number: a lab's week says beside each machine what its reader lacks.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

EVENTS = (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
RAISE = (
    "INSERT INTO data_version (subject, ref, number) SELECT 'person', {row}.user_id, 1 WHERE true "
    "ON CONFLICT (subject, ref) DO UPDATE SET number = data_version.number + 1"
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event, row in EVENTS:
            # « WHERE true »: without it SQLite reads « ON » as part of a join.
            op.execute(
                f"CREATE TRIGGER qualification_{event.lower()}_raises AFTER {event} ON qualification "
                f"BEGIN {RAISE.format(row=row)}; END"
            )
        return
    for event, row in EVENTS:
        op.execute(
            f"CREATE TRIGGER qualification_{event.lower()}_raises AFTER {event} ON qualification "
            f"REFERENCING {row} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION raise_person()"
        )


def downgrade() -> None:
    where = "" if op.get_bind().dialect.name == "sqlite" else " ON qualification"
    for event, _row in EVENTS:
        op.execute(f"DROP TRIGGER qualification_{event.lower()}_raises{where}")
