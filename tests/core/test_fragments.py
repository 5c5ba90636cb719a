"""Parts that are kept show nothing of one reader to another."""

from __future__ import annotations

import pytest
from flask import Flask
from jinja2 import DictLoader, UndefinedError

from app.core.fragments import kept


@pytest.fixture
def templates(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = DictLoader({"mine.html": "{{ shell.user.name }}", "given.html": "{{ name }}"})
    monkeypatch.setattr(app.jinja_env, "loader", loader)


def test_a_kept_part_cannot_ask_who_reads(app: Flask, templates: None) -> None:
    with app.test_request_context("/"), pytest.raises(UndefinedError, match="was not given 'shell'"):
        kept("mine.html")


def test_a_kept_part_changes_with_what_it_is_given(app: Flask, templates: None) -> None:
    with app.test_request_context("/"):
        assert kept("given.html", name="Ana") == "Ana"
        assert kept("given.html", name="Bruno") == "Bruno"
        assert kept("given.html", name="<b>") == "&lt;b&gt;"
