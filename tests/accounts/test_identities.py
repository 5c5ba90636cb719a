"""Who the holder of a closed account was: sealed, opened for a reason alone, erased in time, shown nowhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import inspect, text

from app.accounts import identities, operations
from app.accounts.jobs import purge
from app.accounts.models import SealedIdentity, User
from app.core.audit import AuditLine
from app.core.database import transaction
from app.core.errors import Refusal
from app.core.time import clock, months_after
from app.extensions import db
from tests.support import cast as casting
from tests.support.client import Client

REASON = "Réquisition 2026/114 du parquet de Blois"


def close(user: User) -> None:
    with transaction():
        operations.close_account(db.session.get_one(User, user.id))


def opened(user_id: int, reason: str = REASON) -> dict[str, object]:
    with transaction():
        return identities.open_one(user_id, reason=reason, operator="root")[0]


def test_closing_seals_who_the_person_was_and_the_rows_do_not_tell(app: Flask) -> None:
    cast = casting.build()
    before = _rows()
    assert "ana.costa@exemple.test" in before
    close(cast.ana)
    left = _rows(except_tables={"mail"})
    assert "ana.costa@exemple.test" not in left
    assert "Costa" not in left
    known = opened(cast.ana.id)
    assert known["name"] == "Ana Costa"
    assert known["email"] == "ana.costa@exemple.test"
    firms = known["firms"]
    assert isinstance(firms, list) and len(firms) == 1
    assert any(name.startswith(company.name) for name in firms for company in cast.companies.values())


def test_somebody_without_a_mailbox_is_known_by_what_they_signed_in_with(sam: User) -> None:
    close(sam)
    assert opened(sam.id)["sign_in_name"] == "sam-4k2pz"


def test_opening_is_written_down_with_its_reason_and_who_asked(lea: User) -> None:
    close(lea)
    opened(lea.id)
    line = db.session.query(AuditLine).filter_by(act="opened_sealed_identity").one()
    assert (line.object_id, line.actor_id) == (lea.id, None)
    assert line.detail == {"reason": REASON, "operator": "root"}


@pytest.mark.parametrize("reason", ["", "   ", "vite"])
def test_without_a_reason_nothing_opens(lea: User, reason: str) -> None:
    close(lea)
    with pytest.raises(Refusal):
        opened(lea.id, reason)
    assert db.session.query(AuditLine).filter_by(act="opened_sealed_identity").count() == 0


def test_an_open_account_has_nothing_sealed(lea: User) -> None:
    with pytest.raises(Refusal):
        opened(lea.id)


def test_another_key_opens_nothing_and_says_so(
    app: Flask, lea: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(lea)
    with monkeypatch.context() as other:
        other.setitem(app.config, "SECRET_KEY", "the key of another installation altogether")
        with pytest.raises(Refusal, match="SEALING_KEY"):
            opened(lea.id)
    assert opened(lea.id)["name"] == "Léa Bonnet"


def test_it_is_erased_a_year_later_and_not_before(lea: User) -> None:
    with clock.frozen(datetime(2027, 2, 28, 12, tzinfo=UTC)) as stopped:
        close(lea)
        stopped.advance(timedelta(days=364, hours=23))
        purge()
        assert opened(lea.id)["name"] == "Léa Bonnet"
        stopped.advance(timedelta(hours=1))
        # Out of reach at once, even before the night.
        with pytest.raises(Refusal):
            opened(lea.id)
        purge()
        assert db.session.query(SealedIdentity).count() == 0


def test_closing_twice_seals_once(lea: User) -> None:
    close(lea)
    close(lea)
    assert db.session.query(SealedIdentity).count() == 1
    assert opened(lea.id)["name"] == "Léa Bonnet"
    assert db.session.query(AuditLine).filter_by(act="closed_account").count() == 1


def test_an_operator_told_not_to_keeps_nothing_and_says_nothing_of_it(
    app: Flask, client: Client, lea: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "de quoi dire à la justice" in client.get("/donnees-personnelles").text
    assert "Répondre à la justice" in client.get("/donnees-personnelles/registre.csv").text
    monkeypatch.setitem(app.config, "IDENTITY_MONTHS", 0)
    close(lea)
    assert db.session.query(SealedIdentity).count() == 0
    assert "justice" not in client.get("/donnees-personnelles").text
    assert "Répondre à la justice" not in client.get("/donnees-personnelles/registre.csv").text


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ((2026, 1, 31), 1, (2026, 2, 28)),
        ((2028, 2, 29), 12, (2029, 2, 28)),
        ((2026, 11, 22), 2, (2027, 1, 22)),
        ((2026, 1, 15), -1, (2025, 12, 15)),
        ((2026, 12, 31), -22, (2025, 2, 28)),
        ((2026, 6, 30), 0, (2026, 6, 30)),
    ],
)
def test_months_are_those_of_the_calendar(
    start: tuple[int, int, int], months: int, end: tuple[int, int, int]
) -> None:
    assert months_after(datetime(*start, tzinfo=UTC), months) == datetime(*end, tzinfo=UTC)


def _rows(except_tables: frozenset[str] | set[str] = frozenset()) -> str:
    names = [name for name in inspect(db.engine).get_table_names() if name not in except_tables]
    return "\n".join(
        str(row) for name in names for row in db.session.execute(text(f'SELECT * FROM "{name}"'))
    )
