"""An empty, real installation from one command."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import COMMANDS, main

pytestmark = pytest.mark.once

ANSWERS = [
    "--email", "admin@exemple.test", "--given-name", "Nadia", "--family-name", "Roche",
    "--password", "un long passage de phrase sûr 42", "--community", "Val de Loire mécanique", "--town", "Vendôme",
    "--department", "41", "--company", "Atelier Brenne", "--siret", "99900001100018", "--postcode", "41100",
]  # fmt: skip


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {
        **os.environ,
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "SECRET_KEY": "a key for tests alone, long enough",
    }
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an installation just founded, to be copied."""
    folder = tmp_path_factory.mktemp("founded")
    first = run(folder, "init", *ANSWERS)
    assert first.returncode == 0, first.stderr
    return folder


def test_it_founds_once_and_only_once(tmp_path: Path, founded: Path) -> None:
    shutil.copytree(founded, tmp_path, dirs_exist_ok=True)
    again = run(tmp_path, "init", *ANSWERS)
    assert again.returncode == 1
    assert "déjà des comptes" in again.stderr
    shown = run(tmp_path, "user", "admin@exemple.test")
    assert "Nadia Roche" in shown.stdout
    refused = run(tmp_path, "demo", "--size", "small")
    assert refused.returncode == 1
    assert "base vide" in refused.stderr


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--siret", "73282932000075", "SIRET"),
        ("--siret", "00000000000000", ""),
        ("--password", "motdepasse", ""),
        ("--department", "99", "département"),
    ],
)
def test_a_wrong_answer_founds_nothing(tmp_path: Path, option: str, value: str, sentence: str) -> None:
    answers = list(ANSWERS)
    answers[answers.index(option) + 1] = value
    refused = run(tmp_path, "init", *answers)
    assert refused.returncode == 1
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM user_account").fetchone() == (0,)


def test_check_says_what_holds_and_what_is_missing(tmp_path: Path, founded: Path) -> None:
    shutil.copytree(founded, tmp_path, dirs_exist_ok=True)
    answer = run(tmp_path, "check")
    assert answer.returncode == 1
    assert "✓ Base de données" in answer.stdout
    assert "✓ Fichiers" in answer.stdout
    assert "✗ Mentions légales" in answer.stdout


def test_the_identity_behind_a_closed_account_opens_for_a_written_reason(
    tmp_path: Path, founded: Path
) -> None:
    shutil.copytree(founded, tmp_path, dirs_exist_ok=True)
    assert "ouvert" in run(tmp_path, "identity", "1", "--reason", "Réquisition du parquet de Blois").stderr
    assert (
        "Compte n° 1 : Nadia Roche (admin@exemple.test), ouvert, créé le "
        in run(tmp_path, "user", "admin@exemple.test").stdout
    )
    assert (
        "Compte n° 1 : Membre parti, fermé" in run(tmp_path, "user", "admin@exemple.test", "--close").stdout
    )
    refused = run(tmp_path, "identity", "1", "--reason", "vite")
    assert refused.returncode == 1
    assert "Nadia" not in refused.stdout + refused.stderr
    assert run(tmp_path, "identity", "/sujets/999-rien", "--reason", "Réquisition du parquet").returncode == 1
    opened = run(tmp_path, "identity", "1", "--reason", "Réquisition du parquet de Blois")
    assert opened.returncode == 0, opened.stderr
    for word in ("Nadia Roche", "admin@exemple.test", "Atelier Brenne (999000011)"):
        assert word in opened.stdout
    assert re.search(r"Sera effacé le : \w+ \d+\s\w+ 20\d\d", opened.stdout), opened.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_help(command: str) -> None:
    shown = CliRunner().invoke(main, [command, "--help"])
    assert shown.exit_code == 0
    assert "Usage" in shown.output


def test_an_empty_place_is_no_demonstration_to_describe(tmp_path: Path) -> None:
    told = run(tmp_path, "demo", "--describe")
    assert told.returncode == 1
    assert told.stderr.strip() == "Error: Cette base n’est pas une démonstration."
