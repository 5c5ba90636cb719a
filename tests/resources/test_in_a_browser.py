"""Booking in real browsers: two people after one slot, by keyboard alone, and from home with a thumb."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from app.core.time import local
from app.resources.hours import moment
from app.resources.models import Lab, Machine
from app.resources.rules import Slot
from app.resources.slots import next_free
from tests.support import labs
from tests.support.browsers import PHONE, OpenBrowser
from tests.support.cast import Cast, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.once]

HOURS = ((8 * 60, 20 * 60),)


@pytest.fixture
def monday() -> None:
    """The server lives now: nothing stops the clock here."""


@pytest.fixture
def lab(cast: Cast) -> Lab:
    return labs.open_lab(cast.loire, hours=HOURS)


@pytest.fixture
def slot(cast: Cast, machine: Machine) -> Slot:
    """Two hours of a day to come on which the lab is open, from its opening on."""
    ahead = next_free(machine.id, cast.ana, None, machine.max_minutes, 0, 8)
    opens = min(one.start for one in ahead if local(moment(one.start)).hour == 8)
    return Slot(opens, opens + 2 * 3600)


def address(lab: Lab, machine: Machine, slot: Slot) -> str:
    return f"/labs/{lab.id}?machine={machine.id}&debut={slot.start}&fin={slot.end}"


def test_the_second_of_two_people_is_told_at_once_and_keeps_what_was_typed(
    app: Flask, cast: Cast, lab: Lab, machine: Machine, slot: Slot, open_browser: OpenBrowser
) -> None:
    first = open_browser(client=sign_in(app.test_client(), cast.ana))
    second = open_browser(client=sign_in(app.test_client(), cast.bruno), viewport=PHONE)
    for page in (first, second):
        page.goto(address(lab, machine, slot))
        expect(page.get_by_role("button", name="Réserver ce créneau")).to_be_visible()
    second.get_by_text("Préciser").click()
    purpose = second.get_by_label("Objet")
    purpose.press_sequentially("Brides de pompe")

    first.get_by_role("button", name="Réserver ce créneau").click()
    expect(first.get_by_text("C’est réservé")).to_be_visible()

    # Nobody pressed anything here: the page says it by itself, in the middle of a word.
    expect(second.get_by_role("alert")).to_contain_text("Ce créneau ne peut pas être réservé", timeout=5_000)
    expect(second.get_by_role("button", name="Réserver ce créneau")).to_have_count(0)
    expect(purpose).to_be_focused()
    expect(purpose).to_have_value("Brides de pompe")
    second.keyboard.type(" M12")
    second.locator("button[name=creneau]").first.click()
    expect(second.get_by_text("C’est réservé")).to_be_visible()
    expect(second.get_by_text("Brides de pompe M12")).to_be_visible()
    assert labs.overlaps() == []


def test_who_presses_the_button_too_late_gets_every_word_back_and_the_next_slots(
    app: Flask, cast: Cast, lab: Lab, machine: Machine, slot: Slot, open_browser: OpenBrowser
) -> None:
    page = open_browser(client=sign_in(app.test_client(), cast.bruno), java_script_enabled=False)
    page.goto(address(lab, machine, slot))
    page.get_by_text("Préciser").click()
    page.get_by_label("Objet").fill("Brides de pompe")
    page.get_by_label("Confidentiel").check()
    labs.reserve(cast.ana, machine, *slot)
    page.expected.append("409")
    page.get_by_role("button", name="Réserver ce créneau").click()
    expect(page.get_by_role("alert")).to_contain_text("Ce créneau est déjà pris")
    expect(page.get_by_label("Objet")).to_have_value("Brides de pompe")
    expect(page.get_by_label("Confidentiel")).to_be_checked()
    page.locator("button[name=creneau]").first.click()
    expect(page.get_by_text("C’est réservé")).to_be_visible()
    assert labs.overlaps() == []


def test_a_booking_is_made_by_keyboard_alone(
    app: Flask, cast: Cast, lab: Lab, machine: Machine, slot: Slot, open_browser: OpenBrowser
) -> None:
    labs.add_machine(lab, name="Tour conventionnel", position=2)
    labs.reserve(cast.bruno, machine, slot.start + 2 * 3600, slot.start + 3 * 3600)
    page = open_browser(client=sign_in(app.test_client(), cast.ana))
    page.goto(f"/labs/{lab.id}?jour={local(moment(slot.start)).date().isoformat()}")
    reach(page, "Découpe laser CO2, libre 8 h – 10 h")
    page.keyboard.press("ArrowRight")
    assert focused(page).startswith("Découpe laser CO2, libre 11 h")
    page.keyboard.press("ArrowDown")
    assert focused(page).startswith("Tour conventionnel, libre 8 h")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Découpe laser CO2")).to_contain_text("8 h – 10 h")
    expect(page.locator("[data-choice]")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("[data-choice-end]")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("heading", name="Découpe laser CO2")).to_contain_text("8 h – 9 h 30")
    expect(page.locator("[data-choice-end]")).to_be_focused()
    reach(page, "Réserver ce créneau")
    page.keyboard.press("Enter")
    expect(page.get_by_text("C’est réservé")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("8 h – 9 h 30")


def test_three_taps_from_home_book_a_machine_on_a_phone(
    app: Flask, cast: Cast, lab: Lab, machine: Machine, open_browser: OpenBrowser
) -> None:
    page = open_browser(client=sign_in(app.test_client(), cast.ana), viewport=PHONE, has_touch=True)
    page.goto("/")
    page.get_by_role("navigation").get_by_role("link", name="Réserver", exact=True).locator(
        "visible=true"
    ).tap()
    expect(page.get_by_role("heading", level=1)).to_have_text(lab.name)
    page.locator(".is-free a.bar").first.tap()
    page.get_by_role("button", name="Réserver ce créneau").tap()
    expect(page.get_by_text("C’est réservé")).to_be_visible()


def test_an_open_week_shows_by_itself_what_somebody_else_books_and_gives_back(
    app: Flask, cast: Cast, lab: Lab, machine: Machine, slot: Slot, open_browser: OpenBrowser
) -> None:
    """Nobody chose anything on the page that looks on: only its cells move, where it stood."""
    onlooker = open_browser(client=sign_in(app.test_client(), cast.bruno))
    onlooker.goto(f"/labs/{lab.id}?jour={local(moment(slot.start)).date().isoformat()}")
    free = onlooker.get_by_role("link", name="Découpe laser CO2, libre 8 h – 20 h")
    taken = onlooker.get_by_text("Découpe laser CO2, occupé 8 h – 10 h").or_(
        onlooker.get_by_role("link", name="Découpe laser CO2, occupé 8 h – 10 h")
    )
    expect(free).to_be_visible()
    free.focus()

    booker = open_browser(client=sign_in(app.test_client(), cast.ana), viewport=PHONE)
    booker.goto(address(lab, machine, slot))
    booker.get_by_role("button", name="Réserver ce créneau").click()
    expect(booker.get_by_text("C’est réservé")).to_be_visible()

    expect(free).to_have_count(0, timeout=8_000)
    expect(onlooker.get_by_role("link", name="Découpe laser CO2, libre 10 h – 20 h")).to_be_visible()
    expect(taken).to_have_count(1)
    assert onlooker.url.endswith(local(moment(slot.start)).date().isoformat()), "the page itself went nowhere"

    booker.get_by_role("button", name="Annuler la réservation").click()
    expect(free).to_be_visible(timeout=8_000)
    expect(taken).to_have_count(0)


def focused(page: Page) -> str:
    """The name of what has the focus."""
    name = page.evaluate(
        "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()"
    )
    return str(name).replace("\xa0", " ")


def reach(page: Page, name: str) -> None:
    """Press the tab key until the focus is on what is called so."""
    for _press in range(80):
        if focused(page).startswith(name):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the tab key never came to « {name} »")
