"""Naming a person in a text: `@{12|Élodie Marchand}` in the source, a link to her page once rendered."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

MENTION = re.compile(r"@\{(\d{1,12})\|([^{}|<>\[\]`\\\n]{1,120})\}")
_FORBIDDEN = re.compile(r"[{}|<>\[\]`\\\n]")


def mention_token(person_id: int, name: str) -> str:
    """What the picker inserts for a person."""
    return f"@{{{person_id}|{_FORBIDDEN.sub(' ', name).strip()[:120]}}}"


def mentioned_in(source: str) -> set[int]:
    """Ids of the people a text names, unverified."""
    return {int(match[1]) for match in MENTION.finditer(source)}


def with_current_names(source: str, names: Mapping[int, str]) -> str:
    """The source with each mention bearing its person's real name; of those absent from `names`, only the words stay.

    The name inside a token is whatever was typed: without this, anybody could make a colleague's link read otherwise.
    """

    def replace(match: re.Match[str]) -> str:
        person_id = int(match[1])
        return mention_token(person_id, names[person_id]) if person_id in names else f"@{match[2]}"

    return MENTION.sub(replace, source)


def with_new_names(source: str, names: Mapping[int, str], gone: Collection[int]) -> str:
    """The source with these people named anew, the others as they were. Who is `gone` has no page left to lead to."""

    def replace(match: re.Match[str]) -> str:
        person_id = int(match[1])
        if person_id not in names:
            return match[0]
        return f"@{names[person_id]}" if person_id in gone else mention_token(person_id, names[person_id])

    return MENTION.sub(replace, source)
