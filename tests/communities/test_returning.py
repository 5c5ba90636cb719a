"""Somebody without a mailbox forgot the password: a referent prints a code, the person chooses another one."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app.accounts import operations as accounts
from app.accounts import passwords, second_factor
from app.accounts.models import User
from app.communities import operations
from app.communities.access import forget_access
from app.communities.models import Employment, Node, ReturnCode, RoleGrant
from app.core import jobs, limits
from app.core.audit import AuditLine
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from app.notifications.models import Notification
from tests.support import accounts as people
from tests.support import cast as casting
from tests.support.accounts import OTHER_PASSWORD, PASSWORD
from tests.support.cast import Cast


@pytest.fixture
def cast(app: Flask) -> Cast:
    return casting.build()


@pytest.fixture
def sam(cast: Cast) -> User:
    """Sam works where Rita is the referent, without a mailbox."""
    made = people.open_account(
        None, password=PASSWORD, given_name="Sam", family_name="Petit", sign_in_name="sam-4k2pz"
    )
    with transaction():
        casting.employ(db.session.get_one(User, made.id), cast.atelier)
    forget_access()
    return db.session.get_one(User, made.id)


@pytest.fixture
def rates(app: Flask) -> Iterator[None]:
    app.extensions["rates"] = limits.open_store("memory://")
    yield
    app.extensions["rates"] = None


def ask(client: Any, cast: Cast, person: User, request_id: str = "") -> Any:
    return client.post(
        f"/mon-entreprise/{cast.atelier.id}/personnes/{person.id}/code",
        data={"request_id": request_id or str(uuid.uuid4())},
    )


def code_on(sheet: Any) -> str:
    found = re.search(r'sheet-code">([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})<', sheet.text)
    assert found, sheet.text
    return found[1]


def printed(app: Flask, cast: Cast, person: User) -> str:
    rita = casting.sign_in(app.test_client(), cast.rita)
    return code_on(rita.get(ask(rita, cast, person).location))


def test_a_referent_prints_a_sheet_and_the_person_chooses_a_password(
    app: Flask, cast: Cast, sam: User
) -> None:
    before = casting.sign_in(app.test_client(), sam)
    rita = casting.sign_in(app.test_client(), cast.rita)
    assert "Mot de passe oublié" in rita.get("/mon-entreprise").text
    assert (
        "vous ne le connaîtrez pas"
        in rita.get(f"/mon-entreprise/{cast.atelier.id}/personnes/{sam.id}/code").text
    )
    sheet = rita.get(ask(rita, cast, sam).location)
    assert "sam-4k2pz" in sheet.text
    assert sheet.headers["Cache-Control"] == "no-store"
    code = code_on(sheet)

    device = app.test_client()
    led = device.post("/invitation", data={"code": code.lower().replace("-", " ")})
    assert led.location.startswith("/retour/")
    page = device.get(led.location)
    assert "Bonjour Sam" in page.text
    assert "sam-4k2pz" in page.text
    assert device.post(led.location, data={"new_password": "court"}).status_code == 422
    assert device.post(led.location, data={"new_password": OTHER_PASSWORD}).location == "/"
    assert people.is_signed_in(device)
    assert not people.is_signed_in(before)
    assert not people.sign_in(app.test_client(), "sam-4k2pz", PASSWORD).location
    assert people.sign_in(app.test_client(), "sam-4k2pz", OTHER_PASSWORD).status_code == 302
    again = app.test_client().post(led.location, data={"new_password": PASSWORD})
    assert again.status_code == 410
    sheet = rita.get(f"/codes/{db.session.query(ReturnCode).one().id}/feuille")
    assert sheet.status_code == 410
    assert "Cette feuille ne sert plus" in sheet.text
    assert f'href="/mon-entreprise/{cast.atelier.id}#invitations"' in sheet.text


def test_it_is_written_down_and_the_person_is_told(app: Flask, cast: Cast, sam: User) -> None:
    code = printed(app, cast, sam)
    jobs.drain()
    told = db.session.query(Notification).filter_by(user_id=sam.id, kind="return_code_printed").one()
    assert told.actor_id == cast.rita.id
    page = casting.sign_in(app.test_client(), sam).get("/notifications").text
    assert "Rita Moreau a imprimé un code" in page
    app.test_client().post(f"/retour/{code}", data={"new_password": OTHER_PASSWORD})
    acts = {
        line.act: line.actor_id
        for line in db.session.query(AuditLine).filter_by(object_type="user", object_id=sam.id)
    }
    assert acts["printed_return_code"] == cast.rita.id
    assert acts["used_return_code"] == sam.id
    assert acts["changed_password"] == sam.id


def test_the_database_does_not_hold_the_code_and_the_sheet_can_be_printed_again(
    app: Flask, cast: Cast, sam: User
) -> None:
    rita = casting.sign_in(app.test_client(), cast.rita)
    request_id = str(uuid.uuid4())
    first = ask(rita, cast, sam, request_id)
    assert ask(rita, cast, sam, request_id).location == first.location
    kept = db.session.query(ReturnCode).one()
    code = code_on(rita.get(first.location))
    assert code_on(rita.get(first.location)) == code
    assert code.replace("-", "") not in f"{kept.nonce} {kept.token_hash}".upper()


@pytest.mark.parametrize("who", ["ana", "manon", "amir", "nadia", "yann", "bruno"])
def test_nobody_but_the_firm_s_referents_prints_or_reads_it(
    app: Flask, cast: Cast, sam: User, who: str
) -> None:
    code = printed(app, cast, sam)
    assert code
    other = casting.sign_in(app.test_client(), getattr(cast, who))
    address = f"/mon-entreprise/{cast.atelier.id}/personnes/{sam.id}/code"
    assert other.get(address).status_code in (403, 404)
    assert ask(other, cast, sam).status_code in (403, 404)
    assert other.get(f"/codes/{db.session.query(ReturnCode).one().id}/feuille").status_code == 404
    assert db.session.query(ReturnCode).count() == 1


def test_there_is_no_code_for_somebody_with_a_mailbox(app: Flask, cast: Cast) -> None:
    rita = casting.sign_in(app.test_client(), cast.rita)
    assert ask(rita, cast, cast.ana).status_code == 403
    assert "Mot de passe oublié" not in rita.get("/mon-entreprise").text


def test_a_code_printed_before_a_role_was_given_opens_nothing(app: Flask, cast: Cast, sam: User) -> None:
    code = printed(app, cast, sam)
    with transaction():
        operations.give_role(
            db.session.get_one(User, sam.id), "ambassador", db.session.get_one(Node, cast.region_loire.id)
        )
    assert app.test_client().get(f"/retour/{code}").status_code == 410
    answer = app.test_client().post(f"/retour/{code}", data={"new_password": OTHER_PASSWORD})
    assert answer.status_code == 410
    assert people.sign_in(app.test_client(), "sam-4k2pz", PASSWORD).status_code == 302


def _leaves(cast: Cast, sam: User) -> None:
    work = db.session.query(Employment).filter_by(user_id=sam.id).one()
    operations.end_employment(work, by=db.session.get_one(User, cast.rita.id))


def _changes_password(cast: Cast, sam: User) -> None:
    accounts.change_password(db.session.get_one(User, sam.id), passwords.hash_password(OTHER_PASSWORD))


def _loses_referent(cast: Cast, sam: User) -> None:
    db.session.query(RoleGrant).filter_by(user_id=cast.rita.id).one().revoked_at = clock.now()


def _closes(cast: Cast, sam: User) -> None:
    accounts.close_account(db.session.get_one(User, sam.id))


@pytest.mark.parametrize("happens", [_leaves, _changes_password, _loses_referent, _closes])
def test_a_code_dies_with_what_allowed_it(app: Flask, cast: Cast, sam: User, happens: Any) -> None:
    code = printed(app, cast, sam)
    assert app.test_client().get(f"/retour/{code}").status_code == 200
    with transaction():
        happens(cast, sam)
    forget_access()
    assert app.test_client().get(f"/retour/{code}").status_code == 410


def test_it_serves_three_days_and_a_newer_one_replaces_it(app: Flask, cast: Cast, sam: User) -> None:
    with clock.frozen(clock.now()) as stopped:
        first = printed(app, cast, sam)
        second = printed(app, cast, sam)
        assert app.test_client().get(f"/retour/{first}").status_code == 410
        stopped.advance(timedelta(days=2, hours=23))
        assert app.test_client().get(f"/retour/{second}").status_code == 200
        stopped.advance(timedelta(hours=1))
        assert app.test_client().get(f"/retour/{second}").status_code == 410
        stopped.advance(timedelta(days=31))
        jobs.run("communities.purge_join_requests")
        assert db.session.query(ReturnCode).count() == 0


def test_three_a_day_for_one_person_and_twenty_for_one_referent(
    app: Flask, cast: Cast, sam: User, rates: None
) -> None:
    rita = casting.sign_in(app.test_client(), cast.rita)
    assert [ask(rita, cast, sam).status_code for _time in range(4)] == [302, 302, 302, 429]
    assert [ask(rita, cast, sam).status_code for _time in range(17)][-1] == 429
    with clock.frozen(clock.now() + timedelta(days=1, seconds=1)):
        app.extensions["rates"] = limits.open_store("memory://")
        assert ask(casting.sign_in(app.test_client(), cast.rita), cast, sam).status_code == 302


def test_guesses_are_counted(app: Flask, cast: Cast, sam: User, rates: None) -> None:
    stranger = app.test_client()
    answers = [stranger.get(f"/retour/{number:012d}").status_code for number in range(40)]
    assert answers[0] == 404
    assert answers[-1] == 429


def test_a_second_factor_is_still_asked(app: Flask, cast: Cast, sam: User) -> None:
    with transaction():
        person = db.session.get_one(User, sam.id)
        second_factor.begin(person, second_factor.new_secret())
        person.totp_confirmed_at = clock.now()
    code = printed(app, cast, sam)
    device = app.test_client()
    answer = device.post(f"/retour/{code}", data={"new_password": OTHER_PASSWORD})
    assert answer.location == "/connexion/verification"
    assert not people.is_signed_in(device)


def test_of_two_uses_at_once_one_passes(app: Flask, cast: Cast, sam: User) -> None:
    code = printed(app, cast, sam)
    hashed = passwords.hash_password(OTHER_PASSWORD)
    db.session.commit()
    outcomes = SimpleNamespace(passed=0, refused=0)
    start = threading.Barrier(2)

    def use() -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    operations.use_return(code, hashed)
                outcomes.passed += 1
            except Exception:
                outcomes.refused += 1

    threads = [threading.Thread(target=use) for _one in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes.passed, outcomes.refused) == (1, 1)
