"""The frame around every page: who is signed in, which places they reach, what is unread.

Lower layers cannot know rooms or reports, so features register **providers** that fill the frame. The frame is built
once per request, when a template first asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

from flask import Flask, g, request
from flask_babel import get_locale
from flask_login import current_user
from sqlalchemy import select
from werkzeug.local import LocalProxy

from app.core import demo, journal
from app.core.database import read


@dataclass(frozen=True)
class ShellRoom:
    """A room of the rail."""

    id: int
    name: str
    url: str
    unread: int = 0
    is_current: bool = False


@dataclass(frozen=True)
class ShellPlace:
    """A community, region or the nation in the rail. `hue` is the INSEE code of its region.

    Places and rooms are values, so that a rail once drawn can be kept by what it shows.
    """

    id: int
    name: str
    url: str
    hue: str | None
    kind: str
    rooms: tuple[ShellRoom, ...] = ()

    @property
    def unread(self) -> int:
        return sum(room.unread for room in self.rooms)


@dataclass(frozen=True)
class ShellUser:
    """The signed-in person as the frame shows them."""

    id: int
    name: str
    initials: str
    place: str = ""


class Count(NamedTuple):
    """A number of the frame that the database knows: a SELECT of it, built once, and the values of its parameters."""

    statement: Any
    values: dict[str, Any]


@dataclass
class Shell:
    """Everything `core/base.html` reads. `seqs` is what the page says it knows of each scope (`12:345 7:88`): a page with
    live content builds the frame before it reads that content, so that nothing falls between. A provider that read
    numbers of scopes anyway puts them in `numbers`. `all_places` says how many places there are when `places` are not
    all, and `unread_elsewhere` what is unread in the others. What a provider puts in `counts` under the name of an
    attribute is asked at the end, all of it by one statement.
    """

    user: ShellUser | None = None
    places: list[ShellPlace] = field(default_factory=list)
    all_places: int = 0
    unread_elsewhere: int = 0
    notifications_unread: int = 0
    can_moderate: bool = False
    pending: int = 0
    is_demo: bool = False
    locale: str = "fr"
    theme: str = "auto"
    current: str | None = None
    scopes: set[int] = field(default_factory=set)
    numbers: dict[int, int] = field(default_factory=dict)
    seqs: str = ""
    counts: dict[str, Count] = field(default_factory=dict)


Provider = Callable[[Shell, Any], None]

_providers: list[Provider] = []

DOORS = {
    "home": ("/",),
    "ask": ("/demander", "/salles", "/sujets", "/communautes"),
    "book": ("/reserver",),
    "learn": ("/apprendre",),
    "search": ("/recherche",),
}


def provides(provider: Provider) -> Provider:
    """Register a function `(shell, user)` that fills its part of the frame for a signed-in person."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def build() -> Shell:
    """The frame of the current request."""
    theme = request.cookies.get("theme", "auto")
    frame = Shell(
        locale=str(get_locale() or "fr")[:2],
        theme=theme if theme in ("light", "dark") else "auto",
        current=_door(request.path),
        is_demo=demo.is_demo(),
        scopes=set(g.get("listened_scopes", ())),
    )
    if current_user.is_authenticated:
        frame.user = ShellUser(current_user.id, current_user.name, current_user.initials)
        for provider in _providers:
            provider(frame, current_user)
        _count(frame)
        frame.numbers.update(journal.seqs(frame.scopes - frame.numbers.keys()))
        frame.seqs = " ".join(f"{scope_id}:{seq}" for scope_id, seq in sorted(frame.numbers.items()))
    return frame


def _count(frame: Shell) -> None:
    if not frame.counts:
        return
    names, counts = zip(*frame.counts.items(), strict=True)
    values = {name: value for count in counts for name, value in count.values.items()}
    row = read(_together(names, tuple(count.statement for count in counts)), **values).one()
    for name, number in zip(names, row, strict=True):
        setattr(frame, name, int(number))


@cache
def _together(names: tuple[str, ...], statements: tuple[Any, ...]) -> Any:
    numbers = zip(names, statements, strict=True)
    return select(*(statement.scalar_subquery().label(name) for name, statement in numbers))


def listen(scope_ids: Iterable[int]) -> None:
    """Have the page hear of these scopes besides those of its frame, which is not built yet.

    Read after the content they tell the truth all the same: a page is read from one snapshot.
    """
    g.listened_scopes = {*g.get("listened_scopes", ()), *scope_ids}


def current_shell() -> Shell:
    """The frame, built at its first use in the request."""
    if "shell" not in g:
        g.shell = build()
    return g.shell


def _door(path: str) -> str | None:
    for door, prefixes in DOORS.items():
        if any(path == prefix or (prefix != "/" and path.startswith(prefix + "/")) for prefix in prefixes):
            return door
    return None


def init_app(app: Flask) -> None:
    app.jinja_env.globals["shell"] = LocalProxy(current_shell)
