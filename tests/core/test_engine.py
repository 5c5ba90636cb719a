"""Connections are durable and strict, whichever database they reach."""

import pytest
from sqlalchemy import text

from app.extensions import db


def scalar(statement):
    return db.session.execute(text(statement)).scalar_one()


@pytest.mark.sqlite
def test_sqlite_is_durable_strict_and_never_waits_in_c(app):
    assert scalar("PRAGMA journal_mode") == "wal"
    assert scalar("PRAGMA synchronous") == 2
    assert scalar("PRAGMA foreign_keys") == 1
    assert scalar("PRAGMA busy_timeout") == 0


@pytest.mark.postgresql
def test_postgresql_neither_waits_nor_idles_for_ever(app):
    assert scalar("SHOW lock_timeout") == "5s"
    assert scalar("SHOW idle_in_transaction_session_timeout") == "1min"
    assert scalar("SHOW timezone") == "UTC"
