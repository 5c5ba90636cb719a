"""SIREN and SIRET: what is accepted, what is refused and in which words."""

import pytest

from app.core.errors import Refusal
from app.core.identifiers import IdentifierError, spaced, validate_siren, validate_siret

DEMO_SIRENS = ["999000011", "999000029", "999000037", "999000045", "999000052", "999000060", "999000128"]
DEMO_SIRETS = ["99900001100018", "99900001100026", "99900005200020", "99900012800028"]


@pytest.mark.parametrize("siren", ["732829320", "356000000", *DEMO_SIRENS])
def test_a_real_siren_is_accepted(siren):
    assert validate_siren(siren) == siren


@pytest.mark.parametrize(
    "typed", ["732 829 320", " 732829320 ", "732\u00a0829\u202f320", "732.829.320", "732-829-320"]
)
def test_a_siren_is_taken_however_it_is_spaced(typed):
    assert validate_siren(typed) == "732829320"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "neuf chiffres"),
        ("   ", "neuf chiffres"),
        ("000000000", "n’existe pas"),
        ("732829321", "clé de contrôle"),
        ("73282932", "vous en avez saisi 8"),
        ("73282932O", "que des chiffres"),
        ("٧٣٢٨٢٩٣٢٠", "que des chiffres"),
        ("73282932000074", "SIRET. Le SIREN en est le début : 732829320"),
    ],
)
def test_a_wrong_siren_is_refused_with_its_fault(typed, said):
    with pytest.raises(IdentifierError) as refused:
        validate_siren(typed)
    assert said in refused.value.sentence
    assert refused.value.field == "siren"
    assert isinstance(refused.value, Refusal)
    assert isinstance(refused.value, ValueError)
    assert refused.value.status == 422


@pytest.mark.parametrize("siret", ["73282932000074", "35600000000048", "35600000049837", *DEMO_SIRETS])
def test_a_real_siret_is_accepted_also_by_the_rule_of_la_poste(siret):
    assert validate_siret(spaced(siret)) == siret


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "quatorze chiffres"),
        ("00000000000000", "n’existe pas"),
        ("73282932000075", "clé de contrôle"),
        ("7328293200007", "vous en avez saisi 13"),
        ("732829320", "c’est un SIREN"),
        ("7328293200007a", "que des chiffres"),
        ("35600000049838", "clé de contrôle"),
    ],
)
def test_a_wrong_siret_is_refused_with_its_fault(typed, said):
    with pytest.raises(IdentifierError) as refused:
        validate_siret(typed)
    assert said in refused.value.sentence
    assert refused.value.field == "siret"


def test_a_site_belongs_to_its_own_company():
    assert validate_siret("99900001100018", siren="999000011") == "99900001100018"
    with pytest.raises(IdentifierError, match="entreprise"):
        validate_siret("73282932000074", siren="999000011")


def test_numbers_are_shown_as_people_read_them():
    assert spaced("732829320") == "732\xa0829\xa0320"
    assert spaced("73282932000074") == "732\xa0829\xa0320\xa000074"
