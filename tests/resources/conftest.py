"""A lab in Vendôme on a Monday morning, for the tests of machines and bookings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.core.time import Clock, clock
from app.resources.models import Lab, Machine
from tests.support import cast as casting
from tests.support import labs
from tests.support.cast import Cast


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Everybody of `tests.support.cast`."""
    return casting.build()


@pytest.fixture
def monday(cast: Cast) -> Iterator[Clock]:
    """The clock, stopped on a Monday at eight in Paris."""
    with clock.frozen(labs.MONDAY):
        yield clock


@pytest.fixture
def lab(cast: Cast, monday: Clock) -> Lab:
    """A lab that serves Val de Loire, whose people are Manon."""
    made = labs.open_lab(cast.loire)
    labs.name_staff(made, cast.manon)
    return made


@pytest.fixture
def machine(lab: Lab) -> Machine:
    """A machine of that lab that asks for nothing."""
    return labs.add_machine(lab)
