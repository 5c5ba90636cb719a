"""What happens here is told in a sentence that leads to the right page."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.communities import audience, operations
from app.communities.access import forget_access
from app.communities.models import CompanyMembership, Employment, JoinRequest, RoleGrant
from app.core import jobs, news, things
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from tests.communities.conftest import content, told
from tests.support.cast import Cast
from tests.support.mail import text_of


def later() -> None:
    """Let the time pass in which several news may travel in one mail."""
    with clock.frozen(clock.now() + timedelta(hours=1)):
        jobs.enqueue("notifications.prepare_mails")
        jobs.drain()


def test_every_kind_is_registered_with_the_layer_that_tells(app: Flask) -> None:
    for kind in audience.NEWS:
        assert news.find(kind.name) is kind


def test_a_manager_reads_of_a_request_in_the_page_and_by_mail(
    cast: Cast, browser: Any, mailbox: Any, request_from: Any, newcomer_firm: Any
) -> None:
    firm, louise = newcomer_firm()
    membership = request_from(firm, by=louise)
    jobs.drain()
    later()
    page = content(browser(cast.manon).get("/notifications"))
    assert "Tôlerie du Cher dans Val de Loire mécanique" in page
    line = re.search(r'class="row-title"[^>]*href="([^"]+)"|href="([^"]+)"[^>]*class="row-title"', page)
    assert line is not None
    answer = browser(cast.manon).get(line[1] or line[2])
    assert answer.location.endswith(f"/adhesions/{membership.id}")
    (message,) = mailbox.to(cast.manon.email)
    assert "Tôlerie du Cher dans Val de Loire mécanique" in text_of(message)


def test_a_refused_firm_is_told_by_mail(
    cast: Cast, mailbox: Any, request_from: Any, newcomer_firm: Any
) -> None:
    firm, louise = newcomer_firm()
    membership = request_from(firm, by=louise)
    with transaction():
        operations.refuse(membership, by=cast.manon, reason_code="other", reason="Dossier à compléter.")
    jobs.drain()
    later()
    assert any("n’est pas acceptée" in text_of(message) for message in mailbox.to(louise.email))


def test_all_that_can_be_told_is_described_with_an_address(cast: Cast, join_from: Any) -> None:
    with transaction():
        invitation = operations.print_code(cast.atelier, "Marcel", by=cast.rita)
    join = join_from("lea@tolerie.test")
    with transaction():
        operations.confirm_join(db.session.get_one(JoinRequest, join.id))
    grants = {row.user_id: row.id for row in db.session.query(RoleGrant)}
    cases = {
        "membership": db.session.query(CompanyMembership).first().id,
        "role_grant": grants[cast.manon.id],
        "invitation": invitation.id,
        "employment": db.session.query(Employment).first().id,
        "join_request": join.id,
        "community": cast.loire.id,
        "company": cast.atelier.id,
        "person": cast.ana.id,
    }
    for object_type, object_id in cases.items():
        described = things.describe_one(object_type, object_id)
        assert described is not None
        assert described.title, object_type
        assert described.url.startswith("/"), object_type
    assert things.describe_one("role_grant", grants[cast.manon.id]).title == (
        "Animation de la communauté · Val de Loire mécanique"
    )
    assert (
        things.describe_one("role_grant", grants[cast.rita.id]).title
        == "Référent d’entreprise · Atelier Brenne"
    )


def test_things_are_shown_to_those_they_concern_and_to_nobody_else(cast: Cast) -> None:
    with transaction():
        invitation = operations.print_code(cast.atelier, "Marcel", by=cast.rita)
    employment = db.session.query(Employment).filter_by(user_id=cast.ana.id).one()
    grant = db.session.query(RoleGrant).filter_by(user_id=cast.manon.id).one()
    forget_access()
    expected = [
        ("invitation", invitation.id, [cast.rita], [cast.ana, cast.yann, cast.manon]),
        ("employment", employment.id, [cast.ana, cast.rita], [cast.bruno, cast.yann]),
        ("role_grant", grant.id, [cast.manon, cast.ana, cast.amir], [cast.yann, cast.anne]),
    ]
    for object_type, object_id, seeing, blind in expected:
        for person in seeing:
            assert things.is_visible(person, object_type, object_id), (object_type, person.name)
        for person in blind:
            assert not things.is_visible(person, object_type, object_id), (object_type, person.name)


def test_a_duty_whose_reason_is_gone_tells_nobody(cast: Cast, request_from: Any, newcomer_firm: Any) -> None:
    firm, louise = newcomer_firm()
    membership = request_from(firm, by=louise)
    with transaction():
        operations.leave_community(membership, by=louise)
    assert told("membership_requested") == set()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_sentences_stand_in_both_languages(app: Flask, language: str) -> None:
    from flask_babel import force_locale

    with force_locale(language):
        for kind in audience.NEWS:
            assert kind.sentence(news.Told("Ana", things.Description("Ici", "/"), 1)), kind.name
            assert str(kind.label)
