"""What people write reaches the others once, and is never lost on the way."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Page, Route, expect
from sqlalchemy import func, select

from app.core.blobs import Blob
from app.core.database import release
from app.extensions import db
from app.forums.models import Post, Topic
from tests.support.cast import Cast, open_topic, sign_in

pytestmark = pytest.mark.once

BOX = "Votre réponse à Ana"
PUBLISH = "Publier dans Val de Loire mécanique"


def answering(page: Page, topic: Topic) -> Page:
    page.goto(f"/sujets/{topic.id}-x")
    expect(page.locator("[data-react][aria-pressed]").first).to_be_attached()
    return page


def published(topic: Topic) -> int:
    """How many answers the database holds."""
    release()
    return db.session.execute(
        select(func.count()).select_from(Post).where(Post.topic_id == topic.id, Post.number > 1)
    ).scalar_one()


@pytest.fixture
def topic(cast: Cast) -> Topic:
    return open_topic(cast.ana, cast.usinage_loire, "Usure des pinces de tour")


@pytest.fixture
def bruno(app: Flask, cast: Cast, topic: Topic, open_browser: Any) -> Page:
    return answering(open_browser(client=sign_in(app.test_client(), cast.bruno)), topic)


def test_an_answer_written_without_network_leaves_by_itself_and_once(bruno: Page, topic: Topic) -> None:
    bruno.expected.append("ERR_INTERNET_DISCONNECTED")
    bruno.context.set_offline(True)
    bruno.get_by_label(BOX).fill("Écrit dans l’atelier du fond.")
    bruno.get_by_role("button", name=PUBLISH).click()
    expect(bruno.locator("[data-draft-state]")).to_contain_text("En attente : votre message")
    expect(bruno.get_by_label(BOX)).to_have_value("Écrit dans l’atelier du fond.")

    bruno.context.set_offline(False)

    expect(bruno.locator("#message-2")).to_contain_text("Écrit dans l’atelier du fond.")
    expect(bruno.get_by_label(BOX)).to_have_value("")
    assert published(topic) == 1


def test_a_new_topic_sent_without_network_waits_on_its_page(
    app: Flask, cast: Cast, open_browser: Any
) -> None:
    page = open_browser(client=sign_in(app.test_client(), cast.ana))
    page.expected.append("ERR_INTERNET_DISCONNECTED")
    page.goto("/sujets/nouveau")
    page.get_by_label("Titre").fill("Bavures au perçage du laiton")
    page.get_by_role("textbox", name="Votre message").fill("Foret neuf, avance réduite : rien n’y fait.")
    page.context.set_offline(True)
    page.get_by_role("button", name="Publier").click()
    expect(page.locator("[data-told]")).to_contain_text("En attente : votre message")

    page.context.set_offline(False)

    expect(page.get_by_role("heading", level=1)).to_have_text("Bavures au perçage du laiton")
    release()
    assert db.session.execute(select(func.count()).select_from(Topic)).scalar_one() == 1


def test_an_answer_whose_receipt_was_lost_is_not_published_twice(bruno: Page, topic: Topic) -> None:
    bruno.expected.append("ERR_FAILED")

    def lose_the_receipt(route: Route) -> None:
        route.fetch()
        route.abort()

    bruno.route("**/messages", lose_the_receipt)
    bruno.get_by_label(BOX).fill("Une seule fois, s’il vous plaît.")
    bruno.get_by_role("button", name=PUBLISH).click()
    expect(bruno.locator("[data-draft-state]")).to_contain_text("En attente : votre message")
    assert published(topic) == 1

    bruno.unroute("**/messages")
    bruno.goto("/")

    expect(bruno.locator("[data-told]")).to_contain_text("est publié")
    assert published(topic) == 1
    answering(bruno, topic)
    expect(bruno.get_by_label(BOX)).to_have_value("")


def test_a_draft_comes_back_with_the_page(bruno: Page, topic: Topic) -> None:
    bruno.get_by_label(BOX).type("Commencé ici")
    answering(bruno, topic)
    expect(bruno.get_by_label(BOX)).to_have_value("Commencé ici")


def test_a_new_topic_keeps_its_title_and_room_too(app: Flask, cast: Cast, open_browser: Any) -> None:
    page = open_browser(client=sign_in(app.test_client(), cast.ana))
    page.goto(f"/sujets/nouveau?salle={cast.usinage_loire.id}")
    page.get_by_label("Titre").fill("Bavures en sortie de perçage")
    page.locator("textarea").fill("Sur inox 316.")

    expect(page.get_by_role("button", name=PUBLISH)).to_be_visible()

    page.goto("/sujets/nouveau")

    expect(page.get_by_role("button", name=PUBLISH)).to_be_visible()
    expect(page.get_by_label("Titre")).to_have_value("Bavures en sortie de perçage")
    expect(page.locator("textarea")).to_have_value("Sur inox 316.")
    expect(page.locator('select[name="room_id"]')).to_have_value(str(cast.usinage_loire.id))


def test_a_published_topic_leaves_no_draft(app: Flask, cast: Cast, open_browser: Any) -> None:
    page = open_browser(client=sign_in(app.test_client(), cast.ana))
    page.goto(f"/sujets/nouveau?salle={cast.usinage_loire.id}")
    page.get_by_label("Titre").fill("Bavures en sortie de perçage")
    page.locator("textarea").fill("Sur inox 316.")
    page.get_by_role("button", name="Publier").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bavures en sortie de perçage")

    page.goto("/sujets/nouveau")

    expect(page.locator("textarea")).to_have_value("")


def test_a_photo_is_sent_named_in_the_text_and_seen_in_the_answer(bruno: Page) -> None:
    bruno.get_by_label(BOX).fill("La pièce :")
    bruno.locator('input[type="file"]').set_input_files(
        {"name": "piece.png", "mimeType": "image/png", "buffer": picture()}
    )
    expect(bruno.get_by_label(BOX)).to_have_value(re.compile(r"La pièce :\n\n!\[.*\]\(/blobs/.*\)"))
    chosen = bruno.locator(".composer-pictures img")
    expect(chosen).to_have_count(1)
    assert chosen.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    bruno.get_by_role("button", name=PUBLISH).click()

    image = bruno.locator("#message-2 .prose img")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 40
    expect(chosen).to_have_count(0)


def test_a_photo_sent_by_script_is_not_sent_again_with_the_form(
    app: Flask, cast: Cast, open_browser: Any
) -> None:
    page = open_browser(client=sign_in(app.test_client(), cast.ana))
    page.goto(f"/sujets/nouveau?salle={cast.usinage_loire.id}")
    page.get_by_label("Titre").fill("Bavures en sortie de perçage")
    page.locator('input[type="file"]').set_input_files(
        {"name": "piece.png", "mimeType": "image/png", "buffer": picture()}
    )
    expect(page.locator("textarea")).to_have_value(re.compile(r"!\[.*\]\(/blobs/.*\)"))
    assert page.locator('input[type="file"]').input_value() == ""
    page.get_by_role("button", name="Publier").click()

    expect(page.locator("#message-1 .prose img")).to_have_count(1)
    release()
    assert db.session.execute(select(func.count()).select_from(Blob)).scalar_one() == 1


def test_without_script_photos_are_chosen_seen_and_sent(
    app: Flask, cast: Cast, topic: Topic, open_browser: Any
) -> None:
    page = open_browser(client=sign_in(app.test_client(), cast.bruno), java_script_enabled=False)
    page.expected.append("422")
    page.goto(f"/sujets/{topic.id}-x")
    field = page.get_by_label("Photo ou fichier")
    expect(field).to_have_css("opacity", "1")
    drawing = {"name": "dessin.svg", "mimeType": "image/svg+xml", "buffer": b"<svg></svg>"}
    photo = {"name": "piece.png", "mimeType": "image/png", "buffer": picture()}
    page.get_by_label(BOX).fill("La pièce :")
    field.set_input_files([drawing, photo])
    page.get_by_role("button", name=PUBLISH).click()
    expect(page.get_by_text("dessin.svg : Les dessins SVG ne sont pas acceptés")).to_be_visible()
    expect(page.get_by_label(BOX)).to_have_value(re.compile(r"^La pièce :\n\n!\[piece\]\(/blobs/"))

    page.get_by_role("button", name=PUBLISH).click()

    expect(page.locator("#message-2 .prose img")).to_be_visible()


def test_without_script_files_too_heavy_together_give_the_words_back(
    app: Flask, cast: Cast, topic: Topic, open_browser: Any, tmp_path: Path
) -> None:
    page = open_browser(client=sign_in(app.test_client(), cast.bruno), java_script_enabled=False)
    page.expected.append("413")
    page.goto(f"/sujets/{topic.id}-x")
    page.get_by_label(BOX).fill("Les deux plans,\nen grand.")
    plans = [tmp_path / "a.pdf", tmp_path / "b.pdf"]
    for plan in plans:
        plan.write_bytes(b"%PDF-1.7" + b"x" * 15_000_000)
    page.get_by_label("Photo ou fichier").set_input_files(plans)
    page.get_by_role("button", name=PUBLISH).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("C’est trop lourd")
    expect(page.get_by_label("Votre texte")).to_have_value("Les deux plans,\nen grand.")

    page.get_by_role("button", name="Envoyer de nouveau").click()

    expect(page.locator("#message-2")).to_contain_text("Les deux plans,")


def test_somebody_is_named_from_the_keyboard(bruno: Page) -> None:
    box = bruno.get_by_label(BOX)
    box.press_sequentially("Merci @Rit")
    expect(bruno.get_by_role("option")).to_have_count(1)
    box.press("Enter")
    expect(box).to_have_value(re.compile(r"^Merci @\{\d+\|Rita .+\} $"))
    bruno.get_by_role("button", name=PUBLISH).click()
    expect(bruno.locator("#message-2 .mention")).to_contain_text("Rita")


def test_words_are_quoted_without_leaving_the_page(bruno: Page) -> None:
    bruno.locator("#message-1 [data-quote]").click()
    expect(bruno.get_by_label(BOX)).to_have_value(
        re.compile(r"^> \*\*Ana .+\*\*\n>\n> Bonjour à tous\.\n\n$")
    )


def test_keys_are_explained_and_can_be_switched_off(bruno: Page) -> None:
    bruno.keyboard.press("?")
    help_box = bruno.get_by_role("dialog", name="Au clavier")
    help_box.get_by_label("Touches seules actives").uncheck()
    help_box.get_by_role("button", name="Fermer").click()

    bruno.keyboard.press("r")

    expect(bruno.get_by_label(BOX)).not_to_be_focused()


def picture() -> bytes:
    """A small picture, drawn here."""
    target = io.BytesIO()
    Image.new("RGB", (40, 30), "steelblue").save(target, "PNG")
    return target.getvalue()
