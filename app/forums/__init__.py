"""Discussions: rooms of a node, topics opened in them, posts that answer.

Vocabulary: a **room** belongs to a node and is open to whom the node is, unless it is restricted to listed members; a
**topic** is a question, a discussion, an announcement, a need or an offer; its first message is **post** number 1; one
answer of a question may be **accepted**. How far a person has read is one number per topic, which never expires.
"""

from __future__ import annotations

from flask import Flask

from app.core.slugs import slug_of


def init_app(app: Flask) -> None:
    """Register pages, socket events, presenters and what lower layers need to know of posts and topics."""
    from app.forums import adapters, broadcasts, jobs, realtime
    from app.forums.views import (
        announcements,
        bp,
        composing,
        messages,
        places,
        reading,
        rooms,
        thread,
        topics,
    )

    assert announcements and composing and messages and places and reading and rooms and thread and topics
    app.register_blueprint(bp)
    app.jinja_env.filters["slug"] = slug_of
    adapters.register()
    assert broadcasts
    assert jobs
    assert realtime
