"""A long storm of bookings, moves, cancellations and outages by eight processes: not one overlap, not one failure."""

from __future__ import annotations

import pytest
from flask import Flask

from app.core.database import release
from tests.resources.test_races import PROCESSES, only_clean, series
from tests.support import cast as casting
from tests.support.bookers import bookers
from tests.support.labs import add_machine, name_staff, open_lab, overlaps

pytestmark = pytest.mark.prove

ROUNDS = 6


def test_a_storm_leaves_no_overlap(app: Flask, environ: dict[str, str]) -> None:
    cast = casting.build()
    lab = open_lab(cast.loire, hours=((0, 24 * 60),))
    name_staff(lab, cast.manon)
    machines = [add_machine(lab, units=units).id for units in (1, 2, 3)]
    facts = {
        "people": [cast.ana.id, cast.bruno.id, cast.rita.id],
        "staff": cast.manon.id,
        "slots": series(16, step=0.5, length=1.5),
        "mixed": True,
        "times": 5,
        "length": 4,
    }
    release()
    with bookers(PROCESSES, environ) as crowd:
        for number in range(ROUNDS):
            machine, other = machines[number % len(machines)], machines[(number + 1) % len(machines)]
            for act in ("storm", "meanwhile"):
                met = crowd.all(act, machine=machine, other=other, **facts)
                only_clean(met)
                assert met["made"] > 0
                assert overlaps() == []
