"""Codes read aloud, typed by hand, and worth nothing to who reads the database."""

from __future__ import annotations

import pytest
from flask import Flask

from app.communities import activities, operations, qr, tokens

pytestmark = pytest.mark.once


def test_a_code_has_three_groups_of_unmistakable_signs(app: Flask) -> None:
    code = tokens.printed_code(tokens.new_nonce())
    groups = code.split("-")
    assert [len(group) for group in groups] == [4, 4, 4]
    assert not set("".join(groups)) & set("ILOU")


def test_a_code_is_known_however_it_is_typed(app: Flask) -> None:
    code = "0A1B-C2D3-VE4F"
    for typed in ("0a1bc2d3ve4f", " 0A1B C2D3 VE4F ", "OA1B-C2D3-UE4F", "OAIB-C2D3-VE4F", "oalb c2d3 ve4f"):
        assert tokens.hash_of(typed) == tokens.hash_of(code), typed


def test_the_same_nonce_gives_the_same_link_and_another_gives_another(app: Flask) -> None:
    nonce = tokens.new_nonce()
    assert tokens.link_token(nonce) == tokens.link_token(nonce)
    assert tokens.link_token(nonce) != tokens.link_token(tokens.new_nonce())
    assert tokens.hash_of(tokens.link_token(nonce)) != tokens.hash_of(tokens.link_token(nonce).swapcase())


@pytest.mark.parametrize(
    ("pasted", "found"),
    [
        ("a@b.fr\nc@d.fr", ["a@b.fr", "c@d.fr"]),
        ("a@b.fr, c@d.fr;e@f.fr", ["a@b.fr", "c@d.fr", "e@f.fr"]),
        ("Ana Costa <Ana@B.fr>, ANA@b.fr", ["ana@b.fr"]),
        ("a@b.fr c@d.fr", ["a@b.fr", "c@d.fr"]),
        ("Jean Dupont\n\n a@b.fr ", ["jean dupont", "a@b.fr"]),
        ("", []),
    ],
)
def test_addresses_are_read_as_people_paste_them(pasted: str, found: list[str]) -> None:
    assert operations.addresses_in(pasted) == found


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("prenom.nom@atelier-brenne.fr", True),
        ("a+b@sous.domaine.example", True),
        ("sans-arobase", False),
        ("a@b", False),
        ("a b@c.fr", False),
        ("à@b.fr", False),
        ("a@b.fr\nBcc: x@y.fr", False),
        ("x" * 250 + "@b.fr", False),
    ],
)
def test_what_looks_like_an_address(address: str, is_one: bool) -> None:
    assert operations.is_address(address) is is_one


def test_the_square_is_drawn_without_style_nor_script(app: Flask) -> None:
    drawing = qr.drawing("https://convergence.test/invitation/0A1B-C2D3-VE4F")
    assert drawing.startswith("<svg")
    assert "style" not in drawing
    assert "script" not in drawing


@pytest.mark.parametrize(
    ("typed", "code", "words"),
    [
        ("25.62B", "25.62B", "Mécanique industrielle"),
        (" 2562 b", "25.62B", "Mécanique industrielle"),
        ("25.99B", "25.99B", "Travail des métaux"),
        ("00.00Z", None, ""),
        ("25.62", None, ""),
        ("bonjour", None, ""),
    ],
)
def test_an_activity_code_is_read_and_named(app: Flask, typed: str, code: str | None, words: str) -> None:
    assert activities.normalise(typed) == code
    if code is not None:
        assert activities.label(code) == words


def test_every_class_named_belongs_to_a_division_named() -> None:
    assert {code[:2] for code in activities.CLASSES} <= activities.DIVISIONS.keys()
    assert len(activities.DIVISIONS) == 88
