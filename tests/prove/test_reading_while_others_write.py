"""On SQLite one writer holds the lock at a time. Who reads does not wait for it, nor for those who queue for it."""

from __future__ import annotations

import re
import sqlite3
import statistics
import threading
import time
import uuid
from contextlib import closing
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

pytestmark = pytest.mark.sqlite

WRITERS = 8
PAUSE_SECONDS = 0.5
"""Between two messages of one person: the proof is about waiting for a lock, not about how many pages a core makes."""
HELD_SECONDS = 3.0
"""How long somebody else holds the lock: less than a writer's patience."""


class Browser:
    """A person's browser on the real server."""

    def __init__(self, client: Any, url: str) -> None:
        self.url, self.session = url, requests.Session()
        for cookie in cookies_of(client, url):
            self.session.cookies.set(cookie["name"], cookie["value"], domain="127.0.0.1", path="/")
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.session.get(url + "/", timeout=20).text)
        assert found is not None
        self.token = found[1]

    def read(self, path: str) -> float:
        """Seconds until the page was there."""
        start = time.perf_counter()
        answer = self.session.get(self.url + path, timeout=20)
        taken = time.perf_counter() - start
        assert answer.status_code == 200
        return taken

    def write(self, topic_id: int, body: str) -> None:
        answer = self.session.post(
            f"{self.url}/sujets/{topic_id}/messages",
            data={"body": body, "request_id": str(uuid.uuid4()), "csrf_token": self.token},
            headers={"Accept": "application/json", "Origin": self.url},
            timeout=20,
        )
        assert answer.status_code == 201, answer.text


class Writer(threading.Thread):
    """Answers until told to stop, at least once; whatever goes wrong is kept for the test."""

    def __init__(self, browser: Browser, topic_id: int, stopped: threading.Event) -> None:
        super().__init__(daemon=True)
        self.browser, self.topic_id, self.stopped = browser, topic_id, stopped
        self.written: list[str] = []
        self.fault: Exception | None = None

    def run(self) -> None:
        try:
            while not self.written or not self.stopped.is_set():
                body = f"Réponse {uuid.uuid4().hex}"
                self.browser.write(self.topic_id, body)
                self.written.append(body)
                self.stopped.wait(PAUSE_SECONDS)
        except Exception as fault:
            self.fault = fault


class Scene:
    """Eight people about to answer in one topic, and one who reads another."""

    def __init__(self, app: Flask, url: str) -> None:
        cast = casting.build()
        read = open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")
        self.topic_id = open_topic(cast.ana, cast.usinage_loire, "Choix d’une huile de coupe").id
        self.path = f"/sujets/{read.id}-usure-des-pinces-de-tour"
        people = (cast.ana, cast.bruno, cast.rita, cast.manon)
        self.reader = Browser(sign_in(app.test_client(), cast.rita), url)
        self.stopped = threading.Event()
        self.writers = [
            Writer(
                Browser(sign_in(app.test_client(), people[number % len(people)]), url),
                self.topic_id,
                self.stopped,
            )
            for number in range(WRITERS)
        ]
        db.session.rollback()
        for _warm in range(10):
            self.reader.read(self.path)

    def read(self, times: int) -> list[float]:
        """How long each of so many reads takes."""
        taken = []
        for _read in range(times):
            taken.append(self.reader.read(self.path))
            time.sleep(0.01)
        return taken

    def start_writing(self) -> None:
        for writer in self.writers:
            writer.start()

    def stop_writing(self) -> None:
        """Everything that was acknowledged is stored, once, under numbers without a hole."""
        self.stopped.set()
        for writer in self.writers:
            writer.join(30)
        assert [writer.fault for writer in self.writers] == [None] * WRITERS
        db.session.rollback()
        answers = select(Post.number, Post.source).where(Post.topic_id == self.topic_id, Post.number > 1)
        stored = db.session.execute(answers.order_by(Post.number)).all()
        written = [body for writer in self.writers for body in writer.written]
        assert sorted(row.source for row in stored) == sorted(written), "a message is lost, or there twice"
        assert [row.number for row in stored] == list(range(2, len(written) + 2)), "numbers have a hole"


def read_beside_writers(app: Flask, server: Any, reads: int) -> tuple[list[float], list[float]]:
    """How long a page takes while nobody writes, and while eight people do."""
    scene = Scene(app, server.url)
    alone = scene.read(reads)
    scene.start_writing()
    beside = scene.read(reads)
    scene.stop_writing()
    return alone, beside


def read_while_the_lock_is_held(app: Flask, server: Any, database: Any) -> tuple[list[float], list[float]]:
    """The same, while another process holds the lock and all eight wait for it."""
    scene = Scene(app, server.url)
    alone = scene.read(60)
    with closing(sqlite3.connect(database.path, timeout=10, isolation_level=None)) as somebody:
        somebody.execute("BEGIN IMMEDIATE")
        scene.start_writing()
        time.sleep(0.5)
        beside: list[float] = []
        deadline = time.monotonic() + HELD_SECONDS
        while time.monotonic() < deadline:
            beside += scene.read(1)
        assert not any(writer.written for writer in scene.writers), "nobody wrote: all eight wait"
        assert all(writer.is_alive() for writer in scene.writers)
        somebody.execute("ROLLBACK")
    scene.stop_writing()
    return alone, beside


def percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def in_words(alone: list[float], beside: list[float]) -> str:
    return (
        f"alone: median {statistics.median(alone) * 1000:.0f} ms, worst {max(alone) * 1000:.0f} ms; "
        f"beside {WRITERS} writers: median {statistics.median(beside) * 1000:.0f} ms, "
        f"p95 {percentile(beside, 0.95) * 1000:.0f} ms, worst {max(beside) * 1000:.0f} ms of {len(beside)} reads"
    )


def test_pages_are_read_while_eight_people_wait_for_the_lock(
    app: Flask, start_server: Any, database: Any
) -> None:
    alone, beside = read_while_the_lock_is_held(app, start_server(), database)
    assert percentile(beside, 0.95) <= statistics.median(alone) + 0.100, in_words(alone, beside)
    assert max(beside) <= 0.500, in_words(alone, beside)


def test_pages_are_read_while_eight_people_write(app: Flask, start_server: Any) -> None:
    alone, beside = read_beside_writers(app, start_server(), reads=80)
    assert percentile(beside, 0.95) <= statistics.median(alone) + 0.100, in_words(alone, beside)
    assert max(beside) <= 0.500, in_words(alone, beside)


@pytest.mark.prove
def test_no_read_waits_a_tenth_of_a_second_for_a_lock_that_eight_people_wait_for(
    app: Flask, start_server: Any, database: Any
) -> None:
    alone, beside = read_while_the_lock_is_held(app, start_server(), database)
    assert max(beside) <= statistics.median(alone) + 0.100, in_words(alone, beside)


@pytest.mark.prove
def test_no_read_takes_half_a_second_while_eight_people_write_for_long(app: Flask, start_server: Any) -> None:
    alone, beside = read_beside_writers(app, start_server(), reads=600)
    assert percentile(beside, 0.95) <= statistics.median(alone) + 0.100, in_words(alone, beside)
    assert max(beside) <= 0.500, in_words(alone, beside)
