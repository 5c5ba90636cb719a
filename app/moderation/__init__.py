"""Moderation: reports from anyone, one queue, decisions with reasons, appeals.

Vocabulary: a **report** asks that a thing be looked at; a **case** is a thing with its open reports; its **level** is the
node whose moderators decide it; a **measure** (none, hide, restore) needs a **ground** and **facts** and makes a
**statement of reasons** for the author, who may **appeal** once, to another person one level up.
"""

from __future__ import annotations

from flask import Flask

from app.moderation import broadcasts as _broadcasts  # noqa: F401 - fills its part of the frame
from app.moderation.registry import ContextPost, register

__all__ = ["ContextPost", "init_app", "register"]


def init_app(app: Flask) -> None:
    """Register pages, the badge of the queue, and what lower layers need to know of reports and decisions."""
    from app.moderation import adapters, desk, letters, profiles, waiting
    from app.moderation.views import appeals, audit, bp, cases, decisions, reports, texts
    from app.moderation.views import desk as desk_pages

    assert appeals and audit and texts and cases and decisions and desk_pages and reports
    adapters.register()
    profiles.register_profiles()
    desk.register()
    app.jinja_env.globals.update(desk_parts=waiting.desk_parts)
    app.jinja_env.globals.update(statement_text=letters.statement_text, statement_html=letters.statement_html)
    app.register_blueprint(bp)
