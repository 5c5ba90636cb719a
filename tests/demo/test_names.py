"""Drawn people, firms, numbers and messages: right, distinct, and the same on every machine."""

from __future__ import annotations

import pytest

from app.core import geography
from app.core.identifiers import validate_siren, validate_siret
from app.demo import names

pytestmark = pytest.mark.once


def test_numbers_go_on_after_the_written_ones():
    drawn = names.sirens(after=12)
    first = [next(drawn) for _rank in range(10_000)]
    assert len(set(first)) == 10_000
    assert names.siret("999000011", 1) == "99900001100018"
    assert first[0] > "999000128"
    assert all(siren.startswith("999") for siren in first)


def test_numbers_hold_their_keys(app):
    drawn = names.sirens()
    for siren in (next(drawn) for _rank in range(200)):
        assert validate_siren(siren) == siren
        assert validate_siret(names.siret(siren, 3), siren=siren)


def test_addresses_lead_nowhere_and_are_plain():
    address = names.address("Anne-Laure", "Thiébaut", "Rhum & Emballages 12")
    assert address == "anne-laure.thiebaut@rhum-emballages-12.exemple.test"


@pytest.mark.parametrize("department", sorted(geography.DEPARTMENTS))
def test_every_department_has_firms_of_its_own(department):
    shapes = names.companies(7, department, 100)
    assert len({shape["name"] for shape in shapes}) == 100
    for shape in shapes:
        assert geography.department_of_postcode(shape["postcode"]) == department
        assert len(shape["name"]) <= 160
        assert shape["size_class"] == ("micro" if shape["headcount"] < 10 else "sme")
    assert shapes == names.companies(7, department, 100)
    assert shapes != names.companies(8, department, 100)


@pytest.mark.parametrize("region", sorted(geography.REGIONS))
def test_every_region_has_people(region):
    humans = names.people(7, region, 300)
    assert len({(human["given_name"], human["family_name"]) for human in humans}) == 300
    assert humans == names.people(7, region, 300)


def test_territories_sound_like_themselves():
    island = {human["family_name"] for human in names.people(7, "04", 200)}
    assert {"Hoarau", "Payet", "Grondin"} <= island
    assert "Hoarau" not in {human["family_name"] for human in names.people(7, "53", 200)}


def test_too_many_people_are_refused():
    with pytest.raises(ValueError, match="too many"):
        names.people(7, "24", 10_000)


def test_names_of_firms_elide():
    assert names.with_elisions("Tôlerie de Amboise") == "Tôlerie d’Amboise"
    assert names.with_elisions("Levage de Le Lamentin") == "Levage du Lamentin"
    assert names.with_elisions("Forge de Les Herbiers") == "Forge des Herbiers"


def test_messages_are_many_distinct_and_of_the_right_length():
    bodies = names.bodies(7, 400)
    assert len(set(bodies)) == 400
    assert all(80 <= len(body.split()) <= 150 for body in bodies)
    assert bodies == names.bodies(7, 400)


def test_each_subject_has_its_messages_and_titles():
    for subject in names.subjects():
        assert len(set(names.bodies(7, 30, subject))) == 30
        titles = names.topic_titles(7, 60, subject)
        assert len(set(titles)) == 60
        assert all(5 <= len(title) <= 160 for title in titles)


def test_what_cannot_be_made_is_refused():
    with pytest.raises(ValueError, match="can be made"):
        names.topic_titles(7, 10**6)
