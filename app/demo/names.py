"""People, firms, numbers and messages drawn for the parts of a demonstration that nobody wrote by hand.

Everything is a function of its seed: the same call gives the same answer on every machine. The words stand in
`content/`: names, towns, trades, and parts of messages.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from typing import Any

from app.core import geography
from app.core.slugs import slug_of
from app.demo.script import CONTENT

SHARE_OF_LOCAL_NAMES = 0.45
SHARE_OF_LOCAL_GIVEN_NAMES = 0.25
SHARE_OF_WOMEN = 0.42
OVERSEAS = ("01", "02", "03", "04", "06")
FEWEST_WORDS, MOST_WORDS = 80, 150

_RANGE = 99_900_000
_LAST = 99_999


# People


def people(seed: int, region: str, n: int, *, activity: str | None = None) -> list[dict[str, str]]:
    """`n` people of the region of this INSEE code, no two with the same full name in one call.

    With an activity code they have jobs of that trade. Raises ValueError when the lists cannot make so many.
    """
    chance = random.Random(f"people {seed} {region}")
    everywhere, here = _words("names.toml")["everywhere"], _words("names.toml").get(region, {})
    if n > len(everywhere["women"]) * len(everywhere["families"]):
        raise ValueError(f"too many people asked for at once: {n}")
    trades = [trade for trade in _trades() if activity in (None, trade["activity_code"])] or _trades()
    weights = _weights(trades, region)
    found: dict[str, dict[str, str]] = {}
    while len(found) < n:
        is_woman = chance.random() < SHARE_OF_WOMEN
        gender = "women" if is_woman else "men"
        given = _pick(chance, everywhere[gender], here.get(gender, []), SHARE_OF_LOCAL_GIVEN_NAMES)
        family = _pick(chance, everywhere["families"], here.get("families", []), SHARE_OF_LOCAL_NAMES)
        trade = chance.choices(trades, weights)[0]
        found.setdefault(
            f"{given} {family}",
            {"given_name": given, "family_name": family, "job_title": chance.choice(trade["jobs"])[is_woman]},
        )
    return list(found.values())


def _pick(chance: random.Random, everywhere: list[str], here: list[str], share: float) -> str:
    return chance.choice(here if here and chance.random() < share else everywhere)


# Firms


def companies(seed: int, department: str, n: int) -> list[dict[str, Any]]:
    """`n` firms of a department, named after its towns or its families, no two with the same name in one call."""
    chance = random.Random(f"companies {seed} {department}")
    region = geography.DEPARTMENTS[department].region_code
    local = _words("names.toml").get(region, {}).get("families", [])
    families = _words("names.toml")["everywhere"]["families"]
    towns = [town.rsplit(" ", 1) for town in _words("towns.toml")[department]]
    trades = _trades()
    weights = _weights(trades, region)
    found: dict[str, dict[str, Any]] = {}
    while len(found) < n:
        trade = chance.choices(trades, weights)[0]
        town, postcode = chance.choice(towns)
        family = _pick(chance, families, local, SHARE_OF_LOCAL_NAMES)
        name = _firm_name(chance, chance.choice(trade["labels"]), town, family)
        headcount = chance.choice(trade["headcounts"])
        found.setdefault(
            name,
            {
                "name": name,
                "kind": trade.get("kind", "industrial"),
                "size_class": "micro" if headcount < 10 else "sme",
                "headcount": headcount,
                "activity_code": trade["activity_code"],
                "town": town,
                "postcode": postcode,
                "department": department,
                "summary": chance.choice(trade["summaries"]),
                "skills": sorted(chance.sample(trade["skills"], k=3)),
                "equipment": chance.sample(trade["equipment"], k=min(3, len(trade["equipment"]))),
            },
        )
    return list(found.values())


def towns(department: str) -> list[str]:
    """The towns of a department in which firms are drawn."""
    return [town.rsplit(" ", 1)[0] for town in _words("towns.toml")[department]]


def _firm_name(chance: random.Random, label: str, town: str, family: str) -> str:
    draw = chance.random()
    if draw < 0.30:
        return with_elisions(f"{label} de {town}")
    if draw < 0.65:
        return f"{label} {family}"
    if draw < 0.75:
        return f"Établissements {family}"
    if draw < 0.85:
        return f"{family} & Fils"
    return f"{label} {family}" if " " in label else f"{family} {label}"


def with_elisions(name: str) -> str:
    """« Tôlerie de Amboise » as French says it: « Tôlerie d’Amboise »; « de Le Mans » becomes « du Mans »."""
    name = re.sub(r"\bde Le (?=[A-ZÀ-Ý])", "du ", name)
    name = re.sub(r"\bde Les (?=[A-ZÀ-Ý])", "des ", name)
    return re.sub(r"\bde (?=[AEIOUYÀÂÉÈÊÎÔ])", "d’", name)


# Numbers and addresses


def sirens(after: int = 0) -> Iterator[str]:
    """Numbers of the range kept for demonstrations (999 0…), with a right key; the first `after` are taken."""
    return (_with_key(str(_RANGE + rank)) for rank in range(after + 1, _LAST + 1))


def siret(siren: str, site: int) -> str:
    """The number of the `site`-th site of a firm, with a right key."""
    return _with_key(f"{siren}{site:04d}")


def _with_key(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return f"{digits}{-total % 10}"


def address(given_name: str, family_name: str, firm: str) -> str:
    """A mail address that leads nowhere (RFC 2606 keeps `.test` free)."""
    return f"{slug_of(given_name)}.{slug_of(family_name)}@{slug_of(firm)}.exemple.test"


# Messages


@cache
def subjects() -> tuple[str, ...]:
    """The trades that messages speak of."""
    return tuple(trade["name"] for trade in _words("bulk.toml")["trades"])


def bodies(seed: int, n: int, subject: str | None = None) -> list[str]:
    """`n` distinct messages of 80 to 150 words, of one trade or of all. Raises ValueError beyond what can be made."""
    return _sample(f"bodies {seed} {subject}", _messages(subject), n)


def topic_titles(seed: int, n: int, subject: str | None = None) -> list[str]:
    """`n` distinct titles, of one trade or of all. Raises ValueError beyond what can be made."""
    endings = _words("bulk.toml")["endings"]
    titles = [title for trade in _bulk_trades(subject) for title in trade["titles"]]
    return _sample(
        f"titles {seed} {subject}", [f"{title}{ending}" for title in titles for ending in endings], n
    )


def _sample(seed: str, choices: Sequence[str], n: int) -> list[str]:
    if n > len(choices):
        raise ValueError(f"{n} asked for, {len(choices)} can be made")
    return random.Random(seed).sample(choices, n)


@cache
def _messages(subject: str | None) -> tuple[str, ...]:
    closings = _words("bulk.toml")["closings"]
    found = []
    for trade in _bulk_trades(subject):
        parts = product(trade["situations"], trade["tries"], trade["findings"])
        for rank, (situation, tried, finding) in enumerate(parts):
            # A step prime to the number of closings walks through all of them.
            text = f"{situation}\n\n{tried} {finding}\n\n{closings[rank * 3 % len(closings)]}"
            if FEWEST_WORDS <= len(text.split()) <= MOST_WORDS:
                found.append(text)
    return tuple(found)


def _bulk_trades(subject: str | None) -> list[dict[str, Any]]:
    return [trade for trade in _words("bulk.toml")["trades"] if subject in (None, trade["name"])]


def _weights(trades: list[dict[str, Any]], region: str) -> list[int]:
    """How likely each trade is there: overseas, firms feed, pack and repair more than they forge."""
    is_overseas = region in OVERSEAS
    return [
        trade.get("weight_overseas", trade["weight"]) if is_overseas else trade["weight"] for trade in trades
    ]


def _trades() -> list[dict[str, Any]]:
    trades: list[dict[str, Any]] = _words("trades.toml")["trades"]
    return trades


@cache
def _words(name: str) -> dict[str, Any]:
    return tomllib.loads((CONTENT / name).read_text(encoding="utf-8"))
