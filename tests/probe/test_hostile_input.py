"""Whatever is typed, into whichever form or address, is answered in words: never by a failure.

Every form of every page is found by walking as somebody who may do nearly everything, then sent with one field at a time
spoilt. A route that no form leads to is sent bodies that no script of ours would make.
"""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.communities.access import forget_access
from app.core.database import transaction
from app.core.versions import Remembered
from app.extensions import db
from tests.probe.test_nobody_else_sees import TABLES, WORDS, plant
from tests.support import cast as casting
from tests.support.cast import Cast, employ, sign_in

SOURCES = Path(__file__).resolve().parents[2] / "app"
HUGE = "9" * 40
SPOILT = (
    "",
    "0",
    "-1",
    "9223372036854775807",
    "9223372036854775808",
    HUGE,
    "a\x00b",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
    "2026-W54-1",
    "1e999",
    "NaN",
    "-5 min",
    f"{HUGE} h",
    "25h-26h, 99:99",
    "١٢",
    "²",
    "topic:²",
    "machine:" + "9" * 5000,
    "topic:" + "0" * 19 + "1" * 5000,
    "\u202e\u0301" * 40,
    "' OR 1=1 --",
    "[" * 3000,
    "{{ 7 * 7 }}<script>",
    "x" * 60_000,
)
BODIES: tuple[tuple[bytes, str], ...] = (
    (b"[" * 100_000, "application/json"),
    (b'{"a":' * 5000 + b"1" + b"}" * 5000, "application/json"),
    (b"null", "application/json"),
    (b'"words"', "application/json"),
    (b"\xff\xfe\x00", "application/json"),
    (b"%ff=%ff&\xff=\xfe&a=%00", "application/x-www-form-urlencoded"),
    (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
    (b"", "multipart/form-data"),
    (b"a=1", "text/plain; charset=no-such"),
    (b"[]", "application/json"),
    (b'{"id": {}, "body": [], "title": 7, "sequence": "x", "technologies": {"a": []}}', "application/json"),
    (b'{"body": "a\\u0000b", "name": "\\ud800", "title": null, "number": 1e400}', "application/json"),
)
NO_IDS = ("0", "9223372036854775808", HUGE, "%00", "%ff", "a" * 3000)
LEFT_ALONE = ("/deconnexion", "/compte/fermeture", "/compte/sessions", "/emplois", "/roles", "/connexion")
"""What would sign the walker out or take their rights."""


@dataclass(frozen=True)
class Form:
    """A form of a page: where it goes and what a browser would send."""

    action: str
    method: str
    fields: tuple[tuple[str, str], ...]


class Forms(HTMLParser):
    """The forms of one page."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._path = path.split("?")[0]
        self._open: tuple[str, str] | None = None
        self._fields: dict[str, str] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = told.get("action") or self._path
            self._open, self._fields = (action.split("#")[0], told.get("method", "get").upper()), {}
        name = told.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in told or self._select not in self._fields):
            self._fields[self._select] = told.get("value", "")
        elif name and tag in ("input", "textarea", "button") and told.get("type") != "file":
            is_chosen = told.get("type") not in ("radio", "checkbox") or "checked" in told
            if is_chosen or name not in self._fields:
                self._fields[name] = told.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "form" and self._open is not None:
            fields = {name: value for name, value in self._fields.items() if name != "csrf_token"}
            self.found.append(Form(*self._open, tuple(fields.items())))
            self._open = None


@pytest.fixture(autouse=True)
def believing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered is believed, as in service: other tests prove it."""
    monkeypatch.setattr(Remembered, "doubted", False)


@pytest.fixture
def walker(app: Flask) -> Any:
    """Nadia, who also works for Ana's firm as its referent, and looks after its lab."""
    cast: Cast = casting.build()
    with transaction():
        employ(cast.nadia, cast.atelier, referent=True)
    forget_access()
    plant(app, cast)
    forget_access()
    return sign_in(app.test_client(), cast.nadia)


def few(name: str) -> Iterable[Any]:
    """The first and the last value of a parameter; one where nobody named its table."""
    if name in WORDS:
        return WORDS[name]
    if name not in TABLES:
        return [1]
    rows = list(db.session.execute(select(TABLES[name]).order_by(TABLES[name])).scalars())
    db.session.rollback()
    return dict.fromkeys((rows[0], rows[-1])) if rows else [1]


def routes(app: Flask, method: str) -> Iterator[Any]:
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()) and "static" not in rule.endpoint and rule.endpoint != "asset":
            yield rule


def filled(rule: Any, values: dict[str, Any]) -> str:
    path = rule.rule
    for name, value in values.items():
        path = re.sub(rf"<(\w+:)?{name}>", str(value), path)
    return str(path)


