"""Prepared changes: what SQLAlchemy would have written, without its way there."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.exc import IntegrityError

from app.core.audit import AuditLine
from app.core.database import BigId, insert_rows, transaction, upsert, write
from app.core.duties import Duty
from app.core.idempotency import RequestReceipt
from app.core.prepared import Prepared, watchers
from app.core.time import clock
from app.extensions import db

OWED = Prepared(insert(Duty.__table__).returning(Duty.id))
TRIED = Prepared(
    update(Duty.__table__)
    .where(Duty.id == bindparam("duty_id", type_=BigId))
    .values(attempts=Duty.attempts + 1)
    .returning(Duty.attempts, Duty.created_at)
)
SERVED = Prepared(delete(Duty.__table__).where(Duty.kind == bindparam("kind")))


def owed(kind: str = "thing_added") -> int:
    row = {"kind": kind, "object_type": "thing", "object_id": 2**40, "created_at": clock.now()}
    return write(OWED, **row).scalar_one()


def test_an_insert_has_the_defaults_of_the_columns_it_is_not_given(app: Flask) -> None:
    with transaction():
        first, second = owed(), owed()

    kept = [db.session.get_one(Duty, duty_id) for duty_id in (first, second)]
    assert [(duty.detail, duty.attempts, duty.actor_id) for duty in kept] == [({}, 0, None)] * 2
    assert kept[0].object_id == 2**40
    assert clock.now() - kept[0].created_at < timedelta(minutes=1)


def test_an_update_returns_converted_columns(app: Flask) -> None:
    with transaction():
        duty_id = owed()
        row = write(TRIED, duty_id=duty_id).one()
        assert write(TRIED, duty_id=duty_id + 1).first() is None

    assert row.attempts == 1
    assert row.created_at.utcoffset() == timedelta(0)


def test_a_change_says_how_many_rows_it_met(app: Flask) -> None:
    with transaction():
        owed("one"), owed("other"), owed("other")
        assert [write(SERVED, kind=kind).rowcount for kind in ("other", "one", "one")] == [2, 1, 0]


def test_one_row_and_several_are_written_alike(app: Flask) -> None:
    def line(act: str) -> dict[str, object]:
        return {"at": clock.now(), "act": act, "object_type": "thing", "object_id": 7, "detail": {"n": [1]}}

    with transaction():
        insert_rows(AuditLine.__table__, [line("alone")])
        insert_rows(AuditLine.__table__, [line("first"), line("second")])

    lines = db.session.query(AuditLine).order_by(AuditLine.id)
    assert [(row.act, row.detail) for row in lines] == [
        (act, {"n": [1]}) for act in ("alone", "first", "second")
    ]


def test_an_upsert_says_whether_it_wrote(app: Flask) -> None:
    keys = {"sender": "person:1", "request_id": str(uuid.uuid4())}
    values = {"content_hash": "x", "object_type": "thing", "object_id": 0, "at": clock.now()}
    with transaction():
        assert upsert(RequestReceipt, keys, values, keep=True)
        assert not upsert(RequestReceipt, keys, values, keep=True)
        assert not upsert(RequestReceipt, keys, values, rising="object_id")
        assert upsert(RequestReceipt, keys, values | {"object_id": 5}, rising="object_id")


def test_nothing_is_written_outside_a_transaction_and_a_refused_row_is_told_as_such(app: Flask) -> None:
    with pytest.raises(RuntimeError):
        owed()
    twice = {"sender": "person:1", "request_id": "r", "content_hash": "x", "object_type": "thing"}
    row = {**twice, "object_id": 1, "at": clock.now()}
    with pytest.raises(IntegrityError), transaction():
        insert_rows(RequestReceipt.__table__, [row])
        insert_rows(RequestReceipt.__table__, [row])
    assert db.session.query(RequestReceipt).count() == 0


def test_watchers_are_told_of_each_change(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr("app.core.prepared.watchers", [*watchers, seen.append])
    with transaction():
        owed()
    assert any(sql.startswith("INSERT INTO duty") for sql in seen)
