"""An exception to lint or types says why, so that it can go when the reason does."""

from __future__ import annotations

import re
import tokenize
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]
EXCEPTION = re.compile(r"#\s*(noqa|type:\s*ignore)\b")
# The rule by name, then words that say why.
REASONED = re.compile(r"#\s*(noqa: [A-Z]+\d+|type: ignore\[[a-z-]+\])\W+\w+,? \w+")


def comments_of(path: Path) -> list[tuple[int, str]]:
    with tokenize.open(path) as source:
        return [
            (token.start[0], token.string)
            for token in tokenize.generate_tokens(source.readline)
            if token.type == tokenize.COMMENT
        ]


def test_every_exception_names_its_rule_and_its_reason() -> None:
    files = [
        path
        for folder in ("app", "bench", "migrations", "scripts", "tests", "tools")
        for path in (ROOT / folder).rglob("*.py")
    ]
    found = [
        (path.relative_to(ROOT), line, words)
        for path in files
        for line, words in comments_of(path)
        if EXCEPTION.search(words)
    ]
    assert found
    assert [place for place in found if not REASONED.search(place[2])] == []
