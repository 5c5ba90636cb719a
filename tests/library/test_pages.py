"""Pages of sheets ask the database a constant number of times, weigh little, and say what several firms measured."""

from __future__ import annotations

import re
import uuid
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.accounts import operations as accounts
from app.core.database import transaction
from app.extensions import db
from app.library import operations, queries
from app.library.differences import pieces
from app.library.models import Practice, PracticeVersion
from app.library.sheets import thousandths
from app.library.telling import told_of
from app.library.vocabulary import number_in_words
from tests.library.conftest import draft, published
from tests.support.cast import Cast, admit, company, employ, person, sign_in
from tests.support.statements import counted_statements, forget_everything

MOST_BYTES = 60_000


def firms(cast: Cast, count: int) -> list[Any]:
    """Somebody of each of so many further firms of Val de Loire."""
    people = []
    with transaction():
        for number in range(count):
            user, firm = person(f"Luc Nom{number}"), company(f"Atelier {number}")
            employ(user, firm)
            admit(firm, cast.loire, by=cast.nadia)
            people.append((user, firm))
    return people


def tell(practice_id: int, who: Any, firm: Any, before: str, after: str, unit: str = "min") -> None:
    told = told_of({"place": "Blois", "before_value": before, "after_value": after, "unit": unit})
    with transaction():
        practice = queries.practice_to_change(who, practice_id)
        operations.apply(
            practice, told, person=who, company_id=firm.id, applied_on=date(2026, 3, 1),
            request_id=str(uuid.uuid4()),
        )  # fmt: skip


def test_the_median_is_said_from_three_firms_on(app: Flask, cast: Cast, sheet: Practice) -> None:
    people = firms(cast, 4)
    bruno = sign_in(app.test_client(), cast.bruno)
    address = f"/apprendre/{sheet.id}"
    tell(sheet.id, *people[0], "100", "60")
    tell(sheet.id, *people[1], "50", "25")
    tell(sheet.id, *people[2], "10", "9", unit="h")
    page = bruno.get(address).text
    assert "Appliquée par 3 entreprises" in page
    assert "en médiane" not in page
    assert '<svg viewBox="0 0 280' not in page
    tell(sheet.id, *people[3], "80", "64")
    page = bruno.get(address).text
    assert "40 % de moins en médiane, de 20 à 50 %" in page
    assert '<svg viewBox="0 0 280' in page
    assert "appliquée par 4 entreprises" in bruno.get("/apprendre").text


@pytest.mark.parametrize("who", ["bruno", "manon", "ana"])
@pytest.mark.parametrize(("path", "most"), [("/apprendre/{id}-x", 9), ("/apprendre", 8)])
def test_a_page_asks_as_often_for_many_as_for_one(
    app: Flask, cast: Cast, sheet: Practice, monkeypatch: pytest.MonkeyPatch, who: str, path: str, most: int
) -> None:
    monkeypatch.setattr("app.core.demo.ASK_AGAIN_SECONDS", 3600)
    people = firms(cast, 5)
    reader = sign_in(app.test_client(), getattr(cast, who))
    address = path.format(id=sheet.id)
    tell(sheet.id, *people[0], "60", "30")
    reader.get(address)
    with counted_statements() as few:
        forget_everything()
        assert reader.get(address).status_code == 200
    for one in people[1:]:
        tell(sheet.id, *one, "60", "20")
    for number in range(8):
        published(cast.ana, cast.loire, cast.manon, title=f"Une autre fiche {number}")
    with counted_statements() as many:
        forget_everything()
        assert reader.get(address).status_code == 200
    assert len(many) == len(few) <= most, "\n\n".join(many)


def test_pages_are_slim(app: Flask, cast: Cast) -> None:
    steps = "\n".join(
        f"{n}. Une étape qui tient en une ligne et demie, comme à l’atelier." for n in range(1, 16)
    )
    paragraph = "Six changements par semaine, la presse attendait l’outillage et le chariot. " * 12
    made = published(
        cast.ana, cast.loire, cast.manon, solution=steps, situation=paragraph, pitfalls=paragraph
    )
    for one in firms(cast, 12):
        tell(made.id, *one, "60", "30")
    for number in range(24):
        published(cast.ana, cast.loire, cast.manon, title=f"Une autre fiche {number}", situation=paragraph)
    bruno = sign_in(app.test_client(), cast.bruno)
    for path in (f"/apprendre/{made.id}", "/apprendre", "/apprendre?page=2", "/apprendre/nouvelle"):
        page = bruno.get(path)
        assert page.status_code == 200
        assert len(page.data) <= MOST_BYTES, (path, len(page.data))


