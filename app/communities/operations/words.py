"""What a firm or a person says of itself, taken out of sight and given back by decisions made in moderation.

Who may decide is asked there. Pages of every community that reads the words are told, and the index loses them in the
same transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.models import User
from app.communities import queries
from app.communities.models import Company, Employment
from app.core import indexing, journal, withheld
from app.core.errors import Refusal
from app.extensions import db

COMPANY_WORDS = ("summary", "skills", "equipment")
PERSON_WORDS = ("trade", "about")
JOB_TITLE = "job_title"


def withhold_company_words(company_id: int, *, at: datetime) -> None:
    """Empty what a firm says of itself; the words are kept aside. Raises Refusal when it says nothing."""
    company = queries.locked_company(company_id)
    _withhold("company", company_id, _words(company, COMPANY_WORDS), at)
    _fill(company, dict.fromkeys(COMPANY_WORDS, ""))
    _company_changed(company)


def give_back_company_words(company_id: int, *, hidden_at: datetime) -> None:
    """Put them back, except where the firm wrote something else since."""
    company = queries.locked_company(company_id)
    _fill(company, _still_wanted(company, withheld.take_back("company", company_id, hidden_at=hidden_at)))
    _company_changed(company)


def company_words_are_withheld(company_id: int) -> bool:
    """Whether nothing of what the firm said is left to be seen."""
    company = db.session.get_one(Company, company_id)
    return not _words(company, COMPANY_WORDS) and bool(withheld.of("company", company_id))


def withhold_person_words(person_id: int, *, at: datetime) -> None:
    """Empty what a person says of themselves, trade and job titles included. Raises Refusal when they say nothing."""
    person, employments = _locked_person(person_id)
    words = _words(person, PERSON_WORDS)
    words |= {f"{JOB_TITLE}:{one.id}": one.job_title for one in employments if one.job_title}
    _withhold("person", person_id, words, at)
    _fill(person, dict.fromkeys(PERSON_WORDS, ""))
    for employment in employments:
        employment.job_title = ""
    _person_changed(person)


def give_back_person_words(person_id: int, *, hidden_at: datetime) -> None:
    """Put them back, except where the person wrote something else since; a firm they left meanwhile is left alone."""
    person, employments = _locked_person(person_id)
    words = withheld.take_back("person", person_id, hidden_at=hidden_at)
    _fill(person, _still_wanted(person, {name: words[name] for name in PERSON_WORDS if name in words}))
    for employment in employments:
        employment.job_title = employment.job_title or words.get(f"{JOB_TITLE}:{employment.id}", "")
    _person_changed(person)


def person_words_are_withheld(person_id: int) -> bool:
    """Whether nothing of what the person said is left to be seen."""
    person = db.session.get_one(User, person_id)
    return not _words(person, PERSON_WORDS) and bool(withheld.of("person", person_id))


def _withhold(object_type: str, object_id: int, words: dict[str, str], at: datetime) -> None:
    if not words:
        raise Refusal(_("Il n’y a plus de texte à masquer ici."), field="measure")
    withheld.keep(object_type, object_id, words, at=at)


def _words(row: Any, names: tuple[str, ...]) -> dict[str, str]:
    return {name: text for name in names if (text := getattr(row, name))}


def _still_wanted(row: Any, words: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in words.items() if not getattr(row, name)}


def _fill(row: Any, words: dict[str, str]) -> None:
    for name, text in words.items():
        setattr(row, name, text)


def _locked_person(person_id: int) -> tuple[User, list[Employment]]:
    person = db.session.execute(
        select(User).where(User.id == person_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()
    employments = db.session.execute(
        select(Employment)
        .where(Employment.user_id == person_id, Employment.ended_at.is_(None))
        .order_by(Employment.id)
    ).scalars()
    return person, list(employments)


def _company_changed(company: Company) -> None:
    company.version += 1
    db.session.flush()
    for scope_id in queries.scopes_reading_company(company.id):
        journal.record(scope_id, "company.changed", "company", company.id, version=company.version)
    indexing.changed("company", company.id)


def _person_changed(person: User) -> None:
    db.session.flush()
    for scope_id in queries.scopes_reading_person(person.id):
        journal.record(scope_id, "person.changed", "person", person.id)
    indexing.changed("person", person.id)
