"""Sheets of Val de Loire, written by Ana of Atelier Brenne."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask

from app.communities.access import forget_access
from app.core.database import transaction
from app.extensions import db
from app.library import operations, queries
from app.library.models import Practice
from app.library.sheets import sheet_of
from tests.support import cast as casting
from tests.support.cast import Cast

WORDS = {
    "title": "Préparer un changement de série",
    "situation": "Six changements par semaine.",
    "solution": "1. Filmer deux changements.\n2. Trier les gestes.",
    "pitfalls": "Sans chariot réservé, tout revient.",
    "facet": "process",
    "dimension": "PRO",
    "evidence": "measured",
    "indicator": "Changement de moule",
    "before_value": "58",
    "after_value": "22",
    "unit": "min",
    "measured_from": "2026-01-05",
    "measured_until": "2026-03-20",
    "method": "chronométré par le régleur",
    "technologies": ["lean"],
    "cost": "1 400 €",
}


def words(**changed: Any) -> dict[str, Any]:
    """What a whole sheet sends, with these changes."""
    return {**WORDS, "request_id": str(uuid.uuid4()), **changed}


def draft(author: Any, node: Any, **changed: Any) -> int:
    """A draft as its author would keep it, outside any page; its id."""
    sent = words(**changed)
    sheet = sheet_of(sent, {author.id})
    forget_access()
    with transaction():
        practice, _version, _new = operations.begin(
            node.id, sheet, author=author, request_id=sent["request_id"]
        )
        return practice.id


def proposed(author: Any, node: Any, **changed: Any) -> int:
    """A draft handed over to those who review."""
    practice_id = draft(author, node, **changed)
    with transaction():
        practice, version = queries.draft_to_change(author, practice_id)
        operations.propose(practice, version, author=author)
    return practice_id


def decide(practice_id: int, by: Any) -> None:
    """Publish the proposed version."""
    forget_access()
    with transaction():
        practice, version = queries.version_to_review(by, practice_id)
        operations.publish(practice, version, by=by, revision=version.revision)
    forget_access()


def published(author: Any, node: Any, by: Any, **changed: Any) -> Practice:
    """A sheet that its readers have."""
    practice_id = proposed(author, node, **changed)
    decide(practice_id, by)
    db.session.commit()
    return db.session.get_one(Practice, practice_id)


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Everybody of `tests.support.cast`."""
    return casting.build()


@pytest.fixture
def sheet(cast: Cast) -> Practice:
    """Ana's sheet, published by Manon."""
    return published(cast.ana, cast.loire, cast.manon)
