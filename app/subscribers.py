"""What follows from what, upward: the one page that lists every receiver of the lower layers' signals and questions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask

from app.accounts import absences, identities, realtime, second_factor, visitors
from app.accounts.signals import account_closed, password_changed, profile_changed, renamed
from app.communities import operations as communities
from app.communities import queries as communities_queries
from app.communities.access import access_of, lapsed_between
from app.communities.signals import employment_ended
from app.core import indexing, jobs
from app.core.database import after_commit
from app.demo import describing
from app.forums import leaving as forums_leaving
from app.library import leaving as library_leaving
from app.notifications import leaving as notifications_leaving
from app.resources import leaving as resources_leaving
from app.resources.operations import staff as lab_staff


def _acts_on_a_region(user: Any) -> bool:
    return access_of(user).needs_second_factor


def _is_of_the_national_team(user: Any) -> bool:
    return access_of(user).is_national_admin


def _person_leaves(user_id: int) -> None:
    resources_leaving.forget_person(user_id)
    communities.let_go(user_id)
    notifications_leaving.forget_person(user_id)
    forums_leaving.forget_person(user_id)
    library_leaving.forget_person(user_id)
    lab_staff.let_go(user_id)


def _person_leaves_a_company(user_id: int, *, company_id: int, by_id: int | None) -> None:
    resources_leaving.leave_company(user_id, company_id=company_id, by_id=by_id)


def _person_is_found_under(user_id: int) -> None:
    indexing.changed("person", user_id)


def _texts_name_anew(user_id: int) -> None:
    after_commit(jobs.enqueue, "forums.name_anew", user_id)


def _people_of_the_demonstration() -> Iterable[visitors.Visitor]:
    for line in describing.accounts():
        yield visitors.Visitor(line["name"], line["title"], line["email"], line["password"])


def init_app(_app: Flask) -> None:
    # Roles at region level and above are held behind a second factor.
    second_factor.required_when(_acts_on_a_region)
    # Roles end by their date without an act: sockets are put out of what they opened.
    realtime.lapses(lapsed_between)
    # What is sealed at a closing names the firms the person wrote for.
    identities.firms_named_by(communities_queries.firms_of_person)
    # A place must not lose its last administrators to the calendar.
    absences.spared_when(_is_of_the_national_team)
    # A closed account leaves its firms (one may lose its last referent), its roles, its news and its reading marks.
    account_closed.connect(_person_leaves)
    # Who leaves a firm gives back what they booked for it.
    employment_ended.connect(_person_leaves_a_company)
    # A new password makes the sheets worthless that were printed to choose one.
    password_changed.connect(communities.forget_returns)
    # Search keeps names and trades: it writes them again, or drops the person who is gone.
    profile_changed.connect(_person_is_found_under)
    # Messages that name somebody show the name the person has now; done later, and looked over each night.
    renamed.connect(_texts_name_anew)
    # The sign-in page of a demonstration offers its people.
    visitors.offered_by(_people_of_the_demonstration)
