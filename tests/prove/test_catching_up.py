"""An open page that misses things and catches up shows what a fresh one shows, and nobody is ever sent words not theirs.

Random scripts of acts on one topic, by several people and through the real pages; after each of them some of the open
pages ask `GET /journal`, the others miss it and ask later. `Page` is what the scripts of an open page do, in Python.
"""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import pytest
from flask import Flask

from app.communities.access import forget_access
from app.core.database import transaction
from app.extensions import db
from app.forums import operations, queries
from app.forums.models import Post
from tests.support import cast as casting
from tests.support.cast import Cast, open_topic, sign_in

STEPS = 12
READERS = ("ana", "bruno", "rita", "manon", "amir", "yann")
MEMBERS = {"ana", "manon"}
"""Of the restricted room. Manon and Amir moderate; Yann is a stranger."""
OF_THE_PLACE = {"ana", "bruno", "rita", "manon", "amir"}
MODERATORS = {"manon", "amir"}
ENGLISH = {"rita"}

ARTICLE = re.compile(
    r'<article class="([^"]*)"[^>]*data-object="post:(\d+)"([^>]*)>(.*?)</article>', re.DOTALL
)
REACTION = re.compile(r'data-react="(\w+)"[^>]*>[^<]*<b>(\d+)</b>')
PROSE = re.compile(r'<div class="prose">(.*?)</div>\s*<footer', re.DOTALL)
TOKEN = re.compile(r"mot[0-9a-f]{16}")


def token() -> str:
    """A word that stands nowhere else."""
    return f"mot{uuid.uuid4().hex[:16]}"


# ---- What is true, said without any of the product's code -----------------------------------------------------------


@dataclass
class Written:
    """A message as its readers should find it."""

    author: str
    word: str
    is_hidden: bool = False
    is_deleted: bool = False
    wording: int = 1


@dataclass
class Truth:
    """Who may read what, at this moment."""

    title: str
    room: str = "usinage_loire"
    posts: dict[int, Written] = field(default_factory=dict)

    def is_hidden(self) -> bool:
        return next(iter(self.posts.values())).is_hidden

    def reads_topic(self, who: str) -> bool:
        readers = MEMBERS if self.room == "secrete" else OF_THE_PLACE
        return who in readers and (not self.is_hidden() or who == "ana" or who in MODERATORS)

    def words_for(self, who: str) -> set[str]:
        if not self.reads_topic(who):
            return set()
        return {self.title} | {
            post.word
            for post in self.posts.values()
            if not post.is_deleted and (not post.is_hidden or post.author == who or who in MODERATORS)
        }


# ---- An open page -----------------------------------------------------------------------------------------------------


@dataclass
class Shown:
    """A message on a page; `state` is everything a reader sees of it but the counters."""

    number: int
    version: int
    state: tuple[Any, ...]
    counts: dict[str, int]

    @property
    def is_held(self) -> bool:
        return "post-held" in self.state[0]

    @property
    def is_gone(self) -> bool:
        return "post-gone" in self.state[0]

    def look(self) -> tuple[Any, ...]:
        return self.number, self.state, {kind: count for kind, count in self.counts.items() if count}


