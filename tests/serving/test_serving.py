"""`convergence serve`: one command, several processes, one end."""

import gzip
import http.client
import os
import signal
import socket
import time

import psutil
import pytest

from app.core import jobs
from tests.support.servers import launch

pytestmark = pytest.mark.once


def family(server):
    """The launcher and everything that stands under it."""
    launcher = psutil.Process(server.process.pid)
    return [launcher, *launcher.children(recursive=True)]


def wait_for_end(processes, seconds=12):
    _gone, alive = psutil.wait_procs(processes, timeout=seconds)
    return [process.pid for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def named(processes, module):
    alive = [process for process in processes if process.status() != psutil.STATUS_ZOMBIE]
    return [process for process in alive if module in " ".join(process.cmdline())]


def request(server, method="GET", path="/healthz", body=None, headers=None):
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=20)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def wait_until(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_web_server_and_the_job_process_start_and_end_together(start_server, how):
    server = start_server()
    processes = family(server)
    assert named(processes, "app.serving.web")
    assert len(named(processes, "app.serving.jobs")) == 1
    assert wait_until(lambda: server.url in server.output())
    assert server.stop(how) == 0
    assert wait_for_end(processes) == []


def test_killing_the_command_ends_every_process_too(start_server):
    server = start_server()
    processes = family(server)
    server.process.kill()
    server.process.wait(5)
    assert wait_for_end(processes) == []


def test_a_killed_web_worker_or_job_process_is_replaced(start_server):
    server = start_server()
    (first,) = named(family(server), "app.serving.jobs")
    first.kill()
    workers = [p for p in named(family(server), "app.serving.web") if p.parent().pid != server.process.pid]
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)
    psutil.wait_procs(workers, timeout=5)
    server.wait_until_ready()
    assert wait_until(lambda: [p for p in named(family(server), "app.serving.jobs") if p.pid != first.pid])


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_by_itself_works_and_leaves_nothing_behind(app, environ, tmp_path, how):
    server = launch(environ, tmp_path / "log", "worker")
    try:
        assert wait_until(lambda: named([psutil.Process(server.process.pid)], "app.serving.jobs"))
        jobs.enqueue("accounts.purge")
        assert wait_until(lambda: not len(app.extensions["jobs"]))
        processes = family(server)
        assert len(processes) == 1
    finally:
        assert server.stop(how) == 0
    assert wait_for_end(processes) == []


def test_a_port_already_taken_is_said_in_a_sentence(start_server):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        server = start_server(wait=False, PORT=str(port))
        assert server.process.wait(20) == 1
        assert f"Le port {port} est déjà pris" in server.output()
        assert "Traceback" not in server.output()


def test_wrong_settings_are_all_said_and_nothing_starts(start_server):
    server = start_server(wait=False, SMTP_URL="courrier", TRUSTED_PROXIES="beaucoup")
    assert server.process.wait(20) == 1
    assert "SMTP_URL" in server.output()
    assert "TRUSTED_PROXIES" in server.output()
    assert "Traceback" not in server.output()


@pytest.mark.sqlite
def test_a_database_of_another_version_is_not_served(start_server, tmp_path):
    server = start_server(wait=False, DATABASE_URL=f"sqlite:///{tmp_path / 'new.sqlite3'}")
    assert server.process.wait(20) == 1
    assert "convergence migrate" in server.output()


def test_two_web_processes_without_redis_are_refused(start_server):
    server = start_server(wait=False, WEB_WORKERS="2")
    assert server.process.wait(20) == 1
    assert "Redis" in server.output()


def test_a_body_over_the_cap_is_answered_once_it_is_read(start_server):
    server = start_server(MAX_BODY_BYTES="200000")
    status, _headers, body = request(
        server,
        "POST",
        "/langue",
        body=b"x" * 5_000_000,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert 400 <= status < 500
    assert b"Traceback" not in body


def test_pages_are_compressed_behind_a_length_that_tells_nothing(live_server):
    answers = [request(live_server, path="/", headers={"Accept-Encoding": "gzip"}) for _ in range(6)]
    assert all(headers.get("Content-Encoding") == "gzip" for _status, headers, _body in answers)
    assert all(b"<html" in gzip.decompress(body) for _status, _headers, body in answers)
    assert len({len(body) for _status, _headers, body in answers}) > 1


def test_no_compression_of_socket_messages_is_ever_agreed(live_server):
    port = int(live_server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
            + f"Host: 127.0.0.1:{port}\r\nOrigin: {live_server.url}\r\n".encode()
            + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
            + b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
        )
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 101")
    assert b"Sec-WebSocket-Extensions" not in answer


def test_a_page_of_another_site_opens_no_socket(live_server):
    status, _headers, _body = request(
        live_server,
        path="/socket.io/?EIO=4&transport=websocket",
        headers={
            "Origin": "https://malin.exemple.net",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
        },
    )
    assert status == 400


def test_polling_is_not_offered(live_server):
    status, _headers, _body = request(live_server, path="/socket.io/?EIO=4&transport=polling")
    assert status == 400


def test_built_files_are_kept_for_ever_and_run_nothing(live_server, built_app):
    status, headers, _body = request(live_server, path=built_app.extensions["assets"].url("main.css"))
    assert status == 200
    assert "immutable" in headers["Cache-Control"]
    assert headers["X-Content-Type-Options"] == "nosniff"
