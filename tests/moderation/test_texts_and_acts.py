"""Ready texts belong to their place; the register of acts shows one's subtree and nothing one may not judge."""

from __future__ import annotations

import csv
import html
import io
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from app.communities.models import Company
from app.core.audit import AuditLine
from app.core.database import transaction
from app.extensions import db
from app.forums.models import Post
from app.moderation.models import CannedText
from tests.moderation.deciding import form_of, hide
from tests.support.cast import Cast, employ, sign_in

WORDS = "Il cite un client sans son accord."


def write_text(client: Any, place: Any, **fields: str) -> Any:
    values = {"place": str(place or ""), "ground": "confidentiality", "title": "Client cité", "text": WORDS}
    return client.post("/moderation/textes/nouveau", data={**values, **fields})


def test_a_ready_text_goes_into_the_facts_and_the_statement_without_a_script(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    manon = sign_in(app.test_client(), cast.manon)
    assert write_text(manon, cast.loire.id).status_code == 302
    own = db.session.execute(select(CannedText.id).where(CannedText.node_id == cast.loire.id)).scalar_one()
    page = manon.get(f"/moderation/cas/{case}")

    again = manon.post(
        f"/moderation/cas/{case}/decision",
        data={**form_of(page), "measure": "delete", "canned": str(own), "insert": "1"},
    )

    filled = form_of(again)
    assert filled["facts"] == WORDS
    assert f"Faits. {WORDS}" in filled["statement"]
    assert "est supprimé" in filled["statement"]
    assert 'value="delete" checked' in again.text or 'checked id="measure-2"' in again.text
    assert 'selected value="confidentiality"' in again.text


def test_texts_are_changed_by_those_of_their_place(app: Flask, cast: Cast) -> None:
    manon, amir = sign_in(app.test_client(), cast.manon), sign_in(app.test_client(), cast.amir)
    anne, nadia = sign_in(app.test_client(), cast.anne), sign_in(app.test_client(), cast.nadia)
    write_text(manon, cast.loire.id)
    own = db.session.execute(select(CannedText.id).where(CannedText.node_id == cast.loire.id)).scalar_one()
    everywhere = db.session.execute(select(func.min(CannedText.id))).scalar_one()

    assert WORDS in html.unescape(amir.get("/moderation/textes").text)
    assert WORDS not in html.unescape(anne.get("/moderation/textes").text)
    for client, text_id, status in (
        (manon, own, 200), (amir, own, 200), (nadia, own, 200), (anne, own, 404),
        (manon, everywhere, 404), (amir, everywhere, 404), (nadia, everywhere, 200),
    ):  # fmt: skip
        assert client.get(f"/moderation/textes/{text_id}").status_code == status
    assert anne.post(f"/moderation/textes/{own}/retrait").status_code == 404
    assert write_text(manon, cast.region_loire.id).status_code in (403, 422)
    assert write_text(manon, None).status_code in (403, 422)
    empty = write_text(manon, cast.loire.id, text=" ")
    assert empty.status_code == 422
    assert "Client cité" in empty.text
    assert manon.post(f"/moderation/textes/{own}/retrait").status_code == 302
    assert WORDS not in html.unescape(manon.get("/moderation/textes").text)


def lines_of(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig")), delimiter=";"))


def test_acts_are_read_in_one_s_subtree_and_taken_as_a_file(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    manon = sign_in(app.test_client(), cast.manon)
    hide(manon, case)
    page = manon.get("/moderation/actes").text
    assert "a décidé d’un cas" in page
    assert "Manon Petit" in page
    assert "Masqué, Charte de concurrence" in page

    answer = manon.get("/moderation/actes.csv")

    assert answer.headers["Content-Disposition"].startswith("attachment")
    lines = lines_of(answer)
    decided = next(line for line in lines if line["acte"] == "a décidé d’un cas")
    assert (decided["qui"], decided["lieu"]) == ("Manon Petit", "Val de Loire mécanique")
    # Who reported is read on the case alone, and ordinary writing nowhere.
    assert not [line for line in lines if line["qui"] in ("Ana Costa", "Bruno Leroy")]
    elsewhere = sign_in(app.test_client(), cast.anne).get("/moderation/actes.csv")
    assert "Val de Loire" not in elsewhere.text
    assert "Manon" not in elsewhere.text


def test_acts_are_narrowed_by_kind_person_and_period(app: Flask, cast: Cast, prix: Post, case: int) -> None:
    hide(sign_in(app.test_client(), cast.manon), case)
    amir = sign_in(app.test_client(), cast.amir)
    kinds = {line["acte"] for line in lines_of(amir.get("/moderation/actes.csv?genre=roles"))}
    assert kinds == {"a donné un rôle"}
    people = {line["qui"] for line in lines_of(amir.get(f"/moderation/actes.csv?qui={cast.manon.id}"))}
    assert people == {"Manon Petit"}
    assert lines_of(amir.get("/moderation/actes.csv?au=2001-01-01")) == []
    assert lines_of(amir.get("/moderation/actes.csv?du=2001-01-01&au=2999-01-01"))
    assert amir.get("/moderation/actes?du=demain&qui=x&avant=-4&genre=tout").status_code == 200


def test_a_moderator_in_conflict_reads_no_line_about_the_case(
    app: Flask, cast: Cast, prix: Post, case: int
) -> None:
    hide(sign_in(app.test_client(), cast.amir), case)
    with transaction():
        employ(cast.manon, db.session.get_one(Company, cast.plasturgie.id))
    manon = sign_in(app.test_client(), cast.manon)
    assert "a décidé d’un cas" not in manon.get("/moderation/actes").text
    assert "Amir" not in manon.get("/moderation/actes.csv?genre=moderation").text


def test_a_value_that_a_spreadsheet_would_run_is_text(app: Flask, cast: Cast, prix: Post, case: int) -> None:
    from app.moderation.views.audit import _safe

    assert [_safe(words) for words in ("=1+1", "+33", "@a", "-2", "Bonjour")] == [
        "'=1+1", "'+33", "'@a", "'-2", "Bonjour",
    ]  # fmt: skip
    assert db.session.execute(select(func.count()).select_from(AuditLine)).scalar_one() > 0
