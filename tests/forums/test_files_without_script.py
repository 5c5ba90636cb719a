"""Photos and files in a browser without JavaScript: chosen in the form, sent with it, never lost on the way."""

from __future__ import annotations

import io
import re
import uuid
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from pillow_heif import from_pillow
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.core.blobs import Blob
from app.core.blobs.operations import MAX_FILES
from app.core.blobs.preparing import MAX_BYTES
from app.extensions import db
from app.forums.models import Post, Topic
from tests.support.cast import Cast, open_topic, sign_in

PDF = b"%PDF-1.7\n" + b"x" * 5000
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"></svg>'


@pytest.fixture
def topic(cast: Cast) -> Topic:
    return open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")


@pytest.fixture
def bruno(app: Flask, cast: Cast) -> Any:
    return sign_in(app.test_client(), cast.bruno)


def photo(picture_format: str = "JPEG") -> bytes:
    target = io.BytesIO()
    picture = Image.new("RGB", (60, 40), "steelblue")
    from_pillow(picture).save(target) if picture_format == "HEIF" else picture.save(target, picture_format)
    return target.getvalue()


def answer(browser: Any, topic: Topic, body: str, *files: tuple[bytes, str], **fields: str) -> Any:
    sent = {"request_id": str(uuid.uuid4()), **fields}
    chosen = [FileStorage(io.BytesIO(content), name) for content, name in files]
    boundary, content = encode_multipart({"body": body, **sent, "files": chosen})
    return browser.post(
        f"/sujets/{topic.id}/messages",
        data=content,
        content_type=f"multipart/form-data; boundary={boundary}",
    )


def written(topic: Topic) -> list[Post]:
    """The answers of a topic."""
    query = select(Post).where(Post.topic_id == topic.id, Post.number > 1).order_by(Post.number)
    return list(db.session.execute(query).scalars())


def blobs_of(post: Post) -> list[Blob]:
    query = select(Blob).where(Blob.attached_type == "post", Blob.attached_id == post.id).order_by(Blob.id)
    return list(db.session.execute(query).scalars())


def test_the_forms_send_files_by_themselves(bruno: Any, cast: Cast, topic: Topic) -> None:
    mine = answer(bruno, topic, "À moi").location.split("#")[0]
    post_id = written(topic)[0].id
    for address in ("/sujets/nouveau", mine, f"/messages/{post_id}/modifier"):
        page = bruno.get(address).text
        form = next(found for found in re.findall(r"<form.*?</form>", page, re.S) if "<textarea" in found)
        assert 'enctype="multipart/form-data"' in form, address
        field = next(found for found in re.findall(r"<input[^>]*>", form) if 'type="file"' in found)
        assert "multiple" in field, address
        assert "image/heic" in field and ".pdf" in field and ".step" in field, address


def test_photos_and_files_come_with_an_answer(app: Flask, bruno: Any, cast: Cast, topic: Topic) -> None:
    files = (photo(), "piece.jpg"), (photo("HEIF"), "IMG_0007.HEIC"), (PDF, "plan.pdf")
    assert answer(bruno, topic, "La pièce et son plan.", *files).status_code == 302

    (post,) = written(topic)
    assert post.source.startswith("La pièce et son plan.\n\n![piece](/blobs/")
    assert [blob.kind for blob in blobs_of(post)] == ["image", "image", "file"]
    shown = blobs_of(post)[1]
    with sign_in(app.test_client(), cast.ana).get(shown.url) as seen:
        assert seen.content_type == "image/jpeg"
    assert sign_in(app.test_client(), cast.yann).get(shown.url).status_code == 404


def test_photos_come_with_a_new_topic(bruno: Any, cast: Cast) -> None:
    sent = bruno.post(
        "/sujets",
        data={
            "room_id": cast.usinage_loire.id,
            "kind": "question",
            "title": "Bavures en sortie de perçage",
            "body": "Voyez.",
            "request_id": str(uuid.uuid4()),
            "files": [(io.BytesIO(photo()), "bavure.jpg")],
        },
    )
    assert sent.status_code == 302
    post = db.session.execute(select(Post)).scalar_one()
    assert len(blobs_of(post)) == 1
    assert blobs_of(post)[0].url in bruno.get(sent.location).text


def test_a_photo_is_added_to_what_one_wrote(bruno: Any, topic: Topic) -> None:
    answer(bruno, topic, "Sans photo d’abord.")
    post_id = written(topic)[0].id
    changed = bruno.post(
        f"/messages/{post_id}/modifier",
        data={
            "body": "Avec la photo.",
            "base_version": 1,
            "files": [(io.BytesIO(photo()), "piece.jpg")],
        },
    )
    assert changed.status_code == 302
    assert len(blobs_of(written(topic)[0])) == 1


