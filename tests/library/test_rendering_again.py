"""A newer renderer writes old sheets anew, published ones too; their words stay as they were published."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import text

from app.core.database import transaction
from app.core.text import RENDERER_VERSION
from app.extensions import db
from app.library.jobs import render_again
from app.library.models import Practice, PracticeVersion
from tests.support.cast import Cast


def test_old_markup_is_written_anew(app: Flask, cast: Cast, sheet: Practice) -> None:
    with transaction():
        db.session.execute(text("UPDATE practice_version SET renderer_version = 0, solution_html = 'vieux'"))
    assert render_again() == 1
    db.session.expire_all()
    version = db.session.query(PracticeVersion).one()
    assert version.renderer_version == RENDERER_VERSION
    assert "<ol>" in version.solution_html
    assert version.solution.startswith("1. Filmer")
    assert render_again() == 0
