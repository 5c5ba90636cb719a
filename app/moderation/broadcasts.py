"""What moderators' open pages are told: the badge of the queue.

Who may decide differs within a scope (conflicts of interest), so entries carry nothing: pages ask for their own number.
"""

from __future__ import annotations

from typing import Any

from app.communities.access import access_of
from app.core import journal, shell
from app.core.shell import Shell
from app.moderation import permissions, queries, waiting


@shell.provides
def show_the_queue(frame: Shell, user: Any) -> None:
    """Whether the person moderates, how many cases wait, and the scopes that keep it true."""
    access = access_of(user)
    if not permissions.can_moderate(access):
        return
    frame.can_moderate = True
    frame.counts["pending"] = waiting.pending(access)
    frame.scopes |= queries.listening_scopes(access)


def tell_moderators(level_node_id: int | None, kind: str, report_id: int) -> None:
    """Let the pages of whoever may decide at this level ask for their number again."""
    # Without an actor: a moderator in conflict listens too, and must not learn who reported.
    for scope_id in queries.scopes_above(level_node_id):
        journal.record(scope_id, kind, "report", report_id)


def desk_changed(node_id: int | None, object_type: str, object_id: int) -> None:
    """Let those who moderate a place ask for their number again: something of a feature's waits there, or no longer."""
    for scope_id in queries.scopes_above(node_id):
        journal.record(scope_id, "desk.changed", object_type, object_id)
