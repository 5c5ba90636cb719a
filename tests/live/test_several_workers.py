"""Two web workers on PostgreSQL and Redis: one process's news are everybody's."""

from __future__ import annotations

import os
from typing import Any

import pytest
from flask import Flask

from app.accounts.models import UserSession
from app.core import journal
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from tests.live.conftest import Connect, Reader
from tests.live.test_sockets import _cookies, _post
from tests.support.cast import Cast, open_topic, sign_in

pytestmark = pytest.mark.postgresql

READERS = 12
MOST_READERS = 96
"""The kernel chooses the worker of a connection: readers come until both hold some, or this many came."""


def test_a_post_taken_by_one_worker_reaches_every_reader_and_a_revoked_session_loses_its_socket(
    app: Flask, cast: Cast, start_server: Any, redis_url: str, connect: Connect
) -> None:
    server = start_server(WEB_WORKERS="2", REDIS_URL=redis_url)
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    seq = journal.seqs([topic.scope_id])[topic.scope_id]
    db.session.rollback()
    client = sign_in(app.test_client(), cast.ana)
    readers: list[Reader] = [connect(server, client) for _n in range(READERS)]
    while len(workers_holding(server)) < 2 and len(readers) < MOST_READERS:
        readers.append(connect(server, client))
    for reader in readers:
        assert reader.join(**{f"s{topic.scope_id}": seq})["refused"] == []
    assert len(workers_holding(server)) == 2, "both workers hold sockets"

    bruno = sign_in(app.test_client(), cast.bruno)
    cookie = "; ".join(f"{c['name']}={c['value']}" for c in _cookies(bruno, server.url))
    _post(server.url, f"/sujets/{topic.id}/messages", cookie, body="À tous les lecteurs")

    for reader in readers:
        reader.wait_for(lambda told, reader=reader: bool(reader.entries("post.added")))
        assert len(reader.entries("post.added")) == 1

    with transaction():
        db.session.query(UserSession).filter_by(user_id=cast.ana.id).update({"ended_at": clock.now()})
    for reader in readers:
        reader.wait_for(lambda told: any(event == "disconnect" for event, _data in told), seconds=6)


def workers_holding(server: Any) -> set[int]:
    """The processes below the server that hold an established connection on its port."""
    port = int(server.url.rsplit(":", 1)[1])
    inodes = set()
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in table.readlines()[1:]:
            parts = line.split()
            if int(parts[1].split(":")[1], 16) == port and parts[3] == "01":
                inodes.add(parts[9])
    found = set()
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            for handle in os.listdir(f"/proc/{process}/fd"):
                target = os.readlink(f"/proc/{process}/fd/{handle}")
                if target.startswith("socket:[") and target[8:-1] in inodes:
                    found.add(int(process))
        except OSError:
            continue
    return found