def test_a_photo_alone_is_an_answer(bruno: Any, topic: Topic) -> None:
    assert answer(bruno, topic, "", (photo(), "piece.jpg")).status_code == 302
    assert len(blobs_of(written(topic)[0])) == 1


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (SVG, "dessin.svg", "dessin.svg : Les dessins SVG ne sont pas acceptés"),
        (b"MZ\x00\x00" + b"x" * 500, "outil.exe", "outil.exe : Les programmes et les pages web"),
        (PDF + b"x" * MAX_BYTES, "gros.pdf", "gros.pdf : Ce fichier dépasse 20 Mo"),
        (b"\xff\xd8\xff" + b"x" * 500, "coupee.jpg", "coupee.jpg : Cette image est abîmée"),
    ],
)
def test_a_refused_file_keeps_the_text_and_the_photo_beside_it(
    bruno: Any, topic: Topic, content: bytes, name: str, why: str
) -> None:
    refused = answer(bruno, topic, "Mon texte gardé.", (photo(), "piece.jpg"), (content, name))

    assert refused.status_code == 422
    assert why in refused.text
    kept = re.search(r"<textarea[^>]*>\s*(Mon texte gardé\..*?)</textarea>", refused.text, re.S)
    assert kept is not None
    assert not written(topic)

    assert answer(bruno, topic, kept[1]).status_code == 302
    assert len(blobs_of(written(topic)[0])) == 1


def test_a_photo_survives_the_refusal_of_another_field(bruno: Any, cast: Cast) -> None:
    form = {"room_id": cast.usinage_loire.id, "kind": "question", "request_id": str(uuid.uuid4())}
    refused = bruno.post(
        "/sujets", data={**form, "title": "Non", "body": "", "files": [(io.BytesIO(photo()), "piece.jpg")]}
    )
    assert refused.status_code == 422
    assert "Le titre compte entre 5 et 160 caractères." in refused.text
    kept = re.search(r"!\[piece\]\(/blobs/[\w-]+#60x40\)", refused.text)
    assert kept is not None

    sent = bruno.post("/sujets", data={**form, "title": "Bavures au perçage", "body": kept[0]})
    assert sent.status_code == 302
    assert len(blobs_of(db.session.execute(select(Post)).scalar_one())) == 1


def test_a_form_with_a_photo_sent_twice_is_published_once(bruno: Any, topic: Topic) -> None:
    request_id = str(uuid.uuid4())
    first = answer(bruno, topic, "Une fois.", (photo(), "piece.jpg"), request_id=request_id)
    again = answer(bruno, topic, "Une fois.", (photo(), "piece.jpg"), request_id=request_id)
    assert first.location == again.location
    assert len(written(topic)) == 1

    other = answer(bruno, topic, "Une fois.", (PDF, "plan.pdf"), request_id=request_id)
    assert other.status_code == 409


def test_the_preview_shows_the_photo_and_keeps_it(bruno: Any, topic: Topic) -> None:
    seen = answer(bruno, topic, "Voyez.", (photo(), "piece.jpg"), preview="1")
    assert seen.status_code == 200
    assert re.search(r'<img[^>]+src="/blobs/[\w-]+/thumb"', seen.text)
    assert "![piece](/blobs/" in seen.text
    assert not written(topic)


def test_too_many_files_at_once_are_refused_with_the_text_kept(bruno: Any, topic: Topic) -> None:
    files = [(PDF, f"{number}.pdf") for number in range(MAX_FILES + 1)]
    refused = answer(bruno, topic, "Mon texte gardé.", *files)
    assert refused.status_code == 422
    assert "11 fichiers à la fois" in refused.text
    assert "Mon texte gardé." in refused.text
    assert db.session.execute(select(func.count()).select_from(Blob)).scalar_one() == 0


def test_files_too_heavy_together_give_the_words_back(
    app: Flask, bruno: Any, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 400_000)
    refused = answer(
        bruno, topic, "Un texte\nque je ne veux pas retaper.", (PDF + b"x" * 500_000, "gros.pdf")
    )
    assert refused.status_code == 413
    assert "moins de fichiers à la fois" in refused.text
    assert "Joignez de nouveau vos photos ou fichiers" in refused.text
    assert "que je ne veux pas retaper." in refused.text
    assert 'name="request_id"' in refused.text
    assert 'enctype="multipart/form-data"' in refused.text
    # In the frame of somebody signed in: nothing before the end of the page asks them to sign in.
    assert 'class="rail"' in refused.text
    assert "Se connecter" not in refused.text.split("</main>")[0]


def test_a_body_too_heavy_that_is_no_form_is_refused_plainly(
    app: Flask, bruno: Any, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1000)
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x"):
        refused = bruno.post(f"/sujets/{topic.id}/messages", data=b"\xff" * 3000, content_type=kind)
        assert refused.status_code == 413, kind