def pages(app: Flask) -> list[str]:
    """Every GET route with few of the values of its parameters."""
    found = []
    for rule in routes(app, "GET"):
        names = sorted(rule.arguments)
        if all(name in TABLES or name in WORDS for name in names):
            for values in itertools.product(*(few(name) for name in names)):
                found.append(filled(rule, dict(zip(names, values, strict=True))))
    return found


def shape_of(form: Form) -> tuple[Any, ...]:
    return re.sub(r"\d+", "N", form.action.split("?")[0]), form.method, tuple(sorted(dict(form.fields)))


def forms_of(client: Any, paths: Iterable[str]) -> list[Form]:
    """One form of each shape that the pages hold."""
    found: dict[tuple[Any, ...], Form] = {}
    for path in paths:
        answer = client.get(path)
        assert answer.status_code < 500, path
        if answer.status_code == 200 and "html" in (answer.content_type or ""):
            parser = Forms(path)
            parser.feed(answer.text)
            for form in parser.found:
                if form.action.startswith("/") and not form.action.startswith(LEFT_ALONE):
                    found.setdefault(shape_of(form), form)
        answer.close()
    return list(found.values())


def failures(client: Any, sent: Iterable[tuple[str, str, dict[str, Any]]]) -> dict[str, list[str]]:
    """What was answered by a failure, by route; a Traceback counts as one."""
    failed: dict[str, list[str]] = {}
    for path, method, content in sent:
        try:
            answer = client.open(path, method=method, **content)
            said = "" if answer.status_code < 500 and b"Traceback" not in answer.data else answer.status
            answer.close()
        except Exception as error:
            said = f"{type(error).__name__}: {error}"[:300]
        if said:
            key = f"{method} {re.sub(r'[0-9]+', 'N', path)[:120]}"
            failed.setdefault(key, []).append(f"{str(content)[:160]} → {said}")
    return failed


def none_of(failed: dict[str, list[str]]) -> None:
    told = [f"{route} ({len(said)}): {said[0]}" for route, said in sorted(failed.items())]
    assert not told, "\n".join(told)


def spoilt_forms(forms: Iterable[Form], each: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every field of every form with `each` of the spoilt values, taken in turn."""
    turns = itertools.cycle(SPOILT)
    for form in forms:
        where = "data" if form.method == "POST" else "query_string"
        for name, _value in form.fields:
            for value in itertools.islice(turns, each):
                sent = dict(form.fields)
                # A form sent anew, on the version there is: or what was sent before would answer for it.
                sent.update({key: str(uuid.uuid4()) for key in sent if key == "request_id"})
                sent.update({key: "" for key in sent if key in ("version", "base_version")})
                yield form.action, form.method, {where: {**sent, name: value}}


def addresses_made_up(app: Flask, each: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every GET route with ids that no row has, and with whatever views look for in a query."""
    asked = sorted(set(itertools.chain.from_iterable(_asked_names(path) for path in SOURCES.rglob("*.py"))))
    assert {"jour", "debut", "q", "lieu", "after"} <= set(asked)
    ids, turns = itertools.cycle(NO_IDS), itertools.cycle(SPOILT[:-1])
    for rule in routes(app, "GET"):
        for value in itertools.islice(ids, each if rule.arguments else 0):
            yield filled(rule, dict.fromkeys(rule.arguments, value)), "GET", {}
        for value in itertools.islice(turns, each):
            yield _known(rule), "GET", {"query_string": dict.fromkeys(asked, value)}


def bodies_made_up(app: Flask, each: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every route that changes something, with bodies of no form."""
    turns = itertools.cycle(BODIES)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for rule in routes(app, method):
            path = _known(rule)
            if not path.startswith(LEFT_ALONE):
                for body, kind in itertools.islice(turns, each):
                    yield path, method, {"data": body, "content_type": kind}


def _known(rule: Any) -> str:
    return filled(rule, {name: next(iter(few(name))) for name in rule.arguments})


def _asked_names(path: Path) -> list[str]:
    return re.findall(r"""(?:args|values)\.get(?:list)?\(\s*"(\w+)""", path.read_text(encoding="utf-8"))


def spoil(app: Flask, walker: Any, each: int) -> None:
    forms = forms_of(walker, pages(app))
    assert len(forms) > 80
    none_of(failures(walker, spoilt_forms(forms, each)))
    none_of(failures(walker, addresses_made_up(app, each)))
    none_of(failures(walker, bodies_made_up(app, each)))
    assert walker.get("/compte").status_code == 200, "the walk was done by somebody signed in"
    visitor = app.test_client()
    none_of(failures(visitor, addresses_made_up(app, each)))
    none_of(failures(visitor, bodies_made_up(app, each)))


def test_nothing_fails_whatever_is_typed(app: Flask, walker: Any) -> None:
    spoil(app, walker, 1)


@pytest.mark.prove
def test_nothing_fails_with_any_of_the_values_anywhere(app: Flask, walker: Any) -> None:
    spoil(app, walker, len(SPOILT))
