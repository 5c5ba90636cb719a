"""What is typed in the fields of a sheet, field by field: kept as it can be, and said in words what is missing or odd."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.core.errors import Refusal
from app.core.time import clock, local
from app.library import telling
from app.library.prefills import prefill_for
from app.library.sheets import faults_of, sheet_of
from tests.library.conftest import words
from tests.support.cast import Cast

TOMORROW = (local(clock.now()).date() + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("before_value", "beaucoup", "Un nombre seul"),
        ("after_value", "²", "Un nombre seul"),
        ("measured_from", "2026-02-30", "Une date"),
        ("measured_until", TOMORROW, "pas encore venue"),
        ("measured_from", "1949-12-31", "trop ancienne"),
        ("source_url", "javascript:alert(1)", "https://"),
        ("unit", "x" * 300, "caractères"),
    ],
)
def test_what_cannot_be_kept_is_said_beside_its_field(
    app: Flask, cast: Cast, field: str, typed: str, says: str
) -> None:
    with app.test_request_context():
        sheet = sheet_of(words(**{field: typed}), {cast.ana.id})
        assert says in sheet.faults[field]
        assert "javascript:" not in str(sheet.values.get("source_url"))


@pytest.mark.parametrize("typed", ["²", "9" * 5000, "-1", "0", "1.0", "", None, {"a": 1}])
def test_a_contact_that_is_nobody_offered_is_nobody(app: Flask, cast: Cast, typed: Any) -> None:
    with app.test_request_context():
        sheet = sheet_of(words(contact_id=typed), {cast.ana.id})
        assert sheet.values["contact_id"] is None
        assert sheet_of(words(contact_id=str(cast.ana.id)), {cast.ana.id}).contact_id == cast.ana.id
        assert prefill_for(cast.ana, f"topic:{typed}") is None


def test_five_technologies_are_four_too_many_by_one(app: Flask, cast: Cast) -> None:
    with app.test_request_context():
        many = ["lean", "cobotics", "additive", "iot", "ai", "cfao", "erp", "mes", "rfid", "vision"]
        sheet = sheet_of(words(technologies=many), set())
        assert len(sheet.values["technologies"]) <= 4


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"title": "Ah"}, "title"),
        ({"situation": "  "}, "situation"),
        ({"solution": ""}, "solution"),
        ({"facet": ""}, "facet"),
        ({"dimension": "NULLE"}, "dimension"),
        ({"after_value": ""}, "after_value"),
        ({"before_value": ""}, "before_value"),
        ({"unit": ""}, "unit"),
        ({"measured_until": ""}, "measured_from"),
        ({"measured_from": "2026-03-20", "measured_until": "2026-01-05"}, "measured_until"),
        ({"evidence": "none"}, "evidence"),
        ({"evidence": "single", "before_value": "", "after_value": "", "effect": ""}, "figure"),
    ],
)
def test_a_sheet_is_not_proposed_before_it_says_what_readers_need(
    app: Flask, changed: dict[str, str], missing: str
) -> None:
    with app.test_request_context():
        assert faults_of(sheet_of(words(), set())) == {}
        assert missing in faults_of(sheet_of(words(**changed), set()))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"place": "x"}, "place"),
        ({"before_value": "58"}, "after_value"),
        ({"after_value": "22"}, "before_value"),
        ({"before_value": "58", "after_value": "22"}, "unit"),
        ({"before_value": "beaucoup", "after_value": "22"}, "before_value"),
        ({"note": "é" * 60_000}, "note"),
    ],
)
def test_an_application_is_refused_beside_the_field_that_is_odd(
    app: Flask, changed: dict[str, str], field: str
) -> None:
    said = {"place": "Vendôme", "note": ""}
    with app.test_request_context():
        telling.told_of(said)
        with pytest.raises(Refusal) as refused:
            telling.told_of({**said, **changed})
    assert refused.value.field == field


@pytest.mark.parametrize("typed", ["2026-02-30", TOMORROW, "1950-01-01", "", "0001-01-01", "9999-12-31"])
def test_a_sheet_was_applied_on_a_day_that_was(app: Flask, typed: str) -> None:
    with app.test_request_context(), pytest.raises(Refusal) as refused:
        telling.day_of(typed)
    assert refused.value.field == "applied_on"
