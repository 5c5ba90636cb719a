"""Best practices: sheets of six short fields, reviewed before they are read, applied by others with their own result.

Vocabulary: a **practice** (« fiche ») belongs to a node and is known by its number; a **version** is one wording of it,
drafted, proposed, returned or published; readers see the last published one. Its **effect** is a figure before and after,
or one figure, always with its **evidence**. An **application** is a firm that says it did the same.
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register pages, presenters and what lower layers need to know of sheets."""
    from app.library import adapters, broadcasts, jobs, vocabulary
    from app.library.views import applying, bp, reading, reviewing, writing

    assert applying and reading and reviewing and writing
    assert broadcasts and jobs
    app.register_blueprint(bp)
    app.jinja_env.filters.update(
        thousandths=vocabulary.number_in_words,
        effect_figure=vocabulary.figure_of,
        effect_in_words=vocabulary.effect_in_words,
    )
    app.jinja_env.globals.update(
        EVIDENCE=vocabulary.EVIDENCE,
        DIMENSIONS=vocabulary.DIMENSIONS,
        FACETS=vocabulary.FACETS,
        TECHNOLOGIES=vocabulary.TECHNOLOGIES,
        SHEET_STATES=vocabulary.STATES,
        PROMISES=vocabulary.PROMISES,
    )
    adapters.register()
