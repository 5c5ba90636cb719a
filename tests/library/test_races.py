"""Two people at once on one sheet: each act comes before or after the other, never within."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from flask import Flask

from app.accounts.models import User
from app.core.errors import Refusal
from app.extensions import db
from app.library import operations, queries
from app.library.models import Practice, PracticeApplication, PracticeVersion
from app.library.sheets import sheet_of
from app.library.telling import told_of
from tests.library.conftest import draft, proposed, words
from tests.support.cast import Cast, employ, person
from tests.support.races import together

ROUNDS = 4


def review(who: int, practice_id: int, act: str) -> str:
    by = db.session.get_one(User, who)
    practice, version = queries.version_to_review(by, practice_id)
    if act == "publish":
        operations.publish(practice, version, by=by, revision=version.revision)
    else:
        operations.return_for_changes(
            practice, version, by=by, revision=version.revision, remarks="Dites quelle presse."
        )
    return act


def statuses(results: list[Any]) -> list[int]:
    return [result.status for result in results if isinstance(result, Refusal)]


def test_of_two_reviewers_the_second_is_refused(app: Flask, cast: Cast) -> None:
    manon, amir = cast.manon.id, cast.amir.id
    for _number in range(ROUNDS):
        practice_id = proposed(cast.ana, cast.loire)
        results = together(
            app,
            lambda: review(manon, practice_id, "publish"),
            lambda: review(amir, practice_id, "return"),
        )
        assert statuses(results) in ([409], [403]), results
        state = db.session.query(PracticeVersion).filter_by(practice_id=practice_id).one().state
        assert (
            state
            == {"publish": "published", "return": "returned"}[
                next(result for result in results if isinstance(result, str))
            ]
        )


def test_an_author_who_takes_back_and_a_reviewer_who_publishes(app: Flask, cast: Cast) -> None:
    ana, manon = cast.ana.id, cast.manon.id

    def take_back(practice_id: int) -> str:
        author = db.session.get_one(User, ana)
        practice, version = queries.draft_to_change(author, practice_id)
        operations.take_back(practice, version, author=author)
        return "taken"

    for _number in range(ROUNDS):
        practice_id = proposed(cast.ana, cast.loire)
        results = together(app, lambda: take_back(practice_id), lambda: review(manon, practice_id, "publish"))
        assert sum(isinstance(result, str) for result in results) == 1, results
        practice = db.session.get_one(Practice, practice_id)
        assert (practice.state == "published") is ("publish" in results)


def test_two_tabs_that_save_at_once_keep_one_and_refuse_the_other(app: Flask, cast: Cast) -> None:
    ana = cast.ana.id
    sheets = [sheet_of(words(title=title)) for title in ("Tablette", "Téléphone")]

    def save(practice_id: int, rank: int) -> int:
        author = db.session.get_one(User, ana)
        practice, version = queries.draft_to_change(author, practice_id)
        return operations.save(practice, version, sheets[rank], author=author, base_revision=1)

    for _number in range(ROUNDS):
        practice_id = draft(cast.ana, cast.loire)
        results = together(app, lambda: save(practice_id, 0), lambda: save(practice_id, 1))
        assert statuses(results) == [409]
        assert 2 in results


def test_two_first_saves_of_one_form_make_one_sheet(app: Flask, cast: Cast) -> None:
    ana, node = cast.ana.id, cast.loire.id
    for number in range(1, ROUNDS + 1):
        sent = words()
        sheet = sheet_of(sent)

        def begin(sheet: Any = sheet, request_id: str = sent["request_id"]) -> int:
            author = db.session.get_one(User, ana)
            return operations.begin(node, sheet, author=author, request_id=request_id)[0].id

        one, other = together(app, begin, begin)
        assert one == other
        assert db.session.query(Practice).count() == number


def test_two_colleagues_tell_one_application_of_a_day(app: Flask, cast: Cast, sheet: Practice) -> None:
    from app.core.database import transaction

    with transaction():
        colleague = person("Basile Leroy")
        employ(colleague, cast.plasturgie)
    bruno, basile, practice_id, firm = cast.bruno.id, colleague.id, sheet.id, cast.plasturgie.id
    told = told_of({"place": "Nogent"})

    def tell(who: int, day: date) -> int:
        teller = db.session.get_one(User, who)
        practice = queries.practice_to_change(teller, practice_id)
        return operations.apply(
            practice, told, person=teller, company_id=firm, applied_on=day, request_id=str(uuid.uuid4())
        ).id

    for number in range(1, ROUNDS + 1):
        day = date(2026, 3, number)
        results = together(app, lambda: tell(bruno, day), lambda: tell(basile, day))
        assert statuses(results) == [409], results
        assert db.session.query(PracticeApplication).count() == number
    assert db.session.get_one(Practice, practice_id).applied_by == 1


def test_two_verifications_count_once(app: Flask, cast: Cast, sheet: Practice) -> None:
    from tests.library.test_rights_table import applied

    manon, amir, application_id = cast.manon.id, cast.amir.id, applied(cast, sheet.id)

    def verify(who: int) -> str:
        by = db.session.get_one(User, who)
        practice, application = queries.application_to_change(by, application_id)
        operations.verify_application(practice, application, by=by)
        return by.name

    results = together(app, lambda: verify(manon), lambda: verify(amir))
    assert sum(isinstance(result, str) for result in results) == 1
    assert db.session.get_one(PracticeApplication, application_id).verified_by_id in (manon, amir)
