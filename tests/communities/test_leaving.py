"""People and firms go: access ends at once, what was written stays, and a firm is never left without anybody knowing."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import operations as accounts
from app.accounts.models import User
from app.communities import operations, queries, tokens
from app.communities.access import access_of, forget_access
from app.communities.models import Company, CompanyMembership, Employment, Invitation, RoleGrant
from app.communities.operations.employment import end_company_grant
from app.core import jobs
from app.core.database import transaction
from app.core.errors import Forbidden, Refusal
from app.extensions import db
from app.forums.models import Post
from app.notifications.models import Notification
from tests.communities.conftest import reads, told
from tests.support import cast as casting
from tests.support.cast import Cast, open_topic


def employment_of(person: Any) -> Employment:
    return db.session.query(Employment).filter_by(user_id=person.id, ended_at=None).one()


def test_a_referent_closes_a_colleague_s_access_and_the_writings_stay(cast: Cast, browser: Any) -> None:
    topic = open_topic(cast.ana, cast.usinage_loire, "Foret cassé en 304L")
    ana, rita = browser(cast.ana), browser(cast.rita)
    address = f"/sujets/{topic.id}-{topic.slug}"
    assert ana.get(address).status_code == 200
    employment_id, version = employment_of(cast.ana).id, cast.ana.access_version
    asked = rita.get(f"/emplois/{employment_id}/fin").get_data(as_text=True)
    assert "Fermer l’accès d’Ana Costa\xa0?" in asked
    assert rita.post(f"/emplois/{employment_id}/fin").status_code == 302
    assert ana.get(address).status_code == 404, "the session still open reads nothing any more"
    assert ana.get("/communautes/val-de-loire-mecanique/entreprises").status_code == 404
    assert db.session.get_one(User, cast.ana.id).access_version > version, "open sockets must ask again"
    assert "Ana Costa" in rita.get(address).get_data(as_text=True)
    assert db.session.execute(select(Post.id).where(Post.author_id == cast.ana.id)).first()


def test_the_person_whose_access_was_closed_is_told(cast: Cast) -> None:
    with transaction():
        operations.end_employment(employment_of(cast.ana), by=cast.rita)
    assert told("employment_ended") == {cast.ana.id}


def test_a_member_leaves_by_themselves_and_closes_nobody_else_s_access(cast: Cast, browser: Any) -> None:
    rita_s = employment_of(cast.rita).id
    client = browser(cast.ana)
    assert client.get(f"/emplois/{rita_s}/fin").status_code == 403
    assert client.post(f"/emplois/{rita_s}/fin").status_code == 403
    with pytest.raises(Forbidden), transaction():
        operations.end_employment(db.session.get_one(Employment, rita_s), by=cast.ana)
    assert client.post(f"/emplois/{employment_of(cast.ana).id}/fin").location == "/"
    assert not reads(cast.ana, cast.loire)


def test_another_firm_s_employment_does_not_exist_for_a_stranger(cast: Cast, browser: Any) -> None:
    assert browser(cast.bruno).post(f"/emplois/{employment_of(cast.ana).id}/fin").status_code == 404


def test_leaving_twice_is_refused_once(cast: Cast) -> None:
    employment = employment_of(cast.ana)
    with transaction():
        operations.end_employment(employment, by=cast.rita)
    with pytest.raises(Refusal, match="avait déjà quitté"), transaction():
        operations.end_employment(employment, by=cast.rita)


def test_who_leaves_may_come_back(cast: Cast) -> None:
    with transaction():
        operations.end_employment(employment_of(cast.ana), by=cast.rita)
        operations.employ(cast.ana, cast.atelier)
    assert reads(cast.ana, cast.loire)
    rows = db.session.query(Employment).filter_by(user_id=cast.ana.id).count()
    assert rows == 2, "the first stay is remembered"


def test_the_last_referent_leaving_tells_the_manager_and_the_colleagues(cast: Cast, browser: Any) -> None:
    page = browser(cast.rita).get(f"/emplois/{employment_of(cast.rita).id}/fin").get_data(as_text=True)
    assert "C’est le dernier référent" in page
    with transaction():
        operations.end_employment(employment_of(cast.rita), by=cast.rita)
    assert told("company_without_referent") == {cast.manon.id, cast.ana.id}
    assert reads(cast.ana, cast.loire), "colleagues keep their access"
    assert "n’a plus de référent" in browser(cast.ana).get("/mon-entreprise").get_data(as_text=True)


def test_the_manager_names_a_colleague_as_referent(cast: Cast, browser: Any) -> None:
    with transaction():
        operations.end_employment(employment_of(cast.rita), by=cast.rita)
    address = f"/communautes/val-de-loire-mecanique/entreprises/{cast.atelier.id}/referent"
    manager = browser(cast.manon)
    assert "Ana Costa" in manager.get(address).get_data(as_text=True)
    assert manager.post(address, data={"person_id": str(cast.ana.id)}).status_code == 302
    forget_access()
    assert access_of(cast.ana).referent_of == {cast.atelier.id}
    assert db.session.get_one(Company, cast.atelier.id).without_referent_since is None
    assert manager.get(address).status_code == 404, "a firm that has a referent names its own"


def test_a_manager_names_no_referent_where_there_is_one(cast: Cast) -> None:
    with pytest.raises(Forbidden), transaction():
        operations.name_referent(cast.atelier, cast.ana, by=cast.manon)


def test_a_stranger_to_the_firm_is_never_named(cast: Cast) -> None:
    with pytest.raises(Refusal, match="ne travaille pas"), transaction():
        operations.name_referent(cast.atelier, cast.yann, by=cast.rita)


def test_a_referent_hands_the_charge_over(cast: Cast, browser: Any) -> None:
    client = browser(cast.rita)
    answer = client.post(f"/mon-entreprise/{cast.atelier.id}/passation", data={"person_id": str(cast.ana.id)})
    assert answer.status_code == 302
    forget_access()
    assert access_of(cast.ana).referent_of == {cast.atelier.id}
    assert access_of(cast.rita).referent_of == frozenset()
    assert db.session.get_one(Company, cast.atelier.id).without_referent_since is None
    jobs.drain()
    assert not db.session.query(Notification).filter_by(kind="company_without_referent").count()


def test_two_referents_share_the_charge(cast: Cast, browser: Any) -> None:
    client = browser(cast.rita)
    answer = client.post(f"/mon-entreprise/{cast.atelier.id}/referents", data={"person_id": str(cast.ana.id)})
    assert answer.status_code == 302
    assert [person.id for person in queries.referents_of(cast.atelier.id)] == [cast.rita.id, cast.ana.id]
    with transaction():
        operations.end_employment(employment_of(cast.rita), by=cast.rita)
    assert db.session.get_one(Company, cast.atelier.id).without_referent_since is None


def test_a_firm_that_leaves_takes_its_people_s_access_with_it(cast: Cast, browser: Any) -> None:
    membership = db.session.query(CompanyMembership).filter_by(company_id=cast.atelier.id).one()
    before = cast.loire.member_count
    client = browser(cast.rita)
    asked = client.get(f"/adhesions/{membership.id}/depart").get_data(as_text=True)
    assert "Les 2 personnes de Atelier Brenne" in asked
    assert client.post(f"/adhesions/{membership.id}/depart").status_code == 302
    assert not reads(cast.ana, cast.loire)
    db.session.refresh(cast.loire)
    assert cast.loire.member_count == before - 1
    assert client.post(f"/adhesions/{membership.id}/depart").status_code == 409
    db.session.refresh(cast.loire)
    assert cast.loire.member_count == before - 1, "leaving twice frees one place"


def test_a_closed_account_leaves_its_firm_and_its_roles(cast: Cast) -> None:
    with transaction():
        accounts.close_account(db.session.get_one(User, cast.rita.id))
    assert db.session.get_one(Company, cast.atelier.id).without_referent_since is not None
    assert not db.session.query(Employment).filter_by(user_id=cast.rita.id, ended_at=None).count()
    with transaction():
        accounts.close_account(db.session.get_one(User, cast.manon.id))
    assert not db.session.query(RoleGrant).filter_by(user_id=cast.manon.id, revoked_at=None).count()


def test_who_has_left_everything_still_has_a_page_that_says_so(cast: Cast, browser: Any) -> None:
    with transaction():
        operations.end_employment(employment_of(cast.ana), by=cast.rita)
    page = browser(cast.bruno).get(f"/personnes/{cast.ana.id}")
    assert page.status_code == 200
    assert "n’est plus dans vos communautés" in page.get_data(as_text=True)
    assert browser(cast.yann).get(f"/personnes/{cast.ana.id}").status_code == 404


def test_a_firm_in_two_communities_leaves_one(cast: Cast, app: Flask) -> None:
    with transaction():
        casting.admit(cast.atelier, cast.vitre, by=cast.nadia)
    assert reads(cast.ana, cast.vitre)
    membership = (
        db.session.query(CompanyMembership).filter_by(company_id=cast.atelier.id, node_id=cast.loire.id).one()
    )
    with transaction():
        operations.leave_community(membership, by=cast.rita)
    assert reads(cast.ana, cast.vitre)
    assert not reads(cast.ana, cast.loire)


def test_codes_and_links_made_by_who_leaves_let_nobody_back_in(cast: Cast, app: Flask, browser: Any) -> None:
    with transaction():
        code = operations.print_code(cast.atelier, "Moi, plus tard", by=cast.rita)
        operations.invite(cast.atelier, ["rita.chez.elle@exemple.test"], by=cast.rita)
        typed = tokens.printed_code(code.nonce)
    with transaction():
        operations.end_employment(employment_of(cast.rita), by=cast.rita)
    rita = browser(cast.rita)
    found = rita.post("/invitation", data={"code": typed})
    answer = rita.get(found.location) if found.status_code == 302 else found
    assert answer.status_code == 410
    assert "a été retirée" in answer.get_data(as_text=True)
    pending = db.session.execute(select(Invitation.id).where(Invitation.revoked_at.is_(None))).all()
    assert pending == []


def test_a_referent_dismissed_by_a_colleague_leaves_no_code_behind(cast: Cast) -> None:
    with transaction():
        operations.name_referent(cast.atelier, cast.ana, by=cast.rita)
    with transaction():
        made = operations.print_code(cast.atelier, "Marcel", by=cast.ana).id
        kept = operations.print_code(cast.atelier, "Lucie", by=cast.rita).id
    grant = db.session.query(RoleGrant).filter_by(user_id=cast.ana.id, revoked_at=None).one()
    with transaction():
        end_company_grant(grant, queries.locked_company(cast.atelier.id), by=cast.rita)
    assert db.session.get_one(Invitation, made).revoked_at is not None
    assert db.session.get_one(Invitation, kept).revoked_at is None
