"""The statement of reasons: what, facts, ground, origin, scope, appeal, in plain words and ready to be made exact.

Left as it was composed, a statement is an `Outline` drawn in the language of whoever it is sent to, and anew for anybody
who reads another. Edited by a moderator, it is their text, sent as written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape

from app.core.appearance import LOCALES
from app.core.phrases import language, printed
from app.core.time import day, in_words
from app.moderation.models import StatementOfReasons
from app.moderation.registry import adapter_of, place_in_words
from app.moderation.vocabulary import FACTS_OF_REASON, GROUND_SENTENCES
from app.notifications.letters import absolute

LEADS = (_l("Faits."), _l("Fondement."), _l("Origine."), _l("Portée."), _l("Recours."))


@dataclass(frozen=True)
class Outline:
    """What a statement says, in no language yet. `title` names what was decided about, `place` where that stands.

    `facts` are the moderator's words; `usual` names the reason whose ready sentence they are, if they were left so.
    """

    object_type: str | None
    title: str
    place: str
    written_at: datetime | None
    ground: str
    ground_detail: str
    facts: str
    by_member: bool
    was_hidden_at_once: bool
    usual: str = ""
    measure: str = "hide"
    sanction: str = ""
    until: datetime | None = None
    target: str = ""
    room: str = ""

    def kept(self) -> dict[str, Any]:
        """As plain JSON values."""
        dates = {name: value.isoformat() if value else None for name, value in self._dates().items()}
        return {**asdict(self), **dates}

    def _dates(self) -> dict[str, datetime | None]:
        return {"written_at": self.written_at, "until": self.until}

    @classmethod
    def read(cls, kept: dict[str, Any]) -> Outline:
        """From what `kept` gave."""
        known = {field.name: kept[field.name] for field in fields(cls) if field.name in kept}
        dates = {
            name: datetime.fromisoformat(known[name]) if known.get(name) else None
            for name in ("written_at", "until")
        }
        return cls(**{**known, **dates})


def usual_facts(facts: str) -> str:
    """The reason whose ready sentence these facts are, in the language in force; empty for somebody's own words."""
    return next((reason for reason, words in FACTS_OF_REASON.items() if str(words) == facts.strip()), "")


def compose(outline: Outline, at: datetime) -> str:
    """The whole statement for a decision of this instant, in the language in force."""
    facts = str(FACTS_OF_REASON[outline.usual]) if outline.usual in FACTS_OF_REASON else outline.facts.strip()
    facts_lead, ground_lead, origin_lead, scope_lead, appeal_lead = (str(lead) for lead in LEADS)
    return "\n\n".join(
        [
            printed(opening_of(outline, at)),
            f"{facts_lead} {facts}",
            f"{ground_lead} {ground_sentence(outline.ground, outline.ground_detail)}",
            f"{origin_lead} {_origin(outline.by_member, outline.was_hidden_at_once)}",
            f"{scope_lead} {scope_of(outline)}",
            f"{appeal_lead} "
            + _("Six mois pour contester, devant une autre personne que celle qui a décidé."),
        ]
    )


def opening_of(outline: Outline, at: datetime) -> str:
    """The first sentence: what, where, and what was decided about it."""
    where = place_in_words(outline.object_type, outline.title)
    if outline.place:
        where = f"{where} ({outline.place})"
    noun = str(adapter_of(outline.object_type).noun)
    if outline.written_at is not None:
        noun = _("%(noun)s du %(when)s", noun=noun, when=in_words(outline.written_at))
    named = {"noun": noun, "where": where, "today": day(at)}
    if outline.measure == "delete":
        return _("Votre %(noun)s, %(where)s, est supprimé depuis ce %(today)s.", **named)
    if outline.measure == "move":
        return _(
            "Votre %(noun)s, %(where)s, est déplacé ce %(today)s : %(target)s.",
            target=outline.target,
            **named,
        )
    if outline.measure == "none":
        return _("Votre %(noun)s, %(where)s, a été relu ce %(today)s.", **named)
    return _("Votre %(noun)s, %(where)s, est masqué depuis ce %(today)s.", **named)


