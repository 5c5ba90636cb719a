"""Shared machines: labs and the places they serve, machines and their rules, qualifications, bookings, outages.

A *lab* is a place with machines; a *machine* has one or several *units*; whatever occupies a unit (a *booking*, an
*outage*) is an *occupation*, and no two of them can overlap, whatever the program does.
"""

from __future__ import annotations

from flask import Flask

from app.core import links as _links  # noqa: F401 - its table
from app.resources import access as _access  # noqa: F401 - registers who reads the scope of a lab
from app.resources import models as _models  # noqa: F401 - its tables


def init_app(app: Flask) -> None:
    """Register pages, jobs, what open pages are told, and what lower layers need to know of labs and bookings."""
    from app.resources import adapters, broadcasts, desk, jobs, telling, vocabulary, words
    from app.resources.views import (
        administration,
        bookings,
        bp,
        calendars,
        labs,
        machine,
        places,
        qualifications,
        week,
    )

    assert broadcasts and jobs
    assert bookings and labs and machine and qualifications and week
    places.init_app()
    words.init_app(app)
    vocabulary.init_app(app)
    administration.register(app)
    app.register_blueprint(bp)
    app.register_blueprint(calendars.bp)
    adapters.register()
    desk.register()
    telling.register()
