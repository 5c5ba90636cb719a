"""Sending, attaching, seeing and losing pictures and files, through the real doors."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import FileStorage

from app.core import blobs, things
from app.core.blobs import Blob, operations
from app.core.blobs.jobs import sweep, sweep_store
from app.core.database import transaction
from app.core.text import render
from app.core.time import clock
from app.extensions import db
from tests.support.accounts import open_account
from tests.support.cast import sign_in

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def picture_bytes() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (900, 600), (200, 120, 40)).save(buffer, "JPEG")
    return buffer.getvalue()


PDF = b"%PDF-1.7\n" + b"x" * 5000


@pytest.fixture
def ana(app):
    return open_account("ana@atelier.test", given_name="Ana", family_name="Da Silva")


@pytest.fixture
def marc(app):
    return open_account("marc@atelier.test", given_name="Marc", family_name="Le Goff")


@pytest.fixture
def anas_browser(app, ana):
    return sign_in(app.test_client(), ana)


@pytest.fixture
def marcs_browser(app, marc):
    return sign_in(app.test_client(), marc)


@pytest.fixture
def readers():
    """Ids of the people who may see things of the type `specimen`."""
    allowed: set[int] = set()
    things.register(
        "specimen",
        visible_ids=lambda user, ids: set(ids) if user.id in allowed else set(),
        describe=lambda ids: {},
    )
    yield allowed
    del things._types["specimen"]


def send(browser, content: bytes, name: str, **fields):
    return browser.post(
        "/blobs", data={"file": (io.BytesIO(content), name), **fields}, headers={"Accept": "application/json"}
    )


def fetch(browser, address: str, **options):
    with browser.get(address, **options) as answer:
        answer.get_data()
    return answer


def attach(key: str, thing_id: int = 7) -> None:
    with transaction():
        blob = db.session.execute(select(Blob).where(Blob.key == key)).scalar_one()
        blobs.attach(blob, "specimen", thing_id)


def test_a_picture_sent_from_the_composer_can_be_shown_in_a_text(anas_browser, ana):
    answer = send(anas_browser, picture_bytes(), "bride cintrée.jpg", alt="La bride")
    assert answer.status_code == 201
    body = answer.json
    assert body["kind"] == "image"
    assert (body["width"], body["height"]) == (900, 600)
    assert body["name"] == "bride cintrée.jpg"
    assert answer.headers["Location"].endswith(body["url"])
    assert render(body["markdown"]).images == (body["key"],)
    blob = blobs.by_keys([body["key"]])[body["key"]]
    assert (blob.uploader_id, blob.alt, blob.attached_type) == (ana.id, "La bride", None)
    assert blobs.waiting_of(ana.id) == [blob]


def test_a_picture_is_shown_and_nothing_else_can_come_of_it(anas_browser):
    body = send(anas_browser, picture_bytes(), "x.jpg").json
    for address, content_type in ((body["url"], "image/jpeg"), (body["thumb"], "image/webp")):
        answer = fetch(anas_browser, address)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == content_type
        assert answer.content_length == len(answer.data) > 100
        assert "Content-Disposition" not in answer.headers
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "private, no-cache"


def test_a_file_is_downloaded_under_its_name(anas_browser):
    body = send(anas_browser, PDF, "Plan de l’étau.pdf").json
    assert (body["kind"], body["thumb"]) == ("file", None)
    answer = fetch(anas_browser, body["url"])
    assert answer.data == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment;")
    assert "filename*=UTF-8''Plan%20de%20l%E2%80%99%C3%A9tau.pdf" in disposition
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_what_the_browser_has_is_not_sent_again(anas_browser):
    url = send(anas_browser, PDF, "plan.pdf").json["url"]
    etag = fetch(anas_browser, url).headers["ETag"]
    again = fetch(anas_browser, url, headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert fetch(anas_browser, url, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_download_can_be_resumed(anas_browser):
    url = send(anas_browser, PDF, "plan.pdf").json["url"]
    part = fetch(anas_browser, url, headers={"Range": "bytes=0-8"})
    assert (part.status_code, part.data) == (206, b"%PDF-1.7\n")
    assert fetch(anas_browser, url, headers={"Range": "bytes=900000-"}).status_code == 416


def test_until_attached_only_its_uploader_sees_it(anas_browser, marcs_browser, client):
    url = send(anas_browser, PDF, "plan.pdf").json["url"]
    assert fetch(anas_browser, url).status_code == 200
    assert fetch(marcs_browser, url).status_code == 404
    assert fetch(client, url).status_code in (302, 401)


def test_attached_it_has_the_rights_of_its_thing(anas_browser, marcs_browser, ana, marc, readers):
    body = send(anas_browser, picture_bytes(), "x.jpg").json
    attach(body["key"])
    readers.add(marc.id)
    assert fetch(marcs_browser, body["url"]).status_code == 200
    assert fetch(marcs_browser, body["thumb"]).status_code == 200
    # Having sent it gives no right any more: the thing decides.
    assert fetch(anas_browser, body["url"]).status_code == 404
    readers.clear()
    etag = {"If-None-Match": "*"}
    assert fetch(marcs_browser, body["url"], headers=etag).status_code == 404


def test_a_thing_of_an_unknown_type_shows_nothing(anas_browser, readers):
    key = send(anas_browser, PDF, "plan.pdf").json["key"]
    attach(key)
    del things._types["specimen"]
    try:
        assert fetch(anas_browser, f"/blobs/{key}").status_code == 404
    finally:
        things.register("specimen", visible_ids=lambda *_: set(), describe=lambda _: {})


@pytest.mark.parametrize(
    "address", ["/blobs/" + "x" * 32, "/blobs/x", "/blobs/" + "x" * 5000, "/blobs/x/thumb", "/blobs/é"]
)
def test_a_key_that_is_not_leads_nowhere(anas_browser, address):
    assert fetch(anas_browser, address).status_code == 404


def test_only_the_variants_that_are_can_be_asked_for(anas_browser):
    picture, file = send(anas_browser, picture_bytes(), "x.jpg").json, send(anas_browser, PDF, "x.pdf").json
    assert fetch(anas_browser, f"{picture['url']}/part").status_code == 404
    assert fetch(anas_browser, f"{file['url']}/thumb").status_code == 404


def test_a_refused_file_is_answered_with_a_sentence(anas_browser):
    answer = send(anas_browser, b"<svg onload='alert(1)'>", "x.svg")
    assert answer.status_code == 422
    assert "SVG" in json.loads(answer.data)["sentence"]
    assert anas_browser.post("/blobs", data={}, headers={"Accept": "application/json"}).status_code == 422
    assert db.session.execute(select(Blob)).first() is None


def test_sending_needs_a_session_and_its_token(client, anas_browser):
    assert send(client, PDF, "x.pdf").status_code == 401
    answer = anas_browser.post("/blobs", data={"file": (io.BytesIO(PDF), "x.pdf")}, csrf=False)
    assert answer.status_code in (400, 403)
    assert db.session.execute(select(Blob)).first() is None


def received(content: bytes = PDF, name: str = "plan.pdf", uploader_id: int | None = None) -> Blob:
    prepared = blobs.receive(io.BytesIO(content), name)
    with transaction():
        return blobs.keep(prepared, uploader_id)


def test_a_text_takes_what_its_author_sent_and_nothing_of_others(app, ana, marc, readers):
    mine, other = received(uploader_id=ana.id), received(uploader_id=marc.id)
    keys = [mine.key, other.key, "x" * 32]
    with transaction():
        assert blobs.attach_keys(ana.id, "specimen", 7, keys) == 1
    with transaction():
        assert blobs.attach_keys(ana.id, "specimen", 8, keys) == 0
        assert blobs.attach_keys(ana.id, "specimen", 8, []) == 0
    found = blobs.attached_to("specimen", [7, 8])
    assert [blob.id for blob in found[7]] == [mine.id]
    assert found[8] == []
    with transaction(), pytest.raises(ValueError, match="another thing"):
        blobs.attach(blobs.by_keys([mine.key])[mine.key], "specimen", 9)


def test_what_an_edited_text_no_longer_shows_is_let_go(app, ana, readers):
    kept, dropped = received(uploader_id=ana.id), received(uploader_id=ana.id)
    with transaction():
        blobs.attach_keys(ana.id, "specimen", 7, [kept.key, dropped.key])
    with clock.frozen(NOW), transaction():
        assert blobs.detach_missing("specimen", 7, (kept.key,)) == 1
    found = blobs.by_keys([kept.key, dropped.key])
    assert found[kept.key].attached_id == 7
    assert (found[dropped.key].attached_id, found[dropped.key].unattached_since) == (None, NOW)
    with transaction():
        assert blobs.detach_missing("specimen", 7) == 1


def test_what_nobody_attached_within_a_day_is_swept(app, ana, readers):
    with clock.frozen(NOW) as stopped:
        forgotten, used = received(picture_bytes(), "x.jpg", ana.id), received(uploader_id=ana.id)
        with transaction():
            blobs.attach_keys(ana.id, "specimen", 7, [used.key])
        stopped.advance(timedelta(hours=23))
        recent = received(uploader_id=ana.id)
        keys = forgotten.key, used.key, recent.key
        assert blobs.sweep() == 0
        stopped.advance(timedelta(hours=2))
        sweep()
    assert set(blobs.by_keys(keys)) == {used.key, recent.key}
    store = blobs.store()
    assert [store.exists(key) for key in keys] == [False, True, True]
    assert not store.exists(f"{keys[0]}.thumb")


def test_bytes_that_no_row_knows_are_swept_once_old(app, ana):
    known = received(uploader_id=ana.id)
    lost = blobs.receive(io.BytesIO(picture_bytes()), "x.jpg")
    store = blobs.store()
    sweep_store()
    assert store.exists(lost.key)
    assert blobs.sweep_store(datetime.now(UTC) + timedelta(minutes=1)) >= 2
    assert not store.exists(lost.key)
    assert not store.exists(f"{lost.key}.thumb")
    assert store.exists(known.key)


def test_bytes_that_went_missing_are_a_page_not_found(anas_browser):
    body = send(anas_browser, PDF, "x.pdf").json
    blobs.store().delete(body["key"])
    assert fetch(anas_browser, body["url"]).status_code == 404


def test_a_plain_form_sends_several_files_at_once(app, ana):
    files = [
        FileStorage(io.BytesIO(PDF), "a.pdf"),
        FileStorage(io.BytesIO(b""), ""),
        FileStorage(io.BytesIO(picture_bytes()), "b.jpg"),
    ]
    uploads, refused = blobs.from_form(files, ana.id)
    assert [upload.name for upload in uploads] == ["a.pdf", "b.jpg"]
    assert refused == []
    source = "\n".join(upload.markdown for upload in uploads)
    with transaction():
        assert blobs.attach_keys(ana.id, "specimen", 7, render(source).images) == 2


def test_too_many_files_at_once_are_refused(app, ana):
    files = [FileStorage(io.BytesIO(PDF), f"{number}.pdf") for number in range(operations.MAX_FILES + 1)]
    received, refused = blobs.from_form(files, ana.id)
    assert received == []
    assert "11 fichiers" in refused[0]


def test_a_refused_file_of_a_form_loses_none_of_the_others(app, ana):
    files = [FileStorage(io.BytesIO(b""), "vide.pdf"), FileStorage(io.BytesIO(PDF), "a.pdf")]
    received, refused = blobs.from_form(files, ana.id)
    assert [blob.key for blob in blobs.waiting_of(ana.id)] == [upload.key for upload in received]
    assert refused == ["vide.pdf : Ce fichier est vide. Choisissez-en un autre."]


def test_keeping_outside_a_transaction_is_a_mistake(app):
    prepared = blobs.receive(io.BytesIO(PDF), "x.pdf")
    with pytest.raises(RuntimeError):
        blobs.keep(prepared, None)
    with pytest.raises(RuntimeError):
        blobs.attach_keys(1, "specimen", 7, [prepared.key])


def test_the_database_knows_no_blob_both_waiting_and_attached(app, ana):
    blob_id = received(uploader_id=ana.id).id
    with transaction(), pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(
            update(Blob).where(Blob.id == blob_id).values(attached_type="specimen", attached_id=7)
        )
