"""Acknowledged means stored: every process is killed at random moments while people post."""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.forums.models import Post
from tests.support import cast as casting
from tests.support.browsers import cookies_of
from tests.support.cast import open_topic, sign_in

WRITERS = 4


class Writer(threading.Thread):
    """One person who posts without pause and sends again, with the same request id, what was not acknowledged."""

    def __init__(self, client: Any, name: str, topic_id: int) -> None:
        super().__init__(daemon=True)
        self.client, self.label, self.topic_id = client, name, topic_id
        self.acknowledged: list[str] = []
        self.url = ""
        self.stopped = threading.Event()

    def run(self) -> None:
        browser, token = requests.Session(), ""
        pending: tuple[str, str] | None = None
        while not self.stopped.is_set():
            try:
                if not token:
                    browser = requests.Session()
                    for cookie in cookies_of(self.client, self.url):
                        browser.cookies.set(cookie["name"], cookie["value"], domain="127.0.0.1", path="/")
                    found = re.search(
                        r'name="csrf_token" value="([^"]+)"', browser.get(self.url + "/", timeout=5).text
                    )
                    token = found[1] if found else ""
                    continue
                pending = pending or (str(uuid.uuid4()), f"{self.label} {uuid.uuid4().hex}")
                answer = browser.post(
                    f"{self.url}/sujets/{self.topic_id}/messages",
                    data={"body": pending[1], "request_id": pending[0], "csrf_token": token},
                    headers={"Accept": "application/json", "Origin": self.url},
                    timeout=5,
                )
                if answer.status_code == 201:
                    self.acknowledged.append(pending[1])
                    pending = None
                elif answer.status_code == 400:
                    token = ""
            except requests.RequestException:
                token = ""
                time.sleep(0.02)


def kill_everything(root: int) -> None:
    """`kill -9` on the launcher and all its descendants, in no particular order."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    family, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        family.append(pid)
        waiting += children.get(pid, [])
    random.shuffle(family)
    for pid in family:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def survive(app: Flask, start_server: Any, kills: int) -> None:
    cast = casting.build()
    topic = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
    people = (cast.ana, cast.bruno, cast.rita, cast.manon)[:WRITERS]
    topic_id = topic.id
    writers = [Writer(sign_in(app.test_client(), person), person.given_name, topic_id) for person in people]
    # Twenty kills take minutes: no transaction of this test may stay open meanwhile.
    db.session.rollback()
    for kill in range(kills):
        server = start_server()
        for writer in writers:
            writer.url = server.url
            if not writer.is_alive():
                writer.start()
        before = sum(len(writer.acknowledged) for writer in writers)
        deadline = time.monotonic() + 30
        while sum(len(writer.acknowledged) for writer in writers) < before + 8:
            assert time.monotonic() < deadline, f"nothing is written any more after {kill} kills"
            time.sleep(0.01)
        time.sleep(random.random() * 0.3)
        kill_everything(server.process.pid)
        server.process.wait()
    for writer in writers:
        writer.stopped.set()
        writer.join()

    db.session.rollback()  # what this test read before, it reads anew
    stored = db.session.execute(select(Post.source).where(Post.topic_id == topic_id)).scalars().all()
    numbers = (
        db.session.execute(select(Post.number).where(Post.topic_id == topic_id).order_by(Post.number))
        .scalars()
        .all()
    )
    acknowledged = [text for writer in writers for text in writer.acknowledged]
    assert len(acknowledged) >= 8 * kills
    assert set(acknowledged) <= set(stored), "an acknowledged message is missing"
    assert len(stored) == len(set(stored)), "a message is there twice"
    assert list(numbers) == list(range(1, len(numbers) + 1)), "numbers have a hole"


def test_a_kill_while_people_post_loses_nothing(app: Flask, start_server: Any) -> None:
    survive(app, start_server, kills=2)


@pytest.mark.prove
def test_twenty_kills_while_people_post_lose_nothing(app: Flask, start_server: Any) -> None:
    survive(app, start_server, kills=20)
