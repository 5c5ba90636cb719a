"""What is a failure of ours stands out from what is somebody else's doing."""

from __future__ import annotations

import logging

import engineio
import pytest
from flask import Flask


@pytest.mark.parametrize(
    ("query", "origin", "said"),
    [
        ("EIO=4&transport=polling", "http://localhost", "Invalid transport"),
        ("EIO=4&transport=websocket", "https://malin.exemple.net", "is not an accepted origin"),
    ],
)
def test_a_socket_refused_to_a_scanner_is_a_warning_at_most(
    app: Flask, caplog: pytest.LogCaptureFixture, query: str, origin: str, said: str
) -> None:
    server = engineio.Server(
        async_mode="threading", transports=["websocket"], cors_allowed_origins=["http://localhost"]
    )
    environ = {
        "REQUEST_METHOD": "GET",
        "QUERY_STRING": query,
        "HTTP_ORIGIN": origin,
        "HTTP_HOST": "localhost",
        "wsgi.url_scheme": "http",
    }
    answers: list[str] = []

    server.handle_request(environ, lambda status, _headers: answers.append(status))

    assert [answer[:3] for answer in answers] == ["400"]
    records = [record for record in caplog.records if said in record.getMessage()]
    assert records
    assert {(record.levelno, record.levelname) for record in records} == {(logging.WARNING, "WARNING")}


def test_a_failure_in_the_socket_server_stays_an_error(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("engineio.server").error("service task exception")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
