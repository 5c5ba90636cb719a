"""Accounts nobody uses: two mails, a month apart, then the closing; nobody who came back, and nobody of a demonstration."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.accounts import absences
from app.accounts.jobs import look_after_absences
from app.accounts.models import InactivityWarning, SealedIdentity, User
from app.communities.access import forget_access
from app.core import demo, jobs
from app.core.audit import AuditLine
from app.core.database import transaction
from app.core.time import Clock, clock
from app.extensions import db
from tests.support import cast as casting
from tests.support.accounts import PASSWORD, open_account, sign_in
from tests.support.client import Client
from tests.support.mail import Mailbox, text_of

START = datetime(2026, 3, 10, 9, tzinfo=UTC)


@pytest.fixture
def stopped(app: Flask) -> Iterator[Clock]:
    with clock.frozen(START) as still:
        yield still


@pytest.fixture
def lea(stopped: Clock) -> User:
    return open_account("lea@atelier.test", password=PASSWORD)


def go_to(stopped: Clock, year: int, month: int, day: int) -> None:
    stopped.advance(datetime(year, month, day, 9, tzinfo=UTC) - clock.now())


def night() -> dict[str, int]:
    forget_access()
    done = absences.look_after()
    jobs.drain()
    return done


def subjects(mailbox: Mailbox, address: str = "lea@atelier.test") -> list[str]:
    return [str(mail["subject"]) for mail in mailbox.to(address)]


def test_two_warnings_a_month_apart_then_the_account_closes_as_the_person_would(
    stopped: Clock, lea: User, mailbox: Mailbox
) -> None:
    go_to(stopped, 2028, 1, 9)
    assert night() == {"warned": 0, "closed": 0, "spared": 0}
    go_to(stopped, 2028, 1, 10)
    assert night()["warned"] == 1
    assert subjects(mailbox) == ["Votre compte sera fermé le vendredi 10 mars 2028"]
    first = text_of(mailbox.to("lea@atelier.test")[-1])
    assert "mars 2026" in first
    assert "/connexion" in first
    go_to(stopped, 2028, 2, 9)
    assert night()["warned"] == 0
    go_to(stopped, 2028, 2, 10)
    assert night()["warned"] == 1
    go_to(stopped, 2028, 3, 9)
    assert night()["closed"] == 0
    assert db.session.get_one(User, lea.id).state == "active"
    go_to(stopped, 2028, 3, 10)
    assert night()["closed"] == 1
    user = db.session.get_one(User, lea.id)
    assert (user.state, user.name, user.email) == ("closed", "Membre parti", None)
    assert subjects(mailbox)[-1] == "Votre compte est fermé"
    assert "très longtemps" in text_of(mailbox.to("lea@atelier.test")[-1])
    assert db.session.query(SealedIdentity).count() == 1
    assert db.session.query(InactivityWarning).count() == 0
    acts = [(line.act, line.actor_id) for line in db.session.query(AuditLine).order_by(AuditLine.id)]
    assert acts[-3:] == [
        ("warned_unused_account", None),
        ("warned_unused_account", None),
        ("closed_unused_account", None),
    ]


def test_a_night_done_twice_does_nothing_more(stopped: Clock, lea: User, mailbox: Mailbox) -> None:
    go_to(stopped, 2028, 1, 10)
    assert night()["warned"] == 1
    look_after_absences()
    assert night()["warned"] == 0
    jobs.drain()
    assert len(subjects(mailbox)) == 1


def test_whoever_comes_back_is_left_alone_and_counted_anew(
    stopped: Clock, lea: User, client: Client, mailbox: Mailbox
) -> None:
    go_to(stopped, 2028, 1, 10)
    night()
    go_to(stopped, 2028, 2, 10)
    night()
    go_to(stopped, 2028, 3, 1)
    sign_in(client)
    go_to(stopped, 2028, 3, 10)
    assert night()["closed"] == 0
    go_to(stopped, 2029, 12, 31)
    assert night()["warned"] == 0
    go_to(stopped, 2030, 1, 2)
    assert night()["warned"] == 1
    assert db.session.get_one(User, lea.id).state == "active"


def test_an_installation_that_slept_still_warns_twice_first(stopped: Clock, lea: User) -> None:
    go_to(stopped, 2031, 1, 1)
    steps = []
    for _night in range(70):
        done = night()
        steps.append("closed" if done["closed"] else "warned" if done["warned"] else "")
        stopped.advance(timedelta(days=1))
    assert [(day, step) for day, step in enumerate(steps) if step] == [
        (0, "warned"),
        (28, "warned"),
        (56, "closed"),
    ]


def test_somebody_without_a_mailbox_is_closed_at_the_same_pace(stopped: Clock) -> None:
    sam = open_account(None, password=PASSWORD, given_name="Sam", sign_in_name="sam-4k2pz")
    for day in ((2028, 1, 10), (2028, 2, 10)):
        go_to(stopped, *day)
        assert night()["warned"] == 1
    go_to(stopped, 2028, 3, 10)
    assert night()["closed"] == 1
    assert db.session.get_one(User, sam.id).state == "closed"


def test_people_of_a_demonstration_are_never_touched(stopped: Clock, lea: User) -> None:
    with transaction():
        demo.mark(is_demo=True)
    go_to(stopped, 2031, 1, 1)
    assert night() == {"warned": 0, "closed": 0, "spared": 0}


def test_an_operator_may_switch_it_off(
    app: Flask, stopped: Clock, lea: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_to(stopped, 2031, 1, 1)
    monkeypatch.setitem(app.config, "INACTIVE_MONTHS", 0)
    assert night()["warned"] == 0
    monkeypatch.setitem(app.config, "INACTIVE_MONTHS", 24)
    assert night()["warned"] == 1


def test_the_national_team_is_not_closed_by_the_calendar(app: Flask) -> None:
    cast = casting.build()
    with clock.frozen(clock.now() + timedelta(days=1500)) as stopped:
        for _step in range(3):
            night()
            stopped.advance(timedelta(days=29))
        assert db.session.get_one(User, cast.ana.id).state == "closed"
        assert db.session.get_one(User, cast.nadia.id).state == "active"
        assert db.session.query(InactivityWarning).filter_by(user_id=cast.nadia.id).count() == 0
