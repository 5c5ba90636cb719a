"""Whom what happens here concerns, and how it is told in one sentence.

Duties are owed by the operations; `adapters` registers the `NEWS` of this page.
Recipients are computed when the duty is served, and rights are asked again then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.communities import queries
from app.communities.access import access_of
from app.communities.models import Company, CompanyMembership, Invitation, JoinRequest, Node
from app.core.duties import Duty
from app.core.news import News, Recipient, Told
from app.extensions import db


def _news(
    name: str,
    label: Any,
    people: Callable[[Duty], list[int]],
    sentence: Callable[[Told], str],
    **more: Any,
) -> News:
    def recipients(duty: Duty) -> list[Recipient]:
        # One firm may ask, be refused and ask again: the instant tells them apart (ids of duties are used again).
        return [Recipient(user_id, cause=duty.created_at.isoformat()) for user_id in people(duty)]

    return News(name, label, sentence, recipients, order=60, **more)


def managers_of_membership(duty: Duty) -> list[int]:
    """Those who may decide: nobody of the firm itself."""
    membership = db.session.get(CompanyMembership, duty.object_id)
    if membership is None or membership.state not in ("requested", "waiting"):
        return []
    return _ids(queries.managers_of(membership.node_id, not_of_company=membership.company_id))


def firm_of_membership(duty: Duty) -> list[int]:
    """The firm's referents, and whoever asked."""
    membership = db.session.get(CompanyMembership, duty.object_id)
    if membership is None:
        return []
    asked_by = [membership.requested_by_id] if membership.requested_by_id else []
    return list(dict.fromkeys([*_ids(queries.referents_of(membership.company_id)), *asked_by]))


def managers_of_node(duty: Duty) -> list[int]:
    return _ids(queries.managers_of(duty.object_id))


def those_above(duty: Duty) -> list[int]:
    """The ambassadors of the region and the national team."""
    node = db.session.get(Node, duty.object_id)
    return _ids(queries.holders_above(node, "ambassador", "national_admin")) if node is not None else []


def around_company(duty: Duty) -> list[int]:
    """The managers of its communities, who name a referent, and the colleagues who remain."""
    company = db.session.get(Company, duty.object_id)
    if company is None or company.without_referent_since is None:
        return []
    managers = [
        person
        for node_id in queries.community_ids_of(company.id)
        for person in _ids(queries.managers_of(node_id))
    ]
    return list(dict.fromkeys([*managers, *queries.colleague_ids(company.id)]))


def those_who_answer(duty: Duty) -> list[int]:
    """The referents of the firm; those who manage its communities when it has none."""
    join = db.session.get(JoinRequest, duty.object_id)
    if join is None or join.company_id is None or join.state != "confirmed":
        return []
    referents = _ids(queries.referents_of(join.company_id))
    if referents:
        return referents
    return [
        person
        for node_id in queries.community_ids_of(join.company_id)
        for person in _ids(queries.managers_of(node_id))
    ]


def who_invited(duty: Duty) -> list[int]:
    invitation = db.session.get(Invitation, duty.object_id)
    return [invitation.invited_by_id] if invitation is not None else []


def person_named(duty: Duty) -> list[int]:
    return [int(duty.detail["user_id"])]


def _ids(people: list[Any]) -> list[int]:
    return [person.id for person in people]


def _manages(user: Any) -> bool:
    access = access_of(user)
    return any(access.manages(node_id) for node_id in access.places)


def _speaks_for_a_firm(user: Any) -> bool:
    return bool(access_of(user).referent_of) or _manages(user)


NEWS = (
    _news(
        "membership_requested",
        _l("Une entreprise demande à entrer dans une communauté que j’anime"),
        managers_of_membership,
        lambda t: _("%(title)s : une demande d’entrée attend votre réponse.", title=t.title),
        concerns=_manages,
    ),
    _news(
        "membership_admitted",
        _l("Mon entreprise est admise dans une communauté"),
        firm_of_membership,
        lambda t: _("%(title)s : vous êtes admis, les salles vous sont ouvertes.", title=t.title),
        is_chosen=False,
    ),
    _news(
        "membership_waiting",
        _l("Mon entreprise a une place d’attente"),
        firm_of_membership,
        lambda t: _("%(title)s : la communauté est complète, vous avez une place d’attente.", title=t.title),
        is_chosen=False,
    ),
    _news(
        "membership_refused",
        _l("La demande de mon entreprise n’est pas acceptée"),
        firm_of_membership,
        lambda t: _("%(title)s : la demande n’est pas acceptée. Le motif vous est exposé.", title=t.title),
        is_chosen=False,
    ),
    _news(
        "membership_place_free",
        _l("Une place se libère dans une communauté que j’anime"),
        managers_of_node,
        lambda t: _("Une place s’est libérée dans %(title)s, où des entreprises attendent.", title=t.title),
        concerns=_manages,
    ),
    _news(
        "community_split_proposed",
        _l("On propose de dédoubler une communauté complète"),
        those_above,
        lambda t: _("%(who)s propose de dédoubler %(title)s, qui est complète.", who=t.who, title=t.title),
        concerns=_manages,
    ),
    _news(
        "company_without_referent",
        _l("Une entreprise n’a plus de référent"),
        around_company,
        lambda t: _("%(title)s n’a plus de référent : il faut en nommer un.", title=t.title),
        concerns=_speaks_for_a_firm,
    ),
    _news(
        "colleague_asks",
        _l("Quelqu’un demande à rejoindre mon entreprise"),
        those_who_answer,
        lambda t: _("%(title)s demande à rejoindre votre entreprise.", title=t.title),
        concerns=_speaks_for_a_firm,
    ),
    _news(
        "invitation_accepted",
        _l("Une invitation que j’ai envoyée est acceptée"),
        who_invited,
        lambda t: _("%(title)s a accepté votre invitation.", title=t.title),
    ),
    _news(
        "employment_ended",
        _l("Mon accès par une entreprise prend fin"),
        person_named,
        lambda t: _("Votre accès par %(title)s a pris fin. Ce que vous avez écrit reste.", title=t.title),
        is_chosen=False,
    ),
    _news(
        "role_granted",
        _l("On me confie un rôle"),
        person_named,
        lambda t: _("%(who)s vous confie un rôle : %(title)s.", who=t.who, title=t.title),
        is_chosen=False,
    ),
    _news(
        "role_revoked",
        _l("Un de mes rôles prend fin"),
        person_named,
        lambda t: _("Votre rôle a pris fin : %(title)s.", title=t.title),
        is_chosen=False,
    ),
    _news(
        "return_code_printed",
        _l("Un référent imprime un code pour mon mot de passe"),
        person_named,
        lambda t: _(
            "%(who)s a imprimé un code pour que vous choisissiez un nouveau mot de passe. "
            "Si vous ne l’avez pas demandé, dites-le à la personne qui anime votre communauté.",
            who=t.who,
        ),
        is_chosen=False,
    ),
)
