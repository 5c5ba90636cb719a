"""Work done later is named, survives its process, and takes its turns once."""

from datetime import UTC, datetime

import pytest

from app.core import jobs

done: list[tuple] = []


@jobs.job("tests.note")
def note(*ids):
    done.append(ids)


@jobs.every(60)
@jobs.job("tests.each_minute")
def each_minute():
    done.append(("minute",))


@jobs.every("30 7 * * 1-5")
@jobs.job("tests.working_mornings")
def working_mornings():
    done.append(("morning",))


@pytest.fixture(autouse=True)
def _clean(app):
    done.clear()


def moment(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


def turns(app, done_by_process, now):
    """The periodic jobs of this file that were queued at `now`."""
    jobs.run_due(app, done_by_process, now=now)
    store = app.extensions["jobs"]
    queued = [store.dequeue() for _ in range(len(store))]
    return [task.data[0][0] for task in queued if task.data[0][0].startswith("tests.")]


def test_a_job_asked_for_runs_with_its_ids():
    jobs.enqueue("tests.note", 7, 8)
    assert done == []
    assert jobs.drain() == 1
    assert done == [(7, 8)]


def test_an_unknown_name_is_refused_when_asked_for_not_when_run():
    with pytest.raises(LookupError):
        jobs.enqueue("tests.nothing", 1)


def test_a_delayed_job_is_run_by_a_drain_as_well():
    jobs.enqueue("tests.note", 1, delay=3600)
    jobs.drain()
    assert done == [(1,)]


def test_a_job_left_by_another_version_is_dropped_with_a_word_in_the_log(app, caplog):
    store = app.extensions["jobs"]
    store.enqueue(store.runner.s("tests.forgotten", 1))
    jobs.drain()
    assert "tests.forgotten" in caplog.text


def test_each_turn_of_a_rhythm_is_taken_by_one_process(app):
    now = moment(2026, 11, 24, 12, 0, 5)
    mine, theirs = {}, {}
    assert turns(app, mine, now) == ["tests.each_minute"]
    assert turns(app, theirs, now + 1) == []
    assert turns(app, mine, now + 2) == []
    assert turns(app, theirs, now + 60) == ["tests.each_minute"]


def test_a_cron_line_is_read_in_local_time(app):
    summer, winter = moment(2026, 7, 7, 5, 30), moment(2026, 11, 24, 6, 30)
    assert "tests.working_mornings" in turns(app, {}, summer)
    assert "tests.working_mornings" in turns(app, {}, winter)
    assert "tests.working_mornings" not in turns(app, {}, moment(2026, 11, 24, 5, 30))
    assert "tests.working_mornings" not in turns(app, {}, moment(2026, 11, 22, 6, 30))


def test_two_jobs_cannot_share_a_name():
    with pytest.raises(ValueError, match=r"tests\.note"):
        jobs.job("tests.note")(lambda: None)
