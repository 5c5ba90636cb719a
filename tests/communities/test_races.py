"""Two people at once: the database decides, in real threads with a session each."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from app.accounts.models import User
from app.communities import operations, queries, tokens
from app.communities.access import access_of, forget_access
from app.communities.models import Company, CompanyMembership, Employment, Invitation, Node, RoleGrant
from app.communities.operations.joining import confirm_join
from app.core.database import transaction
from app.core.duties import Duty
from app.core.errors import Refusal
from app.extensions import db
from tests.support import cast as casting
from tests.support.cast import Cast, sign_in
from tests.support.races import together

ROUNDS = 4


def test_two_admissions_of_the_last_place_admit_one(
    app: Flask, cast: Cast, request_from: Any, shrink: Any
) -> None:
    loire_id = cast.loire.id
    manon_id = cast.manon.id
    for round_number in range(ROUNDS):
        with transaction():
            firms = [casting.company(f"Candidate {round_number}{letter}") for letter in "ab"]
        asked = [request_from(firm).id for firm in firms]
        node = db.session.get_one(Node, loire_id)
        shrink(cast.loire, node.member_count + 1)
        results = together(
            app,
            *(
                lambda membership_id=membership_id: (
                    operations.admit(
                        db.session.get_one(CompanyMembership, membership_id),
                        by=db.session.get_one(User, manon_id),
                    ).state
                )
                for membership_id in asked
            ),
        )
        assert sorted(map(str, results)) == ["admitted", "waiting"]
        node = db.session.get_one(Node, loire_id)
        admitted = len(
            db.session.execute(
                select(CompanyMembership.id).where(
                    CompanyMembership.node_id == node.id, CompanyMembership.state == "admitted"
                )
            ).all()
        )
        assert node.member_count == node.capacity == admitted


def test_two_managers_decide_one_request_once(app: Flask, cast: Cast, request_from: Any) -> None:
    amir_id = cast.amir.id
    loire_id = cast.loire.id
    manon_id = cast.manon.id
    for round_number in range(ROUNDS):
        with transaction():
            firm = casting.company(f"Disputée {round_number}")
        membership_id = request_from(firm).id
        before = db.session.get_one(Node, loire_id).member_count

        def admit(manager_id: int, membership_id: int = membership_id) -> str:
            membership = db.session.get_one(CompanyMembership, membership_id)
            return operations.admit(membership, by=db.session.get_one(User, manager_id)).state

        results = together(app, lambda: admit(manon_id), lambda: admit(amir_id))
        assert [result for result in results if result == "admitted"] == ["admitted"]
        assert [result.status for result in results if isinstance(result, Refusal)] == [409]
        assert db.session.get_one(Node, loire_id).member_count == before + 1


def test_two_acceptances_of_one_printed_code_make_one_account(app: Flask, cast: Cast) -> None:
    for round_number in range(ROUNDS):
        with transaction():
            invitation = operations.print_code(cast.atelier, f"Paul {round_number}", by=cast.rita)
        forget_access()
        token = tokens.printed_code(invitation.nonce)
        before = db.session.query(User).count()

        def accept(name: str, token: str = token) -> str:
            newcomer = operations.Newcomer(name, "Dupont", trade="Soudeur")
            return operations.accept_invitation(
                operations.find_invitation(token), newcomer=newcomer
            ).user.given_name

        results = together(app, lambda: accept("Paul"), lambda: accept("Pierre"))
        accepted = [result for result in results if isinstance(result, str)]
        refused = [result.status for result in results if isinstance(result, Refusal)]
        assert len(accepted) == 1, results
        assert refused == [410]
        assert db.session.query(User).count() == before + 1
        invitation = db.session.get_one(Invitation, invitation.id)
        assert db.session.get_one(User, invitation.accepted_by_id).given_name == accepted[0]


def test_two_acceptances_of_one_mailed_link_make_one_account(app: Flask, cast: Cast) -> None:
    atelier_id = cast.atelier.id
    with transaction():
        operations.invite(cast.atelier, ["paul@atelier.test"], by=cast.rita)
    token = tokens.link_token(db.session.query(Invitation).filter_by(email="paul@atelier.test").one().nonce)

    def accept() -> int:
        newcomer = operations.Newcomer("Paul", "Dupont", trade="Soudeur")
        return operations.accept_invitation(operations.find_invitation(token), newcomer=newcomer).user.id

    results = together(app, accept, accept, accept)
    assert len([result for result in results if isinstance(result, int)]) == 1, results
    assert db.session.query(User).filter_by(email="paul@atelier.test").count() == 1
    assert db.session.query(Employment).filter_by(company_id=atelier_id).count() == 3


def test_an_address_invited_twice_at_once_gets_one_invitation(app: Flask, cast: Cast) -> None:
    ana_id = cast.ana.id
    atelier_id = cast.atelier.id
    rita_id = cast.rita.id
    with transaction():
        operations.make_referent(cast.atelier, cast.ana, by=cast.rita)
    forget_access()

    def invite(by: int) -> str:
        company = db.session.get_one(Company, atelier_id)
        return operations.invite(company, ["paul@atelier.test"], by=db.session.get_one(User, by))[0].kind

    results = together(app, lambda: invite(rita_id), lambda: invite(ana_id))
    assert sorted(map(str, results)) == ["invited", "pending"]


def test_the_last_two_referents_leaving_at_once_leave_the_firm_without_and_somebody_knows(
    app: Flask, cast: Cast
) -> None:
    ana_id = cast.ana.id
    atelier_id = cast.atelier.id
    rita_id = cast.rita.id
    with transaction():
        operations.make_referent(cast.atelier, cast.ana, by=cast.rita)
    forget_access()

    def leave(user_id: int) -> None:
        employment = (
            db.session.query(Employment)
            .filter_by(user_id=user_id, company_id=atelier_id, ended_at=None)
            .one()
        )
        operations.end_employment(employment, by=db.session.get_one(User, user_id))

    results = together(app, lambda: leave(rita_id), lambda: leave(ana_id))
    assert results == [None, None]
    assert queries.referents_of(atelier_id) == []
    assert db.session.get_one(Company, atelier_id).without_referent_since is not None
    assert db.session.query(Duty).filter_by(kind="company_without_referent").count() == 1


def test_a_firm_brought_by_two_newcomers_at_once_is_one_firm(app: Flask, cast: Cast, join_from: Any) -> None:
    first, second = join_from("lea@tolerie.test"), join_from("max@tolerie.test")

    def confirm(join_id: int) -> bool:
        from app.communities.models import JoinRequest

        return confirm_join(db.session.get_one(JoinRequest, join_id)).user is not None

    first_id, second_id, siren = first.id, second.id, first.siren
    results = together(app, lambda: confirm(first_id), lambda: confirm(second_id))
    assert sorted(map(str, results)) == ["False", "True"]
    assert db.session.query(Company).filter_by(siren=siren).count() == 1


def test_one_role_given_twice_at_once_is_given_once(app: Flask, cast: Cast) -> None:
    amir_id = cast.amir.id
    ana_id = cast.ana.id
    loire_id = cast.loire.id
    nadia_id = cast.nadia.id

    def grant(by: int) -> int:
        return operations.grant_role(
            db.session.get_one(User, ana_id),
            "community_manager",
            db.session.get_one(Node, loire_id),
            by=db.session.get_one(User, by),
        ).id

    results = together(app, lambda: grant(amir_id), lambda: grant(nadia_id))
    assert len([result for result in results if isinstance(result, int)]) == 1, results
    assert db.session.query(RoleGrant).filter_by(user_id=ana_id, role="community_manager").count() == 1


def test_the_last_two_national_administrators_cannot_both_resign(app: Flask, cast: Cast) -> None:
    ana_id = cast.ana.id
    nadia_id = cast.nadia.id
    nation_id = cast.nation.id
    with transaction():
        operations.grant_role(cast.ana, "national_admin", cast.nation, by=cast.nadia)
    forget_access()

    def resign(user_id: int) -> None:
        grant = (
            db.session.query(RoleGrant)
            .filter_by(user_id=user_id, role="national_admin", revoked_at=None)
            .one()
        )
        operations.revoke_role(grant, by=db.session.get_one(User, user_id))

    results = together(app, lambda: resign(nadia_id), lambda: resign(ana_id))
    assert len([result for result in results if isinstance(result, Refusal)]) == 1, results
    assert queries.current_holders("national_admin", nation_id) == 1


@pytest.mark.postgresql
@pytest.mark.parametrize("loses", ["employment", "role"])
def test_an_account_that_closes_while_its_rights_are_taken_ends_both(
    app: Flask, cast: Cast, loses: str
) -> None:
    """Closing holds the person and asks for the firm and the roles; taking a right holds these and asks for the person."""
    leaver = cast.ana if loses == "employment" else cast.manon
    employment = db.session.query(Employment).filter_by(user_id=cast.ana.id).one()
    grant = db.session.query(RoleGrant).filter_by(user_id=cast.manon.id).one()
    taken = f"/emplois/{employment.id}/fin" if loses == "employment" else f"/roles/{grant.id}/fin"
    doors = {
        "closing": (sign_in(app.test_client(), leaver), "/compte/fermeture"),
        "taking": (sign_in(app.test_client(), cast.rita if loses == "employment" else cast.nadia), taken),
    }
    waits = {
        "closing": ("FROM company" if loses == "employment" else "UPDATE role_grant"),
        "taking": "UPDATE user_account SET access_version",
    }
    db.session.commit()
    each_holds_its_own = threading.Barrier(2, timeout=10)
    met: list[str] = []

    def before(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        name = threading.current_thread().name
        is_lock = "FOR UPDATE" in statement or statement.startswith("UPDATE")
        if name in waits and name not in met and is_lock and waits[name] in statement:
            met.append(name)
            each_holds_its_own.wait()

    answers: dict[str, int] = {}

    def go(name: str) -> None:
        client, address = doors[name]
        with app.app_context():
            answers[name] = client.post(address).status_code
            db.session.remove()

    event.listen(db.engine, "before_cursor_execute", before)
    try:
        threads = [threading.Thread(target=go, args=(name,), name=name) for name in doors]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    finally:
        event.remove(db.engine, "before_cursor_execute", before)

    assert sorted(met) == ["closing", "taking"]
    assert answers["closing"] == 302, answers
    assert answers["taking"] in (302, 404, 409), answers
    db.session.expire_all()
    assert db.session.get_one(User, leaver.id).state == "closed"
    assert not access_of(db.session.get_one(User, leaver.id)).places
