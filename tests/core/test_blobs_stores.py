"""The two stores keep the same promises."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from app.core.blobs.stores import BucketStore, FolderStore, Store, open_store

NAME, OTHER = "A" * 31 + "-", "_" * 32


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FolderStore(tmp_path / "blobs")
    return BucketStore("s3://bucket", MemoryStore())


def test_what_is_put_is_found_and_read_back(store):
    assert not store.exists(NAME)
    store.put(NAME, io.BytesIO(b"un"))
    store.put(f"{NAME}.thumb", io.BytesIO(b"petit"))
    store.put(OTHER, io.BytesIO(b"deux"))
    assert store.exists(NAME)
    with store.open(NAME) as handle:
        assert handle.read() == b"un"
    assert {entry.name for entry in store.iterate()} == {NAME, f"{NAME}.thumb", OTHER}
    assert all(abs(datetime.now(UTC) - entry.stored_at) < timedelta(minutes=1) for entry in store.iterate())


def test_putting_again_replaces(store):
    store.put(NAME, io.BytesIO(b"un"))
    store.put(NAME, io.BytesIO(b"deux"))
    with store.open(NAME) as handle:
        assert handle.read() == b"deux"


def test_what_is_deleted_is_gone_and_deleting_twice_is_nothing(store):
    store.put(NAME, io.BytesIO(b"un"))
    store.delete(NAME)
    store.delete(NAME)
    assert not store.exists(NAME)
    with pytest.raises(FileNotFoundError):
        store.open(NAME)
    assert list(store.iterate()) == []


@pytest.mark.parametrize(
    "name",
    ["", "../../etc/passwd", "A" * 31, "A" * 33, f"{NAME}/x", f"{NAME}.", f"{NAME}.TH", "A" * 31 + "\n"],
)
def test_a_name_cannot_lead_elsewhere(store, name):
    for act in (store.open, store.exists, store.delete):
        with pytest.raises(ValueError, match="not a name"):
            act(name)
    with pytest.raises(ValueError, match="not a name"):
        store.put(name, io.BytesIO(b"x"))


def test_a_put_that_fails_leaves_nothing(tmp_path):
    class Failing(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise OSError("the disk is full")

    store = FolderStore(tmp_path)
    with pytest.raises(OSError, match="disk"):
        store.put(NAME, Failing())
    assert not store.exists(NAME)
    assert list(store.iterate()) == []


def test_the_address_chooses_the_store(tmp_path):
    store = open_store((tmp_path / "dossier é").as_uri())
    assert isinstance(store, FolderStore)
    assert store.root == tmp_path / "dossier é"


def test_a_bucket_takes_its_keys_from_the_environment(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "clef")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    assert isinstance(open_store("s3://seau"), BucketStore)
