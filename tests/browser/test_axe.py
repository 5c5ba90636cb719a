"""No page breaks a rule of WCAG 2.2 AA that a program can see, nor scrolls sideways at 320 pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page

from app.core import jobs
from app.extensions import db
from app.forums.models import Post
from app.moderation.models import Report
from tests.support.cast import Cast, open_topic, reply, sign_in

pytestmark = pytest.mark.once

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NARROW = {"width": 320, "height": 640}

MEMBER = (
    "/", "/demander", "/demander?vue=sans-reponse", "/salles/{room}", "/sujets/{topic}", "/sujets/nouveau",
    "/messages/{post}", "/messages/{post}/historique", "/recherche?q=pinces", "/recherche?q=introuvable",
    "/notifications", "/notifications/reglages", "/communautes/{slug}", "/communautes/{slug}/entreprises",
    "/communautes/{slug}/personnes", "/communautes/{slug}/bienvenue", "/entreprises/{company}", "/personnes/{person}",
    "/reserver", "/apprendre", "/compte", "/signaler/post/{post}", "/n-existe-pas",
)  # fmt: skip
REFERENT = (
    "/mon-entreprise/{company}",
    "/mon-entreprise/{company}/fiche",
    "/mon-entreprise/{company}/communautes",
)
MANAGER = (
    "/communautes/{slug}/admissions", "/communautes/{slug}/roles", "/communautes/{slug}/reglages", "/moderation/liste",
    "/moderation/cas/{report}", "/moderation/registre", "/salles/{restricted}/membres", "/sujets/{topic}/deplacement",
    "/lieux/{node}/salles/nouvelle",
)  # fmt: skip
VISITOR = (
    "/",
    "/connexion",
    "/rejoindre",
    "/chiffres",
    "/signaler",
    "/contact-signalement",
    "/mentions-legales",
    "/charte",
)


def faults(page: Page) -> list[str]:
    """What axe holds against the page, and whether it scrolls sideways on a narrow screen."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: tags}).then(result => result.violations.map("
        "v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 140)).join(' | ')))",
        TAGS,
    )
    page.set_viewport_size(NARROW)
    left = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.set_viewport_size({"width": 1280, "height": 800})
    return [*found, *([f"scrolls sideways by {left} px"] if left > 0 else [])]


@pytest.fixture
def places(app: Flask, cast: Cast) -> dict[str, Any]:
    """A community where something is written, reported and asked."""
    topic = open_topic(
        cast.ana,
        cast.usinage_loire,
        "Usure des pinces de tour",
        "Texte | long\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    )
    answer = reply(cast.bruno, topic, "Des pinces **trempées** et un tableau :\n\n1. un\n2. deux")
    rita = sign_in(app.test_client(), cast.rita)
    rita.get(f"/signaler/post/{answer.id}")
    form = {
        "reason": "abuse",
        "details": "Le ton est déplacé.",
        "request_id": "0b7e4f0e-0000-4000-8000-000000000001",
    }
    rita.post(f"/signaler/post/{answer.id}", data=form)
    jobs.drain()
    report = db.session.query(Report).first()
    places = {
        "topic": topic.id,
        "post": db.session.query(Post).filter_by(topic_id=topic.id, number=2).one().id,
        "room": cast.usinage_loire.id,
        "restricted": cast.secrete.id,
        "slug": cast.loire.slug,
        "node": cast.loire.id,
        "company": cast.atelier.id,
        "person": cast.bruno.id,
        "report": report.id if report is not None else 0,
    }
    db.session.rollback()
    return places


@pytest.mark.parametrize(
    ("who", "paths"), [(None, VISITOR), ("ana", MEMBER), ("rita", REFERENT), ("manon", MANAGER)],
    ids=["visitor", "member", "referent", "manager"],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_hold_no_fault(
    app: Flask,
    cast: Cast,
    places: dict[str, Any],
    open_browser: Any,
    who: str | None,
    paths: tuple[str, ...],
    scheme: str,
) -> None:
    client = app.test_client()
    if who is not None:
        sign_in(client, getattr(cast, who))
    page = open_browser(client=client, color_scheme=scheme, reduced_motion="reduce")
    page.expected.append("404")
    found = {}
    for path in paths:
        page.goto(path.format(**places))
        if wrong := faults(page):
            found[path] = wrong
    assert found == {}
