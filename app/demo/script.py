"""The demonstration as it is written in `content/`: who, where, and what they say, read into plain values.

Times are written as days before "today" and a local time, so that the same script plays for any date.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

CONTENT = Path(__file__).parent / "content"
PICTURES = Path(__file__).parent / "pictures"


@dataclass
class Script:
    """Everything the small demonstration plays."""

    today: date
    communities: list[dict[str, Any]] = field(default_factory=list)
    regions: list[dict[str, Any]] = field(default_factory=list)
    nation: dict[str, Any] = field(default_factory=dict)
    companies: list[dict[str, Any]] = field(default_factory=list)
    people: list[dict[str, Any]] = field(default_factory=list)
    topics: list[dict[str, Any]] = field(default_factory=list)
    moderation: dict[str, Any] = field(default_factory=dict)
    practices: list[dict[str, Any]] = field(default_factory=list)
    applications: list[dict[str, Any]] = field(default_factory=list)
    workshops: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @cached_property
    def person(self) -> dict[str, dict[str, Any]]:
        """People by key."""
        return {line["key"]: line for line in self.people}

    @cached_property
    def company(self) -> dict[str, dict[str, Any]]:
        """Companies by key."""
        return {line["key"]: line for line in self.companies}

    @property
    def labs(self) -> list[dict[str, Any]]:
        """The labs, each with its hours and people."""
        return self.workshops.get("labs", [])

    @property
    def machines(self) -> list[dict[str, Any]]:
        """Every machine, which names its lab."""
        return self.workshops.get("machines", [])

    @cached_property
    def lab(self) -> dict[str, dict[str, Any]]:
        """Labs by key."""
        return {line["key"]: line for line in self.labs}

    @cached_property
    def machine(self) -> dict[str, dict[str, Any]]:
        """Machines by key."""
        return {line["key"]: line for line in self.machines}

    def day(self, number: int) -> date:
        """A day of the labs, counted from the Monday of the week of today."""
        return self.today - timedelta(days=self.today.weekday() - number)

    def instant(self, days: float, clock: str, zone: str = "Europe/Paris") -> datetime:
        """`days` before today, at the local time `clock` ("08:10") of `zone`, as UTC."""
        hour, minute = (int(part) for part in clock.split(":"))
        day = self.today - timedelta(days=days)
        return datetime.combine(day, time(hour, minute), ZoneInfo(zone)).astimezone(UTC)


def read(today: date) -> Script:
    """Read every file of the script."""
    places = _load("communities.toml")
    moderation = _load("moderation.toml")
    taught = _load("practices.toml")
    workshops = _load("machines.toml")
    topics = [
        topic
        for path in sorted((CONTENT / "topics").glob("*.toml"))
        for topic in tomllib.loads(path.read_text(encoding="utf-8")).get("topics", [])
    ]
    topics += moderation.get("topics", [])
    return Script(
        today=today,
        communities=places.get("communities", []),
        regions=places.get("regions", []),
        nation=places.get("nation", {}),
        companies=_load("companies.toml").get("companies", []),
        people=_load("people.toml").get("people", []) + workshops.get("lab_people", []),
        topics=topics,
        moderation=moderation,
        practices=taught.get("practices", []),
        applications=taught.get("applications", []),
        workshops=workshops,
    )


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((CONTENT / name).read_text(encoding="utf-8"))