def scope_of(outline: Outline) -> str:
    """How far the decision reaches: the thing, then its author."""
    reach = {
        "hide": _("Vous et les modérateurs le lisez encore ; personne d’autre, sans limite de durée."),
        "delete": _("Plus personne ne le lit. Une copie reste au registre, pour les seuls modérateurs."),
        "move": _("Il reste lisible avec ses réponses, par ceux de la salle où il se trouve."),
        "none": _("Il reste lisible."),
    }[outline.measure]
    return " ".join(part for part in (reach, sanction_sentence(outline)) if part)


def sanction_sentence(outline: Outline) -> str:
    """What is decided about the author, as a sentence."""
    if outline.sanction == "warn":
        return _("Ceci est un avertissement : il comptera si une autre décision devait suivre.")
    if outline.sanction == "suspend" and outline.until is not None:
        return _(
            "Votre écriture est suspendue dans %(place)s jusqu’au %(until)s. Vous pouvez tout lire.",
            place=outline.place or _("tous les lieux"),
            until=in_words(outline.until),
        )
    if outline.sanction == "remove_from_room":
        return _("Vous ne lisez plus la salle « %(room)s ».", room=outline.room)
    if outline.sanction == "close_account":
        return _("Votre compte est fermé.")
    return ""


def ground_sentence(ground: str, detail: str) -> str:
    """A ground as a sentence, with what makes it precise."""
    sentence = str(GROUND_SENTENCES[ground])
    return f"{sentence} {detail.strip()}" if detail.strip() else sentence


def as_sent(statement: str | Outline, decision_id: int, at: datetime) -> str:
    """The statement in the language in force, with the address where to contest."""
    text = compose(statement, at) if isinstance(statement, Outline) else statement
    address = absolute(f"/recours/{decision_id}")
    return f"{text.strip()}\n\n" + _("Adresse du recours : %(address)s", address=address)


def as_read(statement: StatementOfReasons) -> str:
    """The statement for whoever reads it: as it was sent, or drawn anew for another language than it was sent in."""
    if statement.outline is None or statement.locale == language():
        return statement.text
    return as_sent(Outline.read(statement.outline), statement.decision_id, statement.at)


def as_html(text: str) -> Markup:
    """A statement as paragraphs, its leads in strong letters and addresses of its own as links."""
    return Markup("\n").join(_paragraph(paragraph) for paragraph in _paragraphs(text))


def _paragraphs(text: str) -> Iterable[str]:
    return (part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip())


def _paragraph(text: str) -> Markup:
    lead = next((known for known in _known_leads() if text.startswith(known)), "")
    rest = escape(printed(text[len(lead) :])).replace("\n", Markup("<br>"))
    before, mark, address = str(rest).rpartition("https://" if "https://" in text else "http://")
    if mark and " " not in address and "<" not in address:
        link = Markup(mark + address)
        rest = Markup('{}<a href="{}">{}</a>').format(Markup(before), link, link)
    if lead:
        return Markup("<p><strong>{}</strong>{}</p>").format(lead, rest)
    return Markup("<p>{}</p>").format(rest)


@cache
def _known_leads() -> tuple[str, ...]:
    """The leads in every language: a text is read in the one it was sent in."""
    known: list[str] = []
    for locale in LOCALES:
        with force_locale(locale):
            known += [str(lead) for lead in LEADS]
    return tuple(known)


def _origin(by_member: bool, was_hidden_at_once: bool) -> str:
    if was_hidden_at_once:
        return _(
            "Signalement d’un membre, qui masque aussitôt ce genre de message ; décision prise ensuite par une personne."
        )
    if by_member:
        return _("Signalement d’un membre ; décision prise par une personne, sans automate.")
    return _("Signalement d’un tiers ; décision prise par une personne, sans automate.")
