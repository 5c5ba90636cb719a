"""Home, and the doors that are not open yet."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.accounts import sessions
from app.communities.access import access_of
from app.core import shell
from app.core.doors import public
from app.core.fragments import drawn
from app.core.pages import page
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
    user = current_user._get_current_object()
    labs = queries.labs_around(user)
    shell.listen(lab.scope_id for lab in labs)
    seqs = shell.current_shell().seqs
    since = queries.last_visit(user)
    told = queries.told(user, since)
    first = sessions.last_visit(user) is None
    news = drawn("home/_news.html", user.id, told.version, news=told.news, since=since, is_first_visit=first)
    question = (
        drawn("home/_question.html", user.id, told.version, question=told.question) if told.question else ""
    )
    return page(
        "home/home.html",
        scopes=seqs,
        now=clock.now(),
        name=user.given_name,
        told=told,
        news=news,
        question=question,
        labs=tuple((lab.name, lab.url) for lab in labs),
        booking=queries.next_booking(user),
        has_place=bool(access_of(user).places),
    )
