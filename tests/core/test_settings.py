"""Settings are checked before anything starts, and every fault is told at once."""

import sys

import pytest

from app import config

pytestmark = pytest.mark.once


@pytest.fixture
def load(tmp_path):
    def load_with(**environ):
        return config.load({"DATA_DIR": str(tmp_path), **environ})

    return load_with


def faults(load, **environ):
    with pytest.raises(config.SettingsError) as raised:
        load(**environ)
    return raised.value.faults


def test_nothing_needs_to_be_set(load, tmp_path):
    settings = load()
    assert settings.is_embedded
    assert settings.sqlite_path == tmp_path / "convergence.sqlite3"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.web_workers == 1


def test_every_fault_is_told_at_once_in_a_sentence(load):
    told = faults(
        load, PORT="huit mille", PUBLIC_URL="convergence.fr", LOG_LEVEL="bavard", TIME_ZONE="Mars/Olympus"
    )
    assert len(told) == 4
    assert all(fault.endswith((".", "»")) and fault[0].isupper() for fault in told)


def test_an_embedded_installation_makes_and_keeps_its_key(load, tmp_path):
    key = load().secret_key
    assert len(key) == 64
    assert load().secret_key == key
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0


def test_processes_on_several_machines_are_asked_for_a_common_key(load):
    assert "SECRET_KEY" in faults(load, DATABASE_URL="postgresql://u@h/db")[0]


def test_a_short_key_is_refused(load):
    assert "SECRET_KEY" in faults(load, SECRET_KEY="motdepasse")[0]
    assert "SEALING_KEY" in faults(load, SEALING_KEY=f"{'k' * 32} motdepasse")[0]


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({}, "SQLite"),
        ({"DATABASE_URL": "postgresql://u@h/db", "SECRET_KEY": "k" * 40}, "Redis"),
        ({"REDIS_URL": "redis://h", "SECRET_KEY": "k" * 40}, "SQLite"),
    ],
)
def test_several_web_processes_need_postgresql_and_redis(load, environ, named):
    told = faults(load, WEB_WORKERS="2", **environ)
    assert any(named in fault for fault in told)


def test_several_web_processes_may_stand_on_both(load):
    grown = load(
        WEB_WORKERS="4", DATABASE_URL="postgres://u:p@h/db", REDIS_URL="redis://h", SECRET_KEY="k" * 40
    )
    assert grown.database_url == "postgresql+psycopg://u:p@h/db"
    assert not grown.is_embedded


@pytest.mark.parametrize("url", ["mysql://h/db", "sqlite://", "sqlite:///:memory:", "convergence.db"])
def test_only_a_sqlite_file_or_postgresql_is_a_database(load, url):
    assert "DATABASE_URL" in faults(load, DATABASE_URL=url)[0]


def test_the_password_of_a_store_is_not_repeated_in_a_fault(load):
    assert "hunter2" not in faults(load, REDIS_URL="http://:hunter2@h")[0]


def test_a_key_and_passwords_stay_out_of_what_is_printed(load):
    assert "k" * 40 not in repr(load(SECRET_KEY="k" * 40))


def test_the_public_address_decides_cookies_and_origins(load):
    public = load(PUBLIC_URL="https://convergence.exemple.fr/")
    assert public.public_url == "https://convergence.exemple.fr"
    assert public.allowed_origins == ("https://convergence.exemple.fr",)
    assert public.for_flask()["SESSION_COOKIE_SECURE"]
    assert public.for_flask()["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert not load().for_flask()["SESSION_COOKIE_SECURE"]


def test_the_socket_driver_is_named_and_polling_is_off(load):
    settings = load()
    assert settings.for_socketio(served=True)["async_mode"] == "gevent"
    assert settings.for_socketio(served=False)["async_mode"] == "threading"
    assert settings.for_socketio(served=True)["transports"] == ["websocket"]


def test_a_mail_address_cannot_smuggle_a_header(load):
    assert "MAIL_FROM" in faults(load, MAIL_FROM="a@b.fr\nBcc: c@d.fr")[0]


def test_a_bucket_without_its_library_is_refused(load, monkeypatch):
    assert load(BLOB_URL="s3://seau").blob_url == "s3://seau"
    monkeypatch.setitem(sys.modules, "obstore", None)
    assert "obstore manque" in faults(load, BLOB_URL="s3://seau")[0]
