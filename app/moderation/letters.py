"""What mails about decisions quote."""

from __future__ import annotations

from markupsafe import Markup

from app.moderation import queries, statements


def statement_text(decision_id: int) -> str:
    """The statement of reasons of a decision, for its mail."""
    statement = queries.statement_of(decision_id)
    return statements.as_read(statement) if statement is not None else ""


def statement_html(decision_id: int) -> Markup:
    """The same, as paragraphs."""
    return statements.as_html(statement_text(decision_id))
