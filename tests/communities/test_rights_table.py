"""Each role against each act: who may do what, in their own community, firm or region and elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app.communities import operations, permissions, queries
from app.communities.access import NOBODY, access_of, forget_access
from app.communities.models import CompanyMembership, Employment, Invitation, RoleGrant
from app.core.database import transaction
from app.core.time import clock
from app.extensions import db
from tests.support import cast as casting
from tests.support.cast import Cast

ROLES = ("visitor", "stranger", "member", "referent", "manager", "advisor", "ambassador", "national")
"""`stranger` is a referent, and `ambassador` the ambassador, of another region in the acts named « elsewhere »."""

# One line per act, one mark per role, in the order of ROLES: x may, . may not.
TABLE = """
create a region                              . . . . . . . x
create a community in the region             . . . . . . x x
create a community elsewhere                 . . . . . . . x
open or close the community                  . . . . . . x x
open or close a community elsewhere          . . . . . . . x
edit the community                           . . . . x x x x
edit a community elsewhere                   . . . . . . . x
see the admission desk                       . . . . x x x x
see the desk elsewhere                       . . . . . . . x
decide a request                             . . . . x x x x
decide a request elsewhere                   . . . . . . . x
propose to split the full community          . . . . x x x x
ask for a place for the firm                 . . . x . . . .
withdraw the firm                            . . . x . . . .
act for the firm                             . . . x . . . .
see the inside of the firm                   . . x x . . . .
resend an invitation                         . . . x . . . .
end a colleague's employment                 . . . x . . . .
print a code for a colleague without mailbox . . . x . . . .
… who has a mailbox                          . . . . . . . .
… who holds a role above the firm            . . . . . . . .
… who will hold a role above the firm        . . . . . . . .
… who works for another firm too             . . . . . . . .
… who is a referent of another firm          . . . . . . . .
… who left the firm                          . . . . . . . .
… for oneself                                . . . . . . . .
name a referent                              . . . x . . . .
name a referent of a firm without any        . . . . x x x x
grant community_manager                      . . . . . . x x
grant community_manager elsewhere            . . . . . . . x
grant technical_advisor                      . . . . . . . x
grant ambassador                             . . . . . . . x
grant national_admin                         . . . . . . . x
grant ambassador at a community              . . . . . . . .
revoke the community's manager               . . . . . . x x
revoke a manager elsewhere                   . . . . . . . x
revoke a referent                            . . . x . . . .
see the roles of the community               . . . . x x x x
see the roles elsewhere                      . . . . . . . x
"""


@pytest.fixture
def world(app: Flask) -> SimpleNamespace:
    """The cast, and one of each thing that can be acted upon."""
    cast: Cast = casting.build()
    with transaction():
        advisor = casting.person("Alix Caron")
        operations.give_role(advisor, "technical_advisor", cast.region_loire)
        # Members of the manager's team work nowhere here: the firm's own people may not decide about it.
        asking = casting.company("Câblerie du Loir")
        request = operations.ask_for(asking, cast.loire, requested_by=None)
        other = casting.company("Verrerie du Couesnon", postcode="35500")
        request_elsewhere = operations.ask_for(other, cast.vitre, requested_by=None)
        orphan = casting.company("Scierie du Loir")
        orphan.without_referent_since = asking.created_at
        casting.admit(orphan, cast.loire, by=cast.nadia)
        invitation = operations.print_code(cast.atelier, "Paul", by=cast.rita)
        colleagues = _colleagues(cast)
    forget_access()
    db.session.commit()
    cast.loire.state = "full"
    return SimpleNamespace(
        people={
            "visitor": None,
            "stranger": cast.yann,
            "member": cast.ana,
            "referent": cast.rita,
            "manager": cast.manon,
            "advisor": advisor,
            "ambassador": cast.amir,
            "national": cast.nadia,
        },
        cast=cast,
        request=request,
        request_elsewhere=request_elsewhere,
        orphan=orphan,
        invitation=invitation,
        colleagues=colleagues,
        membership=db.session.query(CompanyMembership).filter_by(company_id=cast.atelier.id).one(),
        employment=db.session.query(Employment).filter_by(user_id=cast.ana.id).one(),
        grants={
            key: db.session.query(RoleGrant).filter_by(user_id=cast.people[key].id).one()
            for key in ("manon", "maelle", "rita")
        },
    )


Act = Callable[[Any, SimpleNamespace], bool]


def _colleagues(cast: Cast) -> dict[str, int]:
    """People of the firm who forgot their password; all but one could not be helped by its referent."""
    made: dict[str, Any] = {
        name: casting.person(f"Sam {name.title()}", email="" if name == "mailbox" else None)
        for name in ("plain", "mailbox", "manager", "coming", "two firms", "speaks elsewhere", "gone")
    }
    for person in made.values():
        casting.employ(person, cast.atelier)
    operations.give_role(made["manager"], "community_manager", cast.vitre)
    later = clock.now() + timedelta(days=30)
    operations.give_role(made["coming"], "ambassador", cast.region_vitre).starts_at = later
    casting.employ(made["two firms"], cast.plasturgie)
    operations.make_referent(cast.plasturgie, made["speaks elsewhere"], by=None)
    work = db.session.query(Employment).filter_by(user_id=made["gone"].id).one()
    work.ended_at = clock.now()
    return {name: person.id for name, person in made.items()}


def _reach(world: SimpleNamespace, person_id: int) -> Any:
    return queries.reach_of_colleagues(world.cast.atelier.id).get(person_id)


def _prints_for(name: str) -> Act:
    return lambda u, w: permissions.can_print_return(u, _reach(w, w.colleagues[name]))


ACTS: dict[str, Act] = {
    "create a region": lambda u, w: permissions.can_create_region(u),
    "create a community in the region": lambda u, w: permissions.can_create_community(u, w.cast.region_loire),
    "create a community elsewhere": lambda u, w: permissions.can_create_community(u, w.cast.region_vitre),
    "open or close the community": lambda u, w: permissions.can_govern_community(u, w.cast.loire),
    "open or close a community elsewhere": lambda u, w: permissions.can_govern_community(u, w.cast.vitre),
    "edit the community": lambda u, w: permissions.can_edit_community(u, w.cast.loire),
    "edit a community elsewhere": lambda u, w: permissions.can_edit_community(u, w.cast.vitre),
    "see the admission desk": lambda u, w: permissions.can_see_admissions(u, w.cast.loire),
    "see the desk elsewhere": lambda u, w: permissions.can_see_admissions(u, w.cast.vitre),
    "decide a request": lambda u, w: permissions.can_decide_membership(u, w.request),
    "decide a request elsewhere": lambda u, w: permissions.can_decide_membership(u, w.request_elsewhere),
    "propose to split the full community": lambda u, w: permissions.can_propose_split(u, w.cast.loire),
    "ask for a place for the firm": lambda u, w: permissions.can_request_membership(
        u, w.cast.atelier, w.cast.vitre
    ),
    "withdraw the firm": lambda u, w: permissions.can_leave_community(u, w.membership),
    "act for the firm": lambda u, w: permissions.can_act_for_company(u, w.cast.atelier.id),
    "see the inside of the firm": lambda u, w: permissions.can_see_own_company(u, w.cast.atelier.id),
    "resend an invitation": lambda u, w: permissions.can_resend_invitation(u, w.invitation),
    "end a colleague's employment": lambda u, w: (
        permissions.can_end_employment(u, w.employment) and u.id != w.employment.user_id
    ),
    "print a code for a colleague without mailbox": _prints_for("plain"),
    "… who has a mailbox": _prints_for("mailbox"),
    "… who holds a role above the firm": _prints_for("manager"),
    "… who will hold a role above the firm": _prints_for("coming"),
    "… who works for another firm too": _prints_for("two firms"),
    "… who is a referent of another firm": _prints_for("speaks elsewhere"),
    "… who left the firm": _prints_for("gone"),
    "… for oneself": lambda u, w: permissions.can_print_return(u, _reach(w, u.id)),
    "name a referent": lambda u, w: permissions.can_name_referent(u, w.cast.atelier, [w.cast.loire.id]),
    "name a referent of a firm without any": lambda u, w: permissions.can_name_referent(
        u, w.orphan, [w.cast.loire.id]
    ),
    "grant community_manager": lambda u, w: permissions.can_grant(u, "community_manager", w.cast.loire),
    "grant community_manager elsewhere": lambda u, w: permissions.can_grant(
        u, "community_manager", w.cast.vitre
    ),
    "grant technical_advisor": lambda u, w: permissions.can_grant(
        u, "technical_advisor", w.cast.region_loire
    ),
    "grant ambassador": lambda u, w: permissions.can_grant(u, "ambassador", w.cast.region_loire),
    "grant national_admin": lambda u, w: permissions.can_grant(u, "national_admin", w.cast.nation),
    "grant ambassador at a community": lambda u, w: permissions.can_grant(u, "ambassador", w.cast.loire),
    "revoke the community's manager": lambda u, w: (
        permissions.can_revoke(u, w.grants["manon"]) and u.id != w.grants["manon"].user_id
    ),
    "revoke a manager elsewhere": lambda u, w: permissions.can_revoke(u, w.grants["maelle"]),
    "revoke a referent": lambda u, w: permissions.can_revoke(u, w.grants["rita"]),
    "see the roles of the community": lambda u, w: permissions.can_see_roles(u, w.cast.loire),
    "see the roles elsewhere": lambda u, w: permissions.can_see_roles(u, w.cast.vitre),
}

EXPECTED = {
    line[:45].strip(): dict(zip(ROLES, line[45:].split(), strict=True)) for line in TABLE.strip().splitlines()
}


def test_every_act_has_its_line() -> None:
    assert EXPECTED.keys() == ACTS.keys()


def test_the_table_of_roles_and_acts_holds(world: SimpleNamespace) -> None:
    wrong = []
    for act, may in ACTS.items():
        for role in ROLES:
            user = world.people[role] or SimpleNamespace(id=0, is_authenticated=False, is_active=False)
            allowed = may(user, world)
            if allowed is not (EXPECTED[act][role] == "x"):
                wrong.append(f"{role} {'may' if allowed else 'may not'} {act}")
    assert not wrong, "\n".join(wrong)


def test_nobody_decides_about_their_own_firm(world: SimpleNamespace) -> None:
    cast = world.cast
    assert permissions.can_decide_membership(cast.manon, world.request)
    with transaction():
        operations.employ(cast.manon, db.session.get_one(type(world.orphan), world.request.company_id))
    forget_access()
    assert not permissions.can_decide_membership(cast.manon, world.request)
    assert permissions.can_decide_membership(cast.amir, world.request)


def test_a_holder_may_always_give_their_own_role_up(world: SimpleNamespace) -> None:
    assert permissions.can_revoke(world.cast.manon, world.grants["manon"])
    assert permissions.can_revoke(world.cast.rita, world.grants["rita"])


def test_an_invited_referent_keeps_no_hold_on_a_stranger_s_invitation(world: SimpleNamespace) -> None:
    assert isinstance(world.invitation, Invitation)
    assert not permissions.can_resend_invitation(world.cast.yann, world.invitation)


def test_somebody_without_account_has_no_access_at_all(app: Flask) -> None:
    assert access_of(None) is NOBODY
    assert not NOBODY.places
