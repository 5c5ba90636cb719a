"""The page's own scripts, proved by Node's test runner."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.once
def test_the_scripts_hold_what_they_promise() -> None:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "scripts" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    bootstrap = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bootstrap)
    node, _npm = bootstrap.find_node() or bootstrap.install_node(bootstrap.ensure_uv())
    files = sorted(str(path) for path in (ROOT / "tests" / "js").glob("*.test.js"))
    assert files

    done = subprocess.run(
        [str(node), "--test", *files], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout[-4000:]
    assert "# fail 0" in done.stdout or "fail 0" in done.stdout
