"""The tree itself: planting the nation and its regions, opening and closing communities."""

from __future__ import annotations

import secrets

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, case, select, update
from sqlalchemy.orm import InstrumentedAttribute

from app.accounts.models import User
from app.communities import queries
from app.communities.models import Node
from app.communities.permissions import (
    OPEN_STATES,
    can_create_community,
    can_create_region,
    can_edit_community,
    can_govern_community,
    can_propose_split,
)
from app.core import audit, duties, geography, idempotency, indexing, journal
from app.core.errors import Refusal, require
from app.core.slugs import slug_of
from app.core.time import clock
from app.extensions import db

ACTIVE_FROM = 50
"""Below so many companies a community is forming."""

CAPACITY = 100
NATION_CODE = "FR"


def bootstrap_nation(name: str = "France") -> Node:
    """Plant the nation and the eighteen regions; what is already there stays. For commands, without a person."""
    root = queries.nation() or _plant("nation", None, name=name, slug=slug_of(name), code=NATION_CODE)
    known = {line.code for line in queries.regions()}
    for region in geography.REGIONS.values():
        if region.code not in known:
            _plant_region(root, region.code)
    return root


def create_region(code: str, *, by: User) -> Node:
    """Plant one region. Refused when it is there: `uq_node_code` is what two at once would meet."""
    require(can_create_region(by))
    root = queries.nation()
    if root is None or code not in geography.REGIONS:
        raise Refusal(_("Cette région n’existe pas."), field="code")
    queries.locked_node(root.id)
    if code in {line.code for line in queries.regions()}:
        raise Refusal(_("Cette région est déjà ouverte."), field="code")
    region = _plant_region(root, code)
    audit.record(by, "created_region", "node", region.id, node_id=region.id)
    return region


def create_community(
    region: Node,
    *,
    by: User,
    name: str,
    town: str,
    department: str,
    summary: str = "",
    capacity: int = CAPACITY,
    request_id: str | None = None,
) -> Node:
    """Prepare a community as a draft: only those who will run it see it until `open_community`.

    Names become addresses: the nation's row is held so that two people cannot take the same one. Sent twice with the
    same request id, it returns the first community.
    """
    require(can_create_community(by, region))
    sender, hashed = (
        idempotency.sender_of(by.id),
        idempotency.content_hash(region.id, name, town, department, summary),
    )
    if request_id is not None:
        made = idempotency.already_made(sender, request_id, hashed, "community")
        if made is not None:
            return db.session.get_one(Node, made)
    if (
        department not in geography.DEPARTMENTS
        or geography.DEPARTMENTS[department].region_code != region.code
    ):
        raise Refusal(
            _("Ce département n’est pas dans la région %(name)s.", name=region.name), field="department"
        )
    root = queries.nation()
    assert root is not None
    queries.locked_node(root.id)
    node = _plant(
        "community",
        region,
        name=name,
        slug=_free_slug(name),
        town=town,
        department=department,
        summary=summary,
        capacity=capacity,
        state="draft",
        region_code=region.code,
        time_zone=geography.time_zone_of(department),
    )
    if request_id is not None:
        idempotency.remember(sender, request_id, hashed, "community", node.id)
    audit.record(by, "created_community", "node", node.id, node_id=node.id)
    assert region.moderators_scope_id is not None
    journal.record(region.moderators_scope_id, "community.created", "community", node.id, actor_id=by.id)
    return node


def open_community(node: Node, *, by: User) -> None:
    """Let companies ask to enter: from a draft, or awake again after a sleep."""
    require(can_govern_community(by, node))
    if node.state not in ("draft", "dormant"):
        raise Refusal(_("Cette communauté est déjà ouverte, ou fermée pour de bon."))
    db.session.execute(
        update(Node)
        .where(Node.id == node.id, Node.state.in_(("draft", "dormant")))
        .values(state=state_for(Node.member_count))
        .execution_options(synchronize_session=False)
    )
    _tell_state(node, "opened_community", by)


def put_to_sleep(node: Node, *, by: User) -> None:
    """Stop taking requests; what is there stays readable and can be written to."""
    require(can_govern_community(by, node))
    if node.state not in OPEN_STATES:
        raise Refusal(_("Seule une communauté ouverte peut être mise en sommeil."))
    node.state = "dormant"
    _tell_state(node, "put_community_to_sleep", by)


def close_community(node: Node, *, by: User) -> None:
    """Close for good: nothing is erased, nobody enters any more."""
    require(can_govern_community(by, node))
    if node.state == "closed":
        raise Refusal(_("Cette communauté est déjà fermée."))
    node.state = "closed"
    _tell_state(node, "closed_community", by)


def edit_community(node: Node, *, by: User, name: str, town: str, summary: str) -> None:
    """Change what the community says of itself; its address stays."""
    require(can_edit_community(by, node))
    node.name, node.town, node.summary = name, town, summary
    audit.record(by, "edited_community", "node", node.id, node_id=node.id)
    assert node.scope_id is not None
    journal.record(node.scope_id, "community.changed", "community", node.id, actor_id=by.id)
    indexing.changed("community", node.id)


def propose_split(node: Node, *, by: User) -> None:
    """Tell those above that a full community should become two."""
    require(can_propose_split(by, node))
    audit.record(by, "proposed_split", "node", node.id, node_id=node.id)
    duties.owe("community_split_proposed", "community", node.id, by.id, node_id=node.id)


def state_for(count: ColumnElement[int] | InstrumentedAttribute[int]) -> ColumnElement[str]:
    """The state of an open community with so many companies, as the database computes it."""
    return case((count >= Node.capacity, "full"), (count >= ACTIVE_FROM, "active"), else_="forming")


def _plant_region(root: Node, code: str) -> Node:
    region = geography.REGIONS[code]
    node = _plant(
        "region",
        root,
        name=region.name,
        slug=slug_of(region.name),
        code=code,
        region_code=code,
        time_zone=region.time_zone,
    )
    indexing.changed("community", node.id)
    return node


def _plant(kind: str, parent: Node | None, **values: object) -> Node:
    # The path holds the row's own id, so it is written in a second step; until then it only has to be unique.
    node = Node(
        kind=kind,
        parent_id=parent.id if parent else None,
        path=f"new:{secrets.token_hex(8)}",
        created_at=clock.now(),
        **values,
    )
    db.session.add(node)
    db.session.flush()
    node.path = f"{parent.path if parent else ''}{node.id}."
    node.scope_id = journal.open_scope(kind, node.id).id
    node.moderators_scope_id = journal.open_scope("moderators", node.id).id
    db.session.flush()
    return node


def _free_slug(name: str) -> str:
    base = slug_of(name)
    taken = set(
        db.session.execute(select(Node.slug).where(Node.slug.startswith(base, autoescape=True))).scalars()
    )
    number, slug = 2, base
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug


def _tell_state(node: Node, act: str, by: User) -> None:
    db.session.flush()
    db.session.refresh(node)
    audit.record(by, act, "node", node.id, node_id=node.id, state=node.state)
    assert node.scope_id is not None
    journal.record(node.scope_id, "community.changed", "community", node.id, actor_id=by.id)
    indexing.changed("community", node.id)
