"""Rates count per key, tell how long to wait, and never bring the service down."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.core import limits
from app.core.limits import Rate, TooMany, client_address
from tests.support.accounts import PASSWORD, open_account, sign_in
from tests.support.client import Client

RATE = Rate("essai", 2, 300)


@pytest.fixture
def rates(app: Flask) -> Iterator[None]:
    app.extensions["rates"] = limits.open_store("memory://")
    yield
    app.extensions["rates"] = None


def test_one_too_many_is_refused_with_the_time_to_wait(app: Flask, rates: None) -> None:
    RATE.spend("a", 1)
    RATE.spend("a", 1)
    with pytest.raises(TooMany) as refused:
        RATE.spend("a", 1)
    assert "5 minutes" in refused.value.sentence
    assert 290 < refused.value.retry_after <= 300


def test_keys_are_counted_apart_and_given_back(app: Flask, rates: None) -> None:
    for _time in range(2):
        RATE.spend("a", 1)
        RATE.spend("a", 2)
        RATE.spend("a1")
    with pytest.raises(TooMany):
        RATE.spend("a", 1)
    RATE.forget("a", 1)
    RATE.spend("a", 1)


def test_rates_can_be_switched_off(app: Flask) -> None:
    for _time in range(10):
        RATE.spend("a")


@pytest.mark.once
def test_rates_are_shared_through_redis(app: Flask, redis_url: str) -> None:
    workers = [limits.open_store(redis_url) for _worker in range(2)]
    try:
        for worker in workers:
            app.extensions["rates"] = worker
            RATE.spend("shared")
        with pytest.raises(TooMany):
            RATE.spend("shared")
    finally:
        app.extensions["rates"] = None


def test_a_store_that_is_gone_turns_nobody_away(app: Flask) -> None:
    app.extensions["rates"] = limits.open_store("redis://127.0.0.1:1")
    try:
        for _time in range(4):
            RATE.spend("a")
    finally:
        app.extensions["rates"] = None


@pytest.mark.once
@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("unix:", "unix:"),
    ],
)
def test_a_subscriber_is_one_key(app: Flask, address: str, key: str) -> None:
    with app.test_request_context("/", environ_base={"REMOTE_ADDR": address}):
        assert client_address() == key


def test_writing_is_paced_per_person_once_signed_in(
    app: Flask, client: Client, rates: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WRITES_SIGNED_IN", Rate("writes_person", 3, 120))
    open_account("lea@atelier.test", password=PASSWORD)
    open_account("paul@atelier.test", password=PASSWORD, given_name="Paul")
    colleague = app.test_client()
    assert isinstance(colleague, Client)
    sign_in(client)
    sign_in(colleague, "paul@atelier.test")
    for _time in range(3):
        assert client.post("/compte/sessions/fin").status_code == 302
    assert client.post("/compte/sessions/fin").status_code == 429
    assert colleague.post("/compte/sessions/fin").status_code == 302
