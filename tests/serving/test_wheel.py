"""What is published installs by itself: migrations, templates, translations and built files travel with the code."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = ROOT / ".bootstrap" / "uv" / "bin" / "uv"

pytestmark = [pytest.mark.once, pytest.mark.server]


def run(*command, **variables):
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **variables},
        cwd=variables.get("PWD", ROOT),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_what_is_not_code(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert any(name.startswith("app/migrations/versions/0001") for name in names)
    assert "app/static/dist/manifest.json" in names
    assert "app/core/templates/core/page.html" in names
    assert not any(name.startswith(("tests/", "tools/", "node_modules/")) for name in names)


def test_the_wheel_migrates_a_database_from_an_empty_environment(wheel, tmp_path):
    environment = tmp_path / "venv"
    run(UV, "venv", "--quiet", "--python", sys.executable, environment)
    target = {"VIRTUAL_ENV": str(environment)}
    run(UV, "pip", "install", "--quiet", "--require-hashes", "-r", ROOT / "requirements.lock", **target)
    run(UV, "pip", "install", "--quiet", "--no-deps", wheel, **target)
    elsewhere = {"DATA_DIR": str(tmp_path / "data"), "PWD": str(tmp_path)}
    run(environment / "bin" / "convergence", "migrate", **elsewhere)
    assert (tmp_path / "data" / "convergence.sqlite3").exists()
    assert "migrate" in run(environment / "bin" / "convergence", "--help", **elsewhere)
