"""What failed beside others and passes alone is named at the end of a run, where nobody overlooks it."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.once

CONFTEST = """
def pytest_addoption(parser):
    parser.addoption("--db")
"""
TESTS = """
from pathlib import Path

import pytest

def test_that_needs_the_machine_for_itself():
    seen = Path(__file__).with_name("seen")
    if not seen.exists():
        seen.touch()
        raise AssertionError("too slow")

@pytest.mark.skipif(not Path(__file__).with_name("broken").exists(), reason="whole")
def test_that_is_broken():
    raise AssertionError("always")
"""


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    """The suite of a small project of its own."""
    (folder / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "suite.py", folder / "scripts")
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_it.py").write_text(TESTS)
    return subprocess.run(
        [sys.executable, "scripts/suite.py"], cwd=folder, capture_output=True, text=True, check=False
    )


def test_what_passes_alone_is_named_last_and_does_not_fail_the_run(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == (
        "!! sqlite : FAILED BESIDE OTHERS, passed alone: test_it.py::test_that_needs_the_machine_for_itself"
    )


def test_what_fails_twice_fails_the_run_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    done = run(tmp_path)
    assert done.returncode == 1
    named = [line for line in done.stdout.splitlines() if line.startswith("!! ")]
    assert named == [
        "!! sqlite : FAILED TWICE: test_it.py::test_that_is_broken",
        "!! sqlite : FAILED BESIDE OTHERS, passed alone: test_it.py::test_that_needs_the_machine_for_itself",
        "!! postgresql : FAILED TWICE: test_it.py::test_that_is_broken",
    ]


def test_what_failed_is_looked_for_among_the_same_tests_again() -> None:
    spec = importlib.util.spec_from_file_location("suite", ROOT / "scripts" / "suite.py")
    assert spec is not None and spec.loader is not None
    suite = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(suite)
    assert suite.selection(["-n", "2", "-m", "prove", "-q", "-k", "kills"]) == ["-m", "prove", "-k", "kills"]
    assert suite.selection(["-q"]) == []
