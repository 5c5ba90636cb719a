"""What is sealed opens for its purpose and owner, with a key of this installation, and for nothing else."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core import sealing


@pytest.fixture
def keys(app: Flask, monkeypatch: pytest.MonkeyPatch):
    def use(secret: str, sealing_keys: str = "") -> None:
        monkeypatch.setitem(app.config, "SECRET_KEY", secret)
        monkeypatch.setitem(app.config, "SEALING_KEY", sealing_keys)

    return use


def test_a_sealed_text_comes_back_and_does_not_show(app: Flask) -> None:
    sealed = sealing.seal("Léa Bonnet", "identity", 7)
    assert sealing.is_sealed(sealed)
    assert "Bonnet" not in sealed
    assert sealing.unseal(sealed, "identity", 7) == "Léa Bonnet"


@pytest.mark.parametrize(("purpose", "owner"), [("totp", 7), ("identity", 8)])
def test_it_stays_shut_for_another_purpose_or_owner(app: Flask, purpose: str, owner: int) -> None:
    sealed = sealing.seal("Léa Bonnet", "identity", 7)
    with pytest.raises(sealing.Unreadable):
        sealing.unseal(sealed, purpose, owner)


def test_a_change_of_key_keeps_what_the_former_one_sealed(keys) -> None:
    keys("a" * 40)
    old = sealing.seal("texte", "totp", 1)
    keys("a" * 40, "b" * 40)
    new = sealing.seal("texte", "totp", 1)
    keys("another key, drawn after a theft of the first", f"{'c' * 40} {'b' * 40}")
    assert sealing.unseal(new, "totp", 1) == "texte"
    with pytest.raises(sealing.Unreadable):
        sealing.unseal(old, "totp", 1)


def test_a_damaged_text_is_said_to_be_unreadable(app: Flask) -> None:
    sealed = sealing.seal("texte", "totp", 1)
    for damaged in (sealed[:-4], "A" + sealed[1:], "", "é"):
        with pytest.raises(sealing.Unreadable):
            sealing.unseal(damaged, "totp", 1)
