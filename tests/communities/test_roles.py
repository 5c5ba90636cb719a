"""Roles are given with dates by those who may, tell their holder, and end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.accounts import realtime
from app.communities import operations
from app.communities.access import access_of, forget_access, lapsed_between
from app.communities.models import RoleGrant
from app.core.audit import AuditLine
from app.core.database import transaction
from app.core.errors import Forbidden, Refusal
from app.core.time import clock
from app.extensions import db
from tests.communities.conftest import reads, told
from tests.support.cast import Cast

ROLES = "/communautes/val-de-loire-mecanique/roles"


def test_an_ambassador_finds_a_person_and_names_them_manager_from_a_date_to_a_date(
    cast: Cast, browser: Any
) -> None:
    client = browser(cast.amir)
    page = client.get(f"{ROLES}?q=ana").get_data(as_text=True)
    assert "Ana Costa" in page
    answer = client.post(
        ROLES,
        data={
            "q": "ana",
            "person_id": str(cast.ana.id),
            "role": "community_manager",
            "ends_on": "2999-12-31",
        },
    )
    assert answer.status_code == 302
    forget_access()
    assert access_of(cast.ana).manages(cast.loire.id)
    assert not access_of(cast.ana).manages(cast.vitre.id)
    grant = db.session.query(RoleGrant).filter_by(user_id=cast.ana.id).one()
    assert (grant.granted_by_id, grant.ends_at.isoformat()) == (cast.amir.id, "2999-12-31T22:59:59+00:00")
    page = client.get(ROLES).get_data(as_text=True)
    assert "confié par Amir Haddad" in page
    assert told("role_granted") == {cast.ana.id}
    line = db.session.query(AuditLine).filter_by(act="granted_role", object_id=grant.id).one()
    assert (line.actor_id, line.node_id) == (cast.amir.id, cast.loire.id)


def test_faults_of_the_form_stay_on_the_page(cast: Cast, browser: Any) -> None:
    client = browser(cast.amir)
    data = {"q": "ana", "person_id": str(cast.ana.id), "role": "community_manager"}
    assert client.post(ROLES, data=data | {"role": "national_admin"}).status_code == 422
    assert client.post(ROLES, data=data | {"ends_on": "2001-01-01"}).status_code == 422
    assert client.post(ROLES, data={"q": "ana"}).status_code == 422
    assert client.post(ROLES, data=data | {"person_id": str(cast.yann.id)}).status_code == 404
    assert client.post(ROLES, data=data).status_code == 302
    again = client.post(ROLES, data=data)
    assert again.status_code == 422
    assert "a déjà ce rôle ici" in again.get_data(as_text=True)


def test_a_manager_sees_the_roles_and_gives_none(cast: Cast, browser: Any) -> None:
    client = browser(cast.manon)
    page = client.get(ROLES).get_data(as_text=True)
    assert "Manon Petit" in page
    assert "Confier un rôle" not in page
    answer = client.post(ROLES, data={"person_id": str(cast.ana.id), "role": "community_manager"})
    assert answer.status_code == 422, "no role is on offer"
    with pytest.raises(Forbidden), transaction():
        operations.grant_role(cast.ana, "community_manager", cast.loire, by=cast.manon)


def test_an_ambassador_acts_in_their_own_region_and_nowhere_else(cast: Cast, browser: Any) -> None:
    anne = browser(cast.anne)
    assert anne.get("/communautes/pays-de-vitre/roles").status_code == 200
    assert anne.get(ROLES).status_code == 404
    assert (
        anne.post(ROLES, data={"person_id": str(cast.ana.id), "role": "community_manager"}).status_code == 404
    )
    assert anne.get("/regions/centre-val-de-loire/communautes/nouvelle").status_code == 403
    assert anne.post("/communautes/val-de-loire-mecanique/sommeil").status_code == 404
    assert anne.get("/regions/centre-val-de-loire/roles").status_code == 404
    assert anne.get("/national/roles").status_code == 404
    with pytest.raises(Forbidden), transaction():
        operations.grant_role(cast.ana, "community_manager", cast.loire, by=cast.anne)


def test_a_role_counts_from_its_start_to_its_end(cast: Cast) -> None:
    now = clock.now()
    with transaction():
        operations.grant_role(
            cast.yann,
            "community_manager",
            cast.loire,
            by=cast.nadia,
            starts_at=now + timedelta(days=1),
            ends_at=now + timedelta(days=3),
        )
    seen = []
    for days in (0, 2, 4):
        with clock.frozen(now + timedelta(days=days)):
            seen.append(reads(cast.yann, cast.loire))
    assert seen == [False, True, False]


def test_a_role_that_ended_by_itself_may_be_given_again(cast: Cast) -> None:
    with transaction():
        operations.grant_role(
            cast.ana, "community_manager", cast.loire, by=cast.amir, ends_at=clock.now() + timedelta(hours=1)
        )
    forget_access()
    with clock.frozen(clock.now() + timedelta(days=1)), transaction():
        operations.grant_role(cast.ana, "community_manager", cast.loire, by=cast.amir)
    assert db.session.query(RoleGrant).filter_by(user_id=cast.ana.id, revoked_at=None).count() == 1


def test_a_role_taken_back_ends_access_at_once_and_tells_its_holder(cast: Cast, browser: Any) -> None:
    manon = browser(cast.manon)
    assert manon.get(ROLES).status_code == 200
    grant = db.session.query(RoleGrant).filter_by(user_id=cast.manon.id).one()
    version = cast.manon.access_version
    client = browser(cast.amir)
    assert "ne sera plus" in client.get(f"/roles/{grant.id}/fin").get_data(as_text=True)
    answer = client.post(f"/roles/{grant.id}/fin", data={"next": ROLES})
    assert (answer.status_code, answer.location) == (302, ROLES)
    assert manon.get(ROLES).status_code == 404
    db.session.refresh(cast.manon)
    assert cast.manon.access_version > version
    assert told("role_revoked") == {cast.manon.id}
    assert client.post(f"/roles/{grant.id}/fin").status_code == 409


def test_a_holder_gives_a_role_up_and_a_stranger_does_not_know_it(cast: Cast, browser: Any) -> None:
    grant = db.session.query(RoleGrant).filter_by(user_id=cast.manon.id).one()
    assert browser(cast.yann).post(f"/roles/{grant.id}/fin").status_code == 404
    assert browser(cast.manon).post(f"/roles/{grant.id}/fin").status_code == 302


def test_the_last_national_administrator_stays(cast: Cast) -> None:
    grant = db.session.query(RoleGrant).filter_by(user_id=cast.nadia.id).one()
    with pytest.raises(Refusal, match="dernière administration"), transaction():
        operations.revoke_role(grant, by=cast.nadia)


def test_a_referent_s_charge_may_be_given_up_like_a_role(cast: Cast) -> None:
    grant = db.session.query(RoleGrant).filter_by(user_id=cast.bruno.id).one()
    with transaction():
        operations.revoke_role(grant, by=cast.bruno)
    db.session.refresh(cast.plasturgie)
    assert cast.plasturgie.without_referent_since is not None


def test_the_national_team_gives_roles_in_any_region(cast: Cast, browser: Any) -> None:
    client = browser(cast.nadia)
    for address, role, person in (
        ("/regions/bretagne/roles", "technical_advisor", cast.yann),
        ("/national/roles", "national_admin", cast.ana),
    ):
        page = client.get(address, query_string={"q": person.given_name}).get_data(as_text=True)
        assert person.name in page
        answer = client.post(
            address, data={"q": person.given_name, "person_id": str(person.id), "role": role}
        )
        assert answer.status_code == 302, answer.get_data(as_text=True)
    forget_access()
    assert access_of(cast.yann).moderates(cast.vitre.id)
    assert access_of(cast.ana).is_national_admin


def test_roles_of_a_closed_account_leave_no_trace_in_rights(cast: Cast) -> None:
    with transaction():
        operations.let_go(cast.amir.id)
    forget_access()
    assert not access_of(cast.amir).places


def test_a_role_that_ends_by_its_date_is_found_by_the_watch_of_sockets(app: Flask, cast: Cast) -> None:
    now = clock.now()
    with transaction():
        operations.give_role(cast.ana, "community_manager", cast.loire, ends_at=now + timedelta(hours=1))
    assert lapsed_between(now, now + timedelta(minutes=59)) == set()
    assert lapsed_between(now + timedelta(minutes=59), now + timedelta(hours=1)) == {cast.ana.id}
    assert lapsed_between(now + timedelta(hours=1), now + timedelta(hours=2)) == set()
    assert lapsed_between in realtime._lapses
