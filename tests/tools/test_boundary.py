"""Nobody commits outside the boundary, by whatever path the session is reached."""

import pytest

from tools.boundary import crossings

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    "source",
    [
        "db.session.commit()",
        "session.rollback()",
        "with db.session.begin(): pass",
        "finish = db.session.commit",
    ],
)
def test_a_crossing_is_seen(source):
    assert len(list(crossings(source))) == 1


@pytest.mark.parametrize("source", ["db.session.flush()", "with transaction(): pass", "connection.commit()"])
def test_what_stays_inside_passes(source):
    assert list(crossings(source)) == []
