"""Which migrations this version brings, read from their files: asking must not cost loading what runs them."""

from __future__ import annotations

import re

from app.config import migrations_directory

_REVISION = re.compile(r"^(revision|down_revision)\b[^=]*= (.+)$", re.MULTILINE)


def heads() -> set[str]:
    """The last migrations of this version."""
    revisions: set[str] = set()
    followed: set[str] = set()
    for path in migrations_directory().glob("versions/*.py"):
        for name, value in _REVISION.findall(path.read_text(encoding="utf-8")):
            (revisions if name == "revision" else followed).update(re.findall(r"[\"'](\w+)[\"']", value))
    return revisions - followed
