"""The page's own scripts, proved by Node's test runner."""

from __future__ import annotations

import importlib.util
import py_compile
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load_bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "scripts" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    bootstrap = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bootstrap)
    return bootstrap


@pytest.mark.once
def test_a_module_counts_as_compiled_until_it_changes(tmp_path: Path) -> None:
    bootstrap = load_bootstrap()
    source = tmp_path / "module.py"
    source.write_text("ANSWER = 41\n")
    assert not bootstrap.is_compiled(source)
    py_compile.compile(str(source))
    assert bootstrap.is_compiled(source)
    source.write_text("ANSWER = 4200\n")
    assert not bootstrap.is_compiled(source)


@pytest.mark.once
def test_the_scripts_hold_what_they_promise() -> None:
    bootstrap = load_bootstrap()
    node, _npm = bootstrap.find_node() or bootstrap.install_node(bootstrap.ensure_uv())
    files = sorted(str(path) for path in (ROOT / "tests" / "js").glob("*.test.js"))
    assert files

    done = subprocess.run(
        [str(node), "--test", *files], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout[-4000:]
    assert "# fail 0" in done.stdout or "fail 0" in done.stdout
