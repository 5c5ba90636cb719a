"""The frame around every page: who is signed in, which places they reach, what is unread.

Lower layers cannot know rooms or reports, so features register **providers** that fill the frame. The frame is built
once per request, when a template first asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask import Flask, g, request, session
from flask_babel import get_locale
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import bindparam, select
from werkzeug.local import LocalProxy

from app.core import demo, journal, versions
from app.core.database import read
from app.core.fragments import kept
from app.core.prepared import prepared
from app.core.versions import Remembered


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
    places: tuple[ShellPlace, ...] = ()
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
    drawn: dict[str, Markup] = field(default_factory=dict, compare=False, repr=False)
    pieces: dict[frozenset[str], Any] = field(default_factory=dict, compare=False, repr=False)

    def part(self, template: str) -> Markup:
        """A part of the frame, drawn once from what the frame says (`PARTS`)."""
        if template not in self.drawn:
            values = {name: getattr(self, name) for name in PARTS[template]}
            self.drawn[template] = kept(template, **values)
        return self.drawn[template]


PARTS = {
    "core/_frame_top.html": (
        "user", "places", "all_places", "unread_elsewhere", "notifications_unread", "current", "is_demo",
        "can_moderate", "pending",
    ),
    "core/_frame_end.html": ("locale", "theme", "is_demo"),
}  # fmt: skip
"""What each part of the frame is drawn from."""

Provider = Callable[[Shell, Any], None]

_providers: list[Provider] = []

DOORS = {
    "home": ("/",),
    "ask": ("/demander", "/salles", "/sujets", "/communautes"),
    "book": ("/reserver", "/labs", "/machines", "/reservations"),
    "learn": ("/apprendre",),
    "search": ("/recherche",),
    "desk": ("/moderation",),
}


def provides(provider: Provider) -> Provider:
    """Register a function `(shell, user)` that fills its part of the frame for a signed-in person."""
    if provider not in _providers:
        _providers.append(provider)
    return provider


def stand_in(node_id: int, room_id: int | None = None) -> None:
    """Say which place, and which of its rooms, the page belongs to: the frame shows them."""
    if g.get("stands_in") != (node_id, room_id):
        g.stands_in = (node_id, room_id)
        # A frame built for another place is not this page's.
        g.pop("shell", None)


def standing_in() -> tuple[int | None, int | None]:
    """The place and the room the page belongs to, as far as it said."""
    return g.get("stands_in", (None, None))


def build() -> Shell:
    """The frame of the current request: the one last built for this person, when the numbers behind it are the same."""
    theme = request.cookies.get("theme", "auto")
    looks = (
        str(get_locale() or "fr")[:2],
        theme if theme in ("light", "dark") else "auto",
        _door(request.path),
        demo.is_demo(),
    )
    user = current_user._get_current_object()
    if not user.is_authenticated:
        return _blank(looks)
    known = versions.known()
    if known is None:
        return _built(user, looks)
    key = (user.id, standing_in(), looks, frozenset(_listened()))
    known = known._replace(tags=0)
    last = _frames.peek(key)
    if last is None or last[0][0] != known or not last[1].numbers:
        frame = _built(user, looks)
        _frames.put(key, (known, _moving(frame)), frame)
        return frame
    # Only what moves is asked again: the numbers of its scopes, and its counts.
    return _frames.get(key, (known, _ask_moving(last[1])), lambda: _built(user, looks))


_frames: Remembered[Shell] = Remembered(300)
"""Some 40 KB each, drawn parts included."""


def _blank(looks: tuple[str, str, str | None, bool]) -> Shell:
    locale, theme, door, is_demo = looks
    return Shell(locale=locale, theme=theme, current=door, is_demo=is_demo)


def _built(user: Any, looks: tuple[str, str, str | None, bool]) -> Shell:
    frame = _blank(looks)
    frame.scopes |= _listened()
    frame.user = ShellUser(user.id, user.name, user.initials)
    for provider in _providers:
        provider(frame, user)
    _count(frame)
    frame.numbers.update(journal.seqs(frame.scopes - frame.numbers.keys()))
    frame.seqs = " ".join(f"{scope_id}:{seq}" for scope_id, seq in sorted(frame.numbers.items()))
    return frame


def _count(frame: Shell) -> None:
    if not frame.counts:
        return
    names, statements, values = _asked(frame)
    row = read(_together(names, statements), **values).one()
    for name, number in zip(names, row, strict=True):
        setattr(frame, name, int(number))


def _moving(frame: Shell) -> list[tuple[int, ...]]:
    """What `_ask_moving` would answer of a frame just built."""
    counts = tuple(getattr(frame, name) for name in frame.counts)
    return [(scope_id, seq, *counts) for scope_id, seq in sorted(frame.numbers.items())]


def _ask_moving(frame: Shell) -> list[tuple[int, ...]]:
    names, statements, values = _asked(frame)
    asked = read(_moving_together(names, statements), frame_scopes=list(frame.numbers), **values)
    return asked.raw


def _asked(frame: Shell) -> tuple[tuple[str, ...], tuple[Any, ...], dict[str, Any]]:
    values = {name: value for count in frame.counts.values() for name, value in count.values.items()}
    return tuple(frame.counts), tuple(count.statement for count in frame.counts.values()), values


@prepared
def _together(names: tuple[str, ...], statements: tuple[Any, ...]) -> Any:
    return select(*_labelled(names, statements))


@prepared
def _moving_together(names: tuple[str, ...], statements: tuple[Any, ...]) -> Any:
    scopes: Any = bindparam("frame_scopes", expanding=True)
    numbers = select(journal.Scope.id, journal.Scope.seq, *_labelled(names, statements))
    return numbers.where(journal.Scope.id.in_(scopes)).order_by(journal.Scope.id)


def _labelled(names: tuple[str, ...], statements: tuple[Any, ...]) -> list[Any]:
    numbers = zip(names, statements, strict=True)
    return [statement.scalar_subquery().label(name) for name, statement in numbers]


def everything_read(place_ids: Collection[int]) -> Any | None:
    """The version of all that somebody reads who reads these places; None when the frame does not follow all of them."""
    frame, known = current_shell(), versions.known()
    if known is None or not place_ids or not set(place_ids) <= {place.id for place in frame.places}:
        return None
    return known, frame.seqs


def listen(scope_ids: Iterable[int]) -> None:
    """Have the page hear of these scopes besides those of its frame, which is not built yet.

    Read after the content they tell the truth all the same: a page is read from one snapshot.
    """
    g.listened_scopes = {*_listened(), *scope_ids}


def _listened() -> set[int]:
    listened: set[int] = g.get("listened_scopes", set())
    return listened


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


def has_flashes() -> bool:
    """Whether a sentence waits for this page: most have none, and pay nothing for it."""
    return "_flashes" in session or "_flashes" in g


def init_app(app: Flask) -> None:
    app.jinja_env.globals["has_flashes"] = has_flashes
    app.jinja_env.globals["shell"] = LocalProxy(current_shell)
