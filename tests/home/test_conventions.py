"""What browsers, search engines and researchers ask for without having been told."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.core.time import clock
from app.home.conventions import OPEN_TO_SEARCH


def test_the_icon_asked_for_by_habit_is_the_built_one(client: Any) -> None:
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert re.fullmatch(r"/static/favicon-\w+\.svg", answer.location)
    assert "max-age" in answer.headers["Cache-Control"]


def allows(robots: str, path: str) -> bool:
    """The longest rule that fits decides (RFC 9309)."""
    fitting = []
    for line in robots.splitlines():
        kind, _colon, rule = line.partition(": ")
        pattern = re.escape(rule).replace(r"\$", "$")
        if kind in ("Allow", "Disallow") and re.match(pattern, path):
            fitting.append((len(rule), kind == "Allow"))
    return max(fitting)[1]


def test_search_engines_may_list_public_pages_and_nothing_else(client: Any) -> None:
    answer = client.get("/robots.txt")
    assert answer.mimetype == "text/plain"
    for path in ("/", "/chiffres", "/regions/bretagne", "/communautes/loire", "/accessibilite"):
        assert allows(answer.text, path), path
    for path in ("/sujets/1-x", "/salles/2", "/personnes/3", "/recherche?q=x", "/connexion", "/signaler"):
        assert not allows(answer.text, path), path


@pytest.mark.parametrize("rule", [rule for rule in OPEN_TO_SEARCH if rule.endswith("$")])
def test_every_page_named_to_search_engines_is_there_for_visitors(client: Any, rule: str) -> None:
    assert client.get(rule.removesuffix("$")).status_code == 200


def test_whoever_found_a_flaw_is_told_whom_to_write_to(
    app: Flask, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SECURITY_CONTACT", "securite@convergence.example")
    answer = client.get("/.well-known/security.txt")
    assert answer.mimetype == "text/plain"
    fields = [line.split(": ", 1) for line in answer.text.splitlines()]
    said = dict(reversed(fields))
    assert said["Contact"] == "mailto:securite@convergence.example"
    assert said["Canonical"] == f"{app.config['PUBLIC_URL']}/.well-known/security.txt"
    limits = [clock.now() + timedelta(days=days) for days in (150, 365)]
    assert limits[0].isoformat()[:19] < said["Expires"] < limits[1].isoformat()[:19]


def test_an_address_that_reaches_nobody_is_not_given(
    app: Flask, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SECURITY_CONTACT", "contact@127.0.0.1")
    text = client.get("/.well-known/security.txt").text
    assert "mailto:" not in text
    assert f"Contact: {app.config['PUBLIC_URL']}/contact-signalement" in text
