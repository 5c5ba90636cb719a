"""Play the written script through the operations, as its people would have done it, at the times it tells.

The clock stands at each act's own time, so that every row, journal entry and audit line carries it.
"""

from __future__ import annotations

import random
from datetime import timedelta

from app.accounts import passwords
from app.core import demo
from app.demo import bookings, desks, founding, machines, names, present, talking, teaching
from app.demo.script import Script
from app.demo.stage import OPENED_DAYS_AGO, PASSWORD, Stage, chapter, perform

WRITTEN_NUMBERS = 12
"""Companies whose numbers the script gives; the others are drawn after them."""


def play(script: Script, seed: int) -> Stage:
    """Fill an empty database with the script. Opens its own transactions; whoever calls says when all is whole."""
    stage = Stage(
        script,
        random.Random(seed),
        passwords.hash_password(PASSWORD),
        names.sirens(after=WRITTEN_NUMBERS),
    )
    start = script.instant(OPENED_DAYS_AGO, "09:00")
    with chapter(start):
        demo.mark(is_demo=True)
        founding.plant_tree(stage)
    with chapter(start + timedelta(hours=1)):
        founding.open_accounts(stage)
    founding.found_companies(stage)
    founding.employ_cast(stage)
    talking.render_texts(stage)
    perform(
        [
            *talking.discussions(stage),
            *desks.requests(stage),
            *desks.reports(stage),
            *teaching.lessons(stage),
            *machines.workshops(stage),
            *bookings.uses(stage),
            *desks.announcements(stage),
        ]
    )
    present.settle(stage)
    return stage
