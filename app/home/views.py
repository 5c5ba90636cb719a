"""Home, and the doors that are not open yet."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.accounts import sessions
from app.communities.access import access_of
from app.core import shell
from app.core.doors import public, signed_in
from app.core.time import clock
from app.home import queries
from app.home.landing import landing

bp = Blueprint("home", __name__, template_folder="templates")


@bp.get("/")
@public("the landing page, or one's own home")
def home() -> ResponseReturnValue:
    """What this is, for a visitor; what happened since the last visit, for somebody signed in."""
    if not current_user.is_authenticated:
        return landing()
    seqs = shell.current_shell().seqs
    since = queries.last_visit(current_user)
    return render_template(
        "home/home.html",
        scopes=seqs,
        now=clock.now(),
        since=since,
        is_first_visit=sessions.last_visit(current_user) is None,
        news=queries.news_for(current_user, since),
        question=queries.question_for(current_user),
        open_questions=queries.open_questions(current_user),
        places=access_of(current_user).places,
        has_place=bool(access_of(current_user).places),
    )


@bp.get("/reserver")
@signed_in
def book() -> ResponseReturnValue:
    """The second door says what is coming."""
    return render_template("home/book.html")


@bp.get("/apprendre")
@signed_in
def learn() -> ResponseReturnValue:
    """The third door says what is coming."""
    return render_template("home/learn.html")
