"""What every change of a lab or a machine tells: open pages of the lab, the record of acts, the index."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select, update

from app.core import audit, indexing, journal
from app.core.database import rows_changed
from app.core.errors import Refusal
from app.extensions import db
from app.resources.models import Lab, Machine, Occupation
from app.resources.operations.keeping import now_in_seconds
from app.resources.queries.occupations import OPEN


def lab_changed(lab: Lab, act: str, by: Any, **detail: Any) -> None:
    """Tell of a change of this lab."""
    journal.record(lab.scope_id, "lab.changed", "lab", lab.id, version=lab.version, actor_id=_id_of(by))
    audit.record(by, act, "lab", lab.id, node_id=lab.node_id, **detail)


def machine_changed(machine: Machine, lab: Lab, act: str, by: Any, **detail: Any) -> None:
    """Tell of a change of this machine."""
    journal.record(
        lab.scope_id, "machine.changed", "machine", machine.id, version=machine.version, actor_id=_id_of(by)
    )
    audit.record(by, act, "machine", machine.id, node_id=lab.node_id, **detail)


def lab_of(machine: Any) -> Lab:
    """The lab of a machine."""
    return db.session.get_one(Lab, machine.lab_id)


def write_version(thing: Lab | Machine, base_version: int | None, **values: Any) -> None:
    """Change columns of a lab or machine, one version further.

    Raises Refusal (409) when somebody changed it since `base_version`: the WHERE clause of the UPDATE names it. The row
    is held from here on.
    """
    model: Any = type(thing)
    statement = update(model).where(model.id == thing.id).values(version=model.version + 1, **values)
    if base_version is not None:
        statement = statement.where(model.version == base_version)
    if not rows_changed(statement):
        raise Refusal(
            _(
                "Quelqu’un d’autre a enregistré des changements entre-temps. "
                "Rechargez la page, puis faites les vôtres."
            ),
            status=409,
        )
    db.session.refresh(thing)


def is_found_otherwise(lab: Lab) -> None:
    """The lab and all its machines leave, enter or change the index: what is found of a machine names its lab."""
    indexing.changed("lab", lab.id)
    indexing.changed("machine", *machine_ids_of(lab.id))


def machine_ids_of(lab_id: int) -> list[int]:
    """Every machine of a lab, retired ones too."""
    return list(
        db.session.execute(select(Machine.id).where(Machine.lab_id == lab_id).order_by(Machine.id)).scalars()
    )


def coming_bookings(**where: int) -> int:
    """How many open bookings did not end yet: of a machine (`machine_id`), of a unit (`unit_id`), of a lab (`lab_id`)."""
    lab_id = where.pop("lab_id", None)
    asked = select(func.count()).where(
        Occupation.kind == "booking",
        Occupation.state.in_(OPEN),
        Occupation.use_end > now_in_seconds(),
        *(getattr(Occupation, name) == value for name, value in where.items()),
    )
    if lab_id is not None:
        asked = asked.where(Occupation.machine_id.in_(select(Machine.id).where(Machine.lab_id == lab_id)))
    return int(db.session.execute(asked).scalar_one())


def refuse_with_bookings(count: int, sentence: str) -> None:
    """Raise Refusal (409) when bookings stand in the way; `sentence` is what to do first."""
    if count:
        raise Refusal(sentence, status=409)


def _id_of(person: Any) -> int | None:
    return person.id if person is not None else None
