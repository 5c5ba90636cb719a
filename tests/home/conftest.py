"""A community that talks, for the tests of the front doors."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.support import cast as casting
from tests.support.cast import Cast


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Everybody of `tests.support.cast`."""
    return casting.build()
