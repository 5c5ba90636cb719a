"""What a start loads: each process the libraries it uses, and no other."""

import json
import subprocess
import sys

import pytest

from tests.support.servers import ROOT

pytestmark = pytest.mark.once

APPLICATION = {"flask", "sqlalchemy", "gunicorn", "gevent", "app.factory"}
MIGRATING = {"alembic", "flask_migrate", "mako"}
DECODING = {"PIL", "pillow_heif"}


def loaded_by(code, tmp_path):
    """The modules that a fresh Python has loaded after running `code`."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport json, sys\nprint(json.dumps(list(sys.modules)))"],
        cwd=ROOT,
        env={"DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_what_starts_the_processes_loads_none_of_what_they_run(tmp_path):
    loaded = loaded_by("from app.serving import commands, launcher, state", tmp_path)
    assert "app.serving.launcher" in loaded
    assert not loaded & APPLICATION


def test_listing_the_commands_loads_none_of_them(tmp_path):
    code = """
from click.testing import CliRunner
from app.cli import COMMANDS, main
told = CliRunner().invoke(main, ["--help"]).output
assert all(name in told for name in COMMANDS), told
assert "Servir les pages" in told, told
"""
    loaded = loaded_by(code, tmp_path)
    assert not loaded & APPLICATION


def test_serving_loads_neither_what_migrates_nor_what_decodes_pictures(tmp_path):
    loaded = loaded_by("from app import create_app\ncreate_app().test_client().get('/readyz')", tmp_path)
    assert "app.factory" in loaded
    assert not loaded & (MIGRATING | DECODING)
