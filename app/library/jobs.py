"""Work on sheets done later."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from app.core import jobs
from app.core.database import release, transaction, write
from app.core.text import RENDERER_VERSION, render
from app.extensions import db
from app.library.models import PracticeApplication, PracticeVersion
from app.library.sheets import SHEET_BYTES, TEXTS

BATCH = 20


@jobs.every("45 3 * * *")
@jobs.job("library.render_again")
def render_again() -> int:
    """Render anew what sheets and applications say with an older renderer, a few per transaction; returns how many."""
    return _render(PracticeVersion, TEXTS) + _render(PracticeApplication, ("note",))


def _render(table: Any, fields: tuple[str, ...]) -> int:
    count = 0
    while True:
        rows = db.session.execute(
            select(table.id, *(getattr(table, name) for name in fields))
            .where(table.renderer_version < RENDERER_VERSION)
            .order_by(table.id)
            .limit(BATCH)
        ).all()
        release()
        if not rows:
            return count
        made = {row.id: (row, _markup(row, fields)) for row in rows}
        with transaction():
            for row_id, (row, markup) in made.items():
                # Changed meanwhile: whoever changed it rendered it with the present renderer.
                same = [getattr(table, name) == getattr(row, name) for name in fields]
                write(
                    update(table.__table__)
                    .where(table.id == row_id, table.renderer_version < RENDERER_VERSION, *same)
                    .values(renderer_version=RENDERER_VERSION, **markup)
                )
        count += len(rows)


def _markup(row: Any, fields: tuple[str, ...]) -> dict[str, str]:
    # The limit was judged when it was written, all texts together.
    return {f"{name}_html": render(getattr(row, name), limit_bytes=2 * SHEET_BYTES).html for name in fields}
