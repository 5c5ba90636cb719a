"""The week of a lab as its readers see it, and a slot chosen, refused, taken, moved and given back in it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from app.resources.models import Lab, Machine
from tests.support import labs
from tests.support.cast import Cast, sign_in
from tests.support.labs import at
from tests.support.statements import counted_statements, forget_everything


@pytest.fixture
def ana(app: Flask, cast: Cast) -> Any:
    return sign_in(app.test_client(), cast.ana)


def address(lab: Lab, day: int = 1, **more: Any) -> str:
    query = "".join(f"&{name}={value}" for name, value in more.items())
    return f"/labs/{lab.id}-x?jour=2026-11-{23 + day}{query}"


def cells(page: str, machine: Machine) -> list[str]:
    """What the table says of one machine's day to who hears it, stretch by stretch."""
    row = page.partition(f'<tr data-machine="{machine.id}">')[2].partition("</tr>")[0]
    found = re.findall(r'aria-label="([^"]+)"|<span class="visually-hidden">([^<]+)</span>', row)
    return [re.sub(r"^.*?, ", "", label or hidden).replace("\xa0", " ") for label, hidden in found]


def fields(page: str) -> dict[str, str]:
    """What the form of the chosen slot sends, as a browser would."""
    form = page.partition("data-choice-form")[2].partition("</form>")[0]
    sent = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
    for name, options in re.findall(
        r'<select class="input" name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.search(r'<option value="(\d+)" selected', options)
        assert chosen, name
        sent[name] = chosen[1]
    return sent


def followed(client: Any, answer: Any) -> Any:
    """The page that a form sends on to."""
    assert answer.status_code == 302, answer.text
    return client.get(answer.headers["Location"])


def test_a_day_says_what_is_free_taken_and_mine(cast: Cast, ana: Any, lab: Lab, machine: Machine) -> None:
    labs.reserve(cast.ana, machine, at(1, 9), at(1, 11))
    labs.reserve(cast.rita, machine, at(1, 14), at(1, 16))
    assert cells(ana.get(address(lab)).text, machine) == [
        "libre 8 h – 9 h", "vous, 9 h – 11 h", "libre 11 h – 14 h", "occupé, Rita Moreau 14 h – 16 h", "libre 16 h – 18 h",
    ]  # fmt: skip


def test_a_confidential_slot_of_another_firm_is_taken_and_nothing_more(
    app: Flask, cast: Cast, lab: Lab, machine: Machine
) -> None:
    labs.reserve(cast.ana, machine, at(1, 9), at(1, 11), purpose="Pale secrète", is_confidential=True)
    page = sign_in(app.test_client(), cast.bruno).get(address(lab)).text
    assert cells(page, machine)[1] == "occupé 9 h – 11 h"
    for secret in ("Pale secrète", cast.ana.family_name, cast.atelier.name):
        assert secret not in page
    # Presence was possible: the lab's own people read all of it.
    assert cast.ana.family_name in sign_in(app.test_client(), cast.manon).get(address(lab)).text


def test_from_home_to_a_booking_in_four_taps(cast: Cast, ana: Any, lab: Lab, machine: Machine) -> None:
    """Home, the door, a free stretch, the button: each tap follows what the page before it offers."""
    home = ana.get("/")
    assert 'href="/reserver"' in home.text
    taps = 1
    week = followed(ana, ana.get("/reserver"))
    assert urlsplit(week.request.path).path.startswith(f"/labs/{lab.id}")
    taps += 1
    link = re.search(r'<a class="bar" href="([^"]+)"', week.text)
    assert link
    chosen = ana.get(link[1].replace("&amp;", "&").partition("#")[0])
    assert "Réserver ce créneau" in chosen.text
    taps += 1
    done = followed(ana, ana.post(f"/machines/{machine.id}/reservations", data=fields(chosen.text)))
    assert "C’est réservé" in done.text
    assert taps <= 4


def test_a_refusal_says_every_reason_and_the_next_slots_and_keeps_what_was_typed(
    cast: Cast, ana: Any, lab: Lab
) -> None:
    press = labs.add_machine(
        lab, name="Presse plieuse", needs=["training_sheet_metal", "employer_authorisation"]
    )
    page = ana.get(address(lab, machine=press.id, debut=at(1, 9), fin=at(1, 11))).text
    for missing in ("Formation tôlerie et pliage", "Autorisation de l’employeur"):
        assert missing in page
    assert "Réserver ce créneau" not in page

    laser = labs.add_machine(lab, name="Découpe laser fibre")
    sent = fields(ana.get(address(lab, machine=laser.id, debut=at(1, 9), fin=at(1, 11))).text)
    labs.reserve(cast.bruno, laser, at(1, 10), at(1, 12))
    refused = ana.post(
        f"/machines/{laser.id}/reservations", data={**sent, "objet": "Brides de pompe", "confidentiel": "1"}
    )
    assert refused.status_code == 409
    assert "Ce créneau est déjà pris" in refused.text
    assert "Brides de pompe" in refused.text and "checked" in refused.text
    proposed = re.search(r'name="creneau" value="([\d-]+)"', refused.text)
    assert proposed
    again = {**fields(refused.text), "creneau": proposed[1], "objet": "Brides de pompe"}
    taken = followed(ana, ana.post(f"/machines/{laser.id}/reservations", data=again))
    assert "C’est réservé" in taken.text and "Brides de pompe" in taken.text


def test_the_same_form_sent_twice_books_once(ana: Any, lab: Lab, machine: Machine) -> None:
    sent = fields(ana.get(address(lab, machine=machine.id, debut=at(1, 9), fin=at(1, 11))).text)
    first, again = (ana.post(f"/machines/{machine.id}/reservations", data=sent) for _turn in range(2))
    assert first.status_code == again.status_code == 302
    assert first.headers["Location"] == again.headers["Location"]


def test_the_longest_end_offered_is_the_longest_that_is_accepted(
    cast: Cast, ana: Any, lab: Lab, machine: Machine
) -> None:
    labs.reserve(cast.bruno, machine, at(1, 12), at(1, 13))
    page = ana.get(address(lab, machine=machine.id, debut=at(1, 10))).text
    ends = re.search(r'name="fin"[^>]*>(.*?)</select>', page, re.DOTALL)
    assert ends
    offered = [int(value) for value in re.findall(r'value="(\d+)"', ends[1])]
    assert max(offered) == at(1, 12)
    sent = {**fields(page), "fin": str(max(offered))}
    assert ana.post(f"/machines/{machine.id}/reservations", data=sent).status_code == 302


def test_a_slot_is_moved_in_the_same_week_and_given_back(
    cast: Cast, ana: Any, lab: Lab, machine: Machine
) -> None:
    booking = labs.reserve(cast.ana, machine, at(1, 9), at(1, 11))
    page = ana.get(address(lab, machine=machine.id, debut=at(1, 10), fin=at(1, 12), deplacer=booking.id)).text
    assert "Vous déplacez votre créneau" in page
    moved = followed(ana, ana.post(f"/reservations/{booking.id}/deplacement", data=fields(page)))
    assert "10\xa0h\xa0–\xa012\xa0h" in moved.text
    assert cells(ana.get(address(lab)).text, machine)[1] == "vous, 10 h – 12 h"
    number = urlsplit(moved.request.path).path.rpartition("/")[2]
    gone = followed(ana, ana.post(f"/reservations/{number}/annulation", data={}))
    assert "Annulée" in gone.text
    assert cells(ana.get(address(lab)).text, machine) == ["libre 8 h – 18 h"]


def test_a_stranger_finds_no_lab_no_machine_and_no_booking(
    app: Flask, cast: Cast, lab: Lab, machine: Machine
) -> None:
    booking = labs.reserve(cast.ana, machine, at(1, 9), at(1, 11))
    paths = (f"/labs/{lab.id}", f"/machines/{machine.id}", f"/reservations/{booking.id}")
    stranger = sign_in(app.test_client(), cast.yann)
    assert [stranger.get(path).status_code for path in paths] == [404, 404, 404]
    assert [sign_in(app.test_client(), cast.ana).get(path).status_code for path in paths] == [200, 200, 200]
    sent = {"debut": at(1, 14), "fin": at(1, 15), "request_id": "4b9a1f5e-51a3-4f0e-9f4c-64f0a3d4f4aa"}
    assert stranger.post(f"/machines/{machine.id}/reservations", data=sent).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "jour=hier", "jour=0001-01-01", "jour=9999-12-31", "machine=1&debut=-5", "machine=x&debut=99999999999999999999",
        "machine=1&debut=4000000000", "machine=1&debut=1", "deplacer=zz", "entreprise=9999", "creneau=1-2&machine=1",
    ],
)  # fmt: skip
def test_an_address_made_up_is_a_page_and_no_fault(ana: Any, lab: Lab, machine: Machine, query: str) -> None:
    assert ana.get(f"/labs/{lab.id}?{query}").status_code in (200, 404)


