"""What lower layers are told of labs and machines: who sees them, how they are described, found and linked."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import bindparam, or_, select

from app import search
from app.communities.access import access_of
from app.core import indexing, links, things, versions
from app.core.database import BigId, read
from app.core.indexing import IndexRecord
from app.core.prepared import Prepared
from app.core.text import clean_line
from app.core.things import Description
from app.core.versions import Remembered
from app.extensions import db
from app.resources import permissions
from app.resources.access import labs_read_by, labs_staffed_by
from app.resources.addresses import lab_url, machine_url
from app.resources.models import Lab, LabNode, Machine


def register() -> None:
    """Make labs and machines known to every lower layer."""
    things.register("lab", visible_ids=labs_read_by, describe=describe_labs)
    things.register("machine", visible_ids=visible_machine_ids, describe=describe_machines)
    indexing.register_source("lab", lab_records)
    indexing.register_source("machine", machine_records)
    search.facet(
        "machine",
        slug="machines",
        label=_l("Machines"),
        icon="settings",
        order=6,
        key=Machine.id,
        is_dated=False,
    )
    search.facet("lab", slug="labs", label=_l("Labs"), icon="building", order=7, key=Lab.id, is_dated=False)
    search.reaches(scopes_of_labs)
    links.offer(
        "machine",
        heading=_l("Machines"),
        icon="settings",
        order=10,
        may_link=_may_link,
        may_unlink=_may_link,
    )


def visible_machine_ids(user: Any, ids: Collection[int]) -> set[int]:
    """Machines of the labs that a person reads; those narrowed to other places too."""
    rows = read(_LABS_OF, ids=list(ids)).all()
    seen = labs_read_by(user, {row.lab_id for row in rows})
    return {row.id for row in rows if row.lab_id in seen}


def describe_labs(ids: Collection[int]) -> dict[int, Description]:
    """Labs as their readers have them."""
    return {
        row.id: Description(
            title=row.name,
            url=lab_url(row.id, row.slug),
            node_id=row.node_id,
            scope_id=row.scope_id,
            text=row.summary,
        )
        for row in read(_LABS, ids=list(ids))
    }


def describe_machines(ids: Collection[int]) -> dict[int, Description]:
    """Machines as readers of their lab have them."""
    return {
        row.id: Description(
            title=row.name,
            url=machine_url(row.id, row.slug),
            node_id=row.node_id,
            scope_id=row.scope_id,
            company_id=row.owner_company_id,
            text=row.summary,
        )
        for row in read(_MACHINES, ids=list(ids))
    }


def lab_records(ids: Collection[int]) -> list[IndexRecord]:
    """Labs that opened once, for those they serve."""
    return [
        IndexRecord(
            object_id=row.id,
            scope_id=row.scope_id,
            title=row.name,
            text=" ".join([row.summary, row.arrival, row.address, row.town]),
            url=lab_url(row.id, row.slug),
            excerpt=_line(row.summary) or row.town,
            at=row.created_at,
        )
        for row in read(_LABS, ids=list(ids))
        if row.state != "draft"
    ]


def machine_records(ids: Collection[int]) -> list[IndexRecord]:
    """Machines that are proposed in labs that opened, with what they can do and where they stand."""
    return [
        IndexRecord(
            object_id=row.id,
            scope_id=row.scope_id,
            title=row.name,
            text=" ".join(
                [
                    row.summary,
                    *(f"{name} {value}" for name, value in row.specification),
                    *row.to_know,
                    row.lab_name,
                    row.town,
                ]
            ),
            url=machine_url(row.id, row.slug),
            excerpt=_line(f"{row.lab_name}. {row.summary}"),
            at=row.created_at,
        )
        for row in read(_MACHINES, ids=list(ids))
        if row.lab_state != "draft" and row.state != "retired"
    ]


def scopes_of_labs(user: Any) -> tuple[int, ...]:
    """The scopes of the labs that a person reads: computed once per number of the tree and date of their rights."""
    known = versions.known()
    if known is None:
        return _scopes_of_labs(user)
    return _remembered.get(user.id, (known.tree, known.dates), lambda: _scopes_of_labs(user))


_remembered: Remembered[tuple[int, ...]] = Remembered(500)


def _scopes_of_labs(user: Any) -> tuple[int, ...]:
    nodes, staffed = list(access_of(user).places), list(labs_staffed_by(user))
    if not nodes and not staffed:
        return ()
    scopes = {row.id: row.scope_id for row in read(_SCOPES, nodes=nodes, staffed=staffed)}
    seen = labs_read_by(user, scopes)
    return tuple(scope_id for lab_id, scope_id in scopes.items() if lab_id in seen)


def _may_link(user: Any, machine_id: int) -> bool:
    machine = db.session.get(Machine, machine_id)
    if machine is None or not visible_machine_ids(user, [machine_id]):
        return False
    lab = db.session.get_one(Lab, machine.lab_id)
    return permissions.can_link_machine(user, lab.id, lab.node_id, machine.owner_company_id)


def _line(text: str) -> str:
    return clean_line(text[:240], limit=240)


_IDS: Any = bindparam("ids", expanding=True)
_LABS_OF = Prepared(select(Machine.id, Machine.lab_id).where(Machine.id.in_(_IDS)))
_LABS = Prepared(
    select(
        Lab.id,
        Lab.name,
        Lab.slug,
        Lab.summary,
        Lab.arrival,
        Lab.address,
        Lab.town,
        Lab.state,
        Lab.node_id,
        Lab.scope_id,
        Lab.created_at,
    ).where(Lab.id.in_(_IDS))
)
_MACHINES = Prepared(
    select(
        Machine.id,
        Machine.lab_id,
        Machine.owner_company_id,
        Machine.name,
        Machine.slug,
        Machine.summary,
        Machine.specification,
        Machine.to_know,
        Machine.state,
        Machine.created_at,
        Lab.name.label("lab_name"),
        Lab.town,
        Lab.state.label("lab_state"),
        Lab.node_id,
        Lab.scope_id,
    )
    .join(Lab, Lab.id == Machine.lab_id)
    .where(Machine.id.in_(_IDS))
)
_SCOPES = Prepared(
    select(Lab.id, Lab.scope_id)
    .where(
        or_(
            Lab.id.in_(bindparam("staffed", type_=BigId, expanding=True)),
            Lab.id.in_(
                select(LabNode.lab_id).where(
                    LabNode.node_id.in_(bindparam("nodes", type_=BigId, expanding=True))
                )
            ),
        )
    )
    .order_by(Lab.id)
)
