"""The statement of reasons: what, facts, ground, origin, scope, appeal, in plain French and ready to be made exact."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape

from app.core.phrases import printed
from app.core.time import clock, day, in_words
from app.moderation.vocabulary import GROUND_SENTENCES

LEADS = (_l("Faits."), _l("Fondement."), _l("Origine."), _l("Portée."), _l("Recours."))
_FRENCH_LEADS = ("Faits.", "Fondement.", "Origine.", "Portée.", "Recours.")


def compose(
    *,
    noun: str,
    where: str,
    written_at: datetime | None,
    place: str,
    ground: str,
    ground_detail: str,
    facts: str,
    by_member: bool,
    was_hidden_at_once: bool,
    on_appeal: bool = False,
) -> str:
    """The whole statement for a hiding; the address of the appeal is added when the decision has one."""
    if place:
        where = f"{where} ({place})"
    if written_at is not None:
        opening = _(
            "Votre %(noun)s du %(when)s, %(where)s, est masqué depuis ce %(today)s.",
            noun=noun,
            when=in_words(written_at),
            where=where,
            today=day(clock.now()),
        )
    else:
        opening = _(
            "Votre %(noun)s, %(where)s, est masqué depuis ce %(today)s.",
            noun=noun,
            where=where,
            today=day(clock.now()),
        )
    facts_lead, ground_lead, origin_lead, scope_lead, appeal_lead = (str(lead) for lead in LEADS)
    return "\n\n".join(
        [
            opening,
            f"{facts_lead} {facts.strip()}",
            f"{ground_lead} {ground_sentence(ground, ground_detail)}",
            f"{origin_lead} {_origin(by_member, was_hidden_at_once)}",
            f"{scope_lead} "
            + _("Vous et les modérateurs le lisez encore ; personne d’autre, sans limite de durée."),
            f"{appeal_lead} "
            + _("Six mois pour contester, devant une autre personne que celle qui a décidé."),
        ]
    )


def ground_sentence(ground: str, detail: str) -> str:
    """A ground as a sentence, with what makes it precise."""
    sentence = str(GROUND_SENTENCES[ground])
    return f"{sentence} {detail.strip()}" if detail.strip() else sentence


def with_appeal_address(text: str, address: str) -> str:
    """The statement as sent: it names the address where to contest."""
    return f"{text.strip()}\n\n" + _("Adresse du recours : %(address)s", address=address)


def as_html(text: str) -> Markup:
    """The statement as paragraphs, its leads in strong letters and addresses of its own as links."""
    return Markup("\n").join(_paragraph(paragraph) for paragraph in _paragraphs(text))


def _paragraphs(text: str) -> Iterable[str]:
    return (part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip())


def _paragraph(text: str) -> Markup:
    leads = (*(str(known) for known in LEADS), *_FRENCH_LEADS)
    lead = next((known for known in leads if text.startswith(known)), "")
    rest = escape(printed(text[len(lead) :])).replace("\n", Markup("<br>"))
    before, mark, address = str(rest).rpartition("https://" if "https://" in text else "http://")
    if mark and " " not in address and "<" not in address:
        link = Markup(mark + address)
        rest = Markup('{}<a href="{}">{}</a>').format(Markup(before), link, link)
    if lead:
        return Markup("<p><strong>{}</strong>{}</p>").format(lead, rest)
    return Markup("<p>{}</p>").format(rest)


def _origin(by_member: bool, was_hidden_at_once: bool) -> str:
    if was_hidden_at_once:
        return _(
            "Signalement d’un membre, qui masque aussitôt ce genre de message ; décision prise ensuite par une personne."
        )
    if by_member:
        return _("Signalement d’un membre ; décision prise par une personne, sans automate.")
    return _("Signalement d’un tiers ; décision prise par une personne, sans automate.")
