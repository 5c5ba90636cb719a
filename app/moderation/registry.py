"""What features say of the things that can be reported: how one is hidden, shown again, and shown in its context."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

if TYPE_CHECKING:
    from app.moderation.models import Decision


@dataclass(frozen=True)
class ContextPost:
    """Something written, as a moderator reads it beside the others."""

    author: str
    byline: str
    at: datetime
    html: Markup
    is_target: bool = False
    url: str | None = None


Act = Callable[[int, "Decision"], Any]


@dataclass(frozen=True)
class RoomChoice:
    """A room that a thing may be moved to."""

    id: int
    name: str


@dataclass(frozen=True)
class Adapter:
    """What is registered for one type; without `hide`, nothing can be done but to answer."""

    type: str
    noun: Any
    where: Callable[[str], str] | None = None
    hide: Act | None = None
    restore: Act | None = None
    context: Callable[[int, Any], Sequence[ContextPost]] | None = None
    resolve: Callable[[str, str], int | None] | None = None
    is_hidden: Callable[[int], bool] | None = None
    confirm: Act | None = None
    delete: Act | None = None
    move: Callable[[int, int, Any], Any] | None = None
    targets: Callable[[int, Any], Sequence[RoomChoice]] | None = None
    room_of: Callable[[int], RoomChoice | None] | None = None
    membership_of: Callable[[int], RoomChoice | None] | None = None
    remove_from_room: Callable[[int, int], Any] | None = None
    give_room_back: Callable[[int, int, Any], Any] | None = None
    readers: Callable[[int], Readers | None] | None = None
    pointless: Sequence[str] = ()
    written: Callable[[int], int] | None = None


@dataclass(frozen=True)
class Readers:
    """Who read a thing before it was decided: people, and the firms they work for."""

    people: int
    companies: int
    since: datetime


_adapters: dict[str, Adapter] = {}


def register(
    object_type: str,
    *,
    noun: Any,
    where: Callable[[str], str] | None = None,
    hide: Act | None = None,
    restore: Act | None = None,
    context: Callable[[int, Any], Sequence[ContextPost]] | None = None,
    resolve: Callable[[str, str], int | None] | None = None,
    is_hidden: Callable[[int], bool] | None = None,
    confirm: Act | None = None,
    delete: Act | None = None,
    move: Callable[[int, int, Any], Any] | None = None,
    targets: Callable[[int, Any], Sequence[RoomChoice]] | None = None,
    room_of: Callable[[int], RoomChoice | None] | None = None,
    membership_of: Callable[[int], RoomChoice | None] | None = None,
    remove_from_room: Callable[[int, int], Any] | None = None,
    give_room_back: Callable[[int, int, Any], Any] | None = None,
    readers: Callable[[int], Readers | None] | None = None,
    pointless: Sequence[str] = (),
    written: Callable[[int], int] | None = None,
) -> None:
    """Have things of this type reported and decided.

    `noun` names one in the middle of a sentence (« message »; masculine, as those sentences are), `where(title)` says to
    its author where it stands (« dans « … » » by default). `hide(id, decision)` and `restore(id, hiding)`, which gets the
    decision that is undone, run inside the deciding transaction: they change the row, journal it and have it indexed. `context(id, user)` gives what
    stands around it, in order, as that moderator may read it. `resolve(path, fragment)` gives the id an address of ours
    points at, or None. `confirm(id, decision)` is for what a provisional hiding spares and a decided one does not.

    `delete(id, decision)` takes the words away for good. `targets(id, user)` gives the rooms that this moderator may move
    the thing to, `move(id, room_id, user)` moves it, and `room_of(id)` says where it is. `membership_of(id)` gives the
    restricted room that its author is listed in, `remove_from_room(room_id, person_id)` takes them off it and
    `give_room_back(room_id, person_id, user)` lists them again. `readers(id)` says who read it, `written(person_id)` how many of this type somebody
    wrote. Of the reasons for
    reporting, those that are `pointless` for this type are not offered.
    """
    _adapters[object_type] = Adapter(
        object_type,
        noun,
        where,
        hide,
        restore,
        context,
        resolve,
        is_hidden,
        confirm,
        delete,
        move,
        targets,
        room_of,
        membership_of,
        remove_from_room,
        give_room_back,
        readers,
        tuple(pointless),
        written,
    )


def place_in_words(object_type: str | None, title: str) -> str:
    """Where a thing stands, as said to its author."""
    adapter = adapter_of(object_type)
    return adapter.where(title) if adapter.where is not None else _("dans « %(title)s »", title=title)


def adapter_of(object_type: str | None) -> Adapter:
    """The adapter of a type; one that can do nothing for a type nobody registered."""
    return _adapters.get(object_type or "") or Adapter(object_type or "", _l("contenu"))


def is_hidden(object_type: str | None, object_id: int | None) -> bool:
    """Whether a thing of ours is hidden now."""
    asked = adapter_of(object_type).is_hidden
    return asked is not None and object_id is not None and asked(object_id)


def written_by(person_id: int) -> int:
    """How many things somebody wrote, of all types that count them."""
    return sum(adapter.written(person_id) for adapter in _adapters.values() if adapter.written is not None)


def resolve(path: str, fragment: str) -> tuple[str, int] | None:
    """The thing of ours that an address points at."""
    for adapter in _adapters.values():
        thing_id = adapter.resolve(path, fragment) if adapter.resolve is not None else None
        if thing_id is not None:
            return adapter.type, thing_id
    return None
