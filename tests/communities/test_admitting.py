"""A company asks to enter, a human decides, its people are in or know why not."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.communities import operations
from app.communities.access import forget_access
from app.communities.models import Company, CompanyMembership, Node
from app.core import jobs
from app.core.audit import AuditLine
from app.core.database import transaction
from app.core.errors import Forbidden, Refusal
from app.core.journal import JournalEntry
from app.extensions import db
from app.notifications.models import Notification
from app.search.models import SearchEntry
from tests.communities.conftest import field, reads, told
from tests.support import cast as casting
from tests.support.cast import Cast

DESK = "/communautes/val-de-loire-mecanique/admissions"


def test_a_referent_asks_and_the_manager_finds_the_request_with_what_is_known(
    cast: Cast, browser: Any, newcomer_firm: Any
) -> None:
    firm, louise = newcomer_firm()
    client = browser(louise)
    address = f"/mon-entreprise/{firm.id}/communautes/val-de-loire-mecanique"
    form = client.get(address).get_data(as_text=True)
    sent = client.post(
        address, data={"request_id": field(form, "request_id"), "message": "Nous plions de la tôle épaisse."}
    )
    assert sent.status_code == 302
    desk = browser(cast.manon).get(DESK).get_data(as_text=True)
    for known in (
        "Tôlerie du Cher",
        "Louise Arnaud",
        "Nous plions de la tôle épaisse.",
        "Mécanique industrielle",
        "PME",
    ):
        assert known in desk
    assert firm.siren[:3] in desk


def test_the_same_request_sent_twice_is_one_request(cast: Cast, browser: Any, newcomer_firm: Any) -> None:
    firm, louise = newcomer_firm()
    client = browser(louise)
    address = f"/mon-entreprise/{firm.id}/communautes/val-de-loire-mecanique"
    data = {"request_id": str(uuid.uuid4()), "message": "Bonjour"}
    assert client.post(address, data=data).status_code == 302
    assert client.post(address, data=data).status_code == 302
    rows = db.session.execute(select(CompanyMembership).where(CompanyMembership.company_id == firm.id)).all()
    assert len(rows) == 1


def test_a_second_open_request_is_refused_with_a_sentence(
    cast: Cast, browser: Any, newcomer_firm: Any, request_from: Any
) -> None:
    firm, louise = newcomer_firm()
    request_from(firm)
    answer = browser(louise).post(
        f"/mon-entreprise/{firm.id}/communautes/val-de-loire-mecanique",
        data={"request_id": str(uuid.uuid4()), "message": ""},
    )
    assert answer.status_code == 422
    assert "a déjà une demande ou une place" in answer.get_data(as_text=True)


def test_admission_opens_the_community_to_the_firm_s_people_and_verifies_it(
    cast: Cast, browser: Any, newcomer_firm: Any, request_from: Any
) -> None:
    firm, louise = newcomer_firm()
    membership = request_from(firm)
    assert not reads(louise, cast.loire)
    before, version = cast.loire.member_count, louise.access_version
    answer = browser(cast.manon).post(f"/adhesions/{membership.id}/admission")
    assert answer.status_code == 302
    assert reads(louise, cast.loire)
    firm = db.session.get_one(Company, firm.id)
    assert (firm.state, firm.verified_by_id) == ("verified", cast.manon.id)
    assert db.session.get_one(Node, cast.loire.id).member_count == before + 1
    db.session.refresh(louise)
    assert louise.access_version > version
    line = (
        db.session.execute(
            select(AuditLine).where(AuditLine.act == "admitted_company").order_by(AuditLine.id.desc())
        )
        .scalars()
        .first()
    )
    assert line is not None
    assert (line.actor_id, line.object_id, line.node_id) == (cast.manon.id, membership.id, cast.loire.id)


def test_the_firm_is_told_of_its_admission_and_the_manager_of_the_request(
    cast: Cast, newcomer_firm: Any, request_from: Any
) -> None:
    firm, louise = newcomer_firm()
    membership = request_from(firm, by=louise)
    jobs.drain()
    told = db.session.execute(
        select(Notification.user_id).where(Notification.kind == "membership_requested")
    ).scalars()
    assert cast.manon.id in set(told)
    with transaction():
        operations.admit(membership, by=cast.manon)
    jobs.drain()
    told = db.session.execute(
        select(Notification.user_id).where(
            Notification.kind == "membership_admitted", Notification.object_id == membership.id
        )
    ).scalars()
    assert list(told) == [louise.id]


def test_open_pages_of_the_community_are_told_of_the_admission(
    cast: Cast, newcomer_firm: Any, request_from: Any
) -> None:
    firm, _louise = newcomer_firm()
    membership = request_from(firm)
    with transaction():
        operations.admit(membership, by=cast.manon)
    scopes = set(
        db.session.execute(
            select(JournalEntry.scope_id).where(
                JournalEntry.kind == "membership.admitted", JournalEntry.object_id == membership.id
            )
        ).scalars()
    )
    moderators = {
        cast.loire.moderators_scope_id,
        cast.region_loire.moderators_scope_id,
        cast.nation.moderators_scope_id,
    }
    assert scopes == {cast.loire.scope_id, firm.scope_id} | moderators


def test_an_admitted_firm_and_its_people_are_found_in_that_community_and_no_more_once_gone(
    cast: Cast, newcomer_firm: Any, request_from: Any
) -> None:
    firm, louise = newcomer_firm()
    membership = request_from(firm)
    assert not _found("company", firm.id)
    with transaction():
        operations.admit(membership, by=cast.manon)
    assert _found("company", firm.id)
    assert _found("person", louise.id)
    forget_access()
    with transaction():
        operations.leave_community(membership, by=louise)
    assert not _found("company", firm.id)
    assert not _found("person", louise.id)


def test_a_refusal_without_ground_or_words_is_not_taken(
    cast: Cast, browser: Any, newcomer_firm: Any, request_from: Any
) -> None:
    firm, _louise = newcomer_firm()
    membership = request_from(firm)
    client = browser(cast.manon)
    for data in (
        {},
        {"reason_code": "territory"},
        {"reason": "Trop loin"},
        {"reason_code": "rival", "reason": "x"},
    ):
        assert client.post(f"/adhesions/{membership.id}/refus", data=data).status_code == 422
    assert db.session.get_one(CompanyMembership, membership.id).state == "requested"


def test_a_refused_firm_reads_why_and_may_ask_again(
    cast: Cast, browser: Any, newcomer_firm: Any, request_from: Any
) -> None:
    firm, louise = newcomer_firm()
    membership = request_from(firm, by=louise)
    answer = browser(cast.manon).post(
        f"/adhesions/{membership.id}/refus",
        data={"reason_code": "territory", "reason": "Votre atelier est à trois heures de route."},
    )
    assert answer.status_code == 302
    page = browser(louise).get("/mon-entreprise").get_data(as_text=True)
    assert "Votre atelier est à trois heures de route." in page
    assert "trop loin" in page
    assert not reads(louise, cast.loire)
    again = browser(louise).post(
        f"/mon-entreprise/{firm.id}/communautes/val-de-loire-mecanique",
        data={"request_id": str(uuid.uuid4()), "message": "Nous ouvrons un site à Blois."},
    )
    assert again.status_code == 302


def test_a_refused_firm_may_be_taken_back_without_asking(
    cast: Cast, newcomer_firm: Any, request_from: Any
) -> None:
    firm, louise = newcomer_firm()
    membership = request_from(firm)
    with transaction():
        operations.refuse(membership, by=cast.manon, reason_code="other", reason="Dossier incomplet.")
    with transaction():
        again = operations.readmit(membership, by=cast.manon)
    assert again.id != membership.id
    assert reads(louise, cast.loire)
    assert db.session.get_one(CompanyMembership, membership.id).state == "refused"


def test_a_decision_is_taken_once(cast: Cast, newcomer_firm: Any, request_from: Any) -> None:
    firm, _louise = newcomer_firm()
    membership = request_from(firm)
    with transaction():
        operations.admit(membership, by=cast.manon)
    with pytest.raises(Refusal) as refusal, transaction():
        operations.refuse(membership, by=cast.amir, reason_code="other", reason="Trop tard.")
    assert refusal.value.status == 409


def test_nobody_admits_their_own_firm(
    cast: Cast, browser: Any, newcomer_firm: Any, request_from: Any
) -> None:
    firm, _louise = newcomer_firm()
    membership = request_from(firm)
    with transaction():
        operations.employ(cast.manon, db.session.get_one(Company, firm.id))
    forget_access()
    db.session.commit()
    page = browser(cast.manon).get(DESK).get_data(as_text=True)
    assert "C’est votre entreprise." in page
    assert f"/adhesions/{membership.id}/admission" not in page
    with pytest.raises(Forbidden), transaction():
        operations.admit(membership, by=cast.manon)
    with transaction():
        assert operations.admit(membership, by=cast.amir).state == "admitted"


def test_an_ambassador_of_another_region_sees_no_desk_and_decides_nothing(
    cast: Cast, browser: Any, newcomer_firm: Any, request_from: Any
) -> None:
    firm, _louise = newcomer_firm()
    membership = request_from(firm)
    assert browser(cast.amir).get(DESK).status_code == 200
    stranger = browser(cast.anne)
    assert stranger.get(DESK).status_code == 404
    assert stranger.post(f"/adhesions/{membership.id}/admission").status_code == 404
    assert (
        stranger.post(
            f"/adhesions/{membership.id}/refus", data={"reason_code": "other", "reason": "x"}
        ).status_code
        == 404
    )


def test_the_company_that_comes_when_it_is_full_gets_a_waiting_place_and_neighbours(
    cast: Cast, browser: Any, newcomer_firm: Any, request_from: Any, shrink: Any
) -> None:
    shrink(cast.loire, 2)
    neighbour = _neighbour(cast)
    firm, louise = newcomer_firm()
    membership = request_from(firm, by=louise)
    manager = browser(cast.manon)
    assert manager.post(f"/adhesions/{membership.id}/admission").status_code == 302
    page = manager.get(DESK).get_data(as_text=True)
    assert "a une place d’attente" in page
    assert neighbour.name in page
    assert db.session.get_one(CompanyMembership, membership.id).state == "waiting"
    assert not reads(louise, cast.loire)
    own = browser(louise).get("/mon-entreprise").get_data(as_text=True)
    assert "Votre place d’attente est gardée" in own


def test_a_waiting_company_is_let_in_when_a_place_is_free_and_managers_are_told(
    cast: Cast, newcomer_firm: Any, request_from: Any, shrink: Any
) -> None:
    shrink(cast.loire, 2)
    firm, louise = newcomer_firm()
    membership = request_from(firm)
    with transaction():
        operations.admit(membership, by=cast.manon)
    with pytest.raises(Refusal, match="toujours complète"), transaction():
        operations.admit(membership, by=cast.manon)
    leaving = db.session.query(CompanyMembership).filter_by(company_id=cast.plasturgie.id).one()
    with transaction():
        operations.leave_community(leaving, by=cast.bruno)
    assert told("membership_place_free") == {cast.manon.id}
    forget_access()
    with transaction():
        assert operations.admit(membership, by=cast.manon).state == "admitted"
    assert reads(louise, cast.loire)


def test_a_community_forms_becomes_active_then_full_and_back(
    cast: Cast, shrink: Any, monkeypatch: pytest.MonkeyPatch, request_from: Any
) -> None:
    from app.communities.operations import tree

    monkeypatch.setattr(tree, "ACTIVE_FROM", 3)
    shrink(cast.loire, 4)
    states = []
    for name in ("Un", "Deux"):
        with transaction():
            firm = casting.company(name)
        membership = request_from(firm)
        with transaction():
            operations.admit(membership, by=cast.manon)
        states.append(db.session.get_one(Node, cast.loire.id, populate_existing=True).state)
    assert states == ["active", "full"]
    with transaction():
        operations.end_membership(db.session.get_one(CompanyMembership, membership.id), by=None)
    assert db.session.get_one(Node, cast.loire.id, populate_existing=True).state == "active"


@pytest.mark.parametrize("act", ["put_to_sleep", "close_community"])
def test_a_sleeping_or_closed_community_takes_nobody(
    cast: Cast, newcomer_firm: Any, request_from: Any, act: str
) -> None:
    firm, _louise = newcomer_firm()
    membership = request_from(firm)
    with transaction():
        getattr(operations, act)(db.session.get_one(Node, cast.loire.id), by=cast.amir)
    with pytest.raises(Refusal, match="n’accueille pas"), transaction():
        operations.admit(membership, by=cast.manon)
    assert reads(cast.ana, cast.loire), "members go on reading"


def test_a_full_community_may_be_proposed_for_splitting_to_those_above(
    cast: Cast, browser: Any, shrink: Any, newcomer_firm: Any, request_from: Any
) -> None:
    shrink(cast.loire, 3)
    firm, _louise = newcomer_firm()
    membership = request_from(firm)
    with transaction():
        operations.admit(membership, by=cast.manon)
    assert browser(cast.manon).post("/communautes/val-de-loire-mecanique/dedoublement").status_code == 302
    assert told("community_split_proposed") == {cast.amir.id, cast.nadia.id}


def test_the_address_of_a_request_leads_each_reader_to_their_own_page(
    cast: Cast, browser: Any, newcomer_firm: Any, request_from: Any
) -> None:
    firm, louise = newcomer_firm()
    membership = request_from(firm)
    assert "/admissions" in browser(cast.manon).get(f"/adhesions/{membership.id}").location
    assert "/mon-entreprise/" in browser(louise).get(f"/adhesions/{membership.id}").location
    assert browser(cast.yann).get(f"/adhesions/{membership.id}").status_code == 404


def test_the_desk_costs_the_same_however_many_wait(
    cast: Cast, browser: Any, request_from: Any, counting: Callable[[], Any]
) -> None:
    client = browser(cast.manon)

    def cost() -> int:
        client.get(DESK)
        with counting() as statements:
            assert client.get(DESK).status_code == 200
        return len(statements)

    for name in ("Un", "Deux"):
        with transaction():
            firm = casting.company(name)
        request_from(firm)
    few = cost()
    for name in ("Trois", "Quatre", "Cinq", "Six"):
        with transaction():
            firm = casting.company(name)
        request_from(firm)
    assert cost() == few


def _found(object_type: str, object_id: int) -> bool:
    return (
        db.session.execute(
            select(SearchEntry.id).where(
                SearchEntry.object_type == object_type, SearchEntry.object_id == object_id
            )
        ).first()
        is not None
    )


def _neighbour(cast: Cast) -> Node:
    with transaction():
        node = operations.create_community(
            db.session.get_one(Node, cast.region_loire.id),
            by=cast.nadia,
            name="Berry fonderie",
            town="Bourges",
            department="18",
        )
        forget_access()
        operations.open_community(node, by=cast.nadia)
    forget_access()
    db.session.commit()
    return node


def test_the_manager_takes_a_firm_back_from_the_desk(
    cast: Cast, browser: Any, newcomer_firm: Any, request_from: Any
) -> None:
    firm, louise = newcomer_firm()
    membership = request_from(firm)
    with transaction():
        operations.refuse(membership, by=cast.manon, reason_code="other", reason="Dossier incomplet.")
    manager = browser(cast.manon)
    page = manager.get(f"{DESK}?demande={membership.id}").get_data(as_text=True)
    assert "Réadmettre" in page
    assert "Dossier incomplet." in page
    assert manager.post(f"/adhesions/{membership.id}/readmission").status_code == 302
    assert reads(louise, cast.loire)
    assert manager.post(f"/adhesions/{membership.id}/readmission").status_code == 422, (
        "an open row stands already"
    )


def test_a_request_of_another_community_does_not_open_at_this_desk(
    cast: Cast, browser: Any, newcomer_firm: Any, request_from: Any
) -> None:
    firm, _louise = newcomer_firm()
    membership = request_from(firm, cast.vitre)
    national = browser(cast.nadia)
    assert national.get(f"/communautes/pays-de-vitre/admissions?demande={membership.id}").status_code == 200
    assert national.get(f"{DESK}?demande={membership.id}").status_code == 404


def test_a_refusal_that_comes_too_late_says_so_on_the_desk(
    cast: Cast, browser: Any, newcomer_firm: Any, request_from: Any
) -> None:
    firm, _louise = newcomer_firm()
    membership = request_from(firm)
    with transaction():
        operations.admit(membership, by=cast.amir)
    answer = browser(cast.manon).post(
        f"/adhesions/{membership.id}/refus", data={"reason_code": "other", "reason": "Non."}
    )
    assert answer.status_code == 409
    assert "a déjà reçu une réponse" in answer.get_data(as_text=True)


def test_a_referent_looks_for_another_community_the_nearest_first(
    cast: Cast, browser: Any, newcomer_firm: Any
) -> None:
    firm, louise = newcomer_firm()
    client = browser(louise)
    address = f"/mon-entreprise/{firm.id}/communautes"
    near = client.get(address).get_data(as_text=True)
    assert "Val de Loire mécanique" in near
    far = client.get(address, query_string={"q": "bretagne"}).get_data(as_text=True)
    assert "Pays de Vitré" in far
    assert "Aucune communauté ouverte par ici" in client.get(f"{address}?q=tokyo").get_data(as_text=True)
    assert browser(cast.ana).get(f"/mon-entreprise/{cast.atelier.id}/communautes").status_code == 403
