"""One place commits: `app.core.database`. Ruff bans the names; here also in the files that ruff must exempt as doors."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOUNDARY = ROOT / "app" / "core" / "database.py"
BANNED = {"commit", "rollback", "begin"}


def main() -> int:
    faults = [
        f"{path.relative_to(ROOT)}:{line}: session.{name}() outside the transaction boundary"
        for path in sorted((ROOT / "app").rglob("*.py"))
        if path != BOUNDARY
        for line, name in crossings(path.read_text(encoding="utf-8"))
    ]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def crossings(source: str) -> Iterator[tuple[int, str]]:
    """Where a source commits, undoes or opens a transaction of the session itself."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in BANNED and _is_session(node.value):
            yield node.lineno, node.attr


def _is_session(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name == "session"


if __name__ == "__main__":
    sys.exit(main())
