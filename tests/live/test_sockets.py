"""What open pages are told, and when they stop being told."""

from __future__ import annotations

import re
import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import socketio
import websocket
from flask import Flask

from app.accounts.models import UserSession
from app.communities import operations as communities
from app.communities.models import Employment
from app.core import indexing, journal
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from app.resources.models import Lab, LabNode
from app.resources.operations.labs import serve_nodes
from tests.live.conftest import Connect
from tests.support import labs
from tests.support.browsers import cookies_of
from tests.support.cast import Cast, open_topic, reply, sign_in


def seq_of(scope_id: int) -> int:
    seq = journal.seqs([scope_id])[scope_id]
    db.session.rollback()
    return seq


def test_a_message_reaches_the_open_pages_of_its_scope_and_no_other(
    app: Flask, cast: Cast, live_server: Any, connect: Connect
) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    ana = connect(live_server, sign_in(app.test_client(), cast.ana))
    yann = connect(live_server, sign_in(app.test_client(), cast.yann))
    scope, seq = f"s{topic.scope_id}", seq_of(topic.scope_id)

    assert ana.join(**{scope: seq})["refused"] == []
    assert yann.join(**{scope: seq})["refused"] == [str(topic.scope_id)]
    bruno = sign_in(app.test_client(), cast.bruno)
    cookie = "; ".join(f"{c['name']}={c['value']}" for c in _cookies(bruno, live_server.url))
    _post(live_server.url, f"/sujets/{topic.id}/messages", cookie, body="Essayez **ceci**")

    ana.wait_for(lambda told: bool(ana.entries("post.added")))
    entry = ana.entries("post.added")[0]
    assert entry["seq"] == seq + 1
    assert "<strong>ceci</strong>" in entry["html"]
    assert yann.told == []


def test_what_another_process_wrote_is_noticed_within_seconds(
    app: Flask, cast: Cast, live_server: Any, connect: Connect
) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    ana = connect(live_server, sign_in(app.test_client(), cast.ana))
    ana.join(**{f"s{topic.scope_id}": seq_of(topic.scope_id)})

    reply(cast.bruno, topic, "Écrit par un autre processus")

    now = seq_of(topic.scope_id)
    ana.wait_for(
        lambda told: (
            bool(ana.entries("post.added"))
            or any(event == "seqs" and data.get(str(topic.scope_id)) == now for event, data in told)
        ),
        seconds=5,
    )


def test_joining_tells_what_was_missed_or_says_reload(
    app: Flask, cast: Cast, live_server: Any, connect: Connect
) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    before = seq_of(topic.scope_id)
    for n in range(3):
        reply(cast.bruno, topic, f"Réponse {n}")
    ana = connect(live_server, sign_in(app.test_client(), cast.ana))

    answer = ana.join(**{f"s{topic.scope_id}": before})["scopes"][str(topic.scope_id)]
    ahead = ana.join(**{f"s{topic.scope_id}": before + 500})["scopes"][str(topic.scope_id)]

    assert [entry["data"]["number"] for entry in answer["entries"]] == [2, 3, 4]
    assert ahead["reset"] is True


def test_ending_the_session_closes_its_sockets_within_five_seconds(
    app: Flask, cast: Cast, live_server: Any, connect: Connect
) -> None:
    ana = connect(live_server, sign_in(app.test_client(), cast.ana))
    ana.join(**{f"s{cast.loire.scope_id}": 0})

    with transaction():
        db.session.query(UserSession).filter_by(user_id=cast.ana.id).update({"ended_at": clock.now()})

    taken = ana.wait_for(lambda told: any(event == "disconnect" for event, _data in told), seconds=6)
    assert taken <= 5
    assert ("ended", {"signed_out": True}) in ana.told


def test_leaving_the_company_ends_its_scopes_within_five_seconds(
    app: Flask, cast: Cast, live_server: Any, connect: Connect
) -> None:
    scope_id = cast.loire.scope_id
    ana = connect(live_server, sign_in(app.test_client(), cast.ana))
    ana.join(**{f"s{scope_id}": seq_of(scope_id)})

    with transaction():
        communities.end_employment(
            db.session.query(Employment).filter_by(user_id=cast.ana.id).one(), by=cast.rita
        )

    taken = ana.wait_for(lambda told: any(event == "ended" for event, _data in told), seconds=6)
    assert taken <= 5
    open_topic(cast.rita, cast.usinage_loire, "Un sujet d’après")
    assert not ana.entries("topic.added")
    assert ana.join(**{f"s{scope_id}": 0})["refused"] == [str(scope_id)]


