"""A message emitted outside the web process reaches the sockets inside it."""

import threading

import pytest

from app.core.bus import LocalBus, socket_path

pytestmark = pytest.mark.once


@pytest.fixture
def path(tmp_path):
    return socket_path(tmp_path)


def receive(bus, count):
    """Listen in a thread; gives the thread and what it will have received."""
    received = []

    def listen():
        for message in bus._listen():
            received.append(message)
            if len(received) == count:
                return

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    return thread, received


def test_a_message_crosses_from_a_sender_to_the_listener(path):
    thread, received = receive(LocalBus(path, listens=True), 1)
    sender = LocalBus(path, listens=False)
    for _ in range(200):
        sender._publish({"method": "emit", "event": "journal"})
        thread.join(0.02)
        if not thread.is_alive():
            break
    assert b'"journal"' in received[0]


def test_a_long_message_crosses_whole(path):
    thread, received = receive(LocalBus(path, listens=True), 1)
    sender = LocalBus(path, listens=False)
    text = "é" * 30_000
    for _ in range(200):
        sender._publish({"text": text})
        thread.join(0.02)
        if not thread.is_alive():
            break
    assert len(received[0]) > 30_000


def test_emitting_while_no_server_runs_is_no_fault(path):
    LocalBus(path, listens=False)._publish({"method": "emit"})


def test_only_its_owner_may_write_to_the_bus(path):
    bus = LocalBus(path, listens=True)
    thread, _received = receive(bus, 1)
    sender = LocalBus(path, listens=False)
    while thread.is_alive():
        sender._publish({})
        thread.join(0.02)
    assert path.stat().st_mode & 0o077 == 0


def test_a_data_folder_with_a_long_path_gets_a_short_one(tmp_path):
    deep = tmp_path / ("d" * 120)
    assert len(str(socket_path(deep))) <= 100
    assert socket_path(deep) == socket_path(deep)
