"""People: who they are, how they come in, which devices they are signed in on, what they accepted, how they leave.

A **session** is a signed-in browser, a **proof** (token) a single-use link or code sent by mail, the **second factor**
six digits of an application, the **charter** the rules everybody accepts before writing.
"""

from flask import Flask

from app.accounts import gates, jobs, polling, realtime, sessions
from app.accounts.views import account, bp, charter, sign_in, verification

__all__ = ["account", "charter", "init_app", "jobs", "realtime", "sign_in", "verification"]


def init_app(app: Flask) -> None:
    sessions.init_app(app)
    gates.init_app()
    app.register_blueprint(bp)
    polling.init_app(app)
