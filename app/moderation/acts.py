"""The acts that the register shows, by kind and in words. Features add theirs; what is not named here is not shown.

Ordinary writing and signing in are left out: the register is for those who run a place, about running it. So is who
reported: that is read on the case, by those who may decide it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

KINDS: dict[str, Any] = {
    "moderation": _l("Modération"),
    "admission": _l("Admissions"),
    "roles": _l("Rôles"),
    "places": _l("Lieux"),
    "discussions": _l("Salles et sujets"),
}

_acts: dict[str, tuple[str, Any]] = {}


def register(kind: str, acts: Mapping[str, Any], *, label: Any = None) -> None:
    """Have these acts shown under a kind: the name that `audit.record` keeps, and its words (« a déplacé un sujet »)."""
    if label is not None:
        KINDS.setdefault(kind, label)
    _acts.update({act: (kind, words) for act, words in acts.items()})


def acts_of(kind: str) -> list[str]:
    """The names of the acts of a kind, or of all kinds."""
    return sorted(act for act, (of, _words) in _acts.items() if kind in ("", of))


def act_in_words(act: str) -> str:
    """An act as the register says it."""
    return str(_acts[act][1]) if act in _acts else act


register(
    "moderation",
    {
        "decided": _l("a décidé d’un cas"),
        "restored": _l("a levé une décision"),
        "hid_provisionally": _l("masqué à la réception d’un signalement"),
        "handed_up_report": _l("a confié un cas au niveau au-dessus"),
        "took_on_desk": _l("s’en occupe"),
        "gave_back_on_desk": _l("l’a laissé aux autres"),
        "handed_over_on_desk": _l("l’a confié à une autre personne"),
        "appealed": _l("a contesté une décision"),
        "answered_appeal": _l("a répondu à un recours"),
        "sanctioned_warn": _l("a averti une personne"),
        "sanctioned_suspend": _l("a suspendu l’écriture d’une personne"),
        "sanctioned_remove_from_room": _l("a retiré une personne d’une salle"),
        "sanctioned_close_account": _l("a fermé un compte"),
        "changed_text": _l("a changé un texte prêt"),
        "removed_text": _l("a retiré un texte prêt"),
    },
)
register(
    "admission",
    {
        "requested_membership": _l("a demandé une place"),
        "admitted_company": _l("a admis une entreprise"),
        "put_on_waiting_list": _l("a donné une place d’attente"),
        "refused_company": _l("a refusé une entreprise"),
        "left_community": _l("départ d’une entreprise"),
    },
)
register("roles", {"granted_role": _l("a donné un rôle"), "revoked_role": _l("a repris un rôle")})
register(
    "places",
    {
        "created_region": _l("a créé une région"),
        "created_community": _l("a créé une communauté"),
        "edited_community": _l("a modifié une communauté"),
        "proposed_split": _l("a proposé de dédoubler"),
        "opened_community": _l("a ouvert une communauté"),
        "put_community_to_sleep": _l("a mis une communauté en sommeil"),
        "closed_community": _l("a fermé une communauté"),
    },
)
register(
    "discussions",
    {
        "room_opened": _l("a ouvert une salle"),
        "room_admitted": _l("a fait entrer une personne dans une salle"),
        "room_left": _l("départ d’une salle"),
        "topic_moved": _l("a déplacé un sujet"),
        "topic_closed": _l("a clos un sujet"),
        "topic_reopened": _l("a rouvert un sujet"),
        "topic_pinned": _l("a épinglé un sujet"),
    },
)
