"""The style page, the frame of pages and the two switches of the footer."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from app.core import demo
from app.core.database import transaction

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "app").glob("**/templates/**/*.html"))
ICON = re.compile(
    r"\bicon\(\s*[\"']([\w-]+)[\"']|\bicon=[\"']([\w-]+)[\"']|empty_state\(\s*[\"']([\w-]+)[\"']"
)
STYLED = re.compile(r"\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=[\"']", re.IGNORECASE)


def icons() -> set[str]:
    lines = (ROOT / "app/core/static/core/icons.txt").read_text(encoding="utf-8").splitlines()
    return {line.split("#")[0].split("=")[0].strip() for line in lines} - {""}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_icon_that_a_template_names_is_in_the_sprite(template: Path):
    named = {name for found in ICON.findall(template.read_text(encoding="utf-8")) for name in found if name}
    assert named - icons() == set()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_template_carries_a_style_attribute_or_an_inline_script(template: Path):
    assert STYLED.findall(template.read_text(encoding="utf-8")) == []


def test_the_style_page_exists_in_a_demonstration_only(app: Flask, client):
    assert client.get("/design").status_code == 404
    with transaction():
        demo.mark(is_demo=True, today=date(2026, 11, 23))
    demo.forget()
    page = client.get("/design")
    assert page.status_code == 200
    assert "Tôle de 3 mm qui cintre" in page.text


def test_the_footer_keeps_the_chosen_appearance(client):
    assert "data-theme" not in client.get("/connexion").text
    answer = client.post("/apparence", data={"theme": "dark", "next": "/connexion"})
    assert answer.status_code == 302
    assert answer.location == "/connexion"
    assert '<html lang="fr" data-theme="dark">' in client.get("/connexion").text


def test_the_footer_keeps_the_chosen_language(client):
    client.post("/langue", data={"locale": "en", "next": "/connexion"})
    assert '<html lang="en"' in client.get("/connexion").text


@pytest.mark.parametrize(("address", "field"), [("/apparence", "theme"), ("/langue", "locale")])
def test_a_switch_refuses_what_it_does_not_offer(client, address: str, field: str):
    assert client.post(address, data={field: "rose"}).status_code == 400


def test_a_switch_never_leads_to_another_site(client):
    answer = client.post("/apparence", data={"theme": "dark", "next": "//evil.example/"})
    assert answer.location == "/"
