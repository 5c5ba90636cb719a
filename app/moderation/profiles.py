"""What firms and people say of themselves, as things that can be reported, hidden and given back."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.models import User
from app.communities import operations as communities
from app.communities.models import Company
from app.extensions import db
from app.moderation.registry import register

ADDRESSES = {"company": re.compile(r"^/entreprises/(\d+)$"), "person": re.compile(r"^/personnes/(\d+)$")}
POINTLESS = ("off_topic", "duplicate")
"""What a firm or a person says of itself answers no subject and repeats nobody."""


def register_profiles() -> None:
    """Make the words of firms and people known to moderation."""
    register(
        "company",
        noun=_l("texte de présentation"),
        where=lambda title: _("sur la page de « %(title)s »", title=title),
        hide=lambda company_id, decision: communities.withhold_company_words(company_id, at=decision.at),
        restore=lambda company_id, hiding: communities.give_back_company_words(
            company_id, hidden_at=hiding.at
        ),
        resolve=_resolver("company", Company),
        is_hidden=communities.company_words_are_withheld,
        pointless=POINTLESS,
    )
    register(
        "person",
        noun=_l("texte de présentation"),
        where=lambda title: _("sur votre profil"),
        hide=lambda person_id, decision: communities.withhold_person_words(person_id, at=decision.at),
        restore=lambda person_id, hiding: communities.give_back_person_words(person_id, hidden_at=hiding.at),
        resolve=_resolver("person", User),
        is_hidden=communities.person_words_are_withheld,
        pointless=POINTLESS,
    )


def _resolver(object_type: str, kind: type[Company] | type[User]) -> Callable[[str, str], int | None]:
    def resolve(path: str, _fragment: str) -> int | None:
        found = ADDRESSES[object_type].match(path)
        thing_id = int(found[1]) if found else 2**63
        return thing_id if thing_id < 2**63 and db.session.get(kind, thing_id) is not None else None

    return resolve
