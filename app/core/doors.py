"""Who may come through each door: every route and every socket event says so, beside its code.

A mark is a declaration on the function itself (it wraps nothing, so its place among the decorators does not matter).
One `before_request` reads it: a route without a mark is never served. The finer right (this topic, this company) is
checked by the query and the operation behind the door; `permission` names it, so that the list of doors can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.routing import Rule

from app.core.errors import NotFound
from app.extensions import login_manager

View = TypeVar("View", bound=Callable[..., Any])
Gate = Callable[[Any], ResponseReturnValue | None]
Check = Callable[[Any], bool]

MARK = "__door__"


@dataclass(frozen=True)
class Door:
    """What a function declares. `exempt` names the gates that do not stand before it."""

    kind: str
    sentence: str
    check: Check | None = None
    exempt: frozenset[str] = frozenset()


_gates: dict[str, Gate] = {}
_gates_of_public: set[str] = set()


@overload
def public(view: View) -> View: ...
@overload
def public(view: str = "", *, exempt: tuple[str, ...] = ()) -> Callable[[View], View]: ...
def public(view: Any = "", *, exempt: tuple[str, ...] = ()) -> Any:
    """Open to everybody, signed in or not; `@public("why")` when what it does or shows deserves a word.

    A page open to all may show more to somebody signed in: gates that guard rights stand before it too.
    """
    if callable(view):
        return _mark(view, Door("public", "everybody"))
    return lambda function: _mark(function, Door("public", view or "everybody", exempt=frozenset(exempt)))


@overload
def signed_in(view: View) -> View: ...
@overload
def signed_in(*, exempt: tuple[str, ...] = ()) -> Callable[[View], View]: ...
def signed_in(view: Any = None, *, exempt: tuple[str, ...] = ()) -> Any:
    """Open to every signed-in person who has passed the gates (second factor, charter) not listed in `exempt`."""
    door = Door("signed_in", "every signed-in person", exempt=frozenset(exempt))
    return _mark(view, door) if callable(view) else lambda function: _mark(function, door)


def permission(
    sentence: str, *, check: Check | None = None, exempt: tuple[str, ...] = ()
) -> Callable[[View], View]:
    """Open to the signed-in people that `sentence` describes, such as "moderators of the post's community".

    The query and the operation behind the door enforce it; `check(user)` may refuse already here, as a page that does
    not exist.
    """
    return lambda function: _mark(function, Door("permission", sentence, check, frozenset(exempt)))


def gate(name: str, function: Gate, *, before_public: bool = False) -> None:
    """Register something that every signed-in person passes first: it answers a response, or None to let in.

    `before_public` gates stand before pages open to all as well, for those who are signed in.
    """
    _gates[name] = function
    if before_public:
        _gates_of_public.add(name)


def door_of(function: Callable[..., Any]) -> Door | None:
    """The declaration on a view or socket handler, looking through wrappers; None when there is none."""
    current: Any = function
    while current is not None:
        if hasattr(current, MARK):
            return getattr(current, MARK)
        current = getattr(current, "__wrapped__", None)
    return None


def is_asset(endpoint: str) -> bool:
    """Whether an endpoint serves the built static files, which carry no content of anybody."""
    return endpoint == "static" or endpoint.endswith(".static")


def declared(app: Flask) -> Iterator[tuple[Rule, Door | None]]:
    """Every route of the application with its door, assets left aside."""
    for rule in app.url_map.iter_rules():
        if not is_asset(rule.endpoint):
            yield rule, door_of(app.view_functions[rule.endpoint])


def enforce() -> ResponseReturnValue | None:
    """Let the request in, or answer instead of the view."""
    endpoint = request.endpoint
    if endpoint is None or is_asset(endpoint):
        return None
    door = door_of(current_app.view_functions[endpoint])
    if door is None:
        raise RuntimeError(f"{endpoint} declares no door: mark it @public, @signed_in or @permission")
    is_public = door.kind == "public"
    user = current_user._get_current_object()
    if not user.is_authenticated:
        return None if is_public else login_manager.unauthorized()
    for name, function in _gates.items():
        if name not in door.exempt and (name in _gates_of_public or not is_public):
            answer = function(user)
            if answer is not None:
                return answer
    if door.check is not None and not door.check(user):
        raise NotFound
    return None


def init_app(app: Flask) -> None:
    app.before_request(enforce)


def _mark(function: View, door: Door) -> View:
    setattr(function, MARK, door)
    return function
