"""What labs add to the page of a place: those that serve it, and where one is prepared."""

from __future__ import annotations

from typing import Any

from flask import render_template
from markupsafe import Markup
from sqlalchemy import bindparam, func, select

from app.communities.models import Node
from app.communities.slots import community_section
from app.core.database import BigId, read
from app.core.prepared import prepared
from app.resources.addresses import lab_url
from app.resources.models import Lab, LabNode, Machine
from app.resources.permissions import can_create_lab_in


def init_app() -> None:
    """Register the part."""
    community_section(labs_of_place, order=60)


def labs_of_place(user: Any, node: Node) -> Markup | None:
    """The labs that serve a place, for its readers; whoever may prepare one there finds the door."""
    may_create = can_create_lab_in(user, node.id)
    found = read(_serving(), node_id=node.id).all()
    if not found and not may_create:
        return None
    labs = [(lab, lab_url(lab.id, lab.slug)) for lab in found]
    return Markup(
        render_template("resources/_place_labs.html", labs=labs, node_id=node.id, may_create=may_create)
    )


@prepared
def _serving() -> Any:
    machines = (
        select(func.count())
        .where(Machine.lab_id == Lab.id, Machine.state != "retired")
        .correlate(Lab)
        .scalar_subquery()
    )
    return (
        select(Lab.id, Lab.name, Lab.slug, Lab.town, Lab.state, machines.label("machines"))
        .join(LabNode, LabNode.lab_id == Lab.id)
        .where(LabNode.node_id == bindparam("node_id", type_=BigId), Lab.state != "draft")
        .order_by(Lab.name, Lab.id)
        .limit(20)
    )