def test_a_list_is_narrowed_by_what_its_counts_say(app: Flask, cast: Cast, sheet: Practice) -> None:
    published(
        cast.ana, cast.loire, cast.manon, title="Fuites d’air", dimension="ENE", technologies=["energy"]
    )
    published(
        cast.ana, cast.loire, cast.manon, title="Autre énergie", dimension="ENE", evidence="none",
        before_value="", after_value="", technologies=["energy", "data"],
    )  # fmt: skip
    bruno = sign_in(app.test_client(), cast.bruno)
    page = bruno.get("/apprendre?domaine=ENE").text
    assert "Fuites d’air" in page
    assert "Préparer un changement" not in page
    both = bruno.get("/apprendre?domaine=ENE&preuve=none&technologie=data").text
    assert "Autre énergie" in both
    assert "Fuites d’air" not in both
    assert "Aucune fiche ne réunit" in bruno.get("/apprendre?domaine=RES").text
    for odd in ("?domaine=XXX&page=zut", "?lieu=99999999999999999999", "?genre=product&lieu=-1"):
        assert bruno.get(f"/apprendre{odd}").status_code == 200


def test_figures_are_kept_exactly() -> None:
    for typed, kept, said in (
        ("58", 58_000, "58"),
        ("4,5", 4_500, "4,5"),
        ("0.125", 125, "0,125"),
        ("−3", -3_000, "−3"),
        ("1 200,25", 1_200_250, "1\u202f200,25"),
    ):
        assert thousandths(typed) == kept
        assert number_in_words(kept) == said
    for odd in ("58 min", "1e3", "0,0001", "--3", "1,2,3", "٣", "9" * 10):
        with pytest.raises(ValueError, match=re.escape(odd)):
            thousandths(odd)


def test_the_database_itself_keeps_what_was_published(app: Flask, cast: Cast, sheet: Practice) -> None:
    for statement in (
        "UPDATE practice_version SET solution = 'autre' WHERE state = 'published'",
        "UPDATE practice_version SET before_value = 1 WHERE state = 'published'",
        "DELETE FROM practice_version WHERE state = 'published'",
    ):
        with pytest.raises(DBAPIError, match="never"), transaction():
            db.session.execute(text(statement))
    assert db.session.query(PracticeVersion).one().before_value == 58_000


def test_somebody_who_leaves_takes_their_drafts_and_is_named_no_more(
    app: Flask, cast: Cast, sheet: Practice
) -> None:
    kept, alone = sheet.id, draft(cast.ana, cast.loire)
    with transaction():
        queries.practice_to_change(cast.ana, kept)
    bruno = sign_in(app.test_client(), cast.bruno)
    with transaction():
        accounts.close_account(cast.ana)
    page = bruno.get(f"/apprendre/{kept}").text
    assert "Préparer un changement" in page
    assert "Ana Costa" not in page
    assert db.session.get(Practice, alone) is None


def test_everything_odd_in_an_application_is_told_at_once(app: Flask, cast: Cast, sheet: Practice) -> None:
    bruno = sign_in(app.test_client(), cast.bruno)
    sent = {
        "applied_on": "2026-03-02",
        "place": "",
        "before_value": "beaucoup",
        "after_value": "22",
        "note": "Bien.",
    }
    page = bruno.post(f"/apprendre/{sheet.id}/application", data={**sent, "request_id": str(uuid.uuid4())})
    assert page.status_code == 422
    said = page.text.replace("\xa0", " ")
    assert said.count("Dites où : le site ou la ville.") == 2, "above and beside"
    assert said.count("Un nombre seul, comme 58") == 2
    assert 'value="beaucoup"' in page.text and 'value="22"' in page.text


def test_wordings_with_little_in_common_stand_whole_one_after_the_other() -> None:
    mixed = pieces("Quatre changements par jour", "Six changements par jour")
    assert [piece.kind for piece in mixed] == ["removed", "added", "same"]
    apart = pieces("Sans chiffre", "Potentiel. Reprise de l’origine : ÷ 2")
    assert [tuple(piece) for piece in apart] == [
        ("removed", "Sans chiffre"),
        ("added", "Potentiel. Reprise de l’origine : ÷ 2"),
    ]
    assert [piece.kind for piece in pieces("", "Un mot de plus")] == ["added"]
