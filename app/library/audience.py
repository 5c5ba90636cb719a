"""Whom what happens to sheets concerns, and how it is told in one sentence; `adapters` registers it."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.core.duties import Duty
from app.core.news import News, Recipient


def _author(duty: Duty) -> list[Recipient]:
    return [Recipient(duty.detail["author"])]


def _teller(duty: Duty) -> list[Recipient]:
    return [Recipient(duty.detail["person"])]


NEWS = (
    News(
        "practice_published",
        label=_l("Ma fiche est publiée"),
        recipients=_author,
        sentence=lambda t: _("Votre fiche « %(title)s » est publiée.", title=t.title),
        order=60,
    ),
    News(
        "practice_returned",
        label=_l("Ma fiche est à reprendre"),
        recipients=_author,
        sentence=lambda t: _(
            "%(who)s vous renvoie la fiche « %(title)s » avec ses remarques.", who=t.who, title=t.title
        ),
        urgent=True,
        order=61,
    ),
    News(
        "practice_applied",
        label=_l("Une entreprise a appliqué ma fiche"),
        recipients=_author,
        sentence=lambda t: _("%(who)s a appliqué votre fiche « %(title)s ».", who=t.who, title=t.title),
        order=62,
    ),
    News(
        "application_verified",
        label=_l("Mon application d’une fiche est vérifiée"),
        recipients=_teller,
        sentence=lambda t: _(
            "%(who)s a vérifié votre application de « %(title)s ».", who=t.who, title=t.title
        ),
        order=63,
    ),
    News(
        "practice_withdrawn",
        label=_l("Ma fiche est retirée"),
        recipients=_author,
        sentence=lambda t: _("%(who)s a retiré votre fiche « %(title)s ».", who=t.who, title=t.title),
        is_chosen=False,
        order=64,
    ),
)
