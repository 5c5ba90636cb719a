"""A link made or taken away raises the number of the tags: what is near to a thing is remembered under it.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

RAISE = "UPDATE data_version SET number = number + 1 WHERE subject = 'tags' AND ref = 0"
EVENTS = ("INSERT", "DELETE")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in EVENTS:
            op.execute(f"CREATE TRIGGER link_{event.lower()}_raises AFTER {event} ON link BEGIN {RAISE}; END")
    else:
        op.execute(
            "CREATE TRIGGER link_raises AFTER INSERT OR DELETE ON link "
            "FOR EACH STATEMENT EXECUTE FUNCTION raise_tags()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in EVENTS:
            op.execute(f"DROP TRIGGER link_{event.lower()}_raises")
    else:
        op.execute("DROP TRIGGER link_raises ON link")
