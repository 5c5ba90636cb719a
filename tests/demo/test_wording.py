"""What the written demonstration reads like: enough of it, each message its own, well set, with drawings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from difflib import SequenceMatcher
from itertools import combinations
from typing import Any

import pytest

from app.demo import script as scripts
from tools import render_pictures

pytestmark = pytest.mark.once

OLDEST_DAYS = 130


@pytest.fixture(scope="module")
def script() -> scripts.Script:
    return scripts.read(date(2026, 11, 24))


def messages(script: scripts.Script) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every message with the title it stands under."""
    for topic in script.topics:
        for line in [topic, *topic.get("posts", [])]:
            yield topic["title"], line


def test_there_is_enough_to_read_everywhere(script):
    assert len(script.topics) >= 48
    assert sum(1 for _message in messages(script)) >= 230
    assert sum("accepted" in topic for topic in script.topics) >= 25
    places = [line["key"] for line in script.communities]
    places += [f"region:{line['region']}" for line in script.regions]
    assert {*places, "national"} == {topic["place"] for topic in script.topics}


def test_the_last_two_weeks_are_the_busiest(script):
    ages = [line["days"] for _title, line in messages(script)]
    assert max(ages) <= OLDEST_DAYS
    recent = sum(age < 14 for age in ages) / 14
    before = sum(age >= 14 for age in ages) / (OLDEST_DAYS - 14)
    assert recent > 2 * before


def test_no_message_is_another_one_reworded(script):
    long = [line["body"] for _title, line in messages(script) if len(line["body"]) > 200]
    for one, other in combinations(long, 2):
        compared = SequenceMatcher(None, one, other, autojunk=False)
        # The cheap bounds first: the exact ratio of thirty thousand pairs would take minutes.
        is_far = compared.real_quick_ratio() < 0.9 or compared.quick_ratio() < 0.9
        assert is_far or compared.ratio() < 0.8, one


def test_words_are_set_as_french_is(script):
    for title, line in messages(script):
        text = line["body"] + line.get("title", "")
        assert not re.search(r"\w'\w", text), f"a straight apostrophe in « {title} »"
        assert not re.search(r"[{}]", text), f"something left to fill in « {title} »"
        assert not re.search(r"\w [;?!]", text), f"a plain space before a sign in « {title} »"
        assert all(ord(character) < 0x1F000 for character in text), title


def test_every_drawing_is_rendered_and_shown(script):
    assert render_pictures.lacks() == []
    shown = {picture["key"] for _title, line in messages(script) for picture in line.get("pictures", [])}
    drawn = {source.stem for source in render_pictures.sources()}
    assert shown == {key for key in drawn if not key.startswith("machine-")}
