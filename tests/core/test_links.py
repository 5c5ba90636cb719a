"""Things of features that ignore each other are linked, once, and each side shows what its reader may see."""

from __future__ import annotations

import pytest

from app.core import links, things
from app.core.database import transaction
from app.core.things import Description

ODD = {1, 3, 5}


@pytest.fixture
def shelf(app):
    """Two types of things: everybody sees the cups, readers of odd numbers see the odd spoons."""
    known = dict(things._types)
    things.register("cup", visible_ids=lambda user, ids: set(ids), describe=_named("cup"))
    things.register("spoon", visible_ids=lambda user, ids: set(ids) & ODD, describe=_named("spoon"))
    yield
    things._types.clear()
    things._types.update(known)


def _named(kind):
    return lambda ids: {number: Description(title=f"{kind} {number}", url=f"/{number}") for number in ids}


def test_a_link_stands_once_whichever_side_makes_it(shelf):
    with transaction():
        assert links.connect(("cup", 7), ("spoon", 3), by_id=None)
        assert not links.connect(("spoon", 3), ("cup", 7), by_id=None)
    assert links.linked_ids(("cup", 7), "spoon") == [3]
    assert links.linked_ids(("spoon", 3), "cup") == [7]
    with transaction():
        assert links.disconnect(("spoon", 3), ("cup", 7), by_id=None)
        assert not links.disconnect(("cup", 7), ("spoon", 3), by_id=None)
    assert links.linked_ids(("cup", 7), "spoon") == []


def test_things_of_one_type_are_linked_with_each_other(shelf):
    with transaction():
        links.connect(("cup", 9), ("cup", 2), by_id=None)
    assert links.linked_ids(("cup", 9), "cup") == [2]
    assert links.linked_ids(("cup", 2), "cup") == [9]
    with pytest.raises(ValueError), transaction():
        links.connect(("cup", 9), ("cup", 9), by_id=None)


def test_a_reader_is_shown_what_they_may_see_and_nothing_else(shelf):
    with transaction():
        for number in (1, 2, 3):
            links.connect(("cup", 7), ("spoon", number), by_id=None)
        links.connect(("cup", 7), ("cup", 8), by_id=None)
    found = links.linked(None, ("cup", 7), ("spoon", "cup", "fork"))
    assert sorted(found["spoon"]) == [1, 3]
    assert [one.title for one in found["cup"].values()] == ["cup 8"]
    assert found["fork"] == {}


def test_a_thing_that_is_deleted_for_good_is_linked_with_nothing(shelf):
    with transaction():
        links.connect(("cup", 7), ("spoon", 1), by_id=None)
        links.connect(("cup", 6), ("spoon", 1), by_id=None)
        links.forget(("cup", 7))
    assert links.linked_ids(("spoon", 1), "cup") == [6]