def part(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, pattern
    return match[1]


def read_articles(html: str) -> dict[int, Shown]:
    found = {}
    for classes, post_id, attributes, inner in ARTICLE.findall(html):
        prose = PROSE.search(inner)
        found[int(post_id)] = Shown(
            number=int(part(r'data-number="(\d+)"', attributes)),
            version=int(part(r'data-version="(\d+)"', attributes)),
            state=(
                frozenset(classes.split()),
                prose[1] if prose else unescape(re.sub(r"<[^>]+>|\s+", " ", inner)).strip(),
                "state-warn" in inner,
                "data-held-mark" in inner,
                "post-edited" in inner,
            ),
            counts={kind: int(count) for kind, count in REACTION.findall(inner)},
        )
    return found


class Page:
    """One reader's open page of the topic: what `sequencer.js` and `thread.js` do with what they are told."""

    def __init__(self, who: str, client: Any, topic_id: int, watch: Callable[[str, str, str], None]) -> None:
        self.who, self.client, self.topic_id, self.watch = who, client, topic_id, watch
        self.is_open_to_reader = False
        self.known: dict[int, int] = {}
        self.load()

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        self.watch(self.who, path, answer.text)
        return answer

    def load(self) -> None:
        answer = self.get(f"/sujets/{self.topic_id}")
        self.is_open_to_reader = answer.status_code == 200
        if not self.is_open_to_reader:
            return
        html = answer.text
        main = part(r"(<main[^>]*>)", html)
        pairs = part(r'data-scopes="([^"]*)"', main).split()
        self.known = {int(scope): int(seq) for scope, seq in (pair.split(":") for pair in pairs)}
        self.version = int(part(r'data-version="(\d+)"', main))
        self.takes_replies = "data-closed" not in html
        self.posts = read_articles(html)

    def look(self) -> Any:
        """What a reader sees."""
        if not self.is_open_to_reader:
            return None
        in_order = sorted(self.posts.values(), key=lambda post: post.number)
        return self.takes_replies, [post.look() for post in in_order]

    def catch_up(self, *, again: int = 0) -> None:
        """Ask what was missed, and up to `again` entries that were applied already."""
        pairs = "&".join(f"scope={scope}&after={max(0, seq - again)}" for scope, seq in self.known.items())
        answer = self.get(f"/journal?{pairs}").json
        assert answer["refused"] == [], "no right ended in these scripts"
        told = []
        for scope, caught in answer["scopes"].items():
            if caught.get("reset"):
                return self.load()
            self.known[int(scope)] = caught["seq"]
            told += caught["entries"]
        for message in told:
            if message.get("topic") == self.topic_id and self.is_open_to_reader:
                self.apply(message)
        return None

    def apply(self, message: dict[str, Any]) -> None:
        kind = message["kind"]
        if kind in ("post.added", "post.restored"):
            self.show(message)
        elif kind in ("post.edited", "post.deleted", "post.hidden"):
            if message["id"] in self.posts:
                self.show(message)
        elif kind == "post.reactions":
            self.count(message)
        elif kind in ("topic.accepted", "topic.closed", "topic.reopened"):
            self.become(message)
        elif kind in ("topic.hidden", "topic.restored", "topic.moved"):
            self.load()

    def show(self, message: dict[str, Any]) -> None:
        shown = self.posts.get(message["id"])
        if shown is not None and shown.version >= message["version"]:
            return
        if "html" in message and self.who not in ENGLISH:
            self.put(message["html"])
        else:
            self.fetch(message["id"])

    def fetch(self, post_id: int) -> None:
        answer = self.get(f"/messages/{post_id}/fragment")
        if answer.status_code == 404:
            self.posts.pop(post_id, None)
        else:
            self.put(answer.json["html"])

    def put(self, html: str) -> None:
        for post_id, post in read_articles(html).items():
            if post_id not in self.posts or self.posts[post_id].version <= post.version:
                self.posts[post_id] = post

    def count(self, message: dict[str, Any]) -> None:
        shown = self.posts.get(message["id"])
        if shown is not None and shown.version < message["version"] and not shown.is_gone:
            shown.counts.update(message["data"]["counts"])

    def become(self, message: dict[str, Any]) -> None:
        state = message["data"]
        if self.version > message["version"]:
            return
        if self.takes_replies != state["is_open"]:
            self.load()
            return
        held = {post_id for post_id, post in self.posts.items() if post.is_held}
        for post_id in held ^ ({state["post"]} if state["post"] else set()):
            if post_id in self.posts:
                self.fetch(post_id)
        self.version = message["version"]


# ---- The script -------------------------------------------------------------------------------------------------------


class Play:
    """One topic, what is done to it, and the pages open on it."""

    def __init__(self, app: Flask, cast: Cast, clients: dict[str, Any], seed: int) -> None:
        self.cast, self.clients, self.chance = cast, clients, random.Random(seed)
        self.truth = Truth(title=token())
        word = token()
        topic = open_topic(cast.ana, cast.usinage_loire, f"Usure {self.truth.title}", f"Bonjour {word}")
        self.topic_id = topic.id
        first = db.session.query(Post.id).filter_by(topic_id=topic.id, number=1).scalar()
        self.truth.posts[first] = Written("ana", word)
        db.session.rollback()
        self.done: list[str] = [f"seed {seed}"]
        self.words = {self.truth.title, word}
        self.pages = {who: Page(who, clients[who], topic.id, self.watch) for who in READERS}

    def watch(self, who: str, path: str, text: str) -> None:
        """Nobody is sent words they may not read at this moment."""
        secret = set(TOKEN.findall(text)) & self.words - self.truth.words_for(who)
        assert not secret, f"{who} was sent words not theirs by {path}\n" + "\n".join(self.done)

    def run(self) -> None:
        for _step in range(STEPS):
            act = self.chance.choice(ACTS)
            worked = act(self)
            self.done.append(f"{act.__name__[3:]}: {worked}")
            for who in self.chance.sample(READERS, 2):
                self.compare(who)
        for who in READERS:
            self.compare(who)

    def compare(self, who: str) -> None:
        page = self.pages[who]
        if page.is_open_to_reader:
            page.catch_up(again=self.chance.choice((0, 0, 3, 30)))
        else:
            page.load()
        fresh = Page(who, self.clients[who], self.topic_id, self.watch)
        self.done.append(f"  {who} looks")
        assert page.look() == fresh.look(), f"{who}’s page is not what a fresh one is\n" + "\n".join(
            self.done
        )
        assert fresh.is_open_to_reader == self.truth.reads_topic(who), "\n".join(self.done)

    def post(self, who: str, path: str, **form: Any) -> bool:
        answer = self.clients[who].post(path, data=form, headers={"Accept": "application/json"})
        assert answer.status_code < 500, answer.text
        return answer.status_code in (200, 201, 302)

    def someone(self) -> str:
        return self.chance.choice(READERS)

    def some_post(self) -> int:
        return self.chance.choice(list(self.truth.posts))

    # Acts: each says who did what, and whether it was done.

    def do_reply(self) -> str:
        who, word = self.someone(), token()
        answer = self.clients[who].post(
            f"/sujets/{self.topic_id}/messages",
            data={"body": f"Réponse **{word}**", "request_id": str(uuid.uuid4())},
            headers={"Accept": "application/json"},
        )
        self.words.add(word)
        if answer.status_code == 201:
            self.truth.posts[answer.json["post"]["id"]] = Written(who, word)
        return f"{who} {answer.status_code}"

    def do_edit(self) -> str:
        post_id, word = self.some_post(), token()
        post = self.truth.posts[post_id]
        self.words.add(word)
        form = {"body": f"Autrement {word}", "base_version": post.wording}
        done = self.post(post.author, f"/messages/{post_id}/modifier", **form)
        if done:
            post.word, post.wording = word, post.wording + 1
        return f"{post.author} {post_id} {done}"

    def do_delete(self) -> str:
        post_id = self.some_post()
        post = self.truth.posts[post_id]
        done = self.post(post.author, f"/messages/{post_id}/suppression")
        post.is_deleted = post.is_deleted or done
        return f"{post.author} {post_id} {done}"

    def do_react(self) -> str:
        who, post_id = self.someone(), self.some_post()
        kind, wanted = self.chance.choice(("thanks", "same_problem", "applied")), self.chance.choice("110")
        done = self.post(who, f"/messages/{post_id}/reactions", kind=kind, wanted=wanted)
        return f"{who} {post_id} {kind} {wanted} {done}"

    def do_accept(self) -> str:
        who, post_id = self.chance.choice(("ana", "manon")), self.chance.choice((0, self.some_post()))
        done = self.post(who, f"/sujets/{self.topic_id}/reponse-retenue", post_id=post_id)
        return f"{who} {post_id} {done}"

    def do_close(self) -> str:
        who = self.chance.choice(("ana", "manon"))
        return f"{who} {self.post(who, f'/sujets/{self.topic_id}/fermeture')}"

    def do_reopen(self) -> str:
        return f"manon {self.post('manon', f'/sujets/{self.topic_id}/reouverture')}"

    def do_pin(self) -> str:
        pinned = self.chance.choice("01")
        return f"{pinned} {self.post('manon', f'/sujets/{self.topic_id}/epingle', pinned=pinned)}"

    def do_move(self) -> str:
        to = "usinage_loire" if self.truth.room == "secrete" else "secrete"
        done = self.post("manon", f"/sujets/{self.topic_id}/deplacement", room_id=getattr(self.cast, to).id)
        self.truth.room = to if done else self.truth.room
        return f"{to} {done}"

    def do_hide(self) -> str:
        return self.moderate(operations.hide_post, is_hidden=True)

    def do_restore(self) -> str:
        return self.moderate(operations.restore_post, is_hidden=False)

    def moderate(self, act: Callable[[int], None], *, is_hidden: bool) -> str:
        choice = [post_id for post_id, post in self.truth.posts.items() if post.is_hidden != is_hidden]
        if not choice:
            return "nothing to do"
        post_id = self.chance.choice(choice)
        with transaction():
            act(post_id)
        self.truth.posts[post_id].is_hidden = is_hidden
        return str(post_id)


# Replies and their changes come oftener than the rest.
ACTS = (
    *(Play.do_reply,) * 4,
    *(Play.do_edit, Play.do_react, Play.do_hide, Play.do_restore, Play.do_move, Play.do_accept) * 2,
    *(Play.do_close, Play.do_reopen) * 2,
    *(Play.do_delete, Play.do_pin),
)


def play(app: Flask, seeds: range) -> set[str]:
    """Play these scripts; gives the acts that worked at least once."""
    cast = casting.build()
    with transaction():
        operations.admit_to_room(
            queries.room_for(cast.manon, cast.secrete.id), person_id=cast.ana.id, manager=cast.manon
        )
    forget_access()
    clients = {who: sign_in(app.test_client(), getattr(cast, who)) for who in READERS}
    with transaction():
        cast.rita.locale = "en"
    happened = set()
    for seed in seeds:
        script = Play(app, cast, clients, seed)
        script.run()
        happened |= {line.split(":")[0] for line in script.done if re.search(r"True|201|: \d+$", line)}
    return happened


@pytest.mark.parametrize("first", [0, 10, 20])
def test_a_page_that_catches_up_shows_what_a_fresh_one_shows(app: Flask, first: int) -> None:
    happened = play(app, range(first, first + 10))
    assert happened >= {act.__name__[3:] for act in ACTS}, (
        "an act never worked: the scripts prove nothing of it"
    )


@pytest.mark.prove
@pytest.mark.parametrize("first", range(1000, 1300, 50))
def test_pages_that_catch_up_show_what_fresh_ones_show_in_three_hundred_scripts(
    app: Flask, first: int
) -> None:
    play(app, range(first, first + 50))
