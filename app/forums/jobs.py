"""Work on discussions done later."""

from __future__ import annotations

from sqlalchemy import select

from app.core import jobs
from app.core.database import release, transaction
from app.core.text import RENDERER_VERSION, render
from app.extensions import db
from app.forums.models import Post

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
