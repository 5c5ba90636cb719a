"""The kinds of things one may look for: their name in the address, their words, how all of them are listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l

from app.accounts.models import User
from app.communities.models import Company, Node


@dataclass(frozen=True)
class Facet:
    """A type as the search page speaks of it. `key` is the column that lists its ids, for a whole reindexing.

    `is_entity`: a firm, a person or a place, shown by name before what was written. `is_dated`: when it came to be matters
    to its reader, as for what people write.
    """

    type: str
    slug: str
    label: Any
    icon: str
    order: int
    key: Any = None
    is_entity: bool = False
    is_dated: bool = True


_facets: dict[str, Facet] = {}
_in_order: list[Facet] = []


def register(
    object_type: str,
    *,
    slug: str,
    label: Any,
    icon: str,
    order: int,
    key: Any = None,
    is_entity: bool = False,
    is_dated: bool = True,
) -> None:
    """Have a type offered on the search page; `slug` is its word in `?type=`."""
    _facets[object_type] = Facet(object_type, slug, label, icon, order, key, is_entity, is_dated)
    _in_order[:] = sorted(_facets.values(), key=lambda facet: facet.order)


def known() -> list[Facet]:
    """Every facet, in the order of the page."""
    return _in_order


def of_type(object_type: str) -> Facet:
    """The facet of a type that is found."""
    return _facets[object_type]


def of_slug(slug: str) -> Facet | None:
    """The facet that an address names, or None."""
    return next((facet for facet in _facets.values() if facet.slug == slug), None)


register(
    "company",
    slug="entreprises",
    label=_l("Entreprises"),
    icon="factory",
    order=30,
    key=Company.id,
    is_entity=True,
)
register(
    "person", slug="personnes", label=_l("Personnes"), icon="user", order=40, key=User.id, is_entity=True
)
register(
    "community",
    slug="communautes",
    label=_l("Communautés"),
    icon="users",
    order=50,
    key=Node.id,
    is_entity=True,
)
