"""Where the bytes are: a folder of this machine, or a bucket that several machines share.

Both offer the same five acts. A name is a key, or a key followed by the name of a variant.
"""

from __future__ import annotations

import io
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple, Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

_NAME = re.compile(r"[A-Za-z0-9_-]{32}(?:\.[a-z]{1,12})?")


class StoredName(NamedTuple):
    """One thing in a store, and since when."""

    name: str
    stored_at: datetime


class Store(Protocol):
    """Five acts; a missing name raises FileNotFoundError from `open` and is nothing to `delete`."""

    def put(self, name: str, content: IO[bytes]) -> None:
        """Store durably, all or nothing."""

    def open(self, name: str) -> BinaryIO:
        """Read from the start; the caller closes."""

    def delete(self, name: str) -> None:
        """Forget."""

    def exists(self, name: str) -> bool:
        """Whether `open` would find it."""

    def iterate(self) -> Iterator[StoredName]:
        """Everything there is, in no order."""


def open_store(url: str) -> Store:
    """The store at a `file://` or `s3://` address; the settings have checked that S3's library is there."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FolderStore(Path(url2pathname(parts.path)))
    return BucketStore(url)


class FolderStore:
    """Files in a folder, in sub-folders by their first letters so that none grows huge."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, content: IO[bytes]) -> None:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        # A name that no row knows: left behind by a crash, it is swept like any other.
        temporary = path.with_name(f"{secrets.token_urlsafe(24)}.part")
        try:
            with temporary.open("wb") as file:
                shutil.copyfileobj(content, file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        # The name is only durable once its folder is written too.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def open(self, name: str) -> BinaryIO:
        return self._path(name).open("rb")

    def delete(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def exists(self, name: str) -> bool:
        return self._path(name).is_file()

    def iterate(self) -> Iterator[StoredName]:
        for path in self.root.glob("*/*/*"):
            if _NAME.fullmatch(path.name):
                yield StoredName(path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC))

    def _path(self, name: str) -> Path:
        _check_name(name)
        return self.root / name[:2] / name[2:4] / name


class BucketStore:
    """Objects in an S3-compatible bucket; its address, region and keys come from the usual AWS_* variables."""

    def __init__(self, url: str, store: Any = None) -> None:
        import obstore
        from obstore.store import S3Store

        self._acts = obstore
        self._store = S3Store.from_url(url) if store is None else store

    def put(self, name: str, content: IO[bytes]) -> None:
        _check_name(name)
        content.seek(0)
        self._acts.put(self._store, name, content.read())

    def open(self, name: str) -> BinaryIO:
        _check_name(name)
        # As a whole: nothing we keep is larger than an upload may be.
        return io.BytesIO(bytes(self._acts.get(self._store, name).bytes()))

    def delete(self, name: str) -> None:
        _check_name(name)
        if self.exists(name):
            self._acts.delete(self._store, name)

    def exists(self, name: str) -> bool:
        _check_name(name)
        try:
            self._acts.head(self._store, name)
        except FileNotFoundError:
            return False
        return True

    def iterate(self) -> Iterator[StoredName]:
        for batch in self._acts.list(self._store):
            for entry in batch:
                if _NAME.fullmatch(entry["path"]):
                    yield StoredName(entry["path"], entry["last_modified"])


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a name of this store: {name!r}")
