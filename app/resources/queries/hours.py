"""The hours of a lab as they are kept: its zone and department, its week, its exceptional days."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Boolean, Date, Integer, String, bindparam, cast, literal, null, select, union_all

from app.core.database import read
from app.core.prepared import prepared
from app.resources.hours import Exceptional, Span, Timetable
from app.resources.models import Lab, LabDay, LabHours


def timetables(lab_ids: Iterable[int]) -> dict[int, Timetable]:
    """The hours of these labs, by id, in one statement."""
    zones: dict[int, tuple[str, str]] = {}
    weeks: dict[int, dict[int, list[Span]]] = {}
    days: dict[int, dict[date, Exceptional]] = {}
    for row in read(_timetables(), lab_ids=sorted(set(lab_ids))):
        if row.line == "lab":
            zones[row.lab_id] = (row.first, row.second)
        elif row.line == "hours":
            weeks.setdefault(row.lab_id, {}).setdefault(row.weekday, []).append((row.opens, row.closes))
        else:
            days.setdefault(row.lab_id, {})[row.day] = Exceptional(row.is_open, row.first, row.second)
    return {
        lab_id: Timetable(
            zone,
            department,
            {weekday: tuple(sorted(spans)) for weekday, spans in weeks.get(lab_id, {}).items()},
            days.get(lab_id, {}),
        )
        for lab_id, (zone, department) in zones.items()
    }


def timetable(lab_id: int) -> Timetable:
    """The hours of one lab. Raises KeyError when there is no such lab."""
    return timetables([lab_id])[lab_id]


@prepared
def _timetables() -> Any:
    ids: Any = bindparam("lab_ids", expanding=True)
    nothing = (
        cast(null(), Integer).label("weekday"),
        cast(null(), Integer).label("opens"),
        cast(null(), Integer).label("closes"),
    )
    no_day = (cast(null(), Date).label("day"), cast(null(), Boolean).label("is_open"))
    no_words = (cast(null(), String).label("first"), cast(null(), String).label("second"))
    return union_all(
        select(
            literal("lab").label("line"),
            Lab.id.label("lab_id"),
            *nothing,
            *no_day,
            Lab.time_zone.label("first"),
            Lab.department.label("second"),
        ).where(Lab.id.in_(ids)),
        select(
            literal("hours"),
            LabHours.lab_id,
            LabHours.weekday,
            LabHours.opens,
            LabHours.closes,
            *no_day,
            *no_words,
        ).where(LabHours.lab_id.in_(ids)),
        select(
            literal("day"),
            LabDay.lab_id,
            *nothing,
            LabDay.day,
            LabDay.is_open,
            LabDay.origin,
            LabDay.label,
        ).where(LabDay.lab_id.in_(ids)),
    )
