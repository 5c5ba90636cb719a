"""Errors speak to whoever asked: a page to a person, JSON to a script, a sentence to both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, abort, request
from sqlalchemy import insert
from werkzeug.exceptions import ServiceUnavailable

from app.core.database import transaction
from app.core.doors import public
from app.core.errors import Busy, Forbidden, NotFound, Refusal, Repeated
from app.core.journal import Scope
from app.extensions import db
from tests.support import applications
from tests.support.client import Client


@pytest.fixture(scope="module")
def broken(environ: dict[str, str], built_app: Flask) -> Iterator[Flask]:
    """The application with views that refuse and fail."""
    with applications.built(environ) as built:
        built.testing = False
        built.config["PROPAGATE_EXCEPTIONS"] = False
        _add_failing_views(built)
        yield built


def _add_failing_views(built: Flask) -> None:
    @built.route("/essai/<name>", methods=["GET", "POST"])
    @public
    def attempt(name: str) -> str:
        if name == "refus":
            raise Refusal(
                "Ce créneau est pris.", reasons=["Pris par Atelier Brenne", "La machine ferme à 18 h"]
            )
        if name == "champ":
            raise Refusal("Ce SIREN est inconnu.", field="siren")
        if name == "absent":
            raise NotFound
        if name == "interdit":
            raise Forbidden
        if name == "occupe":
            raise Busy("Réessayez.")
        if name == "repete":
            raise Repeated("Déjà envoyé.")
        if name == "conflit":
            with transaction():
                for _time in range(2):
                    db.session.execute(insert(Scope.__table__).values(kind="company", ref=1, seq=0))
        if name == "chute":
            raise ZeroDivisionError
        if name == "profond":
            request.get_json(force=True, silent=True)
        if name == "grand":
            raise OverflowError
        if name == "service":
            raise ServiceUnavailable
        abort(400 if name == "profond" else int(name))


@pytest.fixture
def visitor(broken: Flask, app: Flask) -> Client:
    client = broken.test_client()
    assert isinstance(client, Client)
    return client


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("refus", 422, "Ce créneau est pris."),
        ("absent", 404, "n’existe pas"),
        ("interdit", 403, "pas le droit"),
        ("occupe", 503, "Réessayez."),
        ("repete", 409, "Déjà envoyé."),
        ("403", 403, "Votre compte ne permet pas"),
        ("410", 410, "retirée"),
        ("418", 418, "abîmé"),
        ("grand", 400, "abîmé"),
        ("service", 503, "occupé"),
        ("chute", 500, "enregistrée"),
    ],
)
def test_a_person_reads_what_is_so_and_what_to_do_next(
    visitor: Client, name: str, status: int, words: str
) -> None:
    answer = visitor.get(f"/essai/{name}")
    assert answer.status_code == status
    assert words in answer.text
    assert answer.text.count("<h1") == 1
    assert "ZeroDivision" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_all_reasons_of_a_refusal_are_given(visitor: Client) -> None:
    page = visitor.get("/essai/refus").text
    assert "Pris par Atelier Brenne" in page
    assert "La machine ferme à 18 h" in page


def test_a_script_reads_the_same_in_json(visitor: Client) -> None:
    as_script = {"Accept": "application/json"}
    assert visitor.get("/essai/refus", headers=as_script).json == {
        "error": "refused",
        "sentence": "Ce créneau est pris.",
        "reasons": ["Pris par Atelier Brenne", "La machine ferme à 18 h"],
    }
    assert visitor.get("/essai/champ", headers=as_script).json == {
        "error": "refused",
        "sentence": "Ce SIREN est inconnu.",
        "field": "siren",
    }
    failed = visitor.get("/essai/chute", headers=as_script)
    assert failed.json is not None
    assert failed.json["error"] == "failure"


def test_a_refused_form_is_given_back_with_what_was_typed(visitor: Client) -> None:
    answer = visitor.post("/essai/occupe", data={"title": "Court", "body": "Une\ndeux\ntrois"})
    assert answer.status_code == 503
    page = answer.text.replace("\r", "")
    assert "Une\ndeux\ntrois" in page
    assert 'name="title" value="Court"' in page
    assert "Envoyer de nouveau" in page


def test_what_was_typed_cannot_become_markup(visitor: Client) -> None:
    page = visitor.post(
        "/essai/refus",
        data={"</textarea><script>x</script>": '"><script>y</script>', "body": "</textarea>\n<script>z"},
    ).text
    assert "<script>x" not in page
    assert "<script>y" not in page
    assert "<script>z" not in page


def test_json_nested_without_end_is_no_failure(visitor: Client) -> None:
    answer = visitor.post("/essai/profond", data=b"[" * 200_000, content_type="application/json")
    assert answer.status_code < 500


def test_an_unknown_page_and_a_wrong_method_speak_french(visitor: Client) -> None:
    assert "Cette page n’existe pas" in visitor.get("/nulle-part").text
    wrong = visitor.post("/mentions-legales")
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["Allow"]


def test_what_two_people_wrote_at_once_is_given_back_and_not_a_failure(visitor: Client) -> None:
    answer = visitor.post("/essai/conflit", data={"body": "Mon texte"})
    assert answer.status_code == 409
    assert "au même instant" in answer.text
    assert "Mon texte" in answer.text
    told = visitor.post("/essai/conflit", data={"body": "x"}, headers={"Accept": "application/json"})
    assert (told.status_code, told.json["error"]) == (409, "conflict")
