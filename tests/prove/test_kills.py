"""Acknowledged means stored: every process is killed at random moments while people post and book."""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import select

from app.core.time import clock
from app.extensions import db
from app.forums.models import Post
from app.resources.hours import day_span
from app.resources.models import Occupation
from tests.support import cast as casting
from tests.support.browsers import cookies_of
from tests.support.cast import open_topic, sign_in
from tests.support.labs import add_machine, open_lab, overlaps

WRITERS = 4


class Sender(threading.Thread):
    """One person who sends without pause, and again with the same request id what was not acknowledged."""

    def __init__(self, client: Any) -> None:
        super().__init__(daemon=True)
        self.client = client
        self.acknowledged: list[Any] = []
        self.url = ""
        self.stopped = threading.Event()

    def draw(self) -> Any:
        """Something new to send."""
        raise NotImplementedError

    def send(self, browser: requests.Session, thing: Any, request_id: str, token: str) -> requests.Response:
        raise NotImplementedError

    def note(self, thing: Any, answer: requests.Response) -> bool:
        """Keep what was acknowledged; whether this one is settled."""
        raise NotImplementedError

    def run(self) -> None:
        browser, token = requests.Session(), ""
        pending: tuple[str, Any] | None = None
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
                pending = pending or (str(uuid.uuid4()), self.draw())
                answer = self.send(browser, pending[1], pending[0], token)
                if self.note(pending[1], answer):
                    pending = None
                elif answer.status_code == 400:
                    token = ""
            except requests.RequestException:
                token = ""
                time.sleep(0.02)


class Writer(Sender):
    """Answers in one topic."""

    def __init__(self, client: Any, name: str, topic_id: int) -> None:
        super().__init__(client)
        self.label, self.topic_id = name, topic_id

    def draw(self) -> str:
        return f"{self.label} {uuid.uuid4().hex}"

    def send(self, browser: requests.Session, thing: Any, request_id: str, token: str) -> requests.Response:
        return browser.post(
            f"{self.url}/sujets/{self.topic_id}/messages",
            data={"body": thing, "request_id": request_id, "csrf_token": token},
            headers={"Accept": "application/json", "Origin": self.url},
            timeout=5,
        )

    def note(self, thing: Any, answer: requests.Response) -> bool:
        if answer.status_code == 201:
            self.acknowledged.append(thing)
        return answer.status_code == 201


class Booker(Sender):
    """Books slots of one machine, which others want as well."""

    def __init__(self, client: Any, machine_id: int, slots: list[tuple[int, int]]) -> None:
        super().__init__(client)
        self.machine_id, self.slots = machine_id, list(slots)
        random.shuffle(self.slots)

    def draw(self) -> tuple[int, int]:
        return self.slots.pop()

    def send(self, browser: requests.Session, thing: Any, request_id: str, token: str) -> requests.Response:
        return browser.post(
            f"{self.url}/machines/{self.machine_id}/reservations",
            data={"debut": thing[0], "fin": thing[1], "request_id": request_id, "csrf_token": token},
            headers={"Origin": self.url},
            timeout=5,
            allow_redirects=False,
        )

    def note(self, thing: Any, answer: requests.Response) -> bool:
        found = re.search(r"/reservations/(\d+)", answer.headers.get("Location", ""))
        if answer.status_code == 302 and found:
            self.acknowledged.append((int(found[1]), *thing))
            return True
        # Taken by another, or a day on which the law closes the lab.
        return answer.status_code in (409, 422)


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
    machine = add_machine(open_lab(cast.loire, hours=((0, 24 * 60),)))
    topic_id, machine_id = topic.id, machine.id
    people = (cast.ana, cast.bruno, cast.rita, cast.manon)[:WRITERS]
    writers = [Writer(sign_in(app.test_client(), person), person.given_name, topic_id) for person in people]
    first = day_span(clock.now().date() + timedelta(days=2), "Europe/Paris")[0]
    slots = [(start, start + 1800) for start in range(first, first + 50 * 86_400, 1800)]
    bookers = [
        Booker(sign_in(app.test_client(), person), machine_id, slots) for person in (cast.ana, cast.bruno)
    ]
    senders: list[Sender] = [*writers, *bookers]
    # Twenty kills take minutes: no transaction of this test may stay open meanwhile.
    db.session.rollback()
    for kill in range(kills):
        server = start_server()
        for sender in senders:
            sender.url = server.url
            if not sender.is_alive():
                sender.start()
        before = [sum(len(sender.acknowledged) for sender in kind) for kind in (writers, bookers)]
        deadline = time.monotonic() + 30
        while any(
            sum(len(sender.acknowledged) for sender in kind) < count + 6
            for kind, count in zip((writers, bookers), before, strict=True)
        ):
            assert time.monotonic() < deadline, f"nothing is written any more after {kill} kills"
            time.sleep(0.01)
        time.sleep(random.random() * 0.3)
        kill_everything(server.process.pid)
        server.process.wait()
    for sender in senders:
        sender.stopped.set()
        sender.join()

    db.session.rollback()  # what this test read before, it reads anew
    check_posts(topic_id, [text for writer in writers for text in writer.acknowledged], 6 * kills)
    check_bookings(machine_id, [line for booker in bookers for line in booker.acknowledged], 6 * kills)


def check_posts(topic_id: int, acknowledged: list[str], at_least: int) -> None:
    rows = db.session.execute(
        select(Post.number, Post.source).where(Post.topic_id == topic_id).order_by(Post.number)
    ).all()
    stored = [row.source for row in rows]
    assert len(acknowledged) >= at_least
    assert set(acknowledged) <= set(stored), "an acknowledged message is missing"
    assert len(stored) == len(set(stored)), "a message is there twice"
    assert [row.number for row in rows] == list(range(1, len(rows) + 1)), "numbers have a hole"


def check_bookings(machine_id: int, acknowledged: list[tuple[int, int, int]], at_least: int) -> None:
    rows = db.session.execute(
        select(Occupation.id, Occupation.use_start, Occupation.use_end).where(
            Occupation.machine_id == machine_id, Occupation.state == "confirmed"
        )
    ).all()
    stored = [tuple(row) for row in rows]
    starts = [row.use_start for row in rows]
    assert len(acknowledged) >= at_least
    assert len(acknowledged) == len(set(acknowledged)), "two people were given one booking"
    assert set(acknowledged) <= set(stored), "an acknowledged booking is missing"
    assert len(starts) == len(set(starts)), "a slot is booked twice"
    assert overlaps() == []


def test_a_kill_while_people_post_and_book_loses_nothing(app: Flask, start_server: Any) -> None:
    survive(app, start_server, kills=2)


@pytest.mark.prove
def test_twenty_kills_while_people_post_and_book_lose_nothing(app: Flask, start_server: Any) -> None:
    survive(app, start_server, kills=20)
