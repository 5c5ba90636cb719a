"""The write transaction: one commit, last statements, isolated after-work, and a cooperative wait for the lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.core import audit, journal
from app.core.audit import AuditLine
from app.core.database import (
    after_commit,
    current_unit,
    in_transaction,
    rows_changed,
    transacted,
    transaction,
)
from app.core.errors import Busy
from app.core.journal import JournalEntry, Scope
from app.core.time import clock
from app.extensions import db


def count(table: Any) -> int:
    return db.session.execute(select(func.count()).select_from(table)).scalar_one()


def test_what_is_done_inside_is_committed_once_together_with_its_entries(app: Flask) -> None:
    with transaction():
        scope = journal.open_scope("nation", 1)
        journal.record(scope.id, "thing.changed", "thing", 7)
        audit.record(None, "did", "thing", 7)
        assert count(JournalEntry) == 0

    assert count(JournalEntry) == count(AuditLine) == 1
    assert db.session.get_one(Scope, scope.id).seq == 1


def test_an_error_leaves_nothing_behind_and_runs_no_after_work(app: Flask) -> None:
    ran: list[int] = []
    with pytest.raises(ZeroDivisionError), transaction():
        scope = journal.open_scope("nation", 1)
        journal.record(scope.id, "thing.changed", "thing", 7)
        after_commit(ran.append, 1)
        raise ZeroDivisionError

    assert count(Scope) == count(JournalEntry) == 0
    assert ran == []
    assert not in_transaction()


def test_it_refuses_to_nest_and_changes_outside_it_are_refused(app: Flask) -> None:
    with transaction(), pytest.raises(RuntimeError, match="nest"), transaction():
        pass
    with pytest.raises(RuntimeError):
        current_unit()
    db.session.add(Scope(kind="nation", ref=1, seq=0))
    with pytest.raises(RuntimeError, match="before"), transaction():
        pass
    db.session.expunge_all()


def test_one_failing_after_work_does_not_stop_the_others(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    ran: list[int] = []

    def fail() -> None:
        raise ValueError("no")

    with transaction():
        journal.open_scope("nation", 1)
        after_commit(fail)
        after_commit(ran.append, 2)

    assert ran == [2]
    assert count(Scope) == 1


def test_open_pages_are_told_before_any_other_after_work(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    monkeypatch.setattr(journal, "_publishers", [lambda entries: ran.append("told")])
    with transaction():
        scope = journal.open_scope("nation", 1)
        after_commit(ran.append, "asked")
        journal.record(scope.id, "thing.changed", "thing", 7)

    assert ran == ["told", "asked"]


def test_an_audit_line_is_never_changed_nor_deleted(app: Flask) -> None:
    with transaction():
        audit.record(None, "did", "thing", 7)
    line = db.session.execute(select(AuditLine)).scalar_one()

    for forge in (lambda: setattr(line, "act", "forged"), lambda: db.session.delete(line)):
        with pytest.raises(Exception, match="never"), transaction():
            line = db.session.execute(select(AuditLine)).scalar_one()
            forge()
            db.session.flush()
    assert db.session.execute(select(AuditLine.act)).scalar_one() == "did"


@pytest.mark.sqlite
def test_a_locked_database_is_waited_for_then_said_to_be_busy(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.core.database.PATIENCE_SECONDS", 0.3)
    other = db.engine.raw_connection()
    other.cursor().execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    with pytest.raises(Busy), transaction():
        pass
    assert time.monotonic() - started >= 0.3
    other.rollback()
    other.close()
    with transaction():
        journal.open_scope("nation", 2)
    assert count(Scope) == 1


@pytest.mark.postgresql
def test_two_acts_whose_locks_cross_are_both_done_and_each_once(app: Flask) -> None:
    with transaction():
        ids = [journal.open_scope("nation", number).id for number in (1, 2)]
    both_hold_one = threading.Barrier(2, timeout=10)
    tries: list[int] = []

    def cross(number: int) -> None:
        first, second = ids if number == 0 else ids[::-1]

        def act() -> int:
            is_first_try = number not in tries
            tries.append(number)
            raise_seq(first)
            if is_first_try:
                both_hold_one.wait()
            raise_seq(second)
            return number

        assert transacted(act) == number

    in_threads(app, 2, cross)

    assert len(tries) == 3, "one of the two was done anew, the other was not"
    assert [db.session.get_one(Scope, scope_id).seq for scope_id in ids] == [2, 2]


@pytest.mark.postgresql
def test_of_two_acts_that_cross_one_says_so_when_it_may_not_be_done_anew(app: Flask) -> None:
    with transaction():
        ids = [journal.open_scope("nation", number).id for number in (1, 2)]
    both_hold_one = threading.Barrier(2, timeout=10)
    ended: list[str] = []

    def cross(number: int) -> None:
        first, second = ids if number == 0 else ids[::-1]

        def act() -> None:
            raise_seq(first)
            both_hold_one.wait()
            raise_seq(second)

        try:
            transacted(act, attempts=1)
            ended.append("done")
        except Busy:
            ended.append("busy")

    in_threads(app, 2, cross)

    assert sorted(ended) == ["busy", "done"]
    assert [db.session.get_one(Scope, scope_id).seq for scope_id in ids] == [1, 1]


@pytest.mark.sqlite
def test_a_lock_that_nobody_gives_is_not_asked_for_again_and_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.core.database.PATIENCE_SECONDS", 0.2)
    other = db.engine.raw_connection()
    other.cursor().execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    with pytest.raises(Busy):
        transacted(lambda: journal.open_scope("nation", 1))
    assert time.monotonic() - started < 0.6
    other.rollback()
    other.close()


@pytest.mark.sqlite
def test_writers_of_one_process_write_in_the_order_they_came(app: Flask) -> None:
    other = db.engine.raw_connection()
    other.cursor().execute("BEGIN IMMEDIATE")
    wrote: list[int] = []

    def write(number: int) -> None:
        time.sleep(0.1 * number)
        if number == 4:
            other.rollback()
            return
        with transaction():
            wrote.append(number)

    in_threads(app, 5, write)
    other.close()
    assert wrote == [0, 1, 2, 3]


def raise_seq(scope_id: int) -> None:
    """Hold a row and change it."""
    assert rows_changed(update(Scope).where(Scope.id == scope_id).values(seq=Scope.seq + 1)) == 1


def in_threads(app: Flask, number: int, work: Callable[[int], None]) -> None:
    """Run `work(n)` in threads, each in an application context of its own; errors come back."""
    errors: list[BaseException] = []

    def run(n: int) -> None:
        try:
            with app.app_context():
                work(n)
                db.session.remove()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_eight_writers_and_polling_readers_miss_nothing(app: Flask) -> None:
    with transaction():
        scopes = [journal.open_scope("community", n).id for n in (1, 2, 3)]
    rounds, writers = 25, 8
    done = threading.Event()
    seen: dict[int, list[dict[int, list[int]]]] = {}

    def write(n: int) -> None:
        if n < writers:
            for turn in range(rounds):
                with transaction():
                    # Two scopes in opposite orders: only sorting keeps two writers from waiting for each other.
                    pair = (scopes[turn % 3], scopes[(turn + 1) % 3])
                    for scope_id in pair if n % 2 else reversed(pair):
                        journal.record(scope_id, "post.added", "post", n * 1000 + turn)
        else:
            read(n)

    def read(n: int) -> None:
        known: dict[int, list[int]] = {scope_id: [] for scope_id in scopes}
        while True:
            finished = done.is_set()
            after = {scope_id: (known[scope_id] or [0])[-1] for scope_id in scopes}
            for scope_id, caught in journal.catch_up(after).items():
                assert not caught.reset
                known[scope_id] += [entry.seq for entry in caught.entries]
            db.session.rollback()
            if finished:
                break
            time.sleep(0.005)
        seen.setdefault(n, []).append(known)

    readers = threading.Thread(target=lambda: in_threads(app, 2, lambda n: read(100 + n)))
    readers.start()
    try:
        in_threads(app, writers, write)
    finally:
        done.set()
        readers.join()

    total = sum(db.session.get_one(Scope, scope_id).seq for scope_id in scopes)
    assert total == rounds * writers * 2
    for known_by_reader in seen.values():
        for known in known_by_reader:
            for scope_id in scopes:
                assert known[scope_id] == list(range(1, db.session.get_one(Scope, scope_id).seq + 1))


def test_a_page_too_far_behind_or_ahead_is_told_to_reload(app: Flask) -> None:
    with transaction():
        scope_id = journal.open_scope("community", 1).id
        for n in range(journal.CATCH_UP_LIMIT + 5):
            journal.record(scope_id, "post.added", "post", n)
    seq = journal.seqs([scope_id])[scope_id]

    assert journal.catch_up({scope_id: 0})[scope_id].reset
    assert journal.catch_up({scope_id: seq + 1})[scope_id].reset
    few = journal.catch_up({scope_id: seq - 3})[scope_id]
    assert [entry.seq for entry in few.entries] == [seq - 2, seq - 1, seq]
    assert journal.catch_up({scope_id: seq})[scope_id].entries == ()


def test_after_thirty_days_entries_go_and_an_old_page_reloads(app: Flask) -> None:
    with transaction():
        scope_id = journal.open_scope("community", 1).id
    with clock.frozen(clock.now() - journal.KEPT * 2), transaction():
        journal.record(scope_id, "post.added", "post", 1)
    with transaction():
        journal.record(scope_id, "post.added", "post", 2)

    with transaction():
        assert journal.purge() == 1

    assert journal.catch_up({scope_id: 0})[scope_id].reset
    assert len(journal.catch_up({scope_id: 1})[scope_id].entries) == 1
