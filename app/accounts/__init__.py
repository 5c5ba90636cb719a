"""People: who they are, how they come in, which devices they are signed in on, what they accepted, how they leave.

A **session** is a signed-in browser, a **proof** (token) a single-use link or code sent by mail, the **second factor**
six digits of an application, the **charter** the rules everybody accepts before writing.
"""

from flask import Flask

from app.accounts import gates, jobs, polling, realtime, sessions
from app.accounts.views import account as account_views
from app.accounts.views import bp
from app.accounts.views import charter as charter_views
from app.accounts.views import sign_in as sign_in_views
from app.accounts.views import verification as verification_views

__all__ = [
    "account_views",
    "charter_views",
    "init_app",
    "jobs",
    "realtime",
    "sign_in_views",
    "verification_views",
]


def init_app(app: Flask) -> None:
    sessions.init_app(app)
    gates.init_app()
    app.register_blueprint(bp)
    polling.init_app(app)
