"""Backup while people write; restore into an empty place, counts and hashes equal."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import threading
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import create_engine, insert, select
from sqlalchemy.exc import IntegrityError

from app.core.blobs.models import Blob
from app.extensions import db
from app.forums.models import Post
from app.operating import backup
from app.resources.models import Occupation
from app.resources.operations.keeping import is_overlap
from app.resources.slots import next_free
from tests.support import cast as casting
from tests.support.cast import open_topic, reply, sign_in
from tests.support.labs import add_machine, open_lab, reserve


def command(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def living(app: Flask) -> casting.Cast:
    """A community with a picture, a topic and a booked machine."""
    cast = casting.build()
    picture = io.BytesIO()
    Image.new("RGB", (80, 60), "navy").save(picture, "PNG")
    picture.seek(0)
    sent = sign_in(app.test_client(), cast.ana).post("/blobs", data={"file": (picture, "plan.png")})
    assert sent.status_code == 201
    open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour", sent.json["markdown"])
    machine = add_machine(open_lab(cast.loire))
    reserve(cast.ana, machine, *next_free(machine.id, cast.ana, None, 60, 0, 1)[0])
    return cast


def test_a_backup_taken_while_writing_restores_to_something_equal(
    app: Flask, living: casting.Cast, environ: dict[str, str], tmp_path: Path
) -> None:
    topic_id = db.session.query(Post).one().topic_id
    db.session.rollback()
    stop = threading.Event()
    written: list[int] = []

    def write() -> None:
        with app.app_context():
            while not stop.is_set():
                topic = open_topic(
                    living.bruno, living.usinage_loire, f"Pendant la sauvegarde {len(written)}"
                )
                written.append(reply(living.ana, topic, "Une réponse").id)
                db.session.remove()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(written) < 3:
            assert writer.is_alive()
        made = backup.write(tmp_path / "convergence.tar")
    finally:
        stop.set()
        writer.join()
    assert made.tables["post"].rows >= 4
    assert made.blobs == 2, "the picture and its small version"

    elsewhere = {
        **environ,
        "DATA_DIR": str(tmp_path / "new"),
        "DATABASE_URL": f"sqlite:///{tmp_path}/new/db.sqlite3",
    }
    restored = command(elsewhere, "restore", str(tmp_path / "convergence.tar"))
    assert restored.returncode == 0, restored.stderr
    assert "égaux à la sauvegarde" in restored.stdout
    assert command(elsewhere, "restore", str(tmp_path / "convergence.tar")).returncode == 1, (
        "never over people"
    )

    again = command(elsewhere, "backup", str(tmp_path / "again.tar"))
    assert again.returncode == 0, again.stderr
    assert summaries_in(tmp_path / "again.tar") == {
        name: {"rows": item.rows, "sha256": item.sha256} for name, item in made.tables.items()
    }
    assert topic_id
    assert books_twice(elsewhere["DATABASE_URL"]) is False


@pytest.mark.postgresql
def test_a_backup_of_one_kind_of_database_restores_into_the_other(
    app: Flask, living: casting.Cast, environ: dict[str, str], tmp_path: Path
) -> None:
    made = backup.write(tmp_path / "convergence.tar")
    elsewhere = {
        **environ,
        "DATA_DIR": str(tmp_path / "new"),
        "DATABASE_URL": f"sqlite:///{tmp_path}/new/db.sqlite3",
    }
    assert command(elsewhere, "restore", str(tmp_path / "convergence.tar")).returncode == 0
    assert command(elsewhere, "backup", str(tmp_path / "again.tar")).returncode == 0
    assert summaries_in(tmp_path / "again.tar")["post"]["sha256"] == made.tables["post"].sha256
    assert books_twice(elsewhere["DATABASE_URL"]) is False


def test_a_damaged_backup_is_refused(
    app: Flask, living: casting.Cast, environ: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "convergence.tar"
    backup.write(path)
    content = path.read_bytes()
    with tarfile.open(path) as archive:
        place = archive.getmember(f"blobs/{db.session.query(Blob).one().key}").offset_data + 20
    path.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])

    elsewhere = {
        **environ,
        "DATA_DIR": str(tmp_path / "new"),
        "DATABASE_URL": f"sqlite:///{tmp_path}/new/db.sqlite3",
    }
    refused = command(elsewhere, "restore", str(path))
    assert refused.returncode == 1
    assert "abîmé" in refused.stderr


def books_twice(url: str) -> bool:
    """Whether a restored database lets somebody write every booking once more over itself."""
    engine = create_engine(url)
    table = Occupation.__table__
    columns = [column for column in table.columns if column.name != "id"]
    held = select(*columns).where(table.c.state == "confirmed")
    is_written = True
    try:
        with engine.begin() as connection:
            assert connection.execute(held).all()
            connection.execute(insert(table).from_select([column.name for column in columns], held))
    except IntegrityError as error:
        is_written = not is_overlap(error)
    engine.dispose()
    return is_written


def summaries_in(path: Path) -> Any:
    with tarfile.open(path) as archive:
        member = archive.extractfile("manifest.json")
        assert member is not None
        return json.loads(member.read())["tables"]
