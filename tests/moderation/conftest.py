"""The cast of the discussions, for tests of what is said about them."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.communities import operations as communities
from app.communities.models import Node
from app.core.database import transaction
from app.extensions import db
from app.forums.models import Post
from app.moderation.models import Report
from tests.moderation.test_reporting import report
from tests.support import cast as casting
from tests.support.cast import Cast, company, employ, open_topic, reply, sign_in


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Everybody of `tests.support.cast`."""
    return casting.build()


@pytest.fixture
def prix(app: Flask, cast: Cast) -> Post:
    """Bruno's message about a price, reported by Ana as abuse."""
    topic = open_topic(cast.ana, cast.usinage_loire, "Qui découpe du 3 mm dans le 41 ?")
    post = reply(cast.bruno, topic, "Nos clients paient 1,10 € du mètre. Et si on s’alignait ?")
    reply(cast.rita, topic, "Je préfère ne pas parler de prix ici.")
    report(sign_in(app.test_client(), cast.ana), post, "abuse", details="Il propose un tarif.")
    return post


@pytest.fixture
def case(prix: Post) -> int:
    db.session.rollback()
    return db.session.execute(select(Report.id)).scalar_one()


@pytest.fixture
def asking(cast: Cast) -> Any:
    """A firm that asks in at Val de Loire."""
    with transaction():
        made = company("Tournage du Loir")
        employ(db.session.get_one(User, cast.amir.id), company("Autre maison"))
        return communities.ask_for(
            made, db.session.get_one(Node, cast.loire.id), requested_by=None, message="Nous tournons."
        )
