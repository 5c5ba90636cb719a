"""The lock check lets nothing in that names a place or changes the socket driver."""

import pytest

from tools import locks

pytestmark = pytest.mark.once

HASH = " \\\n    --hash=sha256:00\n"


@pytest.fixture
def faults(tmp_path):
    def check(text):
        path = tmp_path / "requirements.lock"
        path.write_text(text)
        return locks.python_faults(path)

    return check


def test_a_pinned_and_hashed_package_passes(faults):
    assert faults(f"flask==3.1.3{HASH}") == []


@pytest.mark.parametrize(
    "text",
    [
        "--index-url https://mirror.example/simple\n",
        f"flask @ https://mirror.example/flask.whl{HASH}",
        f"eventlet==0.41.0{HASH}",
        f"gevent-websocket==0.10.1{HASH}",
        f"python-engineio==4.13.2{HASH}",
        "flask==3.1.3\n",
    ],
)
def test_an_address_an_unwanted_driver_or_a_missing_hash_is_refused(faults, text):
    assert len(faults(text)) == 1


def test_an_npm_lock_names_no_place():
    lock = {
        "packages": {"": {}, "node_modules/a": {"integrity": "x", "resolved": "here"}, "node_modules/b": {}}
    }
    assert len(locks.npm_faults(lock)) == 2