def test_a_lab_that_serves_a_place_no_more_ends_there_within_five_seconds(
    app: Flask, cast: Cast, live_server: Any, connect: Connect
) -> None:
    lab = labs.open_lab(cast.loire, name="Fab lab partagé")
    with transaction():
        db.session.add(LabNode(lab_id=lab.id, node_id=cast.vitre.id))
    machine = labs.add_machine(lab, name="Tour partagé")
    with transaction():
        indexing.changed("machine", machine.id)
    pages = (f"/labs/{lab.id}", f"/machines/{machine.id}")
    polled = f"/journal?scope={lab.scope_id}&after=0"
    browsers = {name: sign_in(app.test_client(), getattr(cast, name)) for name in ("ana", "yann")}
    sockets = {name: connect(live_server, browser) for name, browser in browsers.items()}
    for name, browser in browsers.items():
        assert all(browser.get(page).status_code == 200 for page in pages)
        assert "partagé" in browser.get("/recherche?q=tour+fab+lab").text
        assert sockets[name].join(**{f"s{lab.scope_id}": 0})["refused"] == []

    with transaction():
        serve_nodes(db.session.get_one(Lab, lab.id), [cast.loire.id], by=cast.nadia)

    yann = sockets["yann"]
    taken = yann.wait_for(lambda told: any(event == "ended" for event, _data in told), seconds=6)
    assert taken <= 5
    assert yann.join(**{f"s{lab.scope_id}": 0})["refused"] == [str(lab.scope_id)]
    assert not any(event == "ended" for event, _data in sockets["ana"].told)
    assert [browsers["yann"].get(page).status_code for page in pages] == [404, 404]
    assert browsers["yann"].get(polled).json["refused"] == [str(lab.scope_id)]
    assert "partagé" not in browsers["yann"].get("/recherche?q=tour+fab+lab").text
    assert all(browsers["ana"].get(page).status_code == 200 for page in pages)


def test_a_visitor_is_put_out_at_once(live_server: Any) -> None:
    # The bare line: Socket.IO's own client overlooks a refusal that comes before it believes itself connected.
    address = live_server.url.replace("http://", "ws://") + "/socket.io/?EIO=4&transport=websocket"
    line = websocket.create_connection(address, timeout=10, origin=live_server.url)
    told = [line.recv()]
    line.send("40")
    while told[-1]:
        told.append(line.recv())
    assert told[0].startswith("0{")
    assert any(packet.startswith("41") for packet in told)
    assert not any(packet.startswith("42") for packet in told)
    assert not line.connected


def test_a_page_of_another_site_gets_no_socket(
    app: Flask, cast: Cast, live_server: Any, connect: Connect
) -> None:
    client = sign_in(app.test_client(), cast.ana)
    cookie = "; ".join(f"{c['name']}={c['value']}" for c in _cookies(client, live_server.url))
    assert connect(live_server, client).socket.connected
    with pytest.raises(socketio.exceptions.ConnectionError):
        socketio.Client(reconnection=False).connect(
            live_server.url,
            headers={"Cookie": cookie, "Origin": "https://ailleurs.exemple"},
            transports=["websocket"],
            wait_timeout=5,
        )


def test_malformed_events_are_answered_and_the_socket_stays(
    app: Flask, cast: Cast, live_server: Any, connect: Connect
) -> None:
    ana = connect(live_server, sign_in(app.test_client(), cast.ana))
    for data in (None, [], "x", {"scopes": 3}, {"scopes": {"a": "b", "-1": 2, "9" * 40: 1}}, {"scopes": {}}):
        assert ana.socket.call("join", data)["scopes"] == {}
    for data in (None, 3, {"topic": "x"}, {"topic": 10**30}, {"topic": -1}):
        ana.socket.emit("typing", data)
    assert ana.join(**{f"s{cast.loire.scope_id}": 0})["refused"] == []


def _cookies(client: Any, url: str) -> list[dict[str, str]]:
    return cookies_of(client, url)


def _post(url: str, path: str, cookie: str, **fields: str) -> None:
    browser = requests.Session()
    for pair in cookie.split("; "):
        browser.cookies.set(*pair.split("=", 1), domain=urlsplit(url).hostname, path="/")
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(url + "/").text)
    assert token is not None
    answer = browser.post(
        url + path,
        data={**fields, "csrf_token": token[1], "request_id": str(uuid.uuid4())},
        headers={"Accept": "application/json", "Origin": url},
    )
    assert answer.status_code == 201, answer.text


def test_a_regional_role_hears_nothing_before_its_second_factor(
    app: Flask, cast: Cast, live_server: Any, connect: Connect
) -> None:
    scope_id = cast.loire.scope_id
    half = connect(live_server, sign_in(app.test_client(), cast.amir, second_factor=False))
    proved = connect(live_server, sign_in(app.test_client(), cast.amir))
    assert half.join(**{f"s{scope_id}": 0})["refused"] == [str(scope_id)]
    assert proved.join(**{f"s{scope_id}": 0})["refused"] == []
