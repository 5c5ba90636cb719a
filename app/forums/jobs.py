"""Work on discussions done later."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.core import jobs
from app.core.database import release, transaction
from app.core.text import MESSAGE_BYTES, RENDERER_VERSION, mentioned_in, render, with_new_names
from app.extensions import db
from app.forums import operations, queries
from app.forums.models import Post, PostRevision

BATCH = 50


@jobs.every("40 3 * * *")
@jobs.job("forums.render_again")
def render_again() -> int:
    """Render anew the messages of an older renderer, a few per transaction; returns how many."""
    count = 0
    while True:
        rows = db.session.execute(
            select(Post.id, Post.source, Post.version)
            .where(Post.renderer_version < RENDERER_VERSION, Post.deleted_at.is_(None))
            .order_by(Post.id)
            .limit(BATCH)
        ).all()
        release()
        if not rows:
            return count
        texts = {row.id: (row.version, render(row.source)) for row in rows}
        with transaction():
            for post_id, (version, text) in texts.items():
                post = db.session.get_one(Post, post_id)
                # Changed meanwhile: whoever changed it rendered it with the present renderer.
                if post.version == version:
                    post.html, post.renderer_version = text.html, text.renderer_version
        count += len(rows)


@jobs.every("50 3 * * *")
@jobs.job("forums.name_anew")
def name_anew(user_id: int | None = None) -> int:
    """Name people in messages as they are called now: somebody who changed name or left, or, each night, everybody.

    The night finds what a lost job left. Returns how many messages and former wordings were written.
    """
    token = "@{" if user_id is None else f"@{{{user_id}|"
    return _name_anew(Post, token) + _name_anew(PostRevision, token)


def _name_anew(table: Any, token: str) -> int:
    count = after = 0
    while True:
        rows = db.session.execute(
            select(table.id, table.version, table.source)
            .where(table.id > after, table.source.contains(token))
            .order_by(table.id)
            .limit(BATCH)
        ).all()
        people = queries.names_now({person for row in rows for person in mentioned_in(row.source)})
        release()
        if not rows:
            return count
        after = rows[-1].id
        names = {person: name for person, (name, _is_gone) in people.items()}
        gone = {person for person, (_name, is_gone) in people.items() if is_gone}
        changed = [
            (row, source) for row in rows if (source := with_new_names(row.source, names, gone)) != row.source
        ]
        _write(table, changed)
        count += len(changed)


def _write(table: Any, changed: list[tuple[Any, str]]) -> None:
    # A longer name may carry a text over its limit: it was within when its author wrote it.
    texts = {
        row.id: render(source, limit_bytes=2 * MESSAGE_BYTES) for row, source in changed if table is Post
    }
    if not changed:
        return
    with transaction():
        for row, source in changed:
            line = db.session.get_one(table, row.id)
            # Changed meanwhile: whoever changed it wrote the present names.
            if line.version != row.version:
                continue
            if table is Post:
                operations.name_anew(line, text=texts[row.id])
            else:
                line.source = source