@pytest.mark.parametrize(
    "sent", [{}, {"debut": "x", "fin": "y"}, {"debut": "5", "fin": "4"}, {"request_id": "no"}]
)
def test_a_form_made_up_is_refused_in_words(
    ana: Any, lab: Lab, machine: Machine, sent: dict[str, str]
) -> None:
    answer = ana.post(f"/machines/{machine.id}/reservations", data=sent)
    assert 400 <= answer.status_code < 500


def test_a_week_asks_as_often_for_ten_machines_as_for_two(
    cast: Cast, ana: Any, lab: Lab, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.core.demo.ASK_AGAIN_SECONDS", 3600)
    labs.add_machine(lab, needs=["laser_safety"])
    ana.get(address(lab))

    def asked() -> list[str]:
        forget_everything()
        with counted_statements() as found:
            assert ana.get(address(lab)).status_code == 200
        return list(found)

    few = asked()
    for number in range(8):
        labs.add_machine(lab, name=f"Machine {number}", needs=["laser_safety"], units=2)
    assert len(asked()) == len(few) <= 14, "\n\n".join(few)
    week = address(lab)
    with counted_statements() as again:
        ana.get(week)
    # Who is reading, and the numbers of what is read.
    assert len(again) == 2, "\n\n".join(again)


def test_a_week_seen_before_says_what_changed_since(cast: Cast, ana: Any, lab: Lab, machine: Machine) -> None:
    welder = labs.add_machine(lab, name="Poste MIG", needs=["training_welding"])
    assert "Il vous manque « Formation soudage »" in ana.get(address(lab)).text
    labs.qualify(cast.ana, "training_welding", lab=lab)
    assert "Il vous manque" not in ana.get(address(lab)).text
    labs.reserve(cast.bruno, machine, at(1, 9), at(1, 12))
    assert "Poste MIG, libre" in ana.get(address(lab)).text
    labs.reserve(cast.ana, welder, at(1, 9), at(1, 12))
    assert "Poste MIG, vous" in ana.get(address(lab)).text
