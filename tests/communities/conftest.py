"""A tree with people in it, and short ways to make more of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.communities import operations
from app.communities.access import access_of, forget_access
from app.communities.models import Company, CompanyMembership, Node
from app.core import jobs
from app.core.database import transaction
from app.extensions import db
from app.notifications.models import Notification
from tests.support import cast as casting
from tests.support.cast import Cast
from tests.support.client import Client
from tests.support.statements import counted_statements


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Everybody of `tests.support.cast`."""
    return casting.build()


@pytest.fixture
def browser(app: Flask) -> Callable[[Any], Client]:
    """A browser signed in as somebody."""

    def open_as(user: Any) -> Client:
        client = app.test_client()
        casting.sign_in(client, user)
        return client

    return open_as


@pytest.fixture
def newcomer_firm(cast: Cast) -> Callable[..., tuple[Company, Any]]:
    """Enter a pending firm with its referent: (company, referent)."""

    def make(name: str = "Tôlerie du Cher", who: str = "Louise Arnaud") -> tuple[Company, Any]:
        with transaction():
            firm = casting.company(name)
            person = casting.person(who)
            casting.employ(person, firm, referent=True)
        forget_access()
        db.session.commit()
        return firm, person

    return make


@pytest.fixture
def request_from(cast: Cast) -> Callable[..., CompanyMembership]:
    """Have a firm ask into a community."""

    def ask(firm: Company, node: Node | None = None, by: Any = None, message: str = "") -> CompanyMembership:
        with transaction():
            place = db.session.get_one(Node, (node or cast.loire).id)
            made = operations.ask_for(
                db.session.get_one(Company, firm.id), place, requested_by=by, message=message
            )
        db.session.commit()
        return made

    return ask


@pytest.fixture
def shrink(cast: Cast) -> Callable[[Node, int], None]:
    """Give a community another capacity, so that it fills within a test."""

    def resize(node: Node, capacity: int) -> None:
        with transaction():
            db.session.get_one(Node, node.id).capacity = capacity
        db.session.commit()

    return resize


def field(page: str, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, f"no field {name}"
    return found.group(1)


def reads(user: Any, node: Node) -> bool:
    """Whether the person reads the place, asked anew."""
    forget_access()
    return access_of(user).reads(node.id)


@pytest.fixture
def counting() -> Callable[[], Any]:
    """`with counting() as statements:` counts what the database is asked."""
    return counted_statements


@pytest.fixture
def join_from(cast: Cast) -> Callable[..., Any]:
    """Have somebody without an account ask in for one and the same firm."""
    siret = casting.siret_for("998999007")

    def ask(email: str, *, name: str = "Léa", node: Node | None = None, siret: str = siret) -> Any:
        shape = operations.JoinShape(
            company_name="Tôlerie du Cher",
            siret=siret,
            size_class="sme",
            activity_code="25.11Z",
            postcode="41000",
            town="Blois",
            given_name=name,
            family_name="Arnaud",
            email=email,
            trade="Gérante",
            message="Nous plions et soudons.",
        )
        with transaction():
            made = operations.ask_to_join(db.session.get_one(Node, (node or cast.loire).id), shape)
        db.session.commit()
        return made

    return ask


def told(kind: str) -> set[int]:
    """Who was told of this, once the jobs have run; read anew."""
    jobs.drain()
    db.session.rollback()
    return set(db.session.execute(select(Notification.user_id).where(Notification.kind == kind)).scalars())


def content(answer: Any) -> str:
    """What the page itself says, its frame left out."""
    page: str = answer.get_data(as_text=True)
    return page[page.index("<main") : page.index("</main>")]
