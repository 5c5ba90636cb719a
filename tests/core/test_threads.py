"""Slow work leaves the event loop free; tried in a process that gevent has taken over, as the server's are."""

import subprocess
import sys
import textwrap

import pytest

from app.core.threads import run_off_hub, run_one_at_a_time

SERVED = """
from gevent import monkey

monkey.patch_all()

import contextvars
import time

import gevent

from app.core.threads import run_off_hub, run_one_at_a_time

# The real ones: gevent's would give way by themselves.
sleep = monkey.get_original("time", "sleep")
identity = monkey.get_original("_thread", "get_ident")
reader = contextvars.ContextVar("reader")


def slow(answer):
    sleep(0.3)
    return answer, identity(), reader.get(None)


def beats():
    count = 0
    while True:
        count += 1
        ticks.append(count)
        gevent.sleep(0.01)


ticks = []
gevent.spawn(beats)
for function in (run_off_hub, run_one_at_a_time):
    ticks.clear()
    reader.set("Ana")
    answer, thread, seen = function(slow, "fait")
    assert answer == "fait"
    assert seen == "Ana"
    assert thread != identity()
    assert len(ticks) > 10, ticks
    try:
        function(int, "x")
    except ValueError:
        pass
    else:
        raise AssertionError("the error was lost")


def together(function):
    start = time.monotonic()
    gevent.joinall([gevent.spawn(function, slow, 1) for _ in range(2)], raise_error=True)
    return time.monotonic() - start


assert together(run_off_hub) < 0.55
assert together(run_one_at_a_time) >= 0.6
print("well")
"""


def test_slow_work_leaves_the_event_loop_free():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(SERVED)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "well"), done.stderr


@pytest.mark.parametrize("function", [run_off_hub, run_one_at_a_time])
def test_without_gevent_it_is_a_plain_call(function):
    assert function(sorted, [2, 1], reverse=True) == [2, 1]
