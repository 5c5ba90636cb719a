"""One index, one box: everything that can be found, by those who may read it.

Vocabulary: an **entry** is a thing as the index knows it; a **facet** is a type of thing as the search page offers it; a
**question** is what is asked of the index, rights included. Features say what is found of their things
(`core.indexing`), offer a facet, and name the scopes they open besides places (`reaches`).
"""

from __future__ import annotations

from flask import Flask

from app.search import schema as _schema  # noqa: F401 - the index beside the table
from app.search.facets import register as facet
from app.search.index import reindex
from app.search.queries import reaches

__all__ = ["facet", "init_app", "reaches", "reindex"]


def init_app(app: Flask) -> None:
    """Register the search page."""
    from app.search import views

    app.register_blueprint(views.bp)
