"""News: who is told of what, in the page and by mail.

Vocabulary: a **duty** (core) is what is owed to people after an act; a **notification** is one line for one person; a
**thread** groups lines that are read and mailed together; a `News` (core) is a kind of them as a feature registers it:
its recipients, its sentence, its mail. Features owe duties.
"""

from __future__ import annotations

from flask import Flask

from app.core import duties, post
from app.core import jobs as queue
from app.notifications import broadcasts as _broadcasts  # noqa: F401 - registers what open pages are told
from app.notifications import jobs as _jobs  # noqa: F401 - registers the jobs
from app.notifications.mail import queue_mail
from app.notifications.operations import read_thread

__all__ = ["init_app", "queue_mail", "read_thread"]


def init_app(app: Flask) -> None:
    """Register pages, jobs, the bell, and this feature as the one that takes duties and letters."""
    from app.notifications import views

    post.register(queue_mail)
    duties.fulfilled_by(_fulfil_later)
    app.register_blueprint(views.bp)


def _fulfil_later(duty_id: int) -> None:
    queue.enqueue("notifications.fulfil_duty", duty_id)
