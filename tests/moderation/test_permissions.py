"""Who may do what in moderation, as a table: each role × each act, in the place, beside it and above."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from app.communities.access import Access, Place
from app.core.time import clock
from app.moderation import permissions

pytestmark = pytest.mark.once

NATION, REGION, COMMUNITY, OTHER_REGION, ELSEWHERE = 1, 2, 3, 4, 5
PATHS = {NATION: "1.", REGION: "1.2.", COMMUNITY: "1.2.3.", OTHER_REGION: "1.4.", ELSEWHERE: "1.4.5."}
AUTHOR, FIRM, OTHER_FIRM = 100, 7, 8


def holder(role: str | None, at: int | None = None, *, user_id: int = 50, firm: int = OTHER_FIRM) -> Access:
    places = {
        node_id: Place(
            node_id, path, "community", "", "", None, "Europe/Paris", node_id, node_id + 90, "active"
        )
        for node_id, path in PATHS.items()
    }
    roles = (
        {node_id: frozenset({role}) for node_id, path in PATHS.items() if path.startswith(PATHS[at])}
        if role is not None and at is not None
        else {}
    )
    return Access(user_id=user_id, places=places, roles_at=roles, companies={firm: ""})


PEOPLE: dict[str, Access] = {
    "member": holder(None),
    "referent": Access(user_id=51, companies={OTHER_FIRM: ""}, referent_of=frozenset({OTHER_FIRM})),
    "manager": holder("community_manager", COMMUNITY),
    "manager elsewhere": holder("community_manager", ELSEWHERE),
    "advisor": holder("technical_advisor", REGION),
    "advisor elsewhere": holder("technical_advisor", OTHER_REGION),
    "ambassador": holder("ambassador", REGION),
    "ambassador elsewhere": holder("ambassador", OTHER_REGION),
    "national": holder("national_admin", NATION),
    "author who manages": holder("community_manager", COMMUNITY, user_id=AUTHOR),
    "ambassador of the same firm": holder("ambassador", REGION, firm=FIRM),
    "nobody": Access(user_id=0),
}

#                                  desk   decide here  decide at region  decide at nation
TABLE = {
    "member":                      (False, False, False, False),
    "referent":                    (False, False, False, False),
    "manager":                     (True,  True,  False, False),
    "manager elsewhere":           (True,  False, False, False),
    "advisor":                     (True,  True,  True,  False),
    "advisor elsewhere":           (True,  False, False, False),
    "ambassador":                  (True,  True,  True,  False),
    "ambassador elsewhere":        (True,  False, False, False),
    "national":                    (True,  True,  True,  True),
    "author who manages":          (True,  False, False, False),
    "ambassador of the same firm": (True,  False, False, False),
    "nobody":                      (False, False, False, False),
}  # fmt: skip


@pytest.mark.parametrize("who", PEOPLE)
def test_desk_and_decisions(who: str) -> None:
    access = PEOPLE[who]
    desk, here, region, nation = TABLE[who]

    assert permissions.can_moderate(access) is desk
    assert permissions.can_decide(access, COMMUNITY, AUTHOR, {FIRM}) is here
    assert permissions.can_decide(access, REGION, AUTHOR, {FIRM}) is region
    assert permissions.can_decide(access, NATION, AUTHOR, {FIRM}) is nation


def decision(**more: Any) -> Any:
    values = {
        "author_id": AUTHOR, "measure": "hide", "sanction": "", "provisional": False, "node_id": COMMUNITY, "level_node_id": COMMUNITY,
        "decided_by_id": 60, "at": clock.now(),
    }  # fmt: skip
    return SimpleNamespace(**{**values, **more})


@pytest.mark.parametrize("who", PEOPLE)
def test_reading_and_restoring_a_decision(who: str) -> None:
    access = PEOPLE[who]
    here = TABLE[who][1]

    assert permissions.can_see_decision(access, decision(), {FIRM}) is (here or access.user_id == AUTHOR)
    assert permissions.can_restore(access, decision(), {FIRM}) is here
    assert permissions.can_restore(access, decision(measure="none"), {FIRM}) is False


@pytest.mark.parametrize("who", PEOPLE)
def test_seeing_a_report(who: str) -> None:
    access = PEOPLE[who]
    about = {"level_node_id": COMMUNITY, "author_id": AUTHOR, "company_ids": {FIRM}}

    assert permissions.can_see_report(access, **about, reporter_id=999) is TABLE[who][1]
    assert permissions.can_see_report(access, **about, reporter_id=access.user_id) is True


@pytest.mark.parametrize("who", PEOPLE)
def test_answering_an_appeal_at_the_region(who: str) -> None:
    access = PEOPLE[who]
    appeal = SimpleNamespace(decided_at=None, level_node_id=REGION, author_id=AUTHOR)
    answered = SimpleNamespace(decided_at=clock.now(), level_node_id=REGION, author_id=AUTHOR)

    assert permissions.can_answer_appeal(access, appeal, decision(), {FIRM}) is TABLE[who][2]
    own = decision(decided_by_id=access.user_id)
    assert permissions.can_answer_appeal(access, appeal, own, {FIRM}) is False
    assert permissions.can_answer_appeal(access, answered, decision(), {FIRM}) is False


def test_appealing_is_for_the_author_once_within_six_months() -> None:
    now = clock.now()
    author = PEOPLE["author who manages"]
    assert permissions.can_appeal(author, decision(at=now), has_appealed=False, now=now)
    assert not permissions.can_appeal(PEOPLE["manager"], decision(at=now), has_appealed=False, now=now)
    assert not permissions.can_appeal(author, decision(at=now), has_appealed=True, now=now)
    assert not permissions.can_appeal(author, decision(at=now, provisional=True), has_appealed=False, now=now)
    assert not permissions.can_appeal(author, decision(at=now, measure="none"), has_appealed=False, now=now)
    old = decision(at=now - permissions.APPEAL_WITHIN - timedelta(seconds=1))
    assert not permissions.can_appeal(author, old, has_appealed=False, now=now)


def test_a_firm_s_referents_answer_for_what_it_says_and_its_other_people_do_not() -> None:
    now = clock.now()
    about_firm = decision(at=now, author_id=None, author_company_id=OTHER_FIRM)
    assert permissions.can_appeal(PEOPLE["referent"], about_firm, has_appealed=False, now=now)
    assert permissions.can_see_decision(PEOPLE["referent"], about_firm, {OTHER_FIRM})
    for name in ("member", "manager", "nobody"):
        assert not permissions.can_appeal(PEOPLE[name], about_firm, has_appealed=False, now=now), name
    assert not permissions.can_see_decision(PEOPLE["member"], about_firm, {OTHER_FIRM})
    elsewhere = decision(at=now, author_id=None, author_company_id=FIRM)
    assert not permissions.can_appeal(PEOPLE["referent"], elsewhere, has_appealed=False, now=now)
    # Somebody's own words stay their own affair, referent or not.
    assert not permissions.can_appeal(PEOPLE["referent"], decision(at=now), has_appealed=False, now=now)


#                                  close an account here, at the region; texts here, everywhere
FURTHER = {
    "member":                      (False, False, False, False),
    "referent":                    (False, False, False, False),
    "manager":                     (False, False, True,  False),
    "manager elsewhere":           (False, False, False, False),
    "advisor":                     (False, False, True,  False),
    "advisor elsewhere":           (False, False, False, False),
    "ambassador":                  (True,  True,  True,  False),
    "ambassador elsewhere":        (False, False, False, False),
    "national":                    (True,  True,  True,  True),
    "author who manages":          (False, False, True,  False),
    "ambassador of the same firm": (True,  True,  True,  False),
    "nobody":                      (False, False, False, False),
}  # fmt: skip


@pytest.mark.parametrize("who", PEOPLE)
def test_closing_accounts_and_changing_ready_texts(who: str) -> None:
    access = PEOPLE[who]
    here, region, texts, everywhere = FURTHER[who]

    assert permissions.can_close_account(access, COMMUNITY) is here
    assert permissions.can_close_account(access, REGION) is region
    assert permissions.can_change_texts(access, COMMUNITY) is texts
    assert permissions.can_change_texts(access, None) is everywhere


@pytest.mark.parametrize(
    ("measure", "sanction", "takes", "comes_back"),
    [
        ("none", "", False, False),
        ("hide", "", True, True),
        ("delete", "", True, False),
        ("move", "", True, True),
        ("none", "warn", True, True),
        ("none", "suspend", True, True),
        ("none", "remove_from_room", True, True),
        ("none", "close_account", True, False),
        ("delete", "suspend", True, True),
        ("restore", "", False, False),
    ],
)
def test_what_takes_something_is_contested_and_what_can_come_back_is_undone(
    measure: str, sanction: str, takes: bool, comes_back: bool
) -> None:
    made = decision(measure=measure, sanction=sanction)
    manager, author = PEOPLE["manager"], PEOPLE["author who manages"]

    assert permissions.can_appeal(author, made, has_appealed=False, now=clock.now()) is takes
    assert permissions.can_restore(manager, made, {FIRM}) is comes_back
