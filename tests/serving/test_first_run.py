"""`make run` on a machine where nothing was ever set up."""

import time

import pytest

from tests.support.ports import free_port
from tests.support.servers import launch

pytestmark = [pytest.mark.once, pytest.mark.server, pytest.mark.prove]


@pytest.fixture
def run(tmp_path):
    started = []

    def start():
        settings = {"DATA_DIR": str(tmp_path / "data"), "PORT": str(free_port()), "LOG_LEVEL": "warning"}
        server = launch(settings, tmp_path / f"{len(started)}.log", "run")
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


def wait_for(server, words, seconds):
    """How long the server took to say `words`."""
    started = time.monotonic()
    while words not in server.output():
        assert server.process.poll() is None, server.output()
        assert time.monotonic() - started < seconds, server.output()
        time.sleep(0.05)
    return time.monotonic() - started


def test_a_first_start_shows_a_living_demonstration_and_the_next_one_is_quick(run):
    first = run()
    assert wait_for(first, "Ctrl-C", 90) < 90
    assert "Comptes de démonstration" in first.output()
    assert first.output().count("@") >= 6
    first.stop()
    assert wait_for(run(), "Ctrl-C", 20) < 6


def test_a_first_start_that_is_interrupted_leaves_nothing_half_done(run, tmp_path):
    first = run()
    wait_for(first, "chargement", 30)
    time.sleep(4)
    first.process.kill()
    first.process.wait(5)
    assert not (tmp_path / "data" / "convergence.sqlite3").exists()
    wait_for(run(), "Comptes de démonstration", 300)
