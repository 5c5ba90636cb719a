"""What makes a database a demonstration is a row in it, written once."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from app.core import demo
from app.core.database import transaction


def test_a_database_is_real_until_it_is_marked(app: Flask) -> None:
    assert not demo.is_demo()
    with transaction():
        demo.mark(is_demo=True, today=date(2026, 11, 23))
    assert demo.is_demo()
    assert demo.demo_today() == date(2026, 11, 23)


def test_a_mark_that_was_rolled_back_is_not_remembered(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        demo.mark(is_demo=True)
        assert demo.is_demo()
        raise ZeroDivisionError
    assert not demo.is_demo()


def test_a_database_is_marked_once(app: Flask) -> None:
    with transaction():
        demo.mark(is_demo=False)
    with pytest.raises(IntegrityError), transaction():
        demo.mark(is_demo=True)
    assert not demo.is_demo()
