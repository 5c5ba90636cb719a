"""Every route and every socket event says who may come in, and is held to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.core import doors
from app.core.doors import door_of, permission, public, signed_in
from app.extensions import socketio
from tests.support import applications
from tests.support.accounts import PASSWORD, open_account, sign_in
from tests.support.client import Client

OUR_EVENTS_ONLY = {"default"}


def test_every_route_declares_its_door(app: Flask) -> None:
    undeclared = [rule.rule for rule, door in doors.declared(app) if door is None]
    assert undeclared == []


def test_every_permission_says_whom_it_lets_in(app: Flask) -> None:
    for rule, door in doors.declared(app):
        assert door is not None
        assert door.sentence.strip(), rule.rule
        assert door.kind in ("public", "signed_in", "permission")


def test_every_socket_event_declares_its_door(app: Flask) -> None:
    names = {name: handler for name, handler, _namespace in socketio.handlers if name not in OUR_EVENTS_ONLY}
    assert "join" in names
    assert [name for name, handler in names.items() if door_of(handler) is None] == []


def test_every_gate_that_a_door_leaves_out_exists(app: Flask) -> None:
    left_out = {name for _rule, door in doors.declared(app) if door for name in door.exempt}
    assert left_out <= set(doors._gates)


def test_what_is_not_public_is_closed_to_a_visitor(app: Flask, client: Client) -> None:
    for rule, door in doors.declared(app):
        if door is None or door.kind == "public":
            continue
        path = rule.rule
        for name, kind in rule._converters.items():
            converter = kind.__class__.__name__
            path = _filled(path, name, "1" if "Int" in converter else "x")
        method = (
            "GET"
            if "GET" in (rule.methods or ())
            else next(iter((rule.methods or set()) - {"OPTIONS", "HEAD"}))
        )
        answer = client.open(path, method=method, headers={"Accept": "application/json"})
        assert answer.status_code == 401, (method, path)
        assert answer.json == {"error": "signed_out", "sentence": answer.json["sentence"]}


@pytest.fixture
def house(environ: dict[str, str], app: Flask) -> Iterator[Flask]:
    """The application with a few doors of its own."""
    with applications.built(environ) as built:
        _add_doors(built)
        yield built


def _add_doors(built: Flask) -> None:
    @built.get("/porte/oubliee")
    def forgotten() -> str:
        return "seen"

    @built.get("/porte/ouverte")
    @public
    def opened() -> str:
        return "seen"

    @public("after the route")
    @built.get("/porte/dessus")
    def above() -> str:
        return "seen"

    @built.route("/porte/membres", methods=["GET", "POST"])
    @signed_in
    def members() -> str:
        return "seen"

    @built.get("/porte/lea")
    @permission("Léa alone", check=lambda user: user.given_name == "Léa")
    def lea_alone() -> str:
        return "seen"


def visitor(house: Flask) -> Client:
    client = house.test_client()
    assert isinstance(client, Client)
    return client


def test_a_route_without_a_door_is_never_served(house: Flask) -> None:
    with pytest.raises(RuntimeError, match="forgotten declares no door"):
        visitor(house).get("/porte/oubliee")


def test_a_mark_counts_above_and_below_the_route(house: Flask) -> None:
    assert visitor(house).get("/porte/ouverte").text == "seen"
    assert visitor(house).get("/porte/dessus").text == "seen"


def test_a_check_refuses_as_a_page_that_does_not_exist(house: Flask) -> None:
    open_account("lea@atelier.test", password=PASSWORD)
    open_account("paul@atelier.test", password=PASSWORD, given_name="Paul")
    lea, paul = visitor(house), visitor(house)
    sign_in(lea)
    sign_in(paul, "paul@atelier.test")
    assert lea.get("/porte/lea").status_code == 200
    assert paul.get("/porte/lea").status_code == 404
    assert paul.get("/porte/membres").status_code == 200


def test_a_form_sent_after_the_session_ended_keeps_its_text(house: Flask) -> None:
    answer = visitor(house).post(
        "/porte/membres", data={"body": "Vingt lignes\nécrites avec soin", "password": "x"}
    )
    assert answer.status_code == 401
    assert "Vingt lignes\nécrites avec soin" in answer.text.replace("\r", "")
    assert "Se connecter" in answer.text
    assert 'value="x"' not in answer.text


def _filled(path: str, name: str, value: str) -> str:
    start = path.index("<")
    while True:
        end = path.index(">", start)
        if path[start + 1 : end].split(":")[-1] == name:
            return path[:start] + value + path[end + 1 :]
        start = path.index("<", end)
